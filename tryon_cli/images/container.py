"""What lies in a JPEG, PNG or WebP file around its pixels. Knows no pixels and decodes nothing.

Read here and not by Pillow, because Pillow reports broken metadata through `warnings`, whose filters belong
to the whole process and are not safe to change while other threads run. What we have not read ourselves (a
camera's EXIF, comments, previews) never reaches a parser.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from . import jpeg, png, webp
from .limits import refuse
from .strangers import stranger

HEAD = 65_536
"""Bytes in which the size of nearly every picture is found."""


class Frame(NamedTuple):
    """What the header says."""

    format: str
    """JPEG, PNG or WEBP."""
    width: int
    height: int
    """Pixels as stored, before any turn."""


class Opened(NamedTuple):
    """A file taken apart."""

    frame: Frame
    lean: bytes
    """The same picture without metadata and without anything after its end."""
    lossless: bool
    deep: bool
    """16 bits a channel."""
    exif: bytes = b""
    """TIFF structure, without the "Exif" prefix."""
    icc: bytes = b""
    xmp: bytes = b""

    @property
    def opaque(self) -> bool:
        """Surely without transparency; False: that shows only when it is decoded."""
        if self.frame.format == "PNG":
            return self.lean[25] == 2 and b"tRNS" not in self.lean[:4096]
        return self.frame.format == "JPEG"


def frame_of(head: bytes, *, whole: bool) -> Frame | None:
    """The header's claim from the first bytes of a file; None: more bytes are needed.

    whole: there are no more bytes. Raises Fault for other formats and animations.
    """
    try:
        if head.startswith(b"\xff\xd8\xff"):
            size = jpeg.size(head)
            if size is None and whole:
                raise refuse("not_an_image", f"it begins like a JPEG, but ends after {len(head):,} bytes")
            return Frame("JPEG", *size) if size else None
        if head.startswith(png.SIGNATURE):
            return Frame("PNG", *png.size(head))
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return Frame("WEBP", *webp.size(head))
    except (struct.error, IndexError):
        raise refuse("truncated", f"the file ends within its header, after {len(head):,} bytes") from None
    raise stranger(head[:4096])


def take_apart(raw: bytes, frame: Frame) -> Opened:
    """Walk through the whole file. Raises Fault(truncated, corrupt, animated)."""
    try:
        if frame.format == "JPEG":
            return Opened(frame, *jpeg.parts(raw))
        if frame.format == "PNG":
            return Opened(frame, *png.parts(raw))
        return Opened(frame, *webp.parts(raw))
    except (struct.error, IndexError):
        raise refuse("truncated", f"the {frame.format} file ends too early") from None


def orientation(exif: bytes) -> int | None:
    """EXIF orientation, 1 to 8 (1 when it is not said); None: this EXIF is broken.

    Only the EXIF tag counts, as in browsers: an orientation in XMP is left alone. (EXIF 2.32, tag 0x0112.)
    """
    if not exif:
        return 1
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for index in range(count):
            at = start + 2 + 12 * index
            tag, kind, number = struct.unpack_from(order + "HHI", exif, at)
            if tag == 0x0112 and kind == 3 and number == 1:
                (value,) = struct.unpack_from(order + "H", exif, at + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return None
    return 1
