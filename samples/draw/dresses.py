"""Two dresses as a shop shows them.

Units are pixels; x = 0 is the middle of the picture.
"""

from __future__ import annotations

import numpy as np

from .canvas import FINE, Canvas, Grid, lit, noise
from .cloth import Fold, blossoms, both, hollow, lay, plain, rested
from .shapes import flipped, joined, mirrored, smooth
from .tops import SIDES, paper


def teal_dress() -> Canvas:
    """A sleeveless dress with a belt and a wide skirt, cut out: nothing but the dress is opaque."""
    sheet = paper((255, 255, 255))
    neck = smooth([(0, 196), (28, 190), (52, 160), (60, 94)])
    strap = smooth([(60, 94), (82, 104), (104, 124)])
    side = smooth([(104, 124), (99, 160), (105, 208), (122, 244)])
    waist = smooth([(122, 246), (112, 310), (98, 372)])
    skirt = smooth([(99, 390), (132, 520), (178, 700), (222, 896)])
    hem = smooth([(222, 900), (150, 926), (70, 934), (0, 938)])
    body = mirrored(joined(neck, strap, side, waist, skirt, hem))
    hollow(sheet, [(-60, 94), (0, 112), (60, 94), (50, 164), (0, 198), (-50, 164)], (22, 74, 78))
    folds: list[Fold] = [
        (118, 250, 50, 286, 1.4),
        (-118, 252, -44, 290, 1.4),
        (104, 330, 52, 352, 1.0),
        (-102, 326, -50, 350, 1.1),
    ]
    for k, x in enumerate((-0.86, -0.62, -0.40, -0.16, 0.10, 0.32, 0.56, 0.80)):
        folds.append((92 * x, 392, 214 * x, 930 - 20 * abs(x), 3.6 + (k % 3)))
        folds.append((92 * x + 12, 396, 214 * x + 34, 820, 2.0))
    lay(sheet, body, _teal, folds, 71)
    both(sheet, [(60, 94), (52, 160), (28, 190), (1, 197)], 3, (18, 84, 88), 0.9)
    both(sheet, [(60, 262), (54, 310), (48, 368)], 1.8, (14, 70, 76), 0.7)
    _belt(sheet)
    sheet.stitch([(-214, 888), (0, 926), (214, 888)], (20, 72, 96))
    return sheet


def _teal(x: Grid, y: Grid) -> Grid:
    share = np.clip((y - 100) / 840, 0, 1)[..., None]
    tone = (
        np.asarray((36, 134, 128), np.float32) * (1 - share) + np.asarray((26, 88, 122), np.float32) * share
    )
    return tone * (1 + 0.015 * noise(x.shape, 2.0, 3.0, 73))[..., None]


def _belt(sheet: Canvas) -> None:
    belt = joined(smooth([(-99, 368), (0, 376), (99, 368)]), smooth([(100, 392), (0, 401), (-100, 392)]))
    on = sheet.surface(belt)
    sheet.shadow(on, 0.4, 4, (0, 2))
    sheet.paint(on, (222, 190, 118), lit(sheet.swollen(on, 9, 0.2) * 0.7, 0.5))
    frame = smooth([(-16, 366), (16, 366), (18, 388), (16, 409), (-16, 409), (-18, 388)], closed=True)
    sheet.stroke(joined(frame, frame[:1])[::8], 4.5, (150, 116, 52))
    sheet.stroke([(-14, 388), (0, 389), (12, 388)], 3.5, (150, 116, 52))


def wrap_dress() -> Canvas:
    """A plum wrap dress with small flowers, flutter sleeves and a tie at the waist."""
    sheet = paper((246, 244, 241))
    weave = blossoms(
        (84, 44, 78), [(232, 176, 176), (240, 214, 190), (206, 128, 146)], (244, 206, 104), 30, 8
    )
    sleeve = joined(
        smooth([(72, 118), (112, 132), (152, 172), (196, 262)]),
        smooth([(196, 264), (168, 288), (126, 292)]),
        [(118, 222)],
    )
    neck = np.asarray([(0, 268), (34, 196), (62, 112)])
    side = smooth(
        [(118, 144), (112, 190), (118, 224), (110, 300), (94, 384), (128, 520), (164, 660), (192, 806)]
    )
    hem = smooth([(192, 810), (112, 836), (0, 844)])
    body = mirrored(joined(neck, smooth([(62, 112), (92, 122), (118, 144)]), side, hem))
    rested(sheet, body, sleeve, flipped(sleeve))
    for s in SIDES:
        folds: list[Fold] = [(120 * s, 190, 178 * s, 270, 2.2), (128 * s, 180, 150 * s, 284, 1.8)]
        lay(sheet, sleeve * (s, 1), weave, folds, 82 + s, turn=-0.5 * s)
    hollow(sheet, [(-62, 112), (0, 128), (62, 112), (36, 192), (0, 266), (-36, 192)], (60, 30, 56))
    sheet.shadow(sheet.surface(body), 0.25, 4)
    lay(sheet, body, weave, _wrap_folds(), 81)
    _wrap(sheet)
    return sheet


def _wrap_folds() -> list[Fold]:
    folds: list[Fold] = [
        (-96, 376, 10, 300, 1.8),
        (-96, 384, 34, 330, 1.5),
        (-94, 350, -30, 276, 1.4),
        (96, 360, 52, 290, 1.2),
    ]
    for x in (-0.80, -0.52, -0.30, 0.06, 0.30, 0.58, 0.84):
        folds.append((80 * x, 410, 184 * x, 840, 3.4))
    folds += [(-84, 396, 0, 560, 2.4), (-86, 400, -50, 640, 2.2)]
    return folds


def _wrap(sheet: Canvas) -> None:
    """The crossing edges of the front, the sash and its bow."""
    dark, sash = (48, 22, 46), (112, 56, 100)
    sheet.stroke([(62, 112), (36, 192), (2, 268), (-60, 356)], 3, dark, 0.9)
    sheet.stroke([(-62, 112), (-36, 192), (-1, 266)], 3, dark, 0.9)
    sheet.stroke([(-84, 400), (-20, 560), (14, 710), (24, 840)], 3, dark, 0.75)
    both(sheet, [(118, 144), (112, 190), (118, 224)], 1.8, dark, 0.7)
    cloth = plain(sash, 0.02, 9)
    band = joined(smooth([(-97, 368), (0, 376), (97, 368)]), smooth([(98, 398), (0, 408), (-98, 398)]))
    tails = [
        [(-78, 390), (-60, 388), (-42, 520), (-62, 530), (-70, 460)],
        [(-84, 392), (-70, 392), (-88, 500), (-108, 496)],
    ]
    loops = [
        [(-76, 386), (-40, 350), (-22, 372), (-34, 398)],
        [(-76, 386), (-112, 354), (-128, 378), (-112, 402)],
    ]
    for seed, piece in enumerate(
        [band, *map(np.asarray, tails), *(smooth(loop, closed=True) for loop in loops)]
    ):
        sheet.shadow(sheet.surface(piece), 0.4, 3, (1, 2))
        lay(sheet, piece, cloth, [], 90 + seed, ripple=0.6 * FINE)
    knot = sheet.surface(smooth([(-88, 376), (-66, 374), (-64, 400), (-86, 402)], closed=True))
    sheet.shadow(knot, 0.4, 3)
    sheet.paint(knot, sash, lit(sheet.swollen(knot, 9)))
