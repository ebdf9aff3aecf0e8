"""The gate: whatever a user has becomes an upright, bounded, clean sRGB picture, or is refused with a reason.

Knows no files, rows or providers. The same bytes give the same bytes, in any thread.
"""

from __future__ import annotations

import io
import zlib
from typing import Literal, NamedTuple

from PIL import Image

from .colour import flattened, shrunk, uniform
from .decode import opened, pixels
from .limits import BOUND, MAX_BYTES, Refusal, refuse

VERSION = "1"
"""Part of the key: raise it when the bytes of prepare() change."""

Role = Literal["human", "garment"]

_WHITE = (255, 255, 255)


class Prepared(NamedTuple):
    """A picture that may be sent to a provider and kept."""

    image: bytes
    """JPEG (quality 95, 4:4:4) of opaque lossy sources, else PNG. No metadata, nothing after its end."""
    width: int
    height: int
    """Pixels, upright."""
    notes: tuple[str, ...]
    """What somebody should look at."""
    alpha: bool
    """True for a PNG with transparency (garments only)."""
    notices: tuple[str, ...] = ()
    """What was converted (M-MODE); nothing to do."""


def prepare(raw: bytes, role: Role, *, name: str = "") -> Prepared:
    """Check and normalise one picture: sRGB, 8 bits, upright, at most 4096 pixels on the longest side.

    Humans lose transparency to white; garments keep it. name is put before the text of a refusal.
    Raises Fault(INPUT) with M-IMAGE, M-BOMB, M-SMALL or M-RATIO.
    """
    try:
        return _prepared(raw, role)
    except Refusal as refusal:
        raise refusal.named(name) from None


def _prepared(raw: bytes, role: Role) -> Prepared:
    found = opened(raw)
    picture = pixels(found, bound=BOUND)
    image, notices = picture.image, list(picture.notices)
    if role == "human" and image.mode == "RGBA":
        image = flattened(image, _WHITE)
        notices[notices.index("transparency")] = "transparency laid on white"
    notes = _notes(image, role, found.lossless)
    image = shrunk(image, BOUND)
    if max(found.frame.width, found.frame.height) > BOUND:
        notices.append(f"shrunk from {found.frame.width} x {found.frame.height} pixels")
    data = _encoded(image, found.lossless)
    return Prepared(data, image.width, image.height, notes, image.mode == "RGBA", tuple(notices))


def _notes(image: Image.Image, role: Role, lossless: bool) -> tuple[str, ...]:
    if uniform(image):
        raise refuse("blank", "the picture is one flat colour")
    if role == "human" and not lossless:
        lower = image.crop((0, image.height - image.height // 4, image.width, image.height))
        if uniform(lower, 0):
            # a camera's JPEG is never this even: half a file of zeros decodes without complaint
            return ("the lower part of the person's picture is one flat colour, the file may be damaged",)
    return ()


def _encoded(image: Image.Image, lossless: bool) -> bytes:
    if image.mode == "RGBA" or lossless:
        # run lengths only: on photographs 20 % faster than zlib's level 1, and 12 % smaller
        data = _saved(image, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
        if len(data) <= MAX_BYTES or image.mode == "RGBA":
            return data
    # 4:4:4: colour at full resolution, since a pattern's edges are what a try-on is judged by
    return _saved(image, "JPEG", quality=95, subsampling=0)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    image.info = {}
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
