"""What the people wear: plain tops, trousers and a skirt, with folds where bodies make them.

Units are heads. Kept plain on purpose: the clothes to try on are the ones in garments.py.
"""

from __future__ import annotations

import numpy as np

from .body import Build, arm, leg, swayed
from .canvas import Canvas, Colour, Grid, Surface, crease, lit, noise
from .face import SIDES
from .shapes import Points, flipped, joined, mirrored, moved, smooth, tube

NECKLINES = {"crew": (0.245, 1.30, 1.455), "scoop": (0.33, 1.335, 1.62), "vee": (0.25, 1.30, 1.74)}
"""Half width, height of its ends and depth."""


def neckline(kind: str) -> Points:
    """The front edge of a top, from the axis to the right."""
    wide, high, deep = NECKLINES[kind]
    if kind == "vee":
        return np.asarray([(0, deep), (wide * 0.55, high + 0.20), (wide, high)])
    return smooth(
        [
            (0, deep),
            (wide * 0.22, deep - 0.004),
            (wide * 0.60, deep - 0.045),
            (wide * 0.92, high + 0.055),
            (wide, high),
        ]
    )


def draw_top(
    sheet: Canvas, build: Build, colour: Colour, neck: str, sleeve: float, hem: float, seed: int
) -> None:
    """A top. sleeve: share of the arm it covers (0: none); hem: where it ends."""
    trunk = _trunk(build, neck, sleeve, hem)
    tubes = [_sleeve(build, side, sleeve) for side in SIDES if sleeve]
    on = sheet.surface(trunk, *tubes)
    sheet.shadow(sheet.surface(trunk), 0.38, 0.05, (0.03, 0.05))
    light = lit(sheet.swollen(on, 0.22, 0.2), 0.50, _folds(on, build, hem, sleeve, seed) * sheet.unit)
    tone = np.asarray(colour, np.float32)
    weave = 1 + 0.012 * noise(on.cover.shape, 2.2, 2.2, seed + 50)
    sheet.paint(on, tone, light * weave)
    edge = neckline(neck)
    full = joined(flipped(edge)[::-1], edge[1:])
    sheet.stroke(moved(full, 0, 0.012), 0.055, tone * 0.93)
    sheet.stroke(moved(full, 0, 0.042), 0.008, tone * 0.70, 0.7)
    for side in SIDES:
        _seams(sheet, build, side, sleeve, tone)
    rim = swayed([(-build.hip * 0.97, hem - 0.075), (0, hem - 0.035), (build.hip * 0.97, hem - 0.075)], build)
    sheet.stroke(rim, 0.010, tone * 0.74, 0.6)


def _trunk(build: Build, neck: str, sleeve: float, hem: float) -> Points:
    s, edge = build.shoulder, neckline(neck)
    if sleeve:
        shoulder = smooth([edge[-1], (0.5, 1.37), (s - 0.10, 1.465), (s + 0.0, 1.58)])
        side = [(s + 0.02, 1.70), (build.chest + 0.10, 2.02), (build.chest + 0.03, 2.12)]
    else:
        shoulder = smooth([edge[-1], (0.46, 1.36), (s - 0.17, 1.44)])
        side = [(s - 0.17, 1.46), (s - 0.21, 1.70), (build.chest + 0.0, 1.96), (build.chest + 0.04, 2.06)]
    side += [(build.waist + 0.07, 2.72), (build.hip * 0.94, 3.15), (build.hip * 0.99, hem - 0.02)]
    bottom = smooth([(build.hip * 0.99, hem), (build.hip * 0.5, hem + 0.035), (0, hem + 0.045)])
    return swayed(mirrored(joined(edge, shoulder, smooth(side), bottom)), build)


def _sleeve(build: Build, side: int, share: float) -> Points:
    line, radii = arm(build, side)
    fine = smooth(np.column_stack([line, radii]))
    fine = fine[: max(6, int(len(fine) * share))]
    loose = 0.068 if share < 0.6 else 0.055
    ease = 0.012 + loose * np.clip(np.linspace(0, 2.5, len(fine)), 0, 1)
    return tube(fine[::5, :2], list((fine[:, 2] + ease)[::5]), square_end=True)


def _folds(on: Surface, build: Build, hem: float, sleeve: float, seed: int) -> Grid:
    """Pulls from the armpits, a bunched waist, hanging waves at the hem, bent elbows; in heads."""
    dice = np.random.Generator(np.random.PCG64(seed))
    total = 0.008 * noise(on.cover.shape, 46, 110, seed) + 0.0025 * noise(on.cover.shape, 22, 40, seed + 1)

    def about(value: float, spread: float) -> float:
        return value + dice.uniform(-spread, spread)

    for side in SIDES:
        c = side * build.chest
        for k in range(3):
            start = (c * (1.04 - 0.03 * k), about(1.99 + 0.07 * k, 0.02))
            end = (c * about(0.60 - 0.12 * k, 0.14), about(2.16 + 0.22 * k, 0.07))
            total += dice.uniform(0.005, 0.012) * crease(on, start, end, about(0.034, 0.008))
        for k in range(4):
            y = about(2.58 + 0.15 * k, 0.06)
            start, end = (side * (build.waist + 0.09), y), (side * about(0.24, 0.16), about(y + 0.06, 0.08))
            total += dice.uniform(0.003, 0.009) * crease(on, start, end, about(0.036, 0.01))
        for k in range(3):
            x = side * build.hip * about(0.32 + 0.25 * k, 0.07)
            total += dice.uniform(0.005, 0.012) * crease(on, (x * 0.90, hem - 0.6), (x, hem + 0.2), 0.05)
        if sleeve > 0.6:
            elbow = arm(build, side)[0][2]
            for k in range(5):
                y = elbow[1] - 0.28 + 0.13 * k
                total += 0.009 * crease(
                    on, (elbow[0] - 0.17, y + 0.05 * side), (elbow[0] + 0.15, y - 0.05 * side), 0.024
                )
    return total


def _seams(sheet: Canvas, build: Build, side: int, sleeve: float, tone: Grid) -> None:
    s = build.shoulder
    if not sleeve:
        hole = [(s - 0.17, 1.45), (s - 0.21, 1.70), (build.chest - 0.01, 1.95), (build.chest + 0.03, 2.05)]
        sheet.stroke(swayed(np.asarray(hole) * (side, 1), build), 0.030, tone * 0.82, 0.8)
        return
    hole = [(s - 0.12, 1.47), (s - 0.17, 1.72), (build.chest + 0.0, 1.97), (build.chest + 0.04, 2.08)]
    sheet.stroke(swayed(np.asarray(hole) * (side, 1), build), 0.011, tone * 0.70, 0.55)
    outline = _sleeve(build, side, sleeve)
    half = (len(outline) - 12) // 2
    a, b = outline[half - 1], outline[half]
    up = np.array([(b - a)[1], -(b - a)[0]])
    up = up / np.linalg.norm(up) * (-1 if up[1] > 0 else 1)
    sheet.stroke([a + up * 0.05, b + up * 0.05], 0.009, tone * 0.70, 0.55)


def draw_trousers(sheet: Canvas, build: Build, colour: Colour, seed: int) -> None:
    """Straight trousers."""
    outlines = []
    for side in SIDES:
        line, radii = leg(build, side)
        wide = [
            radii[0],
            radii[1] + 0.025,
            radii[2] + 0.065,
            radii[3] + 0.055,
            radii[4] + 0.105,
            radii[5] + 0.095,
        ]
        outlines.append(swayed(tube(line, wide, square_end=True), build))
    h = build.hip
    outer = smooth(
        [(build.waist + 0.02, 2.85), (h * 0.90, 3.25), (h * 0.98, 3.6), (h * 0.97, 4.0), (h * 0.8, 4.4)]
    )
    pelvis = joined([(0, 2.85)], outer, [(h * 0.3, 4.3), (0, 4.02)])
    on = sheet.surface(swayed(mirrored(pelvis), build), *outlines)
    fork = swayed([(0, 4.0)], build)[0]
    folds = _leg_folds(on, build, seed) * sheet.unit
    folds -= (
        0.03
        * sheet.unit
        * np.exp(-(((on.x - fork[0]) / 0.022) ** 2))
        * np.clip((on.y - 3.9) / 0.2, 0, 1)
        * np.clip((4.7 - on.y) / 0.3, 0, 1)
    )
    tone = np.asarray(colour, np.float32)
    weave = 1 + 0.02 * noise(on.cover.shape, 2.0, 2.6, seed + 50)
    sheet.paint(on, tone, lit(sheet.swollen(on, 0.25, 0.2), 0.50, folds) * weave)
    sheet.stroke(swayed([(0, 3.2), (0.01, 3.6), (0, 4.0)], build), 0.012, tone * 0.66, 0.7)
    for side in SIDES:
        pocket = [(side * h * 0.55, 3.28), (side * h * 0.75, 3.42), (side * h * 0.95, 3.72)]
        sheet.stroke(swayed(pocket, build), 0.012, tone * 0.66, 0.6)


def _leg_folds(on: Surface, build: Build, seed: int) -> Grid:
    dice = np.random.Generator(np.random.PCG64(seed))
    total = 0.008 * noise(on.cover.shape, 40, 120, seed) + 0.003 * noise(on.cover.shape, 18, 30, seed + 2)
    for side in SIDES:
        x = (build.hip * 0.5 + build.stance * 0.4) * side + build.sway
        for k in range(4):
            total += dice.uniform(0.007, 0.014) * crease(
                on, (0.03 * side, 3.92 + 0.06 * k), (x * 1.5, 3.78 + 0.16 * k), 0.028
            )
        for y, reach in (
            (5.25, 0.20),
            (5.42, 0.24),
            (5.60, 0.22),
            (6.70, 0.20),
            (6.85, 0.22),
            (6.98, 0.2),
            (7.09, 0.2),
        ):
            tilt = dice.uniform(-0.07, 0.07)
            total += dice.uniform(0.005, 0.011) * crease(
                on, (x - reach, y + tilt), (x + reach, y - tilt), 0.03
            )
    return total


def draw_skirt(sheet: Canvas, build: Build, colour: Colour, seed: int, hem: float = 5.2) -> None:
    """A flared skirt to the knee."""
    h = build.hip
    side = smooth([(build.waist + 0.05, 2.85), (h * 0.98, 3.35), (h + 0.13, 4.2), (h + 0.24, hem - 0.03)])
    bottom = smooth([(h + 0.24, hem), (h * 0.7, hem + 0.06), (0, hem + 0.085)])
    on = sheet.surface(swayed(mirrored(joined([(0, 2.85)], side, bottom)), build))
    flare = np.clip((on.y - 3.2) / (hem - 3.2), 0, 1)
    across = on.x / (h + 0.26 * flare)
    wave = np.sin(across * 15 + 0.5 * noise(on.cover.shape, 160, 220, seed))
    folds = sheet.unit * (0.030 * wave * flare**1.3 + 0.006 * noise(on.cover.shape, 50, 130, seed + 1))
    tone = np.asarray(colour, np.float32)
    under = sheet.surface(
        swayed(mirrored([(0, hem), (h * 0.9, hem), (h * 0.9, hem + 0.1), (0, hem + 0.12)]), build)
    )
    sheet.shadow(under, 0.45, 0.05, (0.0, 0.05))
    sheet.paint(
        on,
        tone,
        lit(sheet.swollen(on, 0.3, 0.2), 0.50, folds)
        * (1 + 0.012 * noise(on.cover.shape, 2.2, 2.2, seed + 3)),
    )
    sheet.stroke(
        swayed([(-h - 0.225, hem - 0.05), (0, hem + 0.035), (h + 0.225, hem - 0.05)], build),
        0.01,
        tone * 0.7,
        0.6,
    )
