"""JPEG segments up to the first scan (ITU-T T.81, annex B). Decodes nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .limits import refuse

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_SOS, _COM = 0xDA, 0xFE
_KEPT_APPS = frozenset((0xE0, 0xEE))
"""JFIF and Adobe: they say how colours are stored. All other APPn are metadata."""

XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0\0"
_ICC = b"ICC_PROFILE\0"

Parts = tuple[bytes, bool, bool, bytes, bytes, bytes]


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment, start at its 0xFF; ends with the first scan or the data.

    A segment that passes the end of the data is given with its wished end. Junk is passed over.
    """
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        marker = data[at + 1]
        if marker in (0x00, 0xFF) or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xD9:
            return
        if at + 4 > len(data):
            yield marker, at, at + 4
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield marker, at, at + 2 + length
        if marker == _SOS:
            return
        at += 2 + length


def size(head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, None when the frame header is not among these bytes."""
    for marker, start, _ in segments(head):
        if marker in _SOF:
            if start + 9 > len(head):
                return None
            height, width = struct.unpack_from(">HH", head, start + 5)
            return width, height
    return None


def parts(raw: bytes) -> Parts:
    """lean, lossless, deep, exif, icc, xmp. Raises Fault(truncated)."""
    kept: list[bytes | memoryview] = [b"\xff\xd8"]
    view = memoryview(raw)
    exif, xmp = b"", b""
    profile: dict[int, bytes] = {}
    for marker, start, end in segments(raw):
        if end > len(raw):
            break
        body = raw[start + 4 : end] if marker in (0xE1, 0xE2) else b""
        if marker == _SOS:
            kept.append(view[start:])
            return b"".join(kept), False, False, exif, _joined(profile), xmp
        if body.startswith(_EXIF):
            exif = exif or body[len(_EXIF) :] or b"?"
        elif body.startswith(XMP):
            xmp = xmp or body[len(XMP) :]
        elif body.startswith(_ICC) and len(body) > 14:
            profile[body[12]] = body[14:]
        if marker in _KEPT_APPS or not (0xE0 <= marker <= 0xEF or marker == _COM):
            kept.append(view[start:end])
    raise refuse("truncated", f"the JPEG ends before its picture begins ({len(raw):,} bytes)")


def _joined(profile: dict[int, bytes]) -> bytes:
    return b"".join(profile[number] for number in sorted(profile))
