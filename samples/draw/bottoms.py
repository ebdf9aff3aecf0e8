"""Trousers, a skirt and two dresses as a shop shows them.

Units are pixels; x = 0 is the middle of the picture.
"""

from __future__ import annotations

import numpy as np

from .canvas import FINE, Canvas, Grid, lit, noise
from .cloth import Fold, Weave, blossoms, both, button, hollow, lay, plaid, plain, rested
from .shapes import Points, flipped, joined, mirrored, smooth
from .tops import paper

SIDES = (-1, 1)
THREAD = (198, 152, 88)


def denim_trousers() -> Canvas:
    """Blue jeans: worn thighs, pockets, fly, belt loops, seams in ochre thread."""
    sheet = paper((245, 244, 242))
    outer = smooth([(108, 132), (124, 220), (137, 320), (141, 470), (134, 700), (124, 930)])
    inner = joined(
        smooth([(124, 934), (80, 940), (36, 936)]), smooth([(36, 936), (28, 720), (14, 470), (0, 384)])
    )
    legs = mirrored(joined([(0, 140)], outer, inner))
    band = joined(smooth([(-106, 100), (0, 108), (106, 100)]), smooth([(109, 136), (0, 145), (-109, 136)]))
    rested(sheet, legs, band)
    folds: list[Fold] = []
    for s in SIDES:
        folds += [
            (10 * s, 372, 104 * s, 322, 1.8),
            (12 * s, 392, 112 * s, 366, 1.6),
            (14 * s, 414, 100 * s, 414, 1.2),
        ]
        folds += [
            (40 * s, 566, 122 * s, 556, 1.2),
            (36 * s, 596, 124 * s, 604, 1.5),
            (44 * s, 632, 118 * s, 622, 1.1),
        ]
        folds += [
            (38 * s, 868, 120 * s, 858, 1.3),
            (40 * s, 894, 118 * s, 900, 1.5),
            (84 * s, 440, 88 * s, 900, 0.9),
        ]
    lay(sheet, legs, _denim, folds, 41)
    _jeans_seams(sheet)
    sheet.shadow(sheet.surface(band), 0.3, 3)
    lay(sheet, band, _denim, [], 43, ripple=0.3)
    _waistband(sheet)
    return sheet


def _denim(x: Grid, y: Grid) -> Grid:
    """Indigo twill, rubbed pale on the thighs and behind the knees."""
    twill = np.sin((x * 1.0 + y * 0.62) * np.pi / 1.7) * 0.035 + 0.035 * noise(x.shape, 1.8, 6, 45)
    worn = np.exp(-(((np.abs(x) - 74) / 36) ** 2)) * np.exp(-(((y - 430) / 170) ** 2))
    worn = worn + 0.5 * np.exp(-(((np.abs(x) - 80) / 34) ** 2)) * np.exp(-(((y - 760) / 110) ** 2))
    blotch = 0.03 * noise(x.shape, 60, 90, 46)
    tone = np.asarray((62, 86, 130), np.float32) * (1 + twill + blotch)[..., None]
    return tone + (np.asarray((150, 172, 204), np.float32) - tone) * (0.42 * worn)[..., None]


def _jeans_seams(sheet: Canvas) -> None:
    dark = (34, 46, 74)
    sheet.stroke([(0, 140), (1, 260), (0, 384)], 2.4, dark, 0.9)
    sheet.stitch([(5, 146), (6, 260), (4, 372)], THREAD)
    sheet.stitch([(30, 146), (31, 230), (24, 282), (6, 312)], THREAD)
    for s in SIDES:
        sheet.stroke(
            np.asarray([(0, 384), (14, 470), (28, 720), (38, 934)]) * (s, 1) + (4 * s, 0), 1.6, dark, 0.5
        )
        sheet.stitch(
            np.asarray([(118, 250), (131, 340), (135, 470), (128, 700), (119, 922)]) * (s, 1), THREAD
        )
        pocket = np.asarray([(52, 144), (62, 188), (88, 212), (126, 224)]) * (s, 1)
        sheet.stroke(pocket + (0, 2), 3, dark, 0.8)
        sheet.stitch(pocket + (-2 * s, 7), THREAD)
        sheet.stitch(pocket + (-2 * s, 13), THREAD)
        for x, y in ((56, 150), (119, 221)):
            button(sheet, x * s, y, 3.4, (188, 128, 84))
        hem = np.asarray([(38, 922), (80, 926), (124, 920)]) * (s, 1)
        sheet.stitch(hem, THREAD)
        sheet.stroke(hem + (0, 3), 1.4, dark, 0.6)


def _waistband(sheet: Canvas) -> None:
    for shift in (5, 30):
        sheet.stitch([(-104, 100 + shift), (0, 108 + shift), (104, 100 + shift)], THREAD)
    for x in (-84, -40, 40, 84):
        top = 108 - 8 * (x / 106) ** 2
        loop = sheet.surface([(x - 6, top), (x + 6, top), (x + 6, top + 42), (x - 6, top + 42)])
        sheet.shadow(loop, 0.4, 2.5, (1, 1))
        sheet.paint(loop, (66, 92, 136), lit(sheet.swollen(loop, 6, 0.2)))
        for dx in (-3, 3):
            sheet.stitch([(x + dx, top + 2), (x + dx, top + 20), (x + dx, top + 40)], THREAD, 1.1, 5)
    button(sheet, 0, 124, 9, (196, 150, 98))


def plaid_skirt() -> Canvas:
    """A pleated tartan skirt with a waistband and two buttons."""
    sheet = paper((243, 242, 240))
    bands = [(0.0, 26.0, (38, 58, 92)), (32.0, 5.0, (232, 222, 200)), (46.0, 3.0, (196, 158, 70))]
    weave = plaid((134, 40, 46), bands, 74)
    half = joined([(0, 232)], smooth([(112, 226), (150, 340), (190, 520), (232, 738)]))
    hem = smooth([(232, 740), (160, 762), (80, 772), (0, 776)])
    outline = mirrored(joined(half, hem))
    band = joined(smooth([(-110, 190), (0, 200), (110, 190)]), smooth([(113, 228), (0, 238), (-113, 228)]))
    rested(sheet, outline, band)
    lay(sheet, outline, _fanned(weave), [], 61)
    _pleats(sheet, outline)
    sheet.stitch([(-226, 726), (0, 762), (226, 726)], (96, 30, 36))
    sheet.shadow(sheet.surface(band), 0.4, 4, (0, 2))
    lay(sheet, band, weave, [], 63, ripple=0.3)
    for x in (62, 92):
        button(sheet, x, 213, 7, (226, 204, 160))
    return sheet


def _fanned(weave: Weave) -> Weave:
    """A weave that widens downwards like the flare of a skirt."""

    def flared(x: Grid, y: Grid) -> Grid:
        spread = 1 + 0.85 * np.clip((y - 230) / 540, 0, 1)
        return weave(x / spread, y + 0.00035 * x * x)

    return flared


def _pleats(sheet: Canvas, outline: Points) -> None:
    """Knife pleats: each lies over its neighbour on the left and shades it."""
    on = sheet.surface(outline)
    spread = 112 + 120 * np.clip((on.y - 230) / 510, 0, 1)
    place = (on.x / spread + 1) * 5.5
    inside = place - np.floor(place)
    depth = np.clip((on.y - 236) / 120, 0.15, 1)
    shade = 1 - depth * (0.34 * np.exp(-inside / 0.10) - 0.10 * np.exp(-((inside - 0.55) ** 2) / 0.05))
    shade -= 0.25 * depth * np.exp(-(((inside - 1) / 0.02) ** 2))
    tint = np.where(shade < 1, 20, 255).astype(np.float32)
    strength = np.where(shade < 1, 1 - shade, (shade - 1) * 0.8)
    sheet.paint(
        on._replace(cover=on.cover * np.clip(strength, 0, 0.6)), tint[..., None] * np.ones(3, np.float32)
    )


def teal_dress() -> Canvas:
    """A sleeveless dress with a belt and a wide skirt, cut out: nothing but the dress is opaque."""
    sheet = paper((255, 255, 255))
    neck = smooth([(0, 196), (28, 190), (52, 160), (62, 96)])
    strap = smooth([(64, 94), (86, 92), (106, 97)])
    side = smooth([(106, 97), (98, 150), (104, 206), (122, 244)])
    waist = smooth([(122, 246), (112, 310), (98, 372)])
    skirt = smooth([(99, 390), (132, 520), (178, 700), (222, 896)])
    hem = smooth([(222, 900), (150, 926), (70, 934), (0, 938)])
    body = mirrored(joined(neck, strap, side, waist, skirt, hem))
    hollow(sheet, [(-62, 96), (0, 112), (62, 96), (50, 164), (0, 198), (-50, 164)], (22, 74, 78))
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
    both(sheet, [(62, 96), (52, 160), (28, 190), (1, 197)], 3, (18, 84, 88), 0.9)
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
        [(118, 144), (112, 190), (118, 224), (110, 300), (94, 384), (128, 520), (172, 700), (204, 890)]
    )
    hem = smooth([(204, 894), (120, 922), (0, 930)])
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
        folds.append((80 * x, 410, 196 * x, 930, 3.4))
    folds += [(-84, 396, 0, 560, 2.4), (-86, 400, -50, 640, 2.2)]
    return folds


def _wrap(sheet: Canvas) -> None:
    """The crossing edges of the front, the sash and its bow."""
    dark, sash = (48, 22, 46), (112, 56, 100)
    sheet.stroke([(62, 112), (36, 192), (2, 268), (-60, 356)], 3, dark, 0.9)
    sheet.stroke([(-62, 112), (-36, 192), (-1, 266)], 3, dark, 0.9)
    sheet.stroke([(-84, 400), (-20, 560), (16, 740), (26, 926)], 3, dark, 0.75)
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
