"""Which of the clothes that a person wears must disappear under a new garment.

Knows nothing about what replaces them; see refill.py.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from .kinds import SIDES, Mask
from .landmarks import Body
from .masks import box, closed, grown, measured, opened, run_at, shrunk, stroke, touching
from .pixels import Palette
from .scene import Arm


def old_clothes(body: Body, kind: str, arms: dict[int, Arm], hem: float) -> Mask:
    """The old garment; hem: y where the new one ends. In analysed coordinates, as all here."""
    clothes = body.clothes
    rows = np.arange(len(clothes))[:, None]
    whole = body.bottom < len(clothes) - 3
    shoes = body.bottom - 0.45 * body.unit if whole else float(len(clothes))
    if kind == "lower":
        return _down_to_shoes(body, clothes & (rows > body.hem), shoes)
    old = body.top
    if kind == "dress":
        old = old | _under_dress(body, clothes, shoes)
    for arm in arms.values():
        if arm.seen:
            far = body.figure.away > 2 * body.figure.least
            old = old | opened(arm.zone & clothes & body.top_like & _lateral(body) & far, 3)
    if kind == "upper" and body.hem > body.chin[1] + 4.5 * body.unit:
        # a dress or a long shirt: what the new top does not reach stays, like a layer under it
        old = old & (rows < hem - 0.05 * body.unit)
    # slivers along arms and hair are their own soft edges, no cloth
    return opened(old & _near_body(body, kind, arms) & ~_beside_neck(body), 3)


def _under_dress(body: Body, clothes: Mask, shoes: float) -> Mask:
    """A dress is worn alone: what covers the hips and legs goes as well."""
    rows = np.arange(len(clothes))[:, None]
    if body.hem_sure > 0:
        return _down_to_shoes(body, clothes & (rows > body.hem - 0.05 * body.unit), shoes)
    # nothing tells top from skirt: one piece, down to where the legs begin
    end = min(_skirt_end(body, clothes, shoes), shoes)
    return clothes & (rows > body.chin[1]) & (rows < end)


def _down_to_shoes(body: Body, below: Mask, shoes: float) -> Mask:
    """What covers hips and legs: no hands beside it, no shoes under bare legs; trousers end in their own colours."""
    rows, columns = np.arange(len(below))[:, None], np.arange(below.shape[1])[None]
    unit = body.unit
    hands = (
        body.figure.skin & (rows < body.hem + 2.2 * unit) & (np.abs(columns - body.axis) > 0.3 * body.width)
    )
    worn = below & ~grown(_large(hands, 0.02 * unit * unit), 7)
    bare = body.figure.skin & (rows > body.hem + 0.5 * unit)
    worn |= bare & ~_large(bare, 0.04 * unit * unit)  # specks that only look like skin
    hips = worn & (rows < body.hem + unit)
    lab, feet = body.figure.lab, worn & (rows > body.bottom - 0.25 * unit)
    sure = worn & (rows < shoes - 0.25 * unit)
    cloth = Palette(lab[sure & (rows > shoes - 1.8 * unit)])
    if not hips.any() or feet.sum() < 10 or cloth.overlap(Palette(lab[feet])) > 0.3:
        # shoes in the colour of the trousers, or out of the picture: by proportion
        return touching(worn & (rows < shoes), hips)
    hems = worn & (rows < shoes + 0.2 * unit) & (cloth.of(lab) > 1e-3)
    return touching(closed(sure | hems, 7) & body.figure.person & ~grown(hands, 3), hips)


def _large(mask: Mask, least: float) -> Mask:
    """Parts of at least so many pixels."""
    _, labels, boxes, _ = measured(mask, corners=True)
    chosen = boxes[:, cv2.CC_STAT_AREA] >= least
    chosen[0] = False
    return np.asarray(chosen[labels], np.bool_)


def rim_of(body: Body, kind: str, old: Mask) -> Mask:
    """Pixels just outside the old clothes that are mixed with them, but never skin, hair or what stays on."""
    rows = np.arange(len(old))[:, None]
    keep = body.figure.skin | body.hair
    if kind != "lower":
        keep |= body.clothes & ~old & (rows > body.hem + 0.18 * body.unit)
    return grown(old, box(5, 9)) & ~shrunk(keep, 3) & ~_beside_neck(body)


def _skirt_end(body: Body, clothes: Mask, otherwise: float) -> float:
    height, width = clothes.shape
    rows = np.arange(height)
    central = np.abs(np.arange(width)[None] - body.axis) < 0.45 * body.width
    bare, cloth = (body.figure.skin & central).sum(1), clothes.sum(1)
    legs = np.flatnonzero((bare > 0.35 * np.maximum(cloth, 1)) & (rows > body.hem + 0.3 * body.unit))
    wide = np.flatnonzero((cloth > 1.35 * body.width) & (rows > body.hem + 0.6 * body.unit))
    return float(min([v[0] for v in (legs, wide) if len(v)], default=otherwise))


def _lateral(body: Body) -> Mask:
    """Where sleeves may hang: below the hem only what a gap separates from the trunk."""
    person = body.figure.person
    lateral = np.zeros_like(person)
    reach = 0.47 * body.width
    last = int(min(len(person), body.chin[1] + 6.5 * body.unit))
    for y in range(int(body.chin[1]), last):
        run = run_at(person[y], body.axis)
        if run is None:
            continue
        lateral[y] = True
        if y > body.hem:
            first = int(max(run[0], body.axis - reach, 0))
            lateral[y, first : int(min(run[1], body.axis + reach)) + 1] = False
    return lateral


def _beside_neck(body: Body) -> Mask:
    """Above the shoulders and beside the neck hangs hair, even where it was not seen as such."""
    height, width = body.top.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)
    unit, (x, y) = body.unit, body.chin
    ends = [body.shoulders[side] for side in SIDES]
    line = np.interp(columns, [ends[0][0], x, ends[1][0]], [ends[0][1], y + 0.10 * unit, ends[1][1]])
    return np.asarray((rows < line - 0.10 * unit) & (np.abs(columns - x) > 0.36 * unit), np.bool_)


def _near_body(body: Body, kind: str, arms: dict[int, Arm]) -> Mask:
    """Only what is near the trunk or an arm can be clothes."""
    zone = np.zeros_like(body.top)
    reach = (0.62 if kind == "upper" else 0.85) * body.width
    top = int(max(0, body.chin[1] - 0.2 * body.unit))
    zone[top:, int(max(0, body.axis - reach)) : int(body.axis + reach) + 1] = True
    scale = body.figure.scale
    for side in SIDES:
        if side not in arms:
            continue
        centres = arms[side].centres * scale
        for start, end in pairwise(centres):
            stroke(zone, start, end, max(1, int(0.9 * body.unit)))
    return zone
