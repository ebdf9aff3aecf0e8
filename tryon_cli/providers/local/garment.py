"""A cut garment with its landmarks and its kind. In the coordinates of the cutout.

Knows nothing about the person to dress.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .cutout import Cutout
from .hollow import without_back
from .kinds import SIDES, Mask, Row
from .masks import bounds
from .outline import Upper, upper_of


@dataclass(frozen=True)
class Trousers:
    """Landmarks of trousers, shorts or a skirt."""

    axis: float
    top: int
    bottom: int
    edges: dict[int, Row]
    """Outermost x per row and side; NaN where there is none."""
    crotch: int | None
    """Row; None for skirts."""

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top + 1


@dataclass(frozen=True)
class Garment:
    """Something to wear."""

    cut: Cutout
    kind: str
    """upper, lower or dress."""
    looks_like: str
    """upper, lower or dress, from the outline alone."""
    upper: Upper | None = None
    lower: Trousers | None = None
    outer: bool = False
    """Worn over other clothes: a little wider."""


KIND_OF = {"upper": "upper", "outer": "upper", "lower": "lower", "dress": "dress", "full": "dress"}
"""Category of a manifest -> how it is dressed."""


def garment_of(cutout: Cutout, category: str) -> Garment:
    """Find the landmarks for this category (auto: from the outline)."""
    guess = kind_of(cutout.mask)
    kind = KIND_OF.get(category, guess)
    garment = Garment(cutout, kind, guess, outer=category == "outer")
    if kind == "lower":
        return replace(garment, lower=_trousers(cutout.mask))
    upper = upper_of(cutout.mask, dress=kind == "dress")
    return replace(garment, cut=without_back(cutout, upper), upper=upper)


def in_one_piece(garment: Garment) -> Garment:
    """The same garment with its sleeves as part of the body piece."""
    if garment.upper is None:
        return garment
    return replace(garment, upper=garment.upper.without_sleeves())


def kind_of(mask: Mask) -> str:
    """upper, lower or dress from the outline alone."""
    extent = bounds(mask)
    if extent is None:
        return "upper"
    part = mask[extent[0] : extent[1] + 1, extent[2] : extent[3] + 1]
    height, width = part.shape

    def row(share: float) -> Mask:
        line: Mask = part[int(share * (height - 1))]
        return line

    if _legs(part) >= 9 and height > 1.1 * width and row(0.02).sum() / width > 0.35:
        return "lower"
    if height / width > 1.75:
        return "dress"
    split = any(
        len(seen := np.flatnonzero(row(share))) > 1 and (np.diff(seen) > 0.04 * width).any()
        for share in (0.01, 0.03, 0.05)
    )
    top, middle, low = (int(row(share).sum()) for share in (0.05, 0.5, 0.6))
    full_top = row(0.02).sum() / width > 0.5 and part[: height // 8].mean() > 0.55
    if height / width > 1.2 and full_top and not split and abs(middle - top) > 0.1 * width and top < low:
        return "lower"  # a skirt
    if _flares_like_a_skirt(part) and not split:
        return "lower"
    return "upper"


def _legs(part: Mask) -> int:
    """In how many of 17 rows of the lower half two legs are seen."""
    height, width = part.shape
    found = 0
    for share in np.linspace(0.55, 0.95, 17):
        row = part[int(share * (height - 1))]
        both = row[: width // 2].any() and row[width // 2 :].any()
        narrow, wide = row[int(0.44 * width) : int(0.56 * width)], row[int(0.40 * width) : int(0.60 * width)]
        found += bool(both and not narrow.all() and not wide.all())
    return found


def _flares_like_a_skirt(part: Mask) -> bool:
    """A straight waist band that is the narrowest row, and sides that only run outwards."""
    height, width = part.shape
    wide = part.sum(1).astype(np.float64)
    if height < 0.75 * width:
        return False
    tenth = max(1, height // 10)
    steps = [float(np.median(wide[i * tenth : (i + 1) * tenth])) for i in range(9)]
    solid = part.sum() / max(1.0, float(sum(_span(row) for row in part)))
    band = wide[max(1, height // 50)] > 0.85 * steps[0]
    return (
        bool(band)
        and solid > 0.97
        and steps[0] < 0.72 * max(steps)
        and all(b > a - 0.02 * width for a, b in pairwise(steps))
    )


def _span(row: Mask) -> int:
    seen = np.flatnonzero(row)
    return 0 if len(seen) == 0 else int(seen[-1] - seen[0] + 1)


def _trousers(mask: Mask) -> Trousers:
    extent = bounds(mask) or (0, len(mask) - 1, 0, mask.shape[1] - 1)
    top, bottom, left, right = extent
    height = bottom - top + 1
    axis = float(np.median(np.nonzero(mask[top : top + max(3, int(0.25 * height))])[1]))
    crotch: int | None = None
    reach = 0.06 * (right - left)
    for y in range(top + int(0.15 * height), bottom):
        seen = np.flatnonzero(mask[y])
        if len(seen) == 0 or not seen[0] < axis < seen[-1]:
            continue
        middle = mask[y : y + max(2, int(0.04 * height)), int(axis - reach) : int(axis + reach) + 1]
        if (~middle).all(0).any():  # empty for good
            crotch = y
            break
    if crotch is not None and crotch > top + 0.93 * height:
        crotch = None
    edges = {side: outermost(mask, side) for side in SIDES}
    return Trousers(axis, top, bottom, edges, crotch)


def outermost(mask: Mask, side: int) -> Row:
    """Outermost x per row on this side; NaN where the row is empty."""
    width = mask.shape[1]
    first = mask.argmax(1) if side < 0 else width - 1 - mask[:, ::-1].argmax(1)
    return np.where(mask.any(1), first, np.nan).astype(np.float64)
