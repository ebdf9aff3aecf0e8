"""Padding a picture to the shape that a service forces, and cutting the answer back. Knows no service."""

from __future__ import annotations

import io
from typing import NamedTuple

from PIL import Image

_NEAR = 0.005
"""Shapes that differ by less are the same: no padding, and nothing decoded twice."""


class Frame(NamedTuple):
    """The part of a padded picture that is the picture, as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def __str__(self) -> str:
        return ",".join(f"{share:.6f}" for share in self)


def padded(data: bytes, shape: float) -> tuple[bytes, Frame | None]:
    """The picture in the middle of a canvas of this shape (width by height), and where it lies; None: it fits.

    The canvas continues the picture's own edge, so that the service sees a wall, not a hard white bar.
    """
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        if abs(width / height / shape - 1) < _NEAR:
            return data, None
        wide, high = max(width, round(height * shape)), max(height, round(width / shape))
        left, top = (wide - width) // 2, (high - height) // 2
        picture = image.convert("RGB")
    canvas = _edges(picture, wide, high, left, top)
    canvas.paste(picture, (left, top))
    out = io.BytesIO()
    canvas.save(out, "PNG")
    frame = Frame(left / wide, top / high, (left + width) / wide, (top + height) / high)
    return out.getvalue(), frame


def cut_back(data: bytes, frame: str) -> bytes:
    """The part of an answer that str(Frame) names, as PNG."""
    left, top, right, bottom = (float(share) for share in frame.split(","))
    with Image.open(io.BytesIO(data)) as image:
        x, y = round(left * image.width), round(top * image.height)
        width, height = round((right - left) * image.width), round((bottom - top) * image.height)
        box = (x, y, min(image.width, x + width), min(image.height, y + height))
        part = image.convert("RGB").crop(box)
    out = io.BytesIO()
    part.save(out, "PNG")
    return out.getvalue()


def blank_layer(data: bytes) -> bytes:
    """A fully transparent PNG of the picture's size."""
    with Image.open(io.BytesIO(data)) as image:
        size = image.size
    out = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 0)).save(out, "PNG")
    return out.getvalue()


def _edges(picture: Image.Image, wide: int, high: int, left: int, top: int) -> Image.Image:
    """A canvas whose margins repeat the outermost rows or columns; only one direction is ever padded."""
    width, height = picture.size
    canvas = Image.new("RGB", (wide, high))
    if left or wide > width:
        canvas.paste(picture.crop((0, 0, 1, height)).resize((max(1, left), high)), (0, 0))
        rest = wide - width - left
        canvas.paste(
            picture.crop((width - 1, 0, width, height)).resize((max(1, rest), high)), (wide - rest, 0)
        )
    if top or high > height:
        canvas.paste(picture.crop((0, 0, width, 1)).resize((wide, max(1, top))), (0, 0))
        rest = high - height - top
        canvas.paste(
            picture.crop((0, height - 1, width, height)).resize((wide, max(1, rest))), (0, high - rest)
        )
    return canvas
