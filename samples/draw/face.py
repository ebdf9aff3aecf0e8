"""Heads: skull, features and skin, front view. Knows no hair but the brows, no body and no clothes.

Units are heads: 1 is the height of the head, (0, 0) the middle of its top.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .canvas import Canvas, Grid, Surface, lit, noise
from .shapes import Points, ellipse, flipped, joined, mirrored, moved, smooth

EYE = (0.147, 0.492)
"""The middle of the eye on the right of the picture."""
SIDES = (-1, 1)


class Head(NamedTuple):
    """What makes one head different from another; colours are 0 to 255."""

    skin: tuple[float, float, float]
    iris: tuple[float, float, float]
    brow: tuple[float, float, float]
    lips: tuple[float, float, float]
    jaw: float = 1.0
    """Width of the jaw: 0.94 narrow, 1.08 broad."""
    brow_weight: float = 1.0
    lip_weight: float = 1.0
    stubble: float = 0.0
    lashes: float = 0.6


def skull(jaw: float) -> Points:
    """The outline of the head without ears."""
    half = [(0, 0), (0.17, 0.03), (0.30, 0.14), (0.362, 0.36), (0.352, 0.56), (0.30 * jaw, 0.77)]
    half += [(0.20 * jaw, 0.91), (0.10 * jaw, 0.985), (0, 1.0)]
    return mirrored(smooth(half))


def skin_light(light: Grid) -> Grid:
    """Light on skin, one factor per channel: shadows keep more red than blue."""
    return np.stack([light**0.85, light**1.1, light**1.2], -1)


def draw_head(sheet: Canvas, head: Head) -> None:
    """Ears, skull and everything in the face."""
    skin = np.asarray(head.skin, np.float32)
    for side in SIDES:
        ear = sheet.surface(ellipse(side * 0.362, 0.545, 0.042, 0.10))
        sheet.paint(ear, skin * (0.94, 0.88, 0.86), skin_light(lit(sheet.swollen(ear, 0.05))))
        inner = sheet.surface(ellipse(side * 0.367, 0.54, 0.016, 0.055), feather=0.008)
        sheet.paint(inner, skin * (0.72, 0.58, 0.54), opacity=0.6)
    face = sheet.surface(skull(head.jaw))
    bones = sheet.swollen(face, 0.30) * 0.95 + _relief(face, head) * sheet.unit
    pores = noise(face.cover.shape, 3, 3, 5) * 0.006
    sheet.paint(face, skin, skin_light(lit(bones, 0.60) * (1 + pores)))
    _blush(sheet, head, skin)
    for side in SIDES:
        _eye(sheet, head, skin, side)
        _brow(sheet, head, side)
    _nose(sheet, skin)
    _mouth(sheet, head, skin)
    if head.stubble:
        _stubble(sheet, head, face)


def _relief(face: Surface, head: Head) -> Grid:
    """Height of nose, sockets, cheeks, lips and chin over the plain skull."""

    def bump(x: float, y: float, rx: float, ry: float) -> Grid:
        return np.exp(-(((face.x - x) / rx) ** 2) - ((face.y - y) / ry) ** 2)

    ridge = np.clip((face.y - 0.42) / 0.26, 0, 1) * (face.y < 0.80)
    height = (
        0.055
        * ridge
        * np.exp(-((face.x / 0.042) ** 2))
        * np.exp(-((np.clip(face.y - 0.655, 0, 1) / 0.028) ** 2))
    )
    height += 0.020 * bump(0, 0.655, 0.05, 0.035) + 0.018 * head.lip_weight * bump(0, 0.80, 0.10, 0.032)
    height += 0.022 * bump(0, 0.925, 0.09, 0.06) - 0.016 * bump(0, 0.862, 0.10, 0.025)
    height -= 0.006 * bump(0, 0.725, 0.018, 0.03)
    for side in SIDES:
        height += 0.014 * bump(side * 0.055, 0.668, 0.026, 0.024) + 0.016 * bump(
            side * 0.13, 0.415, 0.10, 0.03
        )
        height -= 0.026 * bump(side * 0.145, 0.487, 0.085, 0.045)
        height += 0.020 * bump(side * 0.215, 0.62, 0.09, 0.075)
        height -= 0.010 * bump(side * 0.12, 0.735, 0.03, 0.07)
    return height


def _spot(sheet: Canvas, x: float, y: float, rx: float, ry: float, colour: Grid, opacity: float) -> None:
    """A patch of colour without an edge."""
    sheet.paint(sheet.surface(ellipse(x, y, rx, ry), feather=min(rx, ry) * 0.6), colour, opacity=opacity)


def _blush(sheet: Canvas, head: Head, skin: Grid) -> None:
    warm = np.clip(skin * (1.0, 0.80, 0.78), 0, 255)
    for side in SIDES:
        _spot(sheet, side * 0.215, 0.645, 0.085, 0.06, warm, 0.42)
        _spot(sheet, side * 0.145, 0.478, 0.10, 0.048, skin * (0.68, 0.55, 0.52), 0.48)
        _spot(sheet, side * 0.14, 0.553, 0.07, 0.012, skin * (0.72, 0.60, 0.60), 0.30)
    _spot(sheet, 0, 0.66, 0.045, 0.03, warm, 0.35)
    _spot(sheet, 0, 0.24, 0.16, 0.07, np.minimum(skin * 1.10, 255), 0.35)


def _eye(sheet: Canvas, head: Head, skin: Grid, side: int) -> None:
    def at(points: list[tuple[float, float]]) -> Points:
        placed = np.asarray(points) + EYE
        return placed if side > 0 else flipped(placed)

    upper = smooth(at([(-0.070, 0.010), (-0.045, -0.014), (-0.005, -0.030), (0.035, -0.022), (0.072, 0.000)]))
    lower = smooth(at([(0.072, 0.000), (0.040, 0.019), (0.000, 0.025), (-0.040, 0.021), (-0.070, 0.010)]))
    opening = joined(upper, lower)
    white = sheet.surface(opening)
    ball = lit(sheet.swollen(white, 0.035), 0.7)
    sheet.paint(white, (232, 226, 220), ball)
    x, y = side * EYE[0], EYE[1] - 0.003
    rings = [
        (0.0345, np.asarray(head.iris) * 0.45),
        (0.0300, np.asarray(head.iris) * 1.05),
        (0.0150, np.array([14, 11, 11])),
    ]
    for radius, colour in rings:
        part = sheet.surface(ellipse(x, y, radius, radius))
        sheet.paint(_within(part, white), colour)
    lower_glow = sheet.surface(ellipse(x + 0.004, y + 0.016, 0.018, 0.008), feather=0.004)
    sheet.paint(_within(lower_glow, white), np.minimum(np.asarray(head.iris) * 1.7 + 10, 255), opacity=0.55)
    lid_shade = sheet.surface(joined(upper, (moved(upper, 0, 0.014))[::-1]), feather=0.004)
    sheet.paint(_within(lid_shade, white), (60, 40, 40), opacity=0.5)
    sheet.paint(sheet.surface(ellipse(x - 0.010, y - 0.011, 0.0075, 0.0075)), (255, 255, 255), opacity=0.95)
    sheet.stroke(upper, 0.013 + 0.006 * head.lashes, (26, 18, 18), 0.92)
    sheet.stroke(at([(0.060, -0.006), (0.086, -0.016)]), 0.008 * head.lashes + 0.003, (26, 18, 18), 0.85)
    sheet.stroke(lower, 0.006, skin * (0.50, 0.38, 0.38), 0.7)
    fold = at([(-0.066, -0.012), (-0.03, -0.040), (0.012, -0.049), (0.055, -0.034), (0.082, -0.010)])
    sheet.stroke(fold, 0.007, skin * (0.52, 0.40, 0.37), 0.7)


def _within(part: Surface, frame: Surface) -> Surface:
    """The part of a surface that another one covers."""
    h, w = part.cover.shape
    clip = np.zeros((h, w), np.float32)
    dy, dx = frame.top - part.top, frame.left - part.left
    y0, x0 = max(0, dy), max(0, dx)
    y1, x1 = min(h, dy + frame.cover.shape[0]), min(w, dx + frame.cover.shape[1])
    if y1 > y0 and x1 > x0:
        clip[y0:y1, x0:x1] = frame.cover[y0 - dy : y1 - dy, x0 - dx : x1 - dx]
    return part._replace(cover=part.cover * clip)


def _brow(sheet: Canvas, head: Head, side: int) -> None:
    k = head.brow_weight
    top = [
        (0.052, 0.415 - 0.008 * k),
        (0.10, 0.385 - 0.006 * k),
        (0.165, 0.374),
        (0.215, 0.390),
        (0.247, 0.420),
    ]
    low = [
        (0.215, 0.402 + 0.002 * k),
        (0.16, 0.388 + 0.010 * k),
        (0.10, 0.404 + 0.012 * k),
        (0.055, 0.430 + 0.008 * k),
    ]
    outline = joined(smooth(top), smooth(low))
    brow = sheet.surface(outline if side > 0 else flipped(outline), feather=0.004)
    hairs = 1 + 0.25 * noise(brow.cover.shape, 2.0, 5, 11 + side)
    sheet.paint(brow, head.brow, np.clip(hairs, 0.5, 1.6), opacity=0.88)


def _nose(sheet: Canvas, skin: Grid) -> None:
    dark = skin * (0.55, 0.42, 0.38)
    _spot(sheet, 0.004, 0.700, 0.070, 0.014, dark, 0.55)
    for side in SIDES:
        _spot(sheet, side * 0.034, 0.688, 0.019, 0.010, skin * (0.30, 0.20, 0.18), 0.85)
        wing = [(side * 0.068, 0.640), (side * 0.080, 0.668), (side * 0.066, 0.694)]
        sheet.stroke(wing, 0.008, dark, 0.22)
    _spot(sheet, 0.052, 0.60, 0.022, 0.075, skin * (0.74, 0.62, 0.58), 0.35)
    _spot(sheet, -0.010, 0.58, 0.012, 0.07, np.minimum(skin * 1.16 + 6, 255), 0.45)
    _spot(sheet, -0.010, 0.650, 0.016, 0.013, np.minimum(skin * 1.2 + 12, 255), 0.55)


def _mouth(sheet: Canvas, head: Head, skin: Grid) -> None:
    k, lips = head.lip_weight, np.asarray(head.lips, np.float32)
    line = [
        (-0.125, 0.795),
        (-0.06, 0.792),
        (-0.02, 0.797),
        (0, 0.794),
        (0.02, 0.797),
        (0.06, 0.792),
        (0.125, 0.795),
    ]
    line = [(x, y - 0.020 * (abs(x) > 0.1)) for x, y in line]
    bow = [(0.125, 0.775), (0.07, 0.773 - 0.010 * k), (0.025, 0.770 - 0.018 * k), (0, 0.776 - 0.014 * k)]
    bow += [(-x, y) for x, y in bow[2::-1]]
    upper = sheet.surface(joined(smooth(line), smooth(bow)), feather=0.003)
    sheet.paint(upper, lips * 0.84, lit(sheet.swollen(upper, 0.025), 0.7))
    below = [(0.120, 0.780), (0.065, 0.815 + 0.018 * k), (0, 0.822 + 0.020 * k)]
    below += [(-x, y) for x, y in below[1::-1]]
    lower = sheet.surface(joined(smooth(line), smooth(below)), feather=0.003)
    sheet.paint(lower, lips, lit(sheet.swollen(lower, 0.035), 0.7))
    _spot(sheet, -0.02, 0.818 + 0.006 * k, 0.035, 0.007, np.minimum(lips * 1.25 + 22, 255), 0.5)
    sheet.stroke(line, 0.010, lips * (0.36, 0.28, 0.28), 0.9)
    _spot(sheet, 0, 0.868, 0.07, 0.013, skin * (0.66, 0.54, 0.50), 0.5)
    for side in SIDES:
        _spot(sheet, side * 0.136, 0.777, 0.014, 0.012, skin * (0.58, 0.45, 0.42), 0.5)


def _stubble(sheet: Canvas, head: Head, face: Surface) -> None:
    """A short beard: darkest on chin, lip and along the jaw, none on cheeks and lips."""
    jaw = 1 / (1 + np.exp(-(np.abs(face.x) * 1.15 + face.y - 0.905) / 0.022)) * (face.y > 0.5)
    lip = np.exp(-((face.x / 0.13) ** 4) - ((face.y - 0.742) / 0.018) ** 2)
    mouth = np.exp(-((face.x / 0.13) ** 4) - ((face.y - 0.800) / 0.034) ** 4)
    grain = np.clip(0.85 + 0.3 * noise(face.cover.shape, 2.2, 2.6, 17), 0.2, 1.3)
    beard = np.clip(np.maximum(jaw, lip) * (1 - mouth), 0, 1) * grain
    sheet.paint(face._replace(cover=face.cover * np.clip(beard, 0, 1)), head.brow, opacity=head.stubble)
