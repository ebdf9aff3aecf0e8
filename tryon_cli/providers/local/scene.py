"""The measured person in the coordinates of the picture that is worked on, with the arms.

Knows nothing about the garment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .kinds import SIDES, Mask, Point, Points, Row, Size
from .landmarks import Body
from .limbs import limb
from .masks import opened


class Arm(NamedTuple):
    """An arm: axis from the shoulder seam outwards and half widths, and where it may be."""

    centres: Points
    half: Row
    seen: bool
    """False: drawn by proportion, since none was found."""
    zone: Mask
    """In analysed coordinates."""


class Scene:
    """Landmarks of a body, scaled to a working picture of `size`."""

    def __init__(self, body: Body, size: Size) -> None:
        by = 1.0 / body.figure.scale
        self.body, self.size, self.by = body, size, by
        self.unit, self.width = float(body.unit * by), float(body.width * by)
        self.chin: Point = np.array(body.chin, np.float64) * by
        self.axis, self.shoulder_y = float(body.axis * by), float(body.shoulder_y * by)
        self.armpit_y, self.hem = float(body.armpit_y * by), float(body.hem * by)
        self.shoulders = {side: body.shoulders[side] * by for side in SIDES}
        self.side_rows = body.side_rows * by
        self.sides = {side: body.sides[side] * by for side in SIDES}
        self.bottom = float(body.bottom * by)
        self._visible = body.figure.person & ~body.hair

    def side(self, side: int, y: float) -> float:
        """x of the trunk's side in this row."""
        return float(np.interp(y, self.side_rows, self.sides[side]))

    def top_edge(self, x: float) -> float | None:
        """First body row under the chin in this column; None where hair or nothing is."""
        scale = self.body.figure.scale
        height, width = self._visible.shape
        column = int(np.clip(round(x * scale), 1, width - 2))
        first = int(np.clip(self.chin[1] * scale, 0, height - 1))
        rows = np.flatnonzero(self._visible[first:, column - 1 : column + 2].all(1))
        return None if len(rows) == 0 or rows[0] == 0 else float((first + rows[0]) / scale)

    def arm(self, side: int, seam: Point, armpit: Point) -> Arm:
        """The arm that starts between seam (shoulder) and armpit, given in working coordinates."""
        body, scale = self.body, self.body.figure.scale
        unit = body.unit
        shoulder, pit, root = (p * scale for p in (self.shoulders[side], armpit, seam))
        zone = _arm_zone(body, side, shoulder, pit, root)
        found = limb(zone, root, pit, 12, int(4.0 * unit))
        seen = found is not None and found.length > 1.1 * unit
        if found is not None and seen:
            centres, half = found.centres, np.clip(found.half, 0.11 * unit, 0.30 * unit)
        else:
            way = [(-0.14, float(pit[1]) + 0.25 * unit), (-0.05, float(shoulder[1]) + 1.9 * unit)]
            way.append((-0.10, float(shoulder[1]) + 3.4 * unit))
            centres = np.array(
                [(root + pit) / 2, *([float(shoulder[0]) + side * dx * unit, y] for dx, y in way)]
            )
            half = np.array([0.30, 0.27, 0.22, 0.19]) * unit
        if len(centres) > 4:
            for _ in range(2):
                centres[1:-1] = (centres[:-2] + 2 * centres[1:-1] + centres[2:]) / 4
                half[1:-1] = (half[:-2] + 2 * half[1:-1] + half[2:]) / 4
        return Arm(centres / scale, half / scale, seen, zone)


def _arm_zone(body: Body, side: int, shoulder: Point, pit: Point, root: Point) -> Mask:
    person = body.figure.person & ~body.hair
    height, width = person.shape
    y, x = np.ogrid[0:height, 0:width]
    edge = np.interp(np.arange(height), body.side_rows, body.sides[side])[:, None]
    below = (y > pit[1]) & ((x - edge) * side > 0.5)
    along = pit - root
    outside = ((x - root[0]) * along[1] - (y - root[1]) * along[0]) * side > 0
    above = (y <= pit[1]) & (y >= shoulder[1] - 0.25 * body.unit) & outside
    return opened(person & (below | above), 3)
