"""Hips and legs of a person: outline per row, crotch and ankles. In analysed coordinates.

Knows nothing about trousers.
"""

from __future__ import annotations

import numpy as np

from .kinds import Mask, Row
from .landmarks import Body
from .masks import runs, smoothed


class Legs:
    """What of a person is below the hem, without arms and hands."""

    def __init__(self, body: Body) -> None:
        self.body = body
        height, width = body.figure.person.shape
        rows, columns = np.arange(height)[:, None], np.arange(width)[None]
        unit = body.unit
        far = np.abs(columns - body.axis) > 0.30 * body.width
        hands = body.figure.skin & (rows < body.hem + 1.8 * unit) & far
        self.mask: Mask = body.figure.person & ~hands
        self.reach = 0.75 * body.width
        self.waist = body.hem - 0.30 * unit
        whole = body.bottom < height - 3
        self.ankle = body.bottom - 0.44 * unit if whole else body.chin[1] + 9.2 * unit
        self.hip = min(height - 1.0, body.hem + 0.9 * unit)
        self.skirt = 0
        """The first row where bare legs are seen below what covers the hips; 0 when nothing does."""
        self.left, self.right = self._edges()
        first, last = int(min(body.hem, height - 2)), int(min(height, body.hem + 1.5 * unit)) + 1
        self.axis = float(np.median((self.left + self.right)[first:last])) / 2
        self.crotch = self._crotch()

    def _edges(self) -> tuple[Row, Row]:
        body, height = self.body, len(self.mask)
        left, right = np.full(height, np.nan), np.full(height, np.nan)
        first, last = int(max(0, body.axis - self.reach)), int(body.axis + self.reach) + 1
        cloth = self.mask & ~body.figure.skin
        for y in range(int(max(0, body.hem - 0.2 * body.unit)), height):
            row = cloth[y, first:last]
            if y < body.hem + 1.7 * body.unit and row.sum() > 0.3 * body.width:
                starts, ends = (v + first for v in runs(row))
                # runs around the axis only: a cuff or a hand beside the hip is no hip
                near = np.abs((starts + ends) / 2 - body.axis) < 0.38 * body.width
                near &= ends - starts > 0.06 * body.width
                if near.any():
                    left[y], right[y] = starts[near].min(), ends[near].max()
                    continue
            seen = np.flatnonzero(self.mask[y, first:last])
            if len(seen):
                left[y], right[y] = seen[0] + first, seen[-1] + first
        known = np.isfinite(left)
        if known.sum() < 5:
            half = 0.375 * body.width
            return np.full(height, body.axis - half), np.full(height, body.axis + half)
        rows = np.arange(height)
        # a single notched row must not break a trouser leg
        left, right = (np.interp(rows, rows[known], edge[known]) for edge in (left, right))
        self._inside_skirt(left, right)
        return smoothed(left, 0.12 * body.unit), smoothed(right, 0.12 * body.unit)

    def _inside_skirt(self, left: Row, right: Row) -> None:
        """Legs under a skirt: straight from the hips to where they are seen again."""
        body, height = self.body, len(left)
        first = int(min(height - 1, body.hem + 0.45 * body.unit))
        near = np.abs(np.arange(self.mask.shape[1])[None] - body.axis) < 0.45 * body.width
        bare = (body.figure.skin & near).sum(1) > 0.5 * np.maximum((self.mask & near).sum(1), 1)
        seen = np.flatnonzero(bare & (np.arange(height) > body.hem + 0.6 * body.unit))
        if len(seen) == 0 or seen[0] < first + 4:
            return
        last = int(min(height - 1, seen[0] + 0.15 * body.unit))
        self.skirt = last
        hem = int(np.clip(body.hem, 0, first))
        middle, half = (left[hem] + right[hem]) / 2, (right[hem] - left[hem]) / 2
        for edge, side in ((left, -1), (right, 1)):
            # hips are little wider than where the top ends, however wide the skirt is
            hip = min(1.15 * half, (edge[first] - middle) * side)
            edge[hem : first + 1] = np.linspace(edge[hem], middle + side * hip, first + 1 - hem)
            edge[first : last + 1] = np.linspace(edge[first], edge[last], last + 1 - first)

    def _crotch(self) -> float:
        body, unit, mask = self.body, self.body.unit, self.mask
        if self.skirt:
            return body.hem + 0.30 * max(self.ankle - body.hem, 2 * unit)
        long = self.ankle - body.hem
        for y in range(int(min(len(mask) - 1, body.hem + 0.8 * unit)), int(min(len(mask), self.ankle))):
            middle = mask[y, int(self.axis - 0.12 * unit) : int(self.axis + 0.12 * unit) + 1]
            if middle.size and not middle.all() and mask[y, int(self.left[y]) : int(self.axis)].any():
                if y > body.hem + 0.6 * long:
                    break
                return min(float(y), body.hem + 0.45 * long)
        return body.hem + 0.30 * max(long, 2 * unit)

    def edges(self, y: float) -> tuple[float, float]:
        """Outer x on both sides in this row."""
        at = float(np.clip(y, 0, len(self.left) - 1))
        index = int(at)
        return float(self.left[index]), float(self.right[index])

    def leg(self, y: float, side: int) -> tuple[float, float]:
        """Left and right x of one leg in this row."""
        row = int(np.clip(y, 0, len(self.mask) - 1))
        left, right = self.edges(row)
        if row < self.skirt and self.crotch < self.skirt:  # straight down to where it is seen
            apart = self._inner(self.skirt, side) - self.axis
            inner = self.axis + apart * max(0.0, row - self.crotch) / (self.skirt - self.crotch)
        else:
            inner = self._inner(row, side)
        return (left, inner) if side < 0 else (inner, right)

    def _inner(self, row: int, side: int) -> float:
        gap = 0.02 * self.body.unit
        inner = self.axis + side * gap
        if not self.mask[row, int(self.axis)]:
            seen = np.flatnonzero(self.mask[row])
            seen = seen[((seen - self.axis) * side > 0) & (np.abs(seen - self.axis) < self.reach)]
            if len(seen):
                inner = float(seen.max() if side < 0 else seen.min())
        return inner
