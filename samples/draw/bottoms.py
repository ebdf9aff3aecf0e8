"""Trousers and a skirt as a shop shows them.

Units are pixels; x = 0 is the middle of the picture.
"""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Grid, lit, noise
from .cloth import Fold, Weave, button, lay, plaid, rested
from .shapes import Points, joined, mirrored, moved, smooth
from .tops import SIDES, paper

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
        sheet.stroke(moved(pocket, 0, 2), 3, dark, 0.8)
        sheet.stitch(moved(pocket, -2 * s, 7), THREAD)
        sheet.stitch(moved(pocket, -2 * s, 13), THREAD)
        for x, y in ((56, 150), (119, 221)):
            button(sheet, x * s, y, 3.4, (188, 128, 84))
        hem = np.asarray([(38, 922), (80, 926), (124, 920)]) * (s, 1)
        sheet.stitch(hem, THREAD)
        sheet.stroke(moved(hem, 0, 3), 1.4, dark, 0.6)


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
    half = joined([(0, 232)], smooth([(112, 226), (140, 330), (166, 500), (194, 738)]))
    hem = smooth([(194, 740), (136, 762), (80, 772), (0, 776)])
    outline = mirrored(joined(half, hem))
    band = joined(smooth([(-110, 192), (0, 192), (110, 192)]), smooth([(113, 228), (0, 238), (-113, 228)]))
    rested(sheet, outline, band)
    lay(sheet, outline, _fanned(weave), [], 61)
    _pleats(sheet, outline)
    sheet.stitch([(-189, 726), (0, 762), (189, 726)], (96, 30, 36))
    sheet.shadow(sheet.surface(band), 0.4, 4, (0, 2))
    lay(sheet, band, weave, [], 63, ripple=0.3)
    for x in (62, 92):
        button(sheet, x, 213, 7, (226, 204, 160))
    return sheet


def _fanned(weave: Weave) -> Weave:
    """A weave that widens downwards like the flare of a skirt."""

    def flared(x: Grid, y: Grid) -> Grid:
        spread = 1 + 0.62 * np.clip((y - 230) / 540, 0, 1)
        return weave(x / spread, y + 0.00035 * x * x)

    return flared


def _pleats(sheet: Canvas, outline: Points) -> None:
    """Knife pleats: each lies over its neighbour on the left and shades it."""
    on = sheet.surface(outline)
    spread = 112 + 82 * np.clip((on.y - 230) / 510, 0, 1)
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
