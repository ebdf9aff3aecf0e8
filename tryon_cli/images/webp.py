"""WebP chunks (RFC 9649). Decodes no pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .limits import refuse

_ANIMATION = 0x02

Parts = tuple[bytes, bool, bool, bytes, bytes, bytes]


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of each chunk's body within the RIFF size."""
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, at + 8, at + 8 + length
        at += 8 + length + (length & 1)


def size(head: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises Fault(corrupt, animated)."""
    kind = head[12:16]
    if kind == b"VP8X":
        if head[20] & _ANIMATION:
            raise refuse("animated", "this WebP holds an animation")
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise refuse("corrupt", "the WebP holds no picture")


def parts(raw: bytes) -> Parts:
    """lean, lossless, deep, exif, icc, xmp. Raises Fault(truncated, corrupt)."""
    stated = 8 + struct.unpack_from("<I", raw, 4)[0]
    if stated > len(raw):
        raise refuse("truncated", f"the WebP says {stated:,} bytes, but only {len(raw):,} are there")
    found: dict[bytes, bytes] = {}
    lossless = pixels = False
    for kind, start, end in chunks(raw):
        if end > len(raw):
            raise refuse("truncated", f"the WebP ends within a chunk ({len(raw):,} bytes)")
        lossless = lossless or kind == b"VP8L"
        pixels = pixels or kind in (b"VP8 ", b"VP8L")
        if kind in (b"EXIF", b"ICCP", b"XMP "):
            found.setdefault(kind, raw[start:end] or b"?")
    if not pixels:
        raise refuse("corrupt", "the WebP holds no picture")
    exif = found.get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    return raw[:stated], lossless, False, exif, found.get(b"ICCP", b""), found.get(b"XMP ", b"")
