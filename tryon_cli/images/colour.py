"""From any colour a file may store to upright 8-bit sRGB, with or without alpha. Knows no files."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, NamedTuple, cast

from PIL import Image, ImageCms

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_PROBE = bytes(value * 51 for r in range(6) for g in range(6) for b in range(6) for value in (r, g, b))
_SAME = 2
"""Levels by which a profile may differ from sRGB and still be taken for it."""


class Picture(NamedTuple):
    """Pixels ready for use."""

    image: Image.Image
    """RGB, or RGBA when something in it is transparent."""
    notices: tuple[str, ...]
    """What was converted."""


def upright(image: Image.Image, turn: int) -> Image.Image:
    """Turned as EXIF orientation 1 to 8 asks for."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def srgb(image: Image.Image, icc: bytes, *, deep: bool) -> Picture:
    """8-bit sRGB of a loaded picture. A profile that cannot be used is left out, with a notice."""
    notices: list[str] = []
    if deep:
        notices.append("16 bits a channel scaled to 8")
    image = _plain(image, notices)
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    if alpha is not None:
        image = image.convert("RGB" if image.mode == "RGBA" else "L")
    image = _managed(image, icc, notices)
    if alpha is None:
        return Picture(image, tuple(notices))
    low, _ = _range(alpha)
    if low == 255:
        return Picture(image, tuple(notices))
    notices.append("transparency")
    # what a transparent pixel hides must not reach a provider that ignores alpha
    image.paste((255, 255, 255), mask=alpha.point([255] + [0] * 255))
    image.putalpha(alpha)
    return Picture(image, tuple(notices))


def flattened(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """RGB over a plain colour."""
    if image.mode != "RGBA":
        return image
    flat = Image.new("RGB", image.size, colour)
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def uniform(image: Image.Image, spread: int = 2) -> bool:
    """True when nothing can be seen: every channel within `spread` levels, or all of it transparent."""
    bands = [_range(band) for band in image.split()]
    if image.mode == "RGBA" and bands[3][1] == 0:
        return True
    return all(high - low <= spread for low, high in bands)


def _range(band: Image.Image) -> tuple[int, int]:
    return cast("tuple[int, int]", band.getextrema())


def _plain(image: Image.Image, notices: list[str]) -> Image.Image:
    """L, LA, RGB, RGBA or CMYK, 8 bits."""
    key = image.info.get("transparency")
    if image.mode.startswith("I"):
        image, key = _from_16(image, key)
    elif image.mode in ("P", "PA"):
        notices.append("palette converted to RGB")
        return image.convert("RGBA" if key is not None or image.mode == "PA" else "RGB")
    elif image.mode == "1":
        image = image.convert("L", dither=Image.Dither.NONE)
        key = 255 if key else key
    elif image.mode == "CMYK":
        return image
    if image.mode in ("L", "LA"):
        notices.append("grey converted to RGB")
    if key is not None and image.mode in ("L", "RGB"):
        image.info["transparency"] = _eight(key)
        return image.convert("LA" if image.mode == "L" else "RGBA")
    return image


def _from_16(image: Image.Image, key: int | None) -> tuple[Image.Image, None]:
    """16-bit grey by rounding; Pillow's own conversion clips everything above 255 to white."""
    import numpy as np

    values = np.asarray(image).astype(np.uint32)
    grey = Image.fromarray(((values * 255 + 32_767) // 65_535).astype(np.uint8))
    if key is None:
        return grey, None
    return Image.merge("LA", (grey, Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))), None


def _eight(key: Any) -> Any:
    """The transparent colour of a 16-bit picture, whose pixels Pillow gives with 8 bits."""
    if isinstance(key, tuple):
        return tuple(part >> 8 if max(key) > 255 else part for part in key)
    return key


def _managed(image: Image.Image, icc: bytes, notices: list[str]) -> Image.Image:
    """RGB in sRGB, from L, RGB or CMYK."""
    space = "CMYK " if image.mode == "CMYK" else ""
    transform = _transform(icc, image.mode) if icc else None
    if transform is None and icc:
        notices.append("a colour profile that cannot be used was left out")
    if isinstance(transform, ImageCms.ImageCmsTransform):
        notices.append(f"{space}colours converted to sRGB by the picture's profile")
        return transform.apply(image)
    if space:
        notices.append("CMYK colours converted to sRGB without a profile")
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=32)
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | str | None:
    """The way from this profile to sRGB; "same" when it is sRGB; None when it is unusable.

    Shared by threads: Little CMS works on a copy of a transform's one-pixel cache.
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        way = ImageCms.buildTransform(profile, target, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
    except Exception:  # a stranger's bytes: PyCMSError, OSError and ValueError were all seen
        return None
    if mode == "CMYK":
        return way
    probe = Image.frombytes("RGB", (216, 1), _PROBE).convert(mode)
    there = way.apply(probe).tobytes()
    before = probe.convert("RGB").tobytes()
    return "same" if max(abs(a - b) for a, b in zip(there, before, strict=True)) <= _SAME else way


def shrunk(image: Image.Image, bound: int) -> Image.Image:
    """The longest side at most `bound` pixels; smaller pictures are left as they are."""
    longest = max(image.size)
    if longest <= bound:
        return image
    width, height = (max(1, round(side * bound / longest)) for side in image.size)
    # 48 MP take 0.27 s so, 0.7 s with Lanczos; providers shrink what is left once more
    return image.resize((width, height), Image.Resampling.HAMMING)
