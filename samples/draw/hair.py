"""Hair: masses of strands behind and in front of a head. Knows only the head's outline.

Units are heads, as in face.py.
"""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Grid, Surface, lit, noise
from .shapes import Line, Points, flipped, joined, mirrored, smooth

Colour = tuple[float, float, float]


def behind(sheet: Canvas, style: str, colour: Colour) -> None:
    """What hangs behind neck and shoulders."""
    if style == "long":
        half = [
            (0, -0.05),
            (0.25, -0.01),
            (0.40, 0.20),
            (0.44, 0.55),
            (0.47, 0.95),
            (0.42, 1.25),
            (0.36, 1.42),
            (0, 1.30),
        ]
        _mass(sheet, mirrored(smooth(half)), np.asarray(colour) * 0.62, 3)
    if style == "bob":
        half = [(0, -0.05), (0.28, 0.0), (0.43, 0.25), (0.46, 0.60), (0.45, 0.92), (0.30, 1.02), (0, 1.0)]
        _mass(sheet, mirrored(smooth(half)), np.asarray(colour) * 0.60, 3)


def front(sheet: Canvas, style: str, colour: Colour) -> None:
    """What frames the face."""
    tone = np.asarray(colour, float)
    if style == "long":
        _curtain(sheet, tone, part=-0.07, ends=(0.43, 1.24), inner=(0.29, 1.18))
    elif style == "bob":
        _curtain(sheet, tone, part=0.09, ends=(0.43, 1.00), inner=(0.30, 0.97))
    elif style == "coils":
        _coils(sheet, tone)
    else:
        _side_part(sheet, tone)


def _strands(on: Surface, seed: int, curl: float = 0.035) -> Grid:
    """Light and dark strands that follow the dome and hang below it; about -1 to 1."""
    dome = np.sqrt(np.clip(1 - ((0.45 - np.minimum(on.y, 0.45)) / 0.53) ** 2, 0.02, 1))
    across = on.x / dome + curl * np.sin(on.y * 9 + 2 * np.sign(on.x)) * np.clip(on.y - 0.3, 0, 1)
    dice = np.random.Generator(np.random.PCG64(seed))
    total = np.zeros_like(on.x)
    for count, weight in ((28, 0.5), (75, 0.6), (190, 0.45)):
        steps = dice.normal(0, 1, count)
        total += weight * np.interp(across, np.linspace(-0.75, 0.75, count), steps).astype(np.float32)
    return np.clip(total * 0.7, -1.6, 1.6)


def _mass(sheet: Canvas, outline: Line, tone: Grid, seed: int, gloss: float = 0.0) -> None:
    """A body of hair with strands and, where the dome faces the light, a shine."""
    on = sheet.surface(outline, feather=0.004)
    strands = _strands(on, seed)
    height = sheet.swollen(on, 0.13) + strands * 0.006 * sheet.unit
    band = np.exp(-(((on.y - 0.13 - 0.9 * on.x**2) / 0.055) ** 2)) * np.exp(-(((on.x + 0.10) / 0.26) ** 2))
    low = np.exp(-(((on.y - 0.80) / 0.14) ** 2)) * np.clip(np.abs(on.x) - 0.3, 0, 1) * 2.5
    shine = gloss * (band + low) * np.clip(0.75 + 0.45 * strands, 0, 2)
    light = lit(height, 0.5) * (1 + 0.15 * strands)
    coloured = tone * light[..., None] + shine[..., None] * (tone * 0.55 + 42)
    sheet.paint(on, np.clip(coloured, 0, 255).astype(np.float32))


def _curtain(
    sheet: Canvas, tone: Grid, part: float, ends: tuple[float, float], inner: tuple[float, float]
) -> None:
    """Hair parted at x = part, falling on both sides of the face to the height of its ends."""
    out_x, out_y = ends
    for side in (-1, 1):
        root = part * side
        fall = [(root, -0.075), (0.16, -0.055), (0.31, 0.04), (0.405, 0.25), (0.44, 0.68)]
        fall += [(out_x, (0.70 + out_y) / 2 + 0.05), (out_x - 0.05, out_y)]
        face = [
            (inner[0], inner[1]),
            (0.335, (0.72 + inner[1]) / 2),
            (0.325, 0.66),
            (0.33, 0.46),
            (0.27, 0.27),
        ]
        face += [(0.12 + root * 0.5, 0.165), (root, 0.10)]
        outline = joined(smooth(fall), smooth(face))
        outline = outline if side > 0 else flipped(outline)
        sheet.shadow(sheet.surface(outline), 0.42, 0.03, (0.0, 0.02))
        _mass(sheet, outline, tone, 20 + side, gloss=0.8)
    sheet.stroke([(part, -0.06), (part * 0.98, 0.03), (part, 0.10)], 0.010, tone * 0.45, 0.7)
    _loose(sheet, tone, out_y)


def _loose(sheet: Canvas, tone: Grid, end: float) -> None:
    """A few single strands, so that the outline is not cut with scissors."""
    dice = np.random.Generator(np.random.PCG64(77))
    for _ in range(18):
        side = dice.choice((-1, 1))
        x, y = 0.40 + dice.uniform(-0.03, 0.04), dice.uniform(0.2, 0.6)
        line = [(side * x, y), (side * (x + dice.uniform(-0.01, 0.04)), (y + end) / 2)]
        line.append((side * (x + dice.uniform(-0.06, 0.03)), end - dice.uniform(0.02, 0.22)))
        sheet.stroke(line, 0.005, tone * dice.uniform(0.7, 1.3), 0.5)


def _cap(low: float) -> Points:
    """Short hair: from the hairline over the dome to the temples, sideburns to y = low."""
    outer = [(0, -0.055), (0.15, -0.035), (0.29, 0.06), (0.375, 0.26), (0.372, low)]
    inner = [(0.335, low), (0.328, 0.36), (0.29, 0.25), (0.18, 0.185), (0, 0.175)]
    return mirrored(joined(smooth(outer), smooth(inner)))


def _coils(sheet: Canvas, tone: Grid) -> None:
    """Close-cropped coily hair: fine isotropic texture, faded at the temples."""
    on = sheet.surface(_cap(0.47), feather=0.007)
    curls = noise(on.cover.shape, 4.5, 4.5, 31)
    fade = 1 - 0.55 * np.clip((on.y - 0.24) / 0.2, 0, 1)
    light = lit(sheet.swollen(on, 0.14) * 0.8 + curls * 1.4, 0.5)
    sheet.paint(on._replace(cover=on.cover * fade), tone, light)


def _side_part(sheet: Canvas, tone: Grid) -> None:
    """Short hair combed from a part, fuller on top."""
    sides = sheet.surface(_cap(0.50), feather=0.008)
    sheet.paint(sides, tone * 0.8, lit(sheet.swollen(sides, 0.1)) * (1 + 0.12 * _strands(sides, 5)))
    outer = [
        (-0.335, 0.21),
        (-0.33, 0.06),
        (-0.20, -0.07),
        (0.02, -0.105),
        (0.22, -0.065),
        (0.345, 0.07),
        (0.365, 0.26),
    ]
    inner = [(0.315, 0.25), (0.25, 0.165), (0.10, 0.155), (-0.08, 0.185), (-0.22, 0.20), (-0.29, 0.23)]
    top = sheet.surface(joined(smooth(outer), smooth(inner)), feather=0.004)
    sheet.shadow(top, 0.35, 0.025, (0.0, 0.015))
    sweep = np.arctan2(top.y - 0.75, top.x + 0.55)
    dice = np.random.Generator(np.random.PCG64(9))
    ridges = np.interp(sweep, np.linspace(-2.6, 0.2, 160), dice.normal(0, 1, 160)).astype(np.float32)
    light = lit(sheet.swollen(top, 0.12) + ridges * 0.8, 0.5) * (1 + 0.13 * ridges)
    shine = np.exp(-(((top.y - 0.02 - 0.5 * top.x**2) / 0.035) ** 2)) * np.clip(0.7 + 0.5 * ridges, 0, 2) * 26
    sheet.paint(top, np.clip(tone * light[..., None] + shine[..., None], 0, 255).astype(np.float32))
