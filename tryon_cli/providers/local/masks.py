"""Yes-or-no pictures: drawing, growing, blobs and runs.

Knows nothing about bodies or clothes.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .kinds import Brush, Columns, Field, Labels, Mask, Points, Row, Size


def box(width: int, height: int | None = None) -> Brush:
    """A rectangular brush for the operations below."""
    return np.ones((height or width, width), np.uint8)


def disc(side: int) -> Brush:
    """A round brush."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def grown(mask: Mask, brush: int | Brush) -> Mask:
    """Dilated by a square of brush pixels, or by a drawn brush."""
    kernel = box(brush) if isinstance(brush, int) else brush
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), np.uint8).view(np.bool_)


def shrunk(mask: Mask, brush: int) -> Mask:
    """Eroded by a square of brush pixels."""
    return np.asarray(cv2.erode(mask.view(np.uint8), box(brush)), np.uint8).view(np.bool_)


def opened(mask: Mask, brush: int) -> Mask:
    """Without specks smaller than the brush."""
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, box(brush)), np.uint8).view(
        np.bool_
    )


def closed(mask: Mask, brush: int | Brush) -> Mask:
    """Without gaps smaller than the brush."""
    kernel = box(brush) if isinstance(brush, int) else brush
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, kernel), np.uint8).view(np.bool_)


def ellipse(
    size: Size, x: float, y: float, half_width: float, half_height: float, angle: float = 0.0
) -> Mask:
    """A filled ellipse; angle in degrees."""
    drawn = np.zeros(size, np.uint8)
    centre = (round(x), round(y))
    axes = (max(1, round(half_width)), max(1, round(half_height)))
    cv2.ellipse(drawn, centre, axes, angle, 0, 360, 1, -1)
    return drawn.view(np.bool_)


def polygon(size: Size, points: Points | Sequence[tuple[float, float]]) -> Mask:
    """A filled polygon; its corners are rounded to whole pixels."""
    drawn = np.zeros(size, np.uint8)
    cv2.fillPoly(drawn, [np.round(np.asarray(points)).astype(np.int32)], 1)
    return drawn.view(np.bool_)


def stroke(mask: Mask, start: Sequence[float] | Points, end: Sequence[float] | Points, width: int) -> None:
    """Draw a line into the mask itself."""
    first, last = ((round(float(p[0])), round(float(p[1]))) for p in (start, end))
    cv2.line(mask.view(np.uint8), first, last, 1, width)


def blobs(mask: Mask, *, corners: bool = False) -> tuple[int, Labels]:
    """Connected parts: how many labels (with 0 for outside) and the labelled picture."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8 if corners else 4)
    return int(count), np.asarray(labels, np.int32)


def measured(mask: Mask, *, corners: bool = False) -> tuple[int, Labels, Labels, Points]:
    """As blobs, with x, y, width, height, area per label, and the centres."""
    connectivity = 8 if corners else 4
    count, labels, boxes, centres = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity
    )
    return int(count), np.asarray(labels, np.int32), np.asarray(boxes, np.int32), np.asarray(centres)


def touching(mask: Mask, seeds: Mask) -> Mask:
    """The parts of the mask that hold at least one seed."""
    count, labels = blobs(mask)
    chosen = np.zeros(count, np.bool_)
    chosen[labels[seeds]] = True
    chosen[0] = False
    return chosen[labels]


def largest(mask: Mask, near: tuple[float, float] | None = None, keep: float = 0.0) -> Mask:
    """The largest part, preferring what lies near a point (x, y); keep: further parts of that relative area stay."""
    count, labels, boxes, centres = measured(mask)
    if count <= 1:
        return mask
    area = boxes[1:, cv2.CC_STAT_AREA].astype(np.float64)
    score = area
    if near is not None:
        height, width = labels.shape
        here = labels[int(np.clip(near[1], 0, height - 1)), int(np.clip(near[0], 0, width - 1))]
        hit = np.arange(1, count) == here
        away = np.hypot(centres[1:, 0] - near[0], centres[1:, 1] - near[1])
        score = area * (1 + 3 * hit) / (1 + away / max(height, width))
    best = int(np.argmax(score))
    chosen = np.zeros(count, np.bool_)
    chosen[best + 1] = True
    if keep:
        chosen[1:] |= area > keep * area[best]
    return chosen[labels]


def fill_holes(mask: Mask, most: float = 1.0, forbid: Mask | None = None) -> Mask:
    """Close holes up to the share `most` of the mask; a hole that lies mostly in `forbid` stays open."""
    height, width = mask.shape
    around = np.pad(~mask, 1, constant_values=True)
    count, labels, boxes, _ = measured(around)
    labels = labels[1:-1, 1:-1]
    total = int(mask.sum())
    chosen = np.zeros(count, np.bool_)
    denied = np.bincount(labels[forbid], minlength=count) if forbid is not None else np.zeros(count)
    for label in range(1, count):
        x, y, wide, high, area = (int(v) for v in boxes[label])
        at_rim = x == 0 or y == 0 or x + wide == width + 2 or y + high == height + 2
        if at_rim or area > most * total or (denied[label] > 0.6 * area and area > 12):
            continue
        chosen[label] = True
    return mask | chosen[labels]


def runs(row: Mask) -> tuple[Columns, Columns]:
    """First and last index of every run of True."""
    edge = np.diff(np.concatenate(([0], row.view(np.int8), [0])))
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1


def run_at(row: Mask, x: float) -> tuple[int, int] | None:
    """The run of True that holds x, or the nearest one: first and last index; None when there is none."""
    first, last = runs(row)
    if len(first) == 0:
        return None
    away = np.maximum(0, np.maximum(first - x, x - last))
    best = int(np.argmin(away))
    return int(first[best]), int(last[best])


def smoothed(values: Row, window: float) -> Row:
    """Running mean; the ends are continued."""
    odd = int(window) | 1
    if odd < 3 or len(values) < odd:
        return values
    padded = np.pad(values, odd // 2, mode="edge")
    return np.convolve(padded, np.ones(odd) / odd, mode="valid")


def bounds(mask: Mask) -> tuple[int, int, int, int] | None:
    """First and last row, first and last column; None when empty."""
    rows = np.flatnonzero(mask.any(1))
    if len(rows) == 0:
        return None
    columns = np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def enlarged(mask: Mask, size: Size) -> Field:
    """The mask as numbers 0 to 1 on a picture of another size: a smooth outline without the steps of its pixels."""
    small = np.asarray(mask, np.float32)
    if size[0] > mask.shape[0]:
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)
    large = np.asarray(cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(np.clip((large - 0.5) * 1.8 + 0.5, 0, 1), np.float32)


def rounded_outline(mask: Mask, sigma: float) -> Mask:
    """Without ripples of about sigma pixels along its outline; thin parts such as straps stay as they are."""
    soft = np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), np.float32)
    brush = 2 * round(1.5 * sigma) + 1
    thin = mask & ~grown(opened(mask, brush), brush)
    return np.asarray((soft > 0.47) | thin, np.bool_)
