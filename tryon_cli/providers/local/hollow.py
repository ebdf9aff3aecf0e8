"""The inside of a garment's back, which a flat picture shows in the neck opening: a person's neck hides it.

It is dark, even and symmetric, and lies under the top edge. Knows nothing about the person.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from .cutout import Cutout
from .kinds import SIDES, Field, Mask
from .masks import closed, grown, measured, opened
from .neckline import neck_depth
from .outline import Upper
from .pixels import lab_of, soft

DARKER = 9.0
"""L at least, under the cloth around it."""


def without_back(cut: Cutout, upper: Upper) -> Cutout:
    """The garment without the inside of its back, and without the back's collar above that."""
    hollow = _hollow(cut, upper)
    if hollow is None:
        gone = _above_neckline(cut, upper)
    else:
        rows = np.arange(len(hollow))[:, None]
        lowest = np.where(hollow.any(0), len(hollow) - 1 - hollow[::-1].argmax(0), -1)
        above = grown(np.asarray((rows <= lowest) & cut.mask, np.bool_), 3)
        gone = np.clip(
            1.6 * soft(above.astype(np.float32), 1.6) - 0.3, 0, 1
        )  # without the steps of its pixels
    return replace(cut, alpha=np.asarray(cut.alpha * (1 - gone), np.float32))


def _above_neckline(cut: Cutout, upper: Upper) -> Field:
    """Above a front neckline that only its own edge shows: a band in another colour, a seam."""
    drawn = np.zeros(cut.mask.shape, np.uint8)
    depth = neck_depth(cut, upper)
    if depth > 0:
        along = np.linspace(0, 1, 33)[:, None]
        left, right = upper.necks[-1], upper.necks[1]
        arc = left + along * (right - left)
        arc[:, 1:] += depth * (1 - (2 * along - 1) ** 2) ** 0.75
        corners = np.vstack([arc, right - [0, upper.height], left - [0, upper.height]])
        cv2.fillPoly(drawn, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return np.asarray(drawn, np.float32) / np.float32(255)


def _hollow(cut: Cutout, upper: Upper) -> Mask | None:
    lab = lab_of(cut.picture)
    light = np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.2), np.float32)
    zone = _zone(cut.mask, upper)
    cloth = light[cut.mask & ~zone & (np.arange(len(zone))[:, None] < upper.top + 0.6 * upper.height)]
    if len(cloth) < 200:
        return None
    dark = zone & (light < float(np.percentile(cloth, 20)) - DARKER / 2)
    dark &= light < float(np.median(cloth)) - DARKER
    dark = closed(opened(dark, 3), 5)
    _, labels, boxes, _ = measured(dark)
    column = int(np.clip(round(upper.axis), 2, zone.shape[1] - 3))
    across = np.unique(labels[:, column - 2 : column + 3])
    for label in across[across > 0]:
        part = np.asarray(labels == label, np.bool_)
        if _is_hollow(part, boxes[label], upper, light):
            return part
    return None


def _zone(mask: Mask, upper: Upper) -> Mask:
    """Where a neck opening may be."""
    zone = np.zeros_like(mask)
    last = int(upper.top + min(0.34 * upper.height, 1.5 * upper.half))
    first, end = (int(max(0, upper.axis + side * 0.75 * upper.half)) for side in SIDES)
    zone[upper.top : last, first : end + 1] = True
    return zone & mask


def _is_hollow(
    part: Mask, place: np.ndarray[tuple[int, ...], np.dtype[np.int32]], upper: Upper, light: Field
) -> bool:
    x, y, wide, high, area = (int(v) for v in place)
    if not 0.35 * upper.half < wide < 1.45 * upper.half or high < 0.10 * upper.half:
        return False
    if y > upper.top + 0.16 * upper.height or area < 0.45 * wide * high:
        return False
    if float(light[part].std()) > 7:
        return False
    reach = int(min(upper.axis - x, x + wide - upper.axis))
    if reach < 4:
        return False
    middle = round(upper.axis)
    one, two = part[:, middle - reach : middle][:, ::-1], part[:, middle + 1 : middle + 1 + reach]
    return bool((one & two).sum() > 0.75 * (one | two).sum())
