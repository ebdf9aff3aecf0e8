"""Axes and outlines of elongated blobs: arms and sleeves, by walking through them.

Does not know whether a blob is an arm or a sleeve.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from .kinds import Labels, Mask, Point, Points, Row
from .masks import box, stroke


class Limb(NamedTuple):
    """Centres from the root outwards, half widths there, and the length in steps of one pixel."""

    centres: Points
    half: Row
    length: int


class Path:
    """A polyline measured by its arc length."""

    def __init__(self, points: Points) -> None:
        self.points = points
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        self.arc = np.concatenate(([0.0], np.cumsum(steps)))
        self.length = float(self.arc[-1])

    def at(self, arc: float | Row) -> Points:
        """Points at these arc lengths; beyond the ends: the ends."""
        inside = np.clip(arc, 0, self.length)
        return np.stack([np.interp(inside, self.arc, self.points[:, c]) for c in (0, 1)], -1)


def limb(mask: Mask, root: Point, other: Point, stations: int, longest: int = 0) -> Limb | None:
    """Walk through the blob from the segment root-other; None when there is nothing to walk through."""
    ys, xs = np.nonzero(mask)
    if len(ys) < 4:
        return None
    left = int(max(0, min(xs.min(), root[0], other[0]) - 3))
    top = int(max(0, min(ys.min(), root[1], other[1]) - 3))
    right = int(max(xs.max(), root[0], other[0])) + 4
    bottom = int(max(ys.max(), root[1], other[1])) + 4
    shift = np.array([left, top], np.float64)
    part = np.ascontiguousarray(mask[top:bottom, left:right])
    steps = _steps(part, root - shift, other - shift, longest)
    length = int(steps.max())
    if length < 4:
        return None
    centres, half = [(root + other) / 2], [float(np.linalg.norm(root - other)) / 2]
    ys, xs = np.nonzero(steps > 0)
    reached = steps[ys, xs]
    limits = np.linspace(0, length, stations + 1)
    for near, far in pairwise(limits):
        here = (reached > near) & (reached <= far)
        count = int(here.sum())
        if count < 4:
            continue
        centres.append(np.array([xs[here].mean(), ys[here].mean()]) + shift)
        half.append(count / max(1.0, far - near) / 2)
    return Limb(np.array(centres), np.array(half), length)


def _steps(mask: Mask, root: Point, other: Point, longest: int) -> Labels:
    """Geodesic distance from the segment: alternating 4- and 8-neighbours is close to Euclid's."""
    seed = np.zeros_like(mask)
    stroke(seed, root, other, 3)
    allowed = (mask | seed).view(np.uint8)
    current = seed.view(np.uint8).copy()
    steps = np.where(seed, 0, -1).astype(np.int32)
    cross = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), np.uint8)
    turn = 0
    while not longest or turn <= longest:
        turn += 1
        grown = np.asarray(cv2.dilate(current, box(3) if turn % 2 == 0 else cross), np.uint8) & allowed
        added = (grown > 0) & (steps < 0)
        if not added.any():
            break
        steps[added] = turn
        current = grown
    return steps


def rim(mask: Mask, start: Point, end: Point) -> Path | None:
    """The blob's outline from start the long way round to end, smoothed; None when it is too short."""
    drawn = mask.copy()
    stroke(drawn, start, end, 2)
    contours, _ = cv2.findContours(drawn.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    outline = max(contours, key=lambda c: int(np.prod(np.ptp(c[:, 0], axis=0))))[:, 0].astype(np.float64)
    count = len(outline)
    if count < 16:
        return None
    first = int(np.argmin(np.hypot(*(outline - start).T)))
    last = int(np.argmin(np.hypot(*(outline - end).T)))
    onwards = outline[np.arange(first, first + ((last - first) % count) + 1) % count]
    back = outline[np.arange(first, first - ((first - last) % count) - 1, -1) % count]
    path = max((onwards, back), key=lambda way: _detour(way, start, end))
    if len(path) < 12:
        return None
    return Path(_smoothed(np.vstack([start, path[1:-1], end])))


def _detour(path: Points, start: Point, end: Point) -> float:
    along = (end - start) / (np.linalg.norm(end - start) + 1e-6)
    away = path - start
    return float(np.abs(away[:, 0] * along[1] - away[:, 1] * along[0]).max()) + 0.01 * len(path)


def _smoothed(path: Points) -> Points:
    window = max(3, len(path) // 30) | 1
    padded = np.pad(path, ((window // 2, window // 2), (0, 0)), mode="edge")
    ones = np.ones(window) / window
    smooth = np.stack([np.convolve(padded[:, c], ones, mode="valid") for c in (0, 1)], -1)
    smooth[0], smooth[-1] = path[0], path[-1]
    return smooth


def cuff(path: Path, axis: Limb) -> tuple[float, float]:
    """Arc lengths of the two cuff corners: the outline points farthest out on either side of the axis' end."""
    centres, half = axis.centres, axis.half
    arcs = np.linspace(0, path.length, 160)
    points = path.at(arcs)
    along = centres[-1] - centres[max(0, len(centres) - 3)]
    along = along / (np.linalg.norm(along) + 1e-6)
    across = np.array([-along[1], along[0]])
    away = points - centres[-1]
    near = np.hypot(away[:, 0], away[:, 1]) < 2.2 * float(half[-2:].max()) + 6
    if near.sum() < 4:
        near[:] = True
    one, two = (
        float(arcs[int(np.argmax(np.where(near, (away * way).sum(1), -1e9)))])
        for way in (0.75 * along + across, 0.75 * along - across)
    )
    first = max(min(one, two), 0.12 * path.length)
    return first, min(max(one, two, min(one, two) + 0.02 * path.length), 0.95 * path.length)
