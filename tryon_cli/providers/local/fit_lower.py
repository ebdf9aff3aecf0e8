"""Where trousers, shorts and skirts land on a person: waist on waist, crotch on crotch, legs on legs.

Knows nothing about tops.
"""

from __future__ import annotations

import numpy as np

from .garment import Garment, Trousers
from .kinds import SIDES, Field, Mask
from .legs import Legs
from .masks import grown, opened
from .pattern import Pairs, Pattern, Piece
from .scene import Scene
from .variety import Fit


def lower_pattern(garment: Garment, lower: Trousers, scene: Scene, fit: Fit) -> Pattern:
    """Points for one piece. Everything is measured in analysed pixels and scaled at the end."""
    legs = Legs(scene.body)
    top, bottom = _edges_at(lower, lower.top + 0.22 * lower.height)
    left, right = legs.edges(legs.hip)
    scale = (right - left) * 1.06 * fit.width / max(1.0, bottom - top)
    pairs = Pairs()
    if lower.crotch is None:
        hem = _skirt(pairs, lower, legs, scale, fit)
    else:
        hem = _trousers(pairs, garment.cut.mask, lower, lower.crotch, legs, scale, fit)
    by = scene.by
    alpha = _solid(garment.cut.alpha, garment.cut.mask)
    piece = Piece(alpha, np.array(pairs.source), np.array(pairs.target) * by)
    return Pattern((piece,), hem * by, scale * by)


def _edges_at(lower: Trousers, y: float) -> tuple[float, float]:
    """Outer x of the garment around this row."""
    rows = slice(max(0, int(y) - 2), int(y) + 3)
    left, right = (lower.edges[side][rows] for side in SIDES)
    if not np.isfinite(left).any():
        return lower.axis - 1, lower.axis + 1
    return float(np.nanmedian(left)), float(np.nanmedian(right))


def _skirt(pairs: Pairs, lower: Trousers, legs: Legs, scale: float, fit: Fit) -> float:
    unit = legs.body.unit
    hem = legs.waist + lower.height * scale * fit.length / fit.width
    for along in np.linspace(0.01, 0.985, 8):
        row = lower.top + float(along) * lower.height
        y = legs.waist + float(along) * (hem - legs.waist)
        first, last = _edges_at(lower, row)
        left, right = legs.edges(min(y, legs.hip + 0.4 * unit))
        middle = (left + right) / 2
        cover = (right - left) / 2 * (1.04 if y < legs.hip + 0.4 * unit else 0.9)
        half = max((last - first) / 2 * scale, cover)
        for side, x in ((-1, first), (1, last)):
            pairs.add((x, row), (middle + side * half, y))
        pairs.add(((first + last) / 2, row), (middle, y))
    return hem


def _trousers(
    pairs: Pairs, mask: Mask, lower: Trousers, crotch: int, legs: Legs, scale: float, fit: Fit
) -> float:
    natural = legs.crotch + (lower.bottom - crotch) * scale * fit.length
    by_rise = (lower.bottom - crotch) * (legs.crotch - legs.waist) / max(4, crotch - lower.top)
    hem = min(legs.ankle, max(natural, 0.7 * (legs.crotch + by_rise)))
    if (lower.bottom - crotch) / lower.height > 0.52:
        hem = legs.crotch + (legs.ankle - legs.crotch) * min(fit.length, 1.03)
    for along in (0.01, 0.35, 0.7, 1.0):
        row = lower.top + along * (crotch - lower.top)
        y = legs.waist + along * (legs.crotch - legs.waist)
        first, last = _edges_at(lower, row)
        left, right = legs.edges(max(y, legs.body.hem))
        snug = 0.012 + 0.028 * along  # a waist band does not stand out beside the top above it
        ease = (snug + 0.5 * (fit.width - 1)) * (right - left)
        pairs.add((first, row), (left - ease, y))
        pairs.add((last, row), (right + ease, y))
        pairs.add(((first + last) / 2 if along < 0.9 else lower.axis, row), (legs.axis, y))
    for along in (0.25, 0.5, 0.75, 0.985):
        row = crotch + along * (lower.bottom - crotch)
        y = legs.crotch + along * (hem - legs.crotch)
        seen = np.flatnonzero(mask[int(min(row, len(mask) - 1))])
        for side in SIDES:
            own = seen[(seen - lower.axis) * side > 0]
            if len(own) >= 2:
                _leg(pairs, (float(own.min()), float(own.max()), row), legs.leg(y, side), y, scale, fit, legs)
    return hem


def _leg(
    pairs: Pairs,
    own: tuple[float, float, float],
    leg: tuple[float, float],
    y: float,
    scale: float,
    fit: Fit,
    legs: Legs,
) -> None:
    """At least as wide as the leg, at most as flared as the garment."""
    first, last, row = own
    wide = leg[1] - leg[0]
    most = wide * 1.28 * fit.width + 0.06 * legs.body.unit
    half = float(np.clip((last - first) * scale, wide * 1.05, max(most, wide * 1.05))) / 2
    middle = (leg[0] + leg[1]) / 2
    pairs.add((first, row), (middle - half, y))
    pairs.add((last, row), (middle + half, y))


def _solid(alpha: Field, mask: Mask) -> Field:
    """Rips and frayed edges stay; specks that hang beside the legs would be torn off by the spline."""
    return np.where(grown(opened(mask, 3), 5), alpha, np.float32(0))
