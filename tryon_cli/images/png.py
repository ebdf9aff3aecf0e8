"""PNG chunks and their check sums (W3C PNG, third edition). Decodes no pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from .limits import refuse

SIGNATURE = b"\x89PNG\r\n\x1a\n"

XMP = b"XML:com.adobe.xmp\0"

MAX_TEXT = 1_000_000
"""Bytes a compressed text or profile may unpack to."""

Parts = tuple[bytes, bool, bool, bytes, bytes, bytes]

_FOR_PIXELS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT"))


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of each whole chunk's body, up to IEND or the end of the data."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at + 8, at + 8 + length
        if kind == b"IEND":
            return
        at += 12 + length


def size(head: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises Fault(corrupt, animated)."""
    kind, width, height = struct.unpack_from(">4sII", head, 12)
    if kind != b"IHDR":
        raise refuse("corrupt", "the PNG does not begin with its header")
    for kind, start, end in chunks(head):
        if kind == b"acTL" and end <= len(head) and struct.unpack_from(">I", head, start) != (1,):
            raise refuse("animated", "this PNG holds an animation")
        if kind == b"IDAT":
            break
    return width, height


def parts(raw: bytes) -> Parts:
    """lean, lossless, deep, exif, icc, xmp. Raises Fault(truncated, corrupt).

    Each chunk's CRC is checked: Pillow looks at those before the pixels only. A missing IEND is let pass,
    since the pixels are complete without it.
    """
    view = memoryview(raw)
    kept: list[bytes | memoryview] = [SIGNATURE]
    found: dict[bytes, bytes] = {}
    pixels = False
    for kind, start, end in chunks(raw):
        if end + 4 > len(raw):
            raise refuse("truncated", f"the PNG ends within a {_plain(kind)} chunk ({len(raw):,} bytes)")
        if zlib.crc32(view[start - 4 : end]) != struct.unpack_from(">I", raw, end)[0]:
            raise refuse("corrupt", f"a check sum of the PNG is wrong ({_plain(kind)} chunk)")
        pixels = pixels or kind == b"IDAT"
        if kind in _FOR_PIXELS:
            kept.append(view[start - 8 : end + 4])
        else:
            _note(kind, raw[start:end], found)
    if not pixels:
        raise refuse("corrupt", "the PNG holds no pixels")
    kept.append(b"\0\0\0\0IEND\xaeB`\x82")
    icc, xmp = found.get(b"iCCP", b""), found.get(b"iTXt", b"")
    return b"".join(kept), True, raw[24] == 16, found.get(b"eXIf", b""), icc, xmp


def _note(kind: bytes, body: bytes, found: dict[bytes, bytes]) -> None:
    """Keep what is wanted. A text or profile that swells beyond all sense is an attack: Fault(corrupt)."""
    if kind == b"eXIf":
        found.setdefault(kind, body or b"?")
    elif kind == b"iCCP":
        found.setdefault(kind, _unpacked(kind, body.partition(b"\0")[2][1:]) or b"?")
    elif kind == b"zTXt":
        _unpacked(kind, body.partition(b"\0")[2][1:])
    elif kind == b"iTXt" and body.startswith(XMP):
        squeezed, text = body[len(XMP)] == 1, body[len(XMP) + 2 :].split(b"\0", 2)[-1]
        found.setdefault(kind, _unpacked(kind, text) if squeezed else text)


def _unpacked(kind: bytes, body: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(body, MAX_TEXT)
    except zlib.error:
        return b""
    if unpacker.unconsumed_tail:
        raise refuse("corrupt", f"a {_plain(kind)} chunk unpacks to more than {MAX_TEXT // 1000:,} kB")
    return text


def _plain(kind: bytes) -> str:
    return kind.decode("ascii", "replace") if kind.isalpha() else kind.hex()
