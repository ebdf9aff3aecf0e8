"""Thin-plate splines on few points, evaluated on a coarse lattice (Bookstein 1989).

Knows nothing about garments: it lays a piece of picture so that some of its points land on given points.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from .kinds import Field, Mask, Picture, Points
from .masks import polygon

LATTICE = 8
"""Pixels between two places where the spline is evaluated; between them the map is linear."""
STIFFNESS = 2e-3
"""Regularisation: 0 meets every point, more is smoother."""


class Window(NamedTuple):
    """A rectangle of a picture, half open, in pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


class Laid(NamedTuple):
    """A piece on its window: colours, alpha, how many lattice cells it covers and which share folds over."""

    picture: Picture
    alpha: Field
    cells: int
    folded: float


class Spline:
    """Maps points near `source` to points near `target`."""

    def __init__(self, source: Points, target: Points) -> None:
        self.centre = source.mean(0)
        self.scale = max(1e-6, float(np.abs(source - self.centre).max()))
        self.knots = (source - self.centre) / self.scale
        count = len(self.knots)
        bend = _kernel(self.knots, self.knots) + STIFFNESS * np.eye(count)
        plane = np.c_[np.ones(count), self.knots]
        system = np.zeros((count + 3, count + 3))
        system[:count, :count], system[:count, count:], system[count:, :count] = bend, plane, plane.T
        wanted = np.zeros((count + 3, 2))
        wanted[:count] = target
        try:
            self.weights = np.linalg.solve(system + 1e-9 * np.eye(count + 3), wanted)
        except np.linalg.LinAlgError:
            self.weights = np.linalg.lstsq(system, wanted, rcond=None)[0]

    def __call__(self, points: Points) -> Points:
        scaled = (points - self.centre) / self.scale
        terms = np.c_[_kernel(scaled, self.knots), np.ones(len(scaled)), scaled]
        # einsum, not @: the sum must not depend on how many threads BLAS has
        return np.asarray(np.einsum("nk,kc->nc", terms, self.weights), np.float64)


def _kernel(points: Points, knots: Points) -> Points:
    dx = points[:, :1] - knots[None, :, 0]
    dy = points[:, 1:] - knots[None, :, 1]
    squared = dx * dx + dy * dy
    return np.asarray(squared * np.log(np.maximum(squared, 1e-12)), np.float64)


def lay(
    picture: Picture,
    alpha: Field,
    source: Points,
    target: Points,
    window: Window,
    outline: Points | None = None,
) -> Laid:
    """Draw picture and alpha so that `source` points land on `target` points of the whole picture.

    outline: the part of the piece that will be shown; only its folds count.
    """
    height, width = window.size
    colours, cover = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.float32)
    x0, y0 = (max(int(v), low) for v, low in zip(target.min(0) - 40, (window.left, window.top), strict=True))
    x1 = min(window.right, int(np.ceil(target[:, 0].max() + 40)))
    y1 = min(window.bottom, int(np.ceil(target[:, 1].max() + 40)))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return Laid(colours, cover, 0, 0.0)
    back = Spline(target, source)
    wide, high = max(2, (x1 - x0) // LATTICE + 1), max(2, (y1 - y0) // LATTICE + 1)
    grid = np.stack(np.meshgrid(np.linspace(x0, x1 - 1, wide), np.linspace(y0, y1 - 1, high)), -1)
    coarse = back(grid.reshape(-1, 2)).reshape(high, wide, 2).astype(np.float32)
    shown = np.ones((high, wide), np.bool_)
    if outline is not None:
        per_cell = np.array([(x1 - 1 - x0) / (wide - 1), (y1 - 1 - y0) / (high - 1)])
        shown = polygon((high, wide), (outline - np.array([x0, y0])) / per_cell)
    cells, folded = _folds(coarse, alpha, shown)
    dense = _between(coarse, (y1 - y0, x1 - x0))
    step = float(np.abs(np.gradient(coarse[..., 0], axis=1)).mean()) / max(1e-6, (x1 - x0) / wide)
    if step > 1.5:  # it shrinks: without this fine patterns would flicker
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), step * 0.45), np.uint8)
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), step * 0.27), np.float32)
    way = cv2.INTER_CUBIC if step < 1.2 else cv2.INTER_LINEAR
    part = (slice(y0 - window.top, y1 - window.top), slice(x0 - window.left, x1 - window.left))
    colours[part] = cv2.remap(picture, dense[..., 0], dense[..., 1], way, borderMode=cv2.BORDER_REPLICATE)
    drawn = cv2.remap(alpha, dense[..., 0], dense[..., 1], cv2.INTER_LINEAR, borderValue=0)
    cover[part] = np.clip(np.asarray(drawn, np.float32), 0, 1)
    return Laid(colours, cover, cells, folded)


def _folds(coarse: Field, alpha: Field, within: Mask) -> tuple[int, float]:
    """How many lattice points show the piece, and at which share of them the map turns over."""
    across, down = np.gradient(coarse, axis=1), np.gradient(coarse, axis=0)
    turn = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    x, y = np.ascontiguousarray(coarse[..., 0]), np.ascontiguousarray(coarse[..., 1])
    shown = (np.asarray(cv2.remap(alpha, x, y, cv2.INTER_LINEAR, borderValue=0)) > 0.5) & within
    cells = int(shown.sum())
    return cells, float((turn[shown] <= 0).mean()) if cells else 0.0


def _between(coarse: Field, size: tuple[int, int]) -> Field:
    """The lattice at every pixel, exact at its corners. Not cv2.remap: that rounds to 1/32 of a cell."""
    high, wide = coarse.shape[:2]
    x, y = (np.linspace(0, n - 1, m, dtype=np.float32) for n, m in ((wide, size[1]), (high, size[0])))
    column, row = np.minimum(x.astype(np.intp), wide - 2), np.minimum(y.astype(np.intp), high - 2)
    right, down = (x - column)[None, :, None], (y - row)[:, None, None]
    across = coarse[:, column] + (coarse[:, column + 1] - coarse[:, column]) * right
    return np.asarray(across[row] + (across[row + 1] - across[row]) * down, np.float32)
