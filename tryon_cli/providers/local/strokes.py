"""The drawn looks, and the grain they share with the photographic ones.

Knows nothing about presets' names.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from .kinds import Field, Picture, Size
from .pixels import grey_of, rounded, soft

_TILE = 512


@lru_cache(maxsize=4)
def _tile(seed: int) -> Field:
    """One fixed square of noise, standard deviation 1: no global random state, and cheap to repeat."""
    noise = np.random.Generator(np.random.PCG64(seed)).normal(0, 1, (_TILE, _TILE)).astype(np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.7), np.float32)
    noise /= noise.std()
    noise.flags.writeable = False
    return noise


def grain(size: Size | tuple[int, ...], strength: float, seed: int = 7) -> Field:
    """Film grain of this standard deviation."""
    high, wide = -(-size[0] // _TILE), -(-size[1] // _TILE)
    return np.tile(_tile(seed), (high, wide))[: size[0], : size[1]] * np.float32(strength)


def saturated(rgb: Field, by: float) -> Field:
    """Colours moved away from their grey (by over 1) or towards it."""
    red, green, blue = 0.299 * (1 - by), 0.587 * (1 - by), 0.114 * (1 - by)
    mix = np.array([[red + by, green, blue], [red, green + by, blue], [red, green, blue + by]], np.float32)
    return np.asarray(cv2.transform(rgb, mix), np.float32)


def watercolor(picture: Picture, frame: bool) -> Picture:
    """Flat washes with darker rims, on paper."""
    size = picture.shape[1::-1]
    small = _smaller(picture, 640)
    flat = cv2.edgePreservingFilter(small, flags=cv2.RECURS_FILTER, sigma_s=24, sigma_r=0.38)
    wash = cv2.resize(cv2.medianBlur(flat, 5), size, interpolation=cv2.INTER_CUBIC)
    colours = np.asarray(wash, np.float32)
    light = grey_of(np.asarray(wash, np.uint8)).astype(np.float32)
    rim = np.clip(soft(light, 2.5) - light, 0, 30) * np.float32(0.35 / 30)
    colours = saturated(colours, 1.28) * (1 - rim[..., None])
    colours = 255 - (255 - colours) * np.float32(0.86)
    if frame:
        paper, blots = soft(grain(picture.shape, 1.0, 3), 1.4), soft(grain(picture.shape, 1.0, 5), 18)
        texture = paper * (3.0 / float(paper.std() + 1e-6)) + blots * (3.5 / float(blots.std() + 1e-6))
        colours = colours + texture[..., None]
    return rounded(colours)


def pencil(picture: Picture, frame: bool) -> Picture:
    """Graphite: lines where brightness changes, a little tone, paper grain."""
    grey = grey_of(picture)
    blurred = cv2.GaussianBlur(255 - grey, (0, 0), max(3.0, max(picture.shape[:2]) * 0.009))
    lines = np.asarray(cv2.divide(grey, 255 - blurred, scale=250), np.float32)
    tone = soft(grey.astype(np.float32), 3)
    lines *= 0.80 + 0.20 * np.clip(tone / 200, 0, 1)
    lines += grain(grey.shape, 5.0, 11) * np.clip((255 - lines) / 90, 0.2, 1)
    drawn = rounded(lines)
    warm = np.clip(drawn.astype(np.int16) - 4, 0, 255).astype(np.uint8)
    return np.stack([drawn, drawn, warm], -1)


def cartoon(picture: Picture, frame: bool) -> Picture:
    """Few tones and dark contours."""
    small = _smaller(picture, 560)
    for _ in range(3):
        small = np.asarray(cv2.bilateralFilter(small, 7, 28, 7), np.uint8)
    large = cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    lab = np.asarray(cv2.cvtColor(large, cv2.COLOR_RGB2LAB), np.uint8)
    step = 255 / 9
    level = np.arange(256, dtype=np.float32) / np.float32(step)
    table = (np.floor(level) + 0.5 + 0.5 * np.tanh(6 * (level - np.floor(level) - 0.5))) * step
    lab[..., 0] = cv2.LUT(np.ascontiguousarray(lab[..., 0]), np.clip(table, 0, 255).astype(np.uint8))
    colours = saturated(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.float32), 1.3)
    grey = grey_of(picture).astype(np.float32)
    edges = soft(grey, 1.2) - 0.98 * soft(grey, 2.4)
    line = np.asarray(np.clip(1 - np.clip(-(edges + 0.5), 0, 6) / 7, 0.15, 1), np.float32)
    return rounded(colours * line[..., None])


def _smaller(picture: Picture, side: int) -> Picture:
    by = min(1.0, side / max(picture.shape[:2]))
    size = (max(1, int(picture.shape[1] * by)), max(1, int(picture.shape[0] * by)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
