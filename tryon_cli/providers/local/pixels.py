"""Pictures as numbers: sizes, blurs, colour spaces and colour statistics.

Knows nothing about files and nothing about what a picture shows.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .kinds import Field, Grey, Mask, Picture, Size

# OpenCV's own threads would fight with the slots that the caller runs side by side.
cv2.setNumThreads(1)


def fit(picture: Picture, side: int) -> Picture:
    """The picture, made smaller when its longest side is over `side` pixels."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return picture
    size = (max(8, round(height * scale)), max(8, round(width * scale)))
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def resized(field: Field, size: Size, *, smaller: bool = False, smooth: bool = False) -> Field:
    """Another size: averaged when smaller, else linear, or cubic when smooth."""
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(field, size[::-1], interpolation=way), np.float32)


def soft(field: Field, sigma: float) -> Field:
    """Gaussian blur, sigma in pixels; wide ones are done on a smaller picture, which looks the same."""
    if sigma <= 4:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), max(sigma, 0.3)), np.float32)
    by = 2 if sigma < 8 else 4 if sigma < 24 else 8
    height, width = field.shape[:2]
    small = resized(field, (max(1, height // by), max(1, width // by)), smaller=True)
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / by), np.float32)
    return resized(small, (height, width))


def gentle(picture: Picture) -> Picture:
    """Slightly blurred against noise and compression."""
    return np.asarray(cv2.GaussianBlur(picture, (3, 3), 0), np.uint8)


def grey_of(picture: Picture) -> Grey:
    """Luma."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def lab_of(picture: Picture) -> Field:
    """CIE Lab: L 0 to 100, a and b about -100 to 100."""
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB), np.float32)


def rgb_of(lab: Field) -> Picture:
    """Back from CIE Lab."""
    return rounded(np.asarray(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB), np.float32) * 255)


def rounded(field: Field) -> Picture:
    """Numbers 0 to 255 as bytes."""
    whole: Picture = np.clip(field + 0.5, 0, 255).astype(np.uint8)
    return whole


def colourless(lab: Field) -> bool:
    """True for black-and-white pictures (a scan's slight tint included)."""
    return bool(np.percentile(np.abs(lab[..., 1:]), 97) < 6.0)


def skin_like(picture: Picture) -> Mask:
    """A broad rule in YCrCb that holds from light to dark skin."""
    channels = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb))
    luma, red, blue = (np.asarray(c, np.int16) for c in channels)
    return (red > 133) & (red < 180) & (blue > 77) & (blue < 130) & (luma > 25) & (red - blue > 6)


class Palette:
    """How often which colour occurs: a smoothed Lab histogram of 12 x 16 x 16 cells."""

    CELLS = (12, 16, 16)

    def __init__(self, colours: Field) -> None:
        """colours: n x 3 in Lab."""
        counts = np.bincount(_cell(colours), minlength=12 * 16 * 16).astype(np.float32).reshape(self.CELLS)
        for axis in range(3):
            counts = 0.25 * np.roll(counts, 1, axis) + 0.5 * counts + 0.25 * np.roll(counts, -1, axis)
        self.shares: Field = (counts / max(float(counts.sum()), 1e-6) + 1e-5).astype(np.float32).ravel()

    def of(self, lab: Field) -> Field:
        """How common each pixel's colour is here."""
        return self.shares[_cell(lab)]

    def overlap(self, other: Palette) -> float:
        """Bhattacharyya coefficient: 1 for equal palettes, 0 for strangers."""
        return float(np.sqrt(self.shares * other.shares).sum())


def _cell(lab: Field) -> NDArray[np.int32]:
    light = np.round(np.clip(lab[..., 0] * 0.11, 0, 11)).astype(np.int32)
    green = np.round(np.clip((lab[..., 1] + 64) * (15 / 128), 0, 15)).astype(np.int32)
    blue = np.round(np.clip((lab[..., 2] + 64) * (15 / 128), 0, 15)).astype(np.int32)
    cell: NDArray[np.int32] = (light * 16 + green) * 16 + blue
    return cell
