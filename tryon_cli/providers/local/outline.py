"""Landmarks of a top or dress: axis, neck points, shoulder points, armpits, sleeves, hem. From the outline alone.

Knows nothing about colours; see neckline.py for those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .kinds import SIDES, Mask, Point, Row
from .masks import bounds, run_at, smoothed


@dataclass(frozen=True)
class Armpit:
    """Where the trunk's side meets the sleeve, or the widest place of a sleeveless armhole."""

    y: int
    sleeve: bool
    reach: float
    """Distance from the axis."""


@dataclass(frozen=True)
class Upper:
    """Landmarks of a top or dress, per side (-1 left, 1 right in the picture)."""

    mask: Mask
    axis: float
    top: int
    bottom: int
    left: int
    right: int
    edges: dict[int, Row]
    """x of the trunk's side per row; NaN where there is none."""
    armpits: dict[int, Armpit]
    necks: dict[int, Point]
    """Highest points of the shoulders, beside the neck."""
    shoulders: dict[int, Point]
    hem: int
    half: float
    """Half the width of the trunk."""
    sleeves: tuple[int, ...]
    """Sides that have one."""

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top + 1

    def seam(self, side: int) -> tuple[Point, Point]:
        """The line between trunk and sleeve: shoulder and armpit."""
        pit = self.armpits[side]
        return self.shoulders[side], np.array([self.axis + side * pit.reach, pit.y], np.float64)

    def sleeve_region(self, side: int) -> Mask:
        """What lies outside the seam and outside the trunk's run."""
        height, width = self.mask.shape
        y, x = np.ogrid[0:height, 0:width]
        shoulder, armpit = self.seam(side)
        edge = np.where(np.isfinite(self.edges[side]), self.edges[side], armpit[0])
        edge[: int(armpit[1]) + 1] = armpit[0]
        along = armpit - shoulder
        outside = ((x - shoulder[0]) * along[1] - (y - shoulder[1]) * along[0]) * side > 0
        above = (y <= armpit[1]) & outside & ((x - self.axis) * side > 0)
        below = (y > armpit[1]) & ((x - edge[:, None]) * side > 1)
        return np.asarray(self.mask & (above | below), np.bool_)

    def without_sleeves(self) -> Upper:
        """As one piece: shoulder points at the outer ends of the top edge."""
        shoulders, armpits = dict(self.shoulders), {}
        for side in SIDES:
            y = int(np.clip(self.necks[side][1] + 0.05 * self.height, 0, len(self.mask) - 1))
            outer = _outer(self.mask[y], self.axis, side)
            if outer is not None:
                shoulders[side] = np.array([outer, float(y)])
            armpits[side] = replace(self.armpits[side], sleeve=False)
        return replace(self, shoulders=shoulders, armpits=armpits, sleeves=())


def upper_of(mask: Mask, *, dress: bool) -> Upper:
    """Measure the outline; never fails on a mask with some pixels."""
    top, bottom, left, right = bounds(mask) or (0, len(mask) - 1, 0, mask.shape[1] - 1)
    axis = _axis(mask, top, bottom, left, right)
    edges = _edges(mask, axis, top, bottom)
    height = bottom - top + 1
    low = top + int((0.42 if dress else 0.66) * height)
    high = top + int(0.10 * height)
    band = slice(low, min(bottom, low + max(4, int(0.12 * height))))
    span = edges[1][band] - edges[-1][band]
    width = float(np.nanmedian(span)) if np.isfinite(span).any() else (right - left) / 2
    armpits = _armpits(edges, axis, high, low, height, width)
    ceiling = np.where(mask.any(0), mask.argmax(0), len(mask)).astype(np.float64)
    necks = {side: _neck(ceiling, axis, width / 2, side, height, bottom) for side in SIDES}
    shoulders = {
        side: _shoulder(mask, ceiling, axis, width / 2, side, necks[side], armpits[side], height)
        for side in SIDES
    }
    for side in SIDES:
        _limit(edges[side], axis, side, armpits[side], bottom, width, 0.9 if dress else 0.5)
    wide = np.flatnonzero(np.nan_to_num(edges[1] - edges[-1]) > 0.55 * width)
    hem = int(wide[-1]) if len(wide) else bottom
    sleeves = tuple(side for side in SIDES if armpits[side].sleeve)
    found = Upper(
        mask, axis, top, bottom, left, right, edges, armpits, necks, shoulders, hem, width / 2, sleeves
    )
    # frills on straps and the like are no sleeves
    total = float(mask.sum())
    if sleeves and max(found.sleeve_region(side).sum() for side in sleeves) < 0.045 * total:
        return found.without_sleeves()
    return found


def _axis(mask: Mask, top: int, bottom: int, left: int, right: int) -> float:
    """The middle of the lower trunk, refined by mirror symmetry."""
    height, width = bottom - top + 1, mask.shape[1]
    low = mask[top + int(0.45 * height) : top + int(0.9 * height)]
    middle = float(np.median(np.nonzero(low)[1])) if low.any() else (left + right) / 2
    band = mask[top : top + max(4, int(0.7 * height))]
    best = (-np.inf, middle)
    for shift in np.linspace(-0.06, 0.06, 13) * (right - left):
        axis = middle + float(shift)
        reach = int(min(axis, width - 1 - axis))
        if reach < 8:
            continue
        one = band[:, int(axis) - reach : int(axis)]
        two = band[:, int(axis) + 1 : int(axis) + 1 + reach][:, ::-1]
        alike = int((one & two).sum()) / max(1, int((one | two).sum()))
        best = max(best, (alike - abs(float(shift)) / (right - left) * 0.3, axis))
    return best[1]


def _edges(mask: Mask, axis: float, top: int, bottom: int) -> dict[int, Row]:
    edges = {side: np.full(len(mask), np.nan) for side in SIDES}
    middle = np.asarray(mask[:, int(max(0, axis - 2)) : int(axis + 3)].any(1), np.bool_)
    # above the bottom of the neck opening the axis runs through air: take the outer ends there
    upper = np.arange(top, top + int(0.6 * (bottom - top + 1)))
    open_rows = upper[~middle[upper]]
    notch = int(open_rows[-1]) + 1 if len(open_rows) else top
    for y in range(top, bottom + 1):
        if y < notch:
            seen = np.flatnonzero(mask[y])
            run = (int(seen[0]), int(seen[-1])) if len(seen) else None
        else:
            run = run_at(mask[y], axis)
        if run is not None:
            edges[-1][y], edges[1][y] = run
    return edges


def _armpits(
    edges: dict[int, Row], axis: float, high: int, low: int, height: int, width: float
) -> dict[int, Armpit]:
    window = max(4, int(0.07 * height))
    found = {side: _armpit((edges[side] - axis) * side, high, low, window, height, width) for side in SIDES}
    if found[-1].sleeve and found[1].sleeve:
        return _level(found, edges, axis, high, height, width)
    if found[-1].sleeve == found[1].sleeve:
        return found
    seen = -1 if found[-1].sleeve else 1
    pit, other = found[seen], (edges[-seen][high:low] - axis) * -seen
    # a sleeve on one side only: is there one on the other after all?
    reach = float(np.nanmax(other)) if np.isfinite(other).any() else 0.0
    found[-seen] = Armpit(pit.y, reach > pit.reach * 1.15, pit.reach)
    return found


def _level(
    found: dict[int, Armpit], edges: dict[int, Row], axis: float, high: int, height: int, width: float
) -> dict[int, Armpit]:
    """Armpits lie level: a step far below the other side's is a bow, a bag or a cuff that hangs there."""
    lower = max(SIDES, key=lambda side: found[side].y)
    other = found[-lower]
    if found[lower].y - other.y < 0.06 * height:
        return found
    window = max(4, int(0.07 * height))
    offsets = (edges[lower] - axis) * lower
    again = _armpit(offsets, high, other.y + int(0.03 * height), window, height, width)
    return {-lower: other, lower: again if again.sleeve else other}


def _armpit(offsets: Row, high: int, low: int, window: int, height: int, width: float) -> Armpit:
    for y in range(low, high, -1):
        below = offsets[y + 1 : y + 1 + window]
        if not np.isfinite(below).any() or not np.isfinite(offsets[y]):
            continue
        if offsets[y] - np.nanmedian(below) > 0.075 * width:
            further = offsets[y + 2 : y + 2 + window]
            return Armpit(y, True, float(np.nanmedian(further if np.isfinite(further).any() else below)))
    part = offsets[high:low]
    if not np.isfinite(part).any():
        return Armpit(high + int(0.2 * height), False, width / 2)
    widest = int(np.argmax(smoothed(np.nan_to_num(part, nan=0.0), 5)))
    return Armpit(high + widest, False, float(np.nan_to_num(part[widest], nan=width / 2)))


def _neck(ceiling: Row, axis: float, half: float, side: int, height: int, bottom: int) -> Point:
    first, last = sorted((axis + side * 0.10 * half, axis + side * 0.80 * half))
    columns = np.arange(int(max(0, first)), int(min(len(ceiling) - 1, last)) + 1)
    if len(columns) == 0:
        return np.array([axis + side * 0.4 * half, float(ceiling.min())])
    edge = ceiling[columns]
    best = int(np.argmin(edge + np.abs(np.abs(columns - axis) / half - 0.38) * 0.05 * height))
    return np.array([float(columns[best]), float(min(edge[best], bottom))])


def _shoulder(
    mask: Mask, ceiling: Row, axis: float, half: float, side: int, neck: Point, pit: Armpit, height: int
) -> Point:
    if pit.sleeve:
        reach = max(pit.reach * 0.97, abs(float(neck[0]) - axis) + 0.08 * half)
        x = float(np.clip(axis + side * reach, 0, mask.shape[1] - 1))
        y = float(ceiling[int(x)])
        if y > pit.y - 0.03 * height:
            y = float(neck[1]) + 0.06 * height
        return np.array([x, y])
    row = int(np.clip(neck[1] + 0.05 * height, 0, len(mask) - 1))
    outer = _outer(mask[row], axis, side)
    return np.array([float(neck[0]) + side * 2 if outer is None else outer, float(row)])


def _outer(row: Mask, axis: float, side: int) -> float | None:
    seen = np.flatnonzero(row)
    seen = seen[(seen - axis) * side > 0]
    return None if len(seen) == 0 else float(seen.min() if side < 0 else seen.max())


def _limit(edge: Row, axis: float, side: int, pit: Armpit, bottom: int, width: float, slope: float) -> None:
    """A sleeve that touches the trunk is no trunk: limit how fast the side may run outwards."""
    current = pit.reach
    for y in range(pit.y, bottom + 1):
        reach = (edge[y] - axis) * side
        if not np.isfinite(reach):
            continue
        if reach > current + 0.05 * width:
            current += slope * 0.35
            edge[y] = axis + side * current
        else:
            current = max(float(reach), 0.1 * width)
