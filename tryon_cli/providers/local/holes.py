"""Which holes in a garment's outline are real and which are prints in the paper's colour.

Does not know where the outline came from.
"""

from __future__ import annotations

import cv2
import numpy as np

from .backdrop import Backdrop
from .kinds import Field, Mask
from .masks import bounds, measured


def with_prints(mask: Mask, paper: Backdrop, least: float, kind: str) -> Mask:
    """The mask with its prints filled; neck openings, strap loops and gaps beside sleeves stay open."""
    extent = bounds(mask)
    if extent is None:
        return mask
    height, width = mask.shape
    count, labels, boxes, centres = measured(~mask)
    usual = float(np.median(paper.away[mask]))
    filled = mask.copy()
    for label in range(1, count):
        x, y, wide, high, _ = (int(v) for v in boxes[label])
        if x == 0 or y == 0 or x + wide == width or y + high == height:
            continue
        window = (slice(y, y + high), slice(x, x + wide))
        hole = labels[window] == label
        inside = paper.away[window][hole]
        if _is_open(inside, boxes[label], centres[label], extent, mask, paper.noise, least, usual, kind):
            continue
        filled[window] |= hole
    return filled


def _is_open(
    away: Field,
    hole: np.ndarray[tuple[int, ...], np.dtype[np.int32]],
    centre: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    extent: tuple[int, int, int, int],
    mask: Mask,
    noise: float,
    least: float,
    usual: float,
    kind: str,
) -> bool:
    top, bottom, left, right = extent
    area, total = int(hole[cv2.CC_STAT_AREA]), int(mask.sum())
    down = (float(centre[1]) - top) / max(1, bottom - top)
    aside = abs(float(centre[0]) - (left + right) / 2) / max(1, right - left)
    most = float(np.percentile(away, 90))
    exact = noise < 0.2 and most < 0.05 and area > 30 and usual > 4
    dim = float(np.median(away)) < 0.22 * usual and most < 0.45 * usual
    shaded = usual > 20 and aside > 0.13 and area > 25 and dim
    if exact or shaded:
        return True
    strap = down < 0.30 and aside < 0.30 and area > 0.004 * total
    tall = hole[cv2.CC_STAT_HEIGHT] > 1.3 * hole[cv2.CC_STAT_WIDTH]
    gap = aside > 0.22 and area > 0.003 * total and tall
    legs = kind in ("lower", "auto") and down > 0.4 and aside < 0.2 and area > 0.003 * total
    papery = np.percentile(away, 75) < (0.12 if noise < 0.2 else 0.6 * least)
    return bool(papery and (strap or gap or legs))
