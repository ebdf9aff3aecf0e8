"""Looks: pure functions of a picture. Equal pictures give equal bytes, at any time and in any thread.

Knows nothing about who or what is shown.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .kinds import Field, Grey, Picture
from .pixels import rounded, soft
from .strokes import cartoon, grain, pencil, saturated, watercolor


def styled(picture: Picture, preset: str, *, layer: bool = False) -> Picture:
    """The picture in this look. layer: only its tone, for a part of a picture (no vignette, no paper).

    Raises KeyError for a name that is not in presets.PRESETS.
    """
    if preset in ("none", "off", ""):
        return picture
    return _LOOKS[preset](picture, not layer)


def _vignette(picture: Field, strength: float) -> Field:
    height, width = picture.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] ** 2
    far = np.clip((x + y) / 2, 0, 1)
    factor = np.asarray(1 - strength * (far * np.sqrt(far)), np.float32)
    return np.asarray(picture * (factor if picture.ndim == 2 else factor[..., None]), np.float32)


def _curve(values: Grey | Picture, *points: tuple[int, int]) -> Picture:
    """A tone curve through these points, its corners rounded."""
    steps = np.interp(np.arange(256), [p[0] for p in points], [p[1] for p in points]).astype(np.float32)
    table = cv2.GaussianBlur(steps[None], (0, 0), 6, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.LUT(values, rounded(np.asarray(table, np.float32))), np.uint8)


def _studio(picture: Picture, frame: bool) -> Picture:
    lab = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.uint8)
    light = np.ascontiguousarray(lab[..., 0])
    if frame:
        even = cv2.createCLAHE(1.6, (4, 4)).apply(light)
        light = np.asarray(cv2.addWeighted(even, 0.45, light, 0.55, 0), np.uint8)
    light = _curve(light, (0, 0), (60, 56), (128, 138), (200, 214), (255, 255))
    blurred = cv2.GaussianBlur(light, (0, 0), 2.2)
    lab[..., 0] = cv2.addWeighted(light, 1.35, blurred, -0.35, 0)
    rgb = np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.float32)
    rgb = saturated(rgb, 1.06)
    return rounded(_vignette(rgb, 0.16) if frame else rgb)


def _film(picture: Picture, frame: bool) -> Picture:
    curves = (
        ((0, 18), (64, 74), (128, 146), (200, 218), (255, 250)),
        ((0, 16), (64, 64), (128, 132), (200, 204), (255, 242)),
        ((0, 26), (64, 66), (128, 116), (200, 178), (255, 214)),
    )
    channels = [_curve(np.ascontiguousarray(picture[..., c]), *curve) for c, curve in enumerate(curves)]
    rgb = saturated(np.stack(channels, -1).astype(np.float32), 0.88)
    glow = soft(np.clip(rgb - 190, 0, None), max(2.0, picture.shape[1] * 0.012))
    rgb = rgb + glow * np.array([0.55, 0.25, 0.10], np.float32)
    if frame:
        rgb = _vignette(rgb, 0.26)
    return rounded(rgb + grain(picture.shape[:2], 4.2)[..., None])


def _noir(picture: Picture, frame: bool) -> Picture:
    weights = np.array([[0.42, 0.46, 0.12]], np.float32)
    plain = np.asarray(cv2.transform(picture, weights), np.uint8).reshape(picture.shape[:2])
    curve = ((0, 0), (50, 22), (110, 96), (170, 190), (220, 238), (255, 255))
    grey = _curve(plain, *curve).astype(np.float32)
    if frame:
        grey = _vignette(grey, 0.50)
    return np.repeat(rounded(grey + grain(picture.shape[:2], 6.0))[..., None], 3, 2)


def _vivid(picture: Picture, frame: bool) -> Picture:
    deep = _curve(picture, (0, 0), (64, 54), (128, 134), (192, 206), (255, 255))
    return rounded(saturated(deep.astype(np.float32), 1.35))


_LOOKS: dict[str, Callable[[Picture, bool], Picture]] = {
    "studio": _studio,
    "film": _film,
    "noir": _noir,
    "vivid": _vivid,
    "watercolor": watercolor,
    "pencil": pencil,
    "cartoon": cartoon,
}
