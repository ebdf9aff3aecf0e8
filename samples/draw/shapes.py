"""Outlines: smooth lines, tubes and mirrored halves, as arrays of points. Knows no pixels and no colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Line = Sequence[tuple[float, float]] | Sequence[NDArray[Any]] | NDArray[Any]


def smooth(line: Line, closed: bool = False, steps: int = 14) -> Points:
    """A curve through all points (Catmull and Rom, 1974); the columns may be any quantities."""
    p = np.asarray(line, float)
    if closed:
        p = np.vstack([p[-1:], p, p[:2]])
    else:
        p = np.vstack([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        rising = (2 * a - 5 * b + 4 * c - d) * t**2 + (-a + 3 * b - 3 * c + d) * t**3
        pieces.append(0.5 * (2 * b + (c - a) * t + rising))
    return np.vstack(pieces if closed else [*pieces, p[-2:-1]])


def moved(line: Line, right: float, down: float) -> Points:
    """The same line somewhere else."""
    return np.asarray(np.asarray(line, float) + np.array([right, down]))


def flipped(line: Line) -> Points:
    """The same line on the other side of x = 0."""
    return np.asarray(line, float) * (-1, 1)


def mirrored(half: Line) -> Points:
    """An outline from its right half, given from the top of the axis to its bottom."""
    right = np.asarray(half, float)
    return np.vstack([right, flipped(right)[::-1]])


def joined(*pieces: Line) -> Points:
    """Several lines one after the other, with corners between them."""
    return np.vstack([np.asarray(piece, float) for piece in pieces])


def tube(line: Line, radii: Sequence[float], square_end: bool = False) -> Points:
    """The outline of a limb: a curve with a radius at each of its points, round at both ends.

    square_end: cut straight across the last point, as a sleeve is.
    """
    path = smooth(np.column_stack([np.asarray(line, float), radii]))
    centre, r = path[:, :2], path[:, 2:]
    along = np.gradient(centre, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = along[:, ::-1] * (-1, 1)
    arc = np.linspace(0, np.pi, 14)[1:-1, None]
    start = centre[0] + r[0] * (-np.cos(arc) * across[0] - np.sin(arc) * along[0])
    end = centre[-1] + r[-1] * (np.cos(arc) * across[-1] + np.sin(arc) * along[-1])
    ends = [] if square_end else [end]
    return joined(centre + r * across, *ends, (centre - r * across)[::-1], start)


def ellipse(x: float, y: float, rx: float, ry: float) -> Points:
    """An ellipse around (x, y)."""
    a = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.column_stack([x + rx * np.cos(a), y + ry * np.sin(a)])
