"""Three tops as a shop shows them: flat, from the front, on light paper.

Units are pixels; x = 0 is the middle of the picture.
"""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Colour
from .cloth import Fold, Weave, both, button, dots, hollow, lay, plain, rested, ribbed, stripes
from .shapes import Points, flipped, joined, mirrored, moved, smooth

SIDES = (-1, 1)
TRUNK_FOLDS: list[Fold] = [
    (150, 330, 70, 420, 1.6), (152, 360, 96, 470, 1.2), (-150, 335, -60, 440, 1.5),
    (-150, 372, -104, 490, 1.1),
    (40, 480, 62, 760, 1.3), (-58, 540, -44, 790, 1.4), (98, 600, 112, 800, 1.2), (-112, 640, -120, 800, 1.0),
    (-20, 300, 10, 460, 0.8), (4, 620, -6, 800, 0.8),
]  # fmt: skip


def paper(tone: Colour) -> Canvas:
    """A sheet of plain paper."""
    sheet = Canvas()
    sheet.rgb[:] = np.asarray(tone, np.float32)
    return sheet


def _short_sleeve() -> Points:
    top = smooth([(76, 206), (118, 222), (160, 252), (212, 318), (258, 384)])
    return joined(
        top, smooth([(258, 384), (228, 408), (186, 428)]), smooth([(186, 428), (164, 392), (146, 352)])
    )


def _long_sleeve() -> Points:
    top = smooth([(76, 204), (122, 222), (160, 260), (216, 390), (272, 530), (322, 662)])
    low = smooth([(322, 662), (294, 680), (264, 692)])
    return joined(top, low, smooth([(264, 692), (224, 586), (184, 484), (145, 402)]))


def _trunk(neck: Points, hem: float, flare: float = 0.0) -> Points:
    side = smooth([(158, 258), (152, 310), (146, 356), (141, 480), (143, 620), (148 + flare, hem - 6)])
    bottom = smooth([(148 + flare, hem), (80, hem + 6), (0, hem + 8)])
    return mirrored(joined(neck, smooth([neck[-1], (112, 222), (158, 258)]), side, bottom))


def striped_tee() -> Canvas:
    """A navy and cream T-shirt with a ribbed crew neck."""
    sheet = paper((244, 243, 241))
    neck = smooth([(0, 250), (30, 244), (56, 224), (70, 203)])
    weave, band = stripes((34, 56, 108), (240, 236, 226), 15), (32, 50, 96)
    trunk, sleeve = _trunk(neck, 748), _short_sleeve()
    rested(sheet, trunk, sleeve, flipped(sleeve))
    for side in SIDES:
        folds: list[Fold] = [(150 * side, 300, 226 * side, 372, 1.0), (150 * side, 340, 196 * side, 400, 1.2)]
        lay(sheet, sleeve * (side, 1), weave, folds, 12 + side, turn=-0.62 * side)
        sheet.stroke(np.asarray([(250, 375), (222, 397), (182, 417)]) * (side, 1), 1.6, (28, 36, 66), 0.7)
    hollow(sheet, [(-70, 203), (0, 212), (70, 203), (52, 232), (0, 252), (-52, 232)], (128, 130, 138))
    sheet.shadow(sheet.surface(trunk), 0.22, 4)
    lay(sheet, trunk, weave, TRUNK_FOLDS, 21)
    _crew(sheet, neck, band)
    for side in SIDES:
        sheet.stroke(np.asarray([(158, 258), (152, 310), (146, 356)]) * (side, 1), 1.8, (24, 30, 56), 0.6)
    sheet.stitch([(-143, 734), (0, 743), (143, 734)], (206, 200, 190))
    return sheet


def _crew(sheet: Canvas, neck: Points, colour: Colour) -> None:
    """The ribbed band of a round neck, back and front, with a label."""
    back = smooth([(-70, 203), (0, 213), (70, 203)])
    sheet.stroke(moved(back, 0, 2), 9, np.asarray(colour) * 0.82)
    tag = sheet.surface([(-15, 217), (15, 217), (15, 232), (-15, 232)])
    sheet.paint(tag, (222, 218, 208))
    full = joined(flipped(neck)[::-1], neck[1:])
    sheet.stroke(moved(full, 0, 4), 14, colour)
    sheet.stroke(moved(full, 0, 12), 1.6, np.asarray(colour) * 0.6, 0.8)
    sheet.stitch(moved(full, 0, 15), np.asarray(colour) * 0.5 + 70)


def dotted_blouse() -> Canvas:
    """A red blouse with yellow dots: pointed collar, buttons, cuffs, gathered a little at the yoke."""
    sheet = paper((240, 238, 233))
    neck = smooth([(0, 262), (26, 236), (50, 214), (66, 200)])
    weave = dots((152, 34, 48), (248, 214, 120), (222, 112, 70), 27, 5.6)
    trunk, sleeve = _trunk(neck, 752, 14), _long_sleeve()
    cuff = np.asarray([(261, 692), (324, 661), (338, 704), (276, 736)])
    rested(sheet, trunk, sleeve, flipped(sleeve), cuff, flipped(cuff))
    for side in SIDES:
        folds = _sleeve_folds(side) + [
            (x * side, 610, (x + 26) * side, 686, 1.3) for x in (244.0, 262.0, 280.0)
        ]
        lay(sheet, sleeve * (side, 1), weave, folds, 32 + side, turn=-0.38 * side)
        sheet.shadow(sheet.surface(cuff * (side, 1)), 0.3, 3)
        lay(sheet, cuff * (side, 1), weave, [], 36, turn=-0.38 * side)
        sheet.stroke(cuff[:2] * (side, 1), 2, (86, 16, 26), 0.8)
        button(sheet, 288 * side, 712, 4.5, (238, 226, 204))
    hollow(sheet, [(-66, 200), (0, 206), (66, 200), (48, 226), (0, 264), (-48, 226)], (92, 20, 30))
    sheet.shadow(sheet.surface(trunk), 0.22, 4)
    gathers: list[Fold] = [(x, 268, x * 1.05, 400, 1.1) for x in (-110.0, -88, -66, 66, 88, 110)]
    lay(sheet, trunk, weave, TRUNK_FOLDS + gathers, 31)
    _placket(sheet, weave)
    _collar(sheet, weave)
    both(sheet, [(158, 258), (152, 320), (145, 402)], 1.8, (80, 14, 24), 0.7)
    sheet.stitch([(-157, 740), (0, 749), (157, 740)], (206, 120, 100))
    return sheet


def _sleeve_folds(side: int) -> list[Fold]:
    bends: list[Fold] = [(162, 300, 196, 370, 1.1), (196, 462, 240, 436, 1.4), (204, 492, 254, 468, 1.6)]
    bends += [(216, 522, 262, 504, 1.2), (232, 560, 282, 640, 1.0), (250, 600, 272, 680, 0.9)]
    return [(x0 * side, y0, x1 * side, y1, high) for x0, y0, x1, y1, high in bends]


def _placket(sheet: Canvas, weave: Weave) -> None:
    """The buttoned front."""
    strip = np.asarray([(-15, 262), (15, 262), (15, 760), (-15, 760)])
    sheet.shadow(sheet.surface(strip), 0.25, 3)
    lay(sheet, strip, weave, [], 38, ripple=0.4)
    for x in (-12, 12):
        sheet.stitch([(x, 270), (x, 520), (x, 756)], (206, 120, 100))
    for y in range(306, 750, 72):
        button(sheet, 0, y, 6, (238, 226, 204))


def _collar(sheet: Canvas, weave: Weave) -> None:
    stand = smooth([(-64, 203), (0, 214), (64, 203)])
    sheet.stroke(stand, 12, (112, 22, 34))
    for side in SIDES:
        leaf = joined(
            smooth([(66, 196), (40, 232), (2, 262)]), [(46, 300)], smooth([(46, 300), (78, 252), (92, 210)])
        )
        on = sheet.surface(leaf * (side, 1))
        sheet.shadow(on, 0.4, 4, (1, 3))
        lay(sheet, leaf * (side, 1), weave, [], 40 + side, turn=0.7 * side, ripple=0.4)
        sheet.stitch(np.asarray([(8, 262), (46, 292), (72, 248), (86, 212)]) * (side, 1), (206, 120, 100))


def grey_hoodie() -> Canvas:
    """A heather grey hooded sweatshirt: hood, cords, kangaroo pocket, ribbed cuffs and hem."""
    sheet = paper((246, 245, 243))
    tone = (134, 138, 145)
    neck = smooth([(0, 262), (34, 246), (62, 222), (78, 200)])
    weave = plain(tone, 0.05, 7)
    trunk, sleeve = _trunk(neck, 752, 4) * (1.06, 1), _long_sleeve() * (1.06, 1)
    hem = joined(smooth([(-154, 750), (0, 760), (154, 750)]), smooth([(146, 800), (0, 812), (-146, 800)]))
    cuff = np.asarray([(279, 692), (342, 661), (352, 712), (298, 738)])
    rested(sheet, trunk, sleeve, flipped(sleeve), hem, cuff, flipped(cuff), _hood())
    for side in SIDES:
        folds = [(x0 * 1.06, y0, x1 * 1.06, y1, high * 1.5) for x0, y0, x1, y1, high in _sleeve_folds(side)]
        lay(sheet, sleeve * (side, 1), weave, folds, 52 + side, ripple=1.3)
        ribbed(sheet, cuff * (side, 1), np.asarray(tone) * 0.92, 5, -0.42 * side)
    sheet.shadow(sheet.surface(trunk), 0.25, 5)
    lay(
        sheet,
        trunk,
        weave,
        [(x0, y0, x1, y1, high * 1.4) for x0, y0, x1, y1, high in TRUNK_FOLDS],
        51,
        ripple=1.4,
    )
    ribbed(sheet, hem, np.asarray(tone) * 0.92, 5)
    _pocket(sheet, weave)
    for side in SIDES:
        seam = np.asarray([(167, 258), (161, 320), (154, 402)]) * (side, 1)
        sheet.stroke(seam, 2, (74, 76, 82), 0.7)
        sheet.stitch(seam - (5 * side, 0), (96, 99, 106))
    _draw_hood(sheet, weave)
    return sheet


def _hood() -> Points:
    """The hood, lying up behind the neck and falling over the shoulders in front."""
    outer = smooth([(0, 96), (52, 104), (92, 140), (108, 196), (98, 244), (60, 286), (0, 318)])
    return mirrored(outer)


def _draw_hood(sheet: Canvas, weave: Weave) -> None:
    sheet.shadow(sheet.surface(_hood()), 0.35, 6, (0, 4))
    folds: list[Fold] = [
        (-90, 170, -40, 290, 2.2),
        (90, 165, 44, 292, 2.0),
        (-70, 130, -64, 250, 1.6),
        (74, 140, 60, 262, 1.5),
    ]
    lay(sheet, _hood(), weave, folds, 57)
    opening = smooth([(0, 128), (40, 138), (60, 178), (54, 224), (28, 262), (0, 286)])
    hollow(sheet, mirrored(opening)[::6], (92, 95, 101))
    rim = joined(flipped(opening)[::-1], opening[1:])
    sheet.stroke(rim[4:-4], 9, (126, 130, 137))
    sheet.stitch(rim[4:-4], (92, 95, 101))
    sheet.stroke([(0, 112), (2, 118), (0, 128)], 2, (84, 86, 92), 0.7)
    for side in SIDES:
        cord = np.asarray([(30, 266), (38, 330), (34, 392), (40, 436)]) * (side, 1)
        sheet.stroke(moved(cord, 2, 2), 6, (84, 87, 93), 0.5)
        sheet.stroke(cord, 5, (226, 224, 218))
        button(sheet, 30 * side, 266, 5.5, (176, 178, 182))


def _pocket(sheet: Canvas, weave: Weave) -> None:
    outline = mirrored(
        joined([(0, 560), (66, 560)], smooth([(66, 560), (84, 610), (116, 676)]), [(116, 748), (0, 756)])
    )
    sheet.shadow(sheet.surface(outline), 0.35, 4, (0, -1))
    lay(sheet, outline, weave, [(-50, 600, -40, 720, 1.2), (60, 620, 50, 730, 1.1)], 59, ripple=1.2)
    for side in SIDES:
        sheet.stitch(np.asarray([(62, 564), (78, 612), (110, 678)]) * (side, 1), (92, 95, 101))
    sheet.stitch([(-64, 566), (0, 566), (64, 566)], (92, 95, 101))
