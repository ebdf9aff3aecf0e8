"""Cloth that lies flat: woven colours, folds, collars and seams. Knows no garment in particular.

Units are pixels of the finished picture; x = 0 is its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from .canvas import FINE, Canvas, Colour, Grid, Surface, crease, lit, noise
from .shapes import Line, ellipse, flipped, smooth

Weave = Callable[[Grid, Grid], Grid]
"""Colour (h x w x 3) at places of the cloth."""
Fold = tuple[float, float, float, float, float]
"""From x, y to x, y, and how high, in pixels."""


def plain(colour: Colour, fleck: float = 0.02, seed: int = 1) -> Weave:
    """One colour with a little irregular yarn."""

    def weave(x: Grid, y: Grid) -> Grid:
        yarn = noise(x.shape, 2.6, 2.0, seed) + 0.6 * noise(x.shape, 2.0, 5.0, seed + 1)
        return np.asarray(colour, np.float32) * (1 + fleck * yarn[..., None])

    return weave


def stripes(one: Colour, two: Colour, width: float) -> Weave:
    """Cross stripes of equal width, with soft edges."""

    def weave(x: Grid, y: Grid) -> Grid:
        share = np.clip(np.sin(y * np.pi / width) * width * 0.5 + 0.5, 0, 1)[..., None]
        knit = 1 + 0.02 * noise(x.shape, 2.0, 3.0, 3)[..., None]
        return (np.asarray(one, np.float32) * share + np.asarray(two, np.float32) * (1 - share)) * knit

    return weave


def dots(ground: Colour, dot: Colour, heart: Colour, pitch: float, size: float) -> Weave:
    """Round dots with a coloured heart, in staggered rows."""

    def weave(x: Grid, y: Grid) -> Grid:
        row = np.floor(y / pitch)
        u = np.mod(x + pitch * 0.5 * np.mod(row, 2), pitch) - pitch / 2
        far = np.hypot(u, y - (row + 0.5) * pitch)[..., None]
        cloth = np.asarray(ground, np.float32) * (1 + 0.02 * noise(x.shape, 2.2, 2.2, 5)[..., None])
        for radius, colour in ((size, dot), (size * 0.42, heart)):
            share = np.clip(radius - far + 0.5, 0, 1)
            cloth = cloth * (1 - share) + np.asarray(colour, np.float32) * share
        return cloth

    return weave


def plaid(ground: Colour, bands: Sequence[tuple[float, float, Colour]], pitch: float) -> Weave:
    """Bands (offset, width, colour) both ways; where two cross they mix, as twill does."""

    def weave(x: Grid, y: Grid) -> Grid:
        ways = []
        for v in (x, y):
            cloth: Grid = np.broadcast_to(np.asarray(ground, np.float32), (*x.shape, 3)).copy()
            for offset, width, colour in bands:
                off = np.abs(np.mod(v - offset + pitch / 2, pitch) - pitch / 2)
                share = np.clip(width / 2 - off + 0.5, 0, 1)[..., None]
                cloth = cloth * (1 - share) + np.asarray(colour, np.float32) * share
            ways.append(cloth)
        twill = (np.sin((x + y) * np.pi / 1.6) * 0.12 + 0.5)[..., None]
        return (ways[0] * twill + ways[1] * (1 - twill)) * (1 + 0.02 * noise(x.shape, 2, 2, 6)[..., None])

    return weave


def blossoms(ground: Colour, petals: Sequence[Colour], heart: Colour, pitch: float, seed: int) -> Weave:
    """Small five-petalled flowers and leaves, scattered evenly."""

    def weave(x: Grid, y: Grid) -> Grid:
        dice = np.random.Generator(np.random.PCG64(seed))
        cloth = np.broadcast_to(np.asarray(ground, np.float32), (*x.shape, 3)).copy()
        h, w = x.shape
        side = pitch * FINE
        for cy in np.arange(side / 2, h + side, side):
            for cx in np.arange(side / 2, w + side, side):
                at = np.array([cx, cy]) + dice.uniform(-0.34, 0.34, 2) * side
                _blossom(cloth, at, dice, petals[int(dice.integers(len(petals)))], heart)
        return cloth

    return weave


def _blossom(cloth: Grid, at: Grid, dice: np.random.Generator, petal: Colour, heart: Colour) -> None:
    def disc(middle: Grid, radius: float, colour: Colour) -> None:
        centre = (round(middle[0] * 16), round(middle[1] * 16))
        cv2.circle(cloth, centre, round(radius * 16), tuple(map(float, colour)), -1, cv2.LINE_8, 4)

    turn, size = dice.uniform(0, 6.28), dice.uniform(3.2, 5.2) * FINE
    for side in (-1, 1):
        leaf = turn + 0.7 + side * 0.5
        disc(at + np.array([np.cos(leaf), np.sin(leaf)]) * size * 2.1, size * 0.55, (74, 104, 78))
    for k in range(5):
        a = turn + k * 2 * np.pi / 5
        disc(at + np.array([np.cos(a), np.sin(a)]) * size, size * 0.72, petal)
    disc(at, size * 0.5, heart)


def lay(
    sheet: Canvas,
    outline: Line,
    weave: Weave,
    folds: list[Fold],
    seed: int,
    turn: float = 0.0,
    ripple: float = 1.0,
) -> Surface:
    """Lay a piece of cloth on the sheet; turn: how far its weave is rotated, in radians."""
    on = sheet.surface(outline)
    height = ripple * (
        1.5 * noise(on.cover.shape, 70, 150, seed) + 0.5 * noise(on.cover.shape, 30, 55, seed + 1)
    )
    for x0, y0, x1, y1, high in folds:
        height += high * FINE * crease(on, (x0, y0), (x1, y1), 5 + 2.2 * high)
    # the weave runs over the folds, so it is seen a little shifted there
    x, y = on.x + 0.35 * height, on.y + 0.45 * height
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    light = lit(sheet.swollen(on, 16, 0.2) * 0.55, 0.5, height)
    sheet.paint(on, weave(u, v), light)
    return on


def rested(sheet: Canvas, *outlines: Line) -> None:
    """The one soft shadow of all pieces of a garment on the table."""
    sheet.rest(sheet.surface(*outlines))


def ribbed(sheet: Canvas, outline: Line, colour: Colour, pitch: float, slant: float = 0.0) -> None:
    """A knitted band; slant: how far its ribs lean, sideways per unit down."""
    on = sheet.surface(outline)
    ribs = np.sin((on.x + slant * on.y) * 2 * np.pi / pitch)
    sheet.shadow(on, 0.25, 2.0)
    tone = np.asarray(colour, np.float32)
    sheet.paint(on, tone, lit(sheet.swollen(on, 9, 0.2) * 0.6, 0.5, ribs * 1.1) * (1 + 0.05 * ribs))


def button(sheet: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    """A button with four holes."""
    on = sheet.surface(ellipse(x, y, radius, radius))
    sheet.shadow(on, 0.5, radius * 0.3, (radius * 0.15, radius * 0.3))
    sheet.paint(on, colour, lit(sheet.swollen(on, radius * 0.5), 0.6))
    for dx in (-0.25, 0.25):
        for dy in (-0.25, 0.25):
            hole = sheet.surface(ellipse(x + dx * radius, y + dy * radius, radius * 0.13, radius * 0.13))
            sheet.paint(hole, np.asarray(colour) * 0.35)


def both(sheet: Canvas, line: Line, width: float, colour: Colour, opacity: float = 1.0) -> None:
    """The same smooth line on the left and on the right."""
    sheet.stroke(line, width, colour, opacity)
    sheet.stroke(flipped(line), width, colour, opacity)


def hollow(sheet: Canvas, outline: Line, colour: Colour) -> None:
    """The inside of a garment, seen through its neck: darker towards the front."""
    on = sheet.surface(smooth(outline, closed=True))
    top, bottom = float(on.y.min()), float(on.y.max())
    sheet.paint(on, np.asarray(colour, np.float32), 1.0 - 0.42 * (on.y - top) / max(bottom - top, 1e-6))
