"""How deep the front neckline lies under the back collar, in a flat picture that shows both.

Knows nothing about the person's neck.
"""

from __future__ import annotations

import numpy as np

from .cutout import Cutout
from .kinds import Field, Mask
from .outline import Upper
from .pixels import lab_of


def neck_depth(cut: Cutout, upper: Upper) -> float:
    """Rows from the top edge in the middle to the front neckline; 0: the front edge is the top edge."""
    left, right = upper.necks[-1], upper.necks[1]
    wide = float(right[0] - left[0])
    if wide < 0.06 * (upper.right - upper.left):
        return 0.0
    mask = cut.mask
    centre = float(left[0]) + wide / 2
    columns = np.arange(int(centre - 0.16 * wide), int(centre + 0.16 * wide) + 1)
    columns = columns[(columns >= 0) & (columns < mask.shape[1])]
    part = mask[:, columns]
    edge = float(np.median(np.where(part.any(0), part.argmax(0), len(mask))))
    if edge - float(left[1] + right[1]) / 2 > 0.16 * wide:
        return 0.0  # the middle dips below the collar points: the outline itself is the neckline
    if min(len(mask) - 1, edge + min(0.9 * wide, 0.30 * upper.height)) - max(edge, 0) < 8:
        return 0.0
    found = _arcs(mask, lab_of(cut.picture), upper, wide)
    best = max(found.values(), default=0.0)
    if best < 0.55:
        return 0.0
    return max(depth for depth, contrast in found.items() if contrast > 0.72 * best)


def _arcs(mask: Mask, lab: Field, upper: Upper, wide: float) -> dict[float, float]:
    """Contrast across arcs of growing depth between the two neck points."""
    height, width = mask.shape
    left, right = upper.necks[-1], upper.necks[1]
    along = np.linspace(0.12, 0.88, 25)
    x = np.clip(np.round(left[0] + along * wide).astype(int), 0, width - 1)
    chord = left[1] + along * (right[1] - left[1])
    arc = (1 - (2 * along - 1) ** 2) ** 0.75
    step = max(2, int(0.02 * upper.height))
    found: dict[float, float] = {}
    for depth in range(int(0.10 * wide), int(min(0.52 * wide, 0.25 * upper.height))):
        y = np.clip(np.round(chord + depth * arc).astype(int), 0, height - 1)
        above, below = np.clip(y - step, 0, height - 1), np.clip(y + step, 0, height - 1)
        inside = mask[y, x] & mask[above, x] & mask[below, x]
        if inside.mean() < 0.6:
            continue
        change = (lab[below, x] - lab[above, x])[inside]
        size = float(np.linalg.norm(change.mean(0)))
        steady = size / (float(change.std(0).mean()) + 4.0)
        found[float(depth)] = steady * min(1.0, size / 10)
    return found
