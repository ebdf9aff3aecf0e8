"""Where the existing top ends: the row that parts the colours above from the colours below.

Knows nothing about sleeves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .body import Figure
from .kinds import Mask
from .pixels import Palette
from .shoulders import Stance


class Hem(NamedTuple):
    """y of the hem, how sure (0: by proportion), and the colours of the top when there are enough pixels."""

    y: float
    sure: float
    palette: Palette | None


def hem_of(figure: Figure, stance: Stance, hair: Mask, axis: float, span: float) -> Hem:
    """Split the middle of the trunk into two colour populations where that separates them best."""
    height, width = figure.person.shape
    unit, chin = stance.unit, stance.chin[1]
    by_proportion = min(chin + 3.35 * unit, height + 0.5 * unit)
    core = np.zeros_like(figure.person)
    core[:, int(max(0, axis - 0.32 * span)) : int(min(width, axis + 0.32 * span)) + 1] = True
    core &= figure.person
    first = int(np.clip(chin + 0.8 * unit, 0, height - 2))
    last = int(np.clip(chin + 2.0 * unit, 1, height - 1))
    upper = core & ~figure.skin & ~hair
    upper[:first] = False
    upper[last:] = False
    if upper.sum() <= 40:
        return Hem(by_proportion, 0.0, None)
    palette = Palette(figure.lab[upper])
    best: tuple[float, int] | None = None
    starts = {int(min(height - 4, max(chin + by * unit, 0))) for by in (3.3, 4.2, 5.2)}
    for start in sorted(starts):
        if start < last + 0.3 * unit:
            continue
        split = _split(figure, core, palette, start, int(chin + 1.2 * unit), unit)
        if split is not None and (best is None or split[0] > best[0] + 0.12):
            best = split
    if best is None or best[0] <= 0.12:
        return Hem(by_proportion, 0.0, palette)
    return Hem(float(best[1]), best[0], palette)


def _split(
    figure: Figure, core: Mask, upper: Palette, start: int, first: int, unit: float
) -> tuple[float, int] | None:
    """Best row between `first` and the sample that starts at `start`: how well it parts, and where."""
    end = int(min(len(core), start + max(4, 1.0 * unit)))
    if core[start:end].sum() < 30 or end <= first:
        return None
    lower = Palette(figure.lab[start:end][core[start:end]])
    lab, inside = figure.lab[first:end], core[first:end]
    towards = np.clip(np.log(upper.of(lab) / lower.of(lab)), -3, 3)
    count = inside.sum(1)
    value = np.where(count > 2, (towards * inside).sum(1) / np.maximum(count, 1), 0)
    gain = np.cumsum(value) * 2 - value.sum()
    row = int(np.argmax(gain))
    quality = float(gain[row] / (3 * len(value))) * (1 - upper.overlap(lower))
    return quality, first + row
