"""Shoulders from the outline, and the scale of a person whose face is not seen.

Knows nothing about clothes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .body import Figure
from .kinds import SIDES, Mask, Point
from .masks import run_at, smoothed


class Stance(NamedTuple):
    """The ruler and the places everything else is measured from, in analysed pixels."""

    unit: float
    """Side of the face box."""
    chin: tuple[float, float]
    axis: float
    """x of the middle of the trunk, from its rows under the chin."""
    first: int
    """First and last row of the person."""
    last: int


def shoulders_of(figure: Figure, stance: Stance, hair: Mask) -> dict[int, Point]:
    """The two shoulder corners, made plausible against each other."""
    unit, axis = stance.unit, stance.axis
    bare = figure.person & ~hair
    found = {side: _corner(bare, stance, side) for side in SIDES}
    reach = {side: (float(found[side][0]) - axis) * side for side in SIDES}
    if max(reach.values()) > 1.9 * min(reach.values()) or min(reach.values()) < 0.5 * unit:
        # one side is implausible: mirror the plausible one
        good = min(SIDES, key=lambda side: abs(reach[side] - 1.2 * unit))
        span = float(np.clip(reach[good], 0.85 * unit, 1.8 * unit))
        for side in SIDES:
            found[side][0] = axis + side * span
    _level(found)
    span = float(found[1][0] - found[-1][0])
    if span < 1.85 * unit:
        middle = 0.25 * float(found[1][0] + found[-1][0]) + 0.5 * axis
        for side in SIDES:
            found[side][0] = middle + side * 1.05 * unit
    return found


def _level(found: dict[int, Point]) -> None:
    """Hair hides shoulders and makes them look lower: limit the tilt, trust the higher one."""
    most = 0.07 * float(found[1][0] - found[-1][0])
    tilt = float(found[1][1] - found[-1][1])
    if tilt > most:
        found[1][1] = found[-1][1] + most
    elif -tilt > most:
        found[-1][1] = found[1][1] + most


def _corner(bare: Mask, stance: Stance, side: int) -> Point:
    """The outline point farthest from the chord neck to upper arm."""
    unit, axis, (x, y) = stance.unit, stance.axis, stance.chin
    height = len(bare)
    middle = (x + axis) / 2

    def outline(row: int) -> float:
        run = run_at(bare[int(np.clip(row, 0, height - 1))], axis)
        if run is None:
            return axis
        return float(np.clip(run[max(side, 0)], middle - 1.5 * unit, middle + 1.5 * unit))

    low = int(min(height - 1, y + 1.55 * unit))
    neck = np.array([x + side * 0.28 * unit, y + 0.05 * unit])
    arm = np.array([float(np.clip(outline(low), axis - 2.3 * unit, axis + 2.3 * unit)), low])
    if (arm[0] - axis) * side < 0.55 * unit:
        arm[0] = axis + side * 1.0 * unit
    normal = np.array([-(arm - neck)[1], (arm - neck)[0]])
    normal = normal / (np.linalg.norm(normal) + 1e-6)
    if normal[0] * side < 0:
        normal = -normal
    best: tuple[float, float, float] = (-np.inf, x, y)
    for row in range(int(y + 0.12 * unit), low):
        edge = float(np.clip(outline(row), axis - 2.2 * unit, axis + 2.2 * unit))
        if abs(edge - middle) < 0.75 * unit:
            continue  # a neck, or hair beside it
        out = float((np.array([edge, row]) - neck) @ normal)
        if out > best[0]:
            best = (out, edge, float(row))
    if best[0] < 0.16 * unit:
        return _steep(bare, stance, side)
    return np.array([best[1], float(np.clip(best[2], y + 0.2 * unit, y + 1.05 * unit))])


def _steep(bare: Mask, stance: Stance, side: int) -> Point:
    """No corner (arm away from the body, loose clothes): where the top edge turns steep, at most 1.4 units out."""
    unit, (x, y) = stance.unit, stance.chin
    height, width = bare.shape
    outwards = np.arange(int(0.3 * unit), max(int(0.3 * unit) + 2, int(1.42 * unit)))
    first = int(np.clip(y - 0.05 * unit, 0, height - 1))
    columns = np.clip(x + side * outwards, 0, width - 1).astype(int)
    below = bare[first:, columns]
    edge = np.where(below.any(0), first + below.argmax(0), height).astype(np.float64)
    step = max(2, int(0.2 * unit))
    place = len(outwards) - 1
    for index in range(int(0.35 * unit), len(outwards) - step):
        if edge[index + step] - edge[index] > 1.35 * step:
            place = index
            break
    row = edge[place] if edge[place] < height else y + 0.55 * unit
    return np.array([x + side * float(outwards[place]), float(np.clip(row, y + 0.3 * unit, y + 1.05 * unit))])


def unit_without_face(person: Mask, first: int, last: int) -> tuple[float, float, float, bool]:
    """Scale and chin from the width profile: (unit, x, y, a head is there).

    For heads cut off by the picture, seen from behind or turned away.
    """
    middle = float(np.median(np.nonzero(person)[1]))
    high = last - first + 1
    wide, centre = [], []
    for y in range(first, first + max(1, int(0.45 * high))):
        run = run_at(person[y], middle)
        wide.append(0.0 if run is None else run[1] - run[0] + 1.0)
        centre.append(middle if run is None else (run[0] + run[1]) / 2)
    widths = smoothed(np.array(wide), max(3.0, 0.012 * high))
    full = (
        float(np.percentile(widths[int(0.3 * len(widths)) :], 85))
        if len(widths) > 5
        else person.shape[1] * 0.4
    )
    shoulder = int(np.argmax(widths > 0.78 * full))  # first row of about the trunk's width
    unit = float(np.max(widths[shoulder : shoulder + max(2, int(0.05 * high))])) / 2.35
    start = max(0, shoulder - int(1.4 * unit))
    neck = start + int(np.argmin(widths[start:shoulder])) if shoulder > start else 0
    head = float(widths[:neck].max()) if neck > 2 else 0.0
    chin_y = first + shoulder - 0.42 * unit
    seen = head > 1.12 * widths[neck] and neck > 0.5 * unit
    if seen:
        chin_y = min(chin_y, first + neck - 0.05 * unit)
    return unit, float(centre[min(neck, len(centre) - 1)]), chin_y, bool(seen)
