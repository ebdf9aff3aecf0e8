"""A sheet to draw on: outlines become lit, rounded surfaces. Knows no people and no clothes.

A surface is a height above the paper: swollen from its outline, plus folds. Its slope, seen in one
light from the upper left, gives the shading; nothing is shaded by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .shapes import Line, Points, smooth

Grid = NDArray[Any]
"""Numbers per fine pixel: float32 unless a constant widens them."""
Colour = Sequence[float] | Grid

FINE = 2
"""Pixels drawn per pixel of the picture, each way."""
MARGIN = 40
"""Fine pixels a surface may reach over the picture's edge, so that it does not end there."""
LIGHT = np.array([-0.42, -0.52, 0.74])


class Surface(NamedTuple):
    """An outline on the sheet: how much of each fine pixel it covers, and where those pixels are."""

    left: int
    top: int
    cover: Grid
    """0 to 1."""
    x: Grid
    """In the drawing's own units, like y."""
    y: Grid


def soft(grid: Grid, sigma: float) -> Grid:
    """Gaussian blur, zero outside; wide ones on a smaller grid."""
    if sigma < 6:
        return cv2.GaussianBlur(grid, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_CONSTANT)
    h, w = grid.shape
    k = max(1, min(int(sigma / 4), h // 4, w // 4))
    small = cv2.resize(grid, (w // k, h // k), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / k, borderType=cv2.BORDER_CONSTANT)
    large = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    # slopes are what is seen: without this the coarse grid's own lines show on skin
    return cv2.GaussianBlur(large, (0, 0), float(k), borderType=cv2.BORDER_REPLICATE)


def noise(shape: tuple[int, int], across: float, down: float, seed: int) -> Grid:
    """Smooth noise with spots of about across x down fine pixels; mean 0, deviation 1."""
    dice = np.random.Generator(np.random.PCG64(seed))
    h, w = shape
    cells = (max(2, int(h / down) + 3), max(2, int(w / across) + 3))
    coarse = dice.normal(0, 1, cells).astype(np.float32)
    size = (int(cells[1] * across) + 1, int(cells[0] * down) + 1)
    full = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)[:h, :w]
    return np.asarray((full - full.mean()) / (full.std() + 1e-6))


def lit(height: Grid, ambient: float = 0.55, folds: Grid | None = None) -> Grid:
    """Light on a surface: 1 where it faces us, about 0.5 to 1.25 on its slopes.

    folds: what lies on a height that is round across only, as cloth that hangs and ends in a flat hem.
    """
    dx, dy = _slopes(height)
    if folds is not None:
        fold_x, fold_y = _slopes(folds)
        dx, dy = dx + fold_x, dy * np.float32(0.3) + fold_y
    steep = np.sqrt(dx * dx + dy * dy)
    tame = np.minimum(1, 1.6 / np.maximum(steep, 1e-6))
    dx, dy = dx * tame, dy * tame
    facing = (-dx * LIGHT[0] - dy * LIGHT[1] + LIGHT[2]) / np.sqrt(1 + dx * dx + dy * dy)
    return np.asarray(np.clip(ambient + (1 - ambient) * facing / LIGHT[2], 0.4, 1.3))


def _slopes(height: Grid) -> tuple[Grid, Grid]:
    return cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)


def crease(on: Surface, start: tuple[float, float], end: tuple[float, float], width: float) -> Grid:
    """A fold along a line: 1 on it, fading to its sides within width and to both ends."""
    ax, ay = start
    vx, vy = end[0] - ax, end[1] - ay
    length = max(float(np.hypot(vx, vy)), 1e-6)
    t = ((on.x - ax) * vx + (on.y - ay) * vy) / length**2
    off = ((on.x - ax) * vy - (on.y - ay) * vx) / length
    return np.exp(-((off / width) ** 2) - np.clip(np.abs(t - 0.5) - 0.25, 0, None) ** 2 * 20)


class Canvas:
    """A sheet of width x height pixels whose unit (in pixels) and origin the drawing chooses."""

    def __init__(self, unit: float = 1.0, origin: tuple[float, float] = (384.0, 0.0)) -> None:
        self.size = (1024, 768)
        self.unit, self.origin = unit * FINE, (origin[0] * FINE, origin[1] * FINE)
        h, w = self.size[0] * FINE, self.size[1] * FINE
        self.rgb = np.zeros((h, w, 3), np.float32)
        self.cover = np.zeros((h, w), np.float32)
        """What has been drawn so far; shadows fall there only."""

    def surface(self, *outlines: Line, feather: float = 0.0) -> Surface:
        """The union of closed outlines. feather: width of a soft edge, in units."""
        polys = [np.asarray(line, float) * self.unit + self.origin for line in outlines]
        pad = 4 + int(3 * feather * self.unit)
        limit = (self.rgb.shape[1] + MARGIN, self.rgb.shape[0] + MARGIN)
        low = np.maximum(np.floor(np.min([p.min(0) for p in polys], 0)) - pad, -MARGIN).astype(int)
        high = np.minimum(np.ceil(np.max([p.max(0) for p in polys], 0)) + pad, limit).astype(int)
        w, h = np.maximum(high - low, 1)
        mask = np.zeros((h, w), np.uint8)
        for poly in polys:
            cv2.fillPoly(mask, [np.round((poly - low) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        cover = mask.astype(np.float32) / 255
        if feather:
            cover = soft(cover, feather * self.unit)
        y, x = np.mgrid[low[1] : low[1] + h, low[0] : low[0] + w].astype(np.float32)
        return Surface(
            int(low[0]),
            int(low[1]),
            cover,
            (x - self.origin[0]) / self.unit,
            (y - self.origin[1]) / self.unit,
        )

    def swollen(self, on: Surface, radius: float, least: float = 0.36) -> Grid:
        """Height of a surface that is round at its edges, in fine pixels; radius in units.

        least: how much of its surroundings a point must share to stand out. The blur is about a half at an
        edge and a quarter in a corner; with more than that, edges and corners would get a flat rim.
        """
        deep = np.clip((soft(on.cover, radius * self.unit * 0.5) - least) / (1 - least), 0, 1)
        return np.sqrt(np.maximum(0, 1 - (1 - deep) ** 2)) * np.float32(radius * self.unit)

    def paint(self, on: Surface, colour: Colour, light: Grid | None = None, opacity: float = 1.0) -> None:
        """Lay colour (0 to 255) over the sheet; light may be one factor or one per channel."""
        wanted = np.broadcast_to(np.asarray(colour, np.float32), (*on.cover.shape, 3))
        if light is not None:
            wanted = wanted * (light if light.ndim == 3 else light[..., None])
        here, there = self._overlap(on)
        a = on.cover[there][..., None] * np.float32(opacity)
        self.rgb[here] += (wanted[there] - self.rgb[here]) * a
        self.cover[here] = np.maximum(self.cover[here], a[..., 0])

    def shadow(
        self, on: Surface, depth: float, reach: float, shift: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        """Darken what lies below an outline, reach units wide; nothing falls on the bare sheet."""
        self._darken(on, depth, reach, shift, bare=False)

    def rest(self, on: Surface, depth: float = 0.10, reach: float = 7.0) -> None:
        """The shadow of something that lies on the bare sheet."""
        self._darken(on, depth, reach, (reach * 0.3, reach * 0.7), bare=True)

    def stroke(self, line: Line, width: float, colour: Colour, opacity: float = 1.0) -> None:
        """A smooth line, width units wide."""
        self._stroke(smooth(line), width, colour, opacity)

    def stitch(self, line: Line, colour: Colour, width: float = 1.4, step: float = 7.0) -> None:
        """A smooth line of stitches, step units from one to the next."""
        path = smooth(line, steps=24)
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
        for at in np.arange(0, along[-1] - step * 0.6, step):
            ends = [np.interp([at, at + step * 0.6], along, path[:, k]) for k in (0, 1)]
            self._stroke(np.column_stack(ends), width, colour, 0.85)

    def picture(self, grain: float, seed: int) -> NDArray[np.uint8]:
        """The sheet at its real size with a little film grain, 1024 x 768 x 3."""
        h, w = self.size
        small = cv2.resize(self.rgb, (w, h), interpolation=cv2.INTER_AREA)
        dice = np.random.Generator(np.random.PCG64(seed))
        rough = cv2.GaussianBlur(dice.normal(0, grain * 2, (h, w)).astype(np.float32), (0, 0), 0.8)
        return np.asarray(np.clip(small + rough[..., None] + 0.5, 0, 255), np.uint8)

    def opaque(self) -> NDArray[np.uint8]:
        """What is covered, 0 to 255, at the real size: an alpha channel."""
        h, w = self.size
        small = cv2.resize(self.cover, (w, h), interpolation=cv2.INTER_AREA)
        return np.asarray(np.clip(small * 255 + 0.5, 0, 255), np.uint8)

    def _stroke(self, path: Points, width: float, colour: Colour, opacity: float) -> None:
        along = np.gradient(path, axis=0)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        off = along[:, ::-1] * (-1, 1) * width / 2
        self.paint(self.surface(np.vstack([path + off, (path - off)[::-1]])), colour, opacity=opacity)

    def _darken(
        self, on: Surface, depth: float, reach: float, shift: tuple[float, float], bare: bool
    ) -> None:
        pad = int(3 * reach * self.unit) + 1
        wide = cv2.copyMakeBorder(on.cover, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
        dx, dy = (int(s * self.unit) for s in shift)
        moved = on._replace(
            cover=soft(wide, reach * self.unit), left=on.left - pad + dx, top=on.top - pad + dy
        )
        here, there = self._overlap(moved)
        catch = 1 - self.cover[here] if bare else self.cover[here]
        self.rgb[here] *= (1 - depth * np.clip(moved.cover[there], 0, 1) * catch)[..., None]

    def _overlap(self, on: Surface) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        h, w = on.cover.shape
        x0, y0 = max(0, on.left), max(0, on.top)
        x1, y1 = min(self.rgb.shape[1], on.left + w), min(self.rgb.shape[0], on.top + h)
        x1, y1 = max(x0, x1), max(y0, y1)
        there = (slice(y0 - on.top, y1 - on.top), slice(x0 - on.left, x1 - on.left))
        return (slice(y0, y1), slice(x0, x1)), there
