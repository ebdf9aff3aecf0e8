"""Bodies: neck, arms, hands, legs and feet of a standing person. Knows no face and no clothes.

Units are heads: the sole of a person 7.6 heads tall stands at y = 7.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .canvas import Canvas, Colour, Grid, lit
from .face import SIDES, skin_light
from .shapes import Line, Points, joined, mirrored, smooth, tube


class Build(NamedTuple):
    """Half widths of a body, in heads, and how it stands."""

    shoulder: float = 0.84
    chest: float = 0.62
    waist: float = 0.50
    hip: float = 0.68
    neck: float = 0.185
    limb: float = 1.0
    """Thickness of arms and legs."""
    sway: float = 0.05
    """How far the hips are shifted to one side."""
    arms: tuple[float, float] = (0.0, 0.05)
    """How far each hand is held away from the body."""
    stance: float = 0.10
    """How far each foot is set outwards."""


def swayed(line: Line, build: Build) -> Points:
    """The same line on a body whose hips are shifted: nothing at the head, nothing at the feet."""
    points = np.array(line, float)
    share = np.clip((points[:, 1] - 1.3) / 6.0, 0, 1)
    points[:, 0] += build.sway * np.sin(np.pi * share**0.8)
    return points


def arm(build: Build, side: int) -> tuple[Points, list[float]]:
    """The line of an arm from shoulder to wrist, and its radii there."""
    out = build.arms[0 if side < 0 else 1]
    s = build.shoulder - 0.13
    line = [(s, 1.665), (s + 0.09 + out * 0.3, 2.15), (s + 0.16 + out * 0.7, 2.74)]
    line += [(s + 0.21 + out, 3.08), (s + 0.25 + out * 1.1, 3.60)]
    radii = [0.165, 0.145, 0.112, 0.118, 0.074]
    return np.asarray(line) * (side, 1), [r * build.limb for r in radii]


def leg(build: Build, side: int) -> tuple[Points, list[float]]:
    """The line of a leg from hip to ankle, and its radii there."""
    h, o = build.hip * 0.5, build.stance
    line = [(h, 3.75), (h + 0.01 + o * 0.2, 4.5), (h - 0.01 + o * 0.5, 5.45), (h + o * 0.7, 6.0)]
    line += [(h - 0.02 + o * 0.95, 6.9), (h - 0.02 + o, 7.25)]
    radii = [0.34, 0.295, 0.19, 0.185, 0.105, 0.105]
    return np.asarray(line) * (side, 1), [r * build.limb for r in radii]


def draw_neck(sheet: Canvas, build: Build, skin: Colour) -> None:
    """Neck, collar bones and the shoulders' slope; the head comes over it."""
    n, s = build.neck, build.shoulder
    half = smooth(
        [
            (0, 0.8),
            (n, 0.86),
            (n * 0.97, 1.10),
            (n * 1.25, 1.25),
            (n + 0.26, 1.385),
            (s - 0.12, 1.505),
            (s - 0.04, 1.7),
        ]
    )
    on = sheet.surface(mirrored(joined(half, [(build.chest - 0.08, 2.1), (0, 2.4)])))
    height = sheet.swollen(on, 0.16) * np.float32(0.9)
    for side in SIDES:
        bone = np.exp(-(((on.y - 1.44 + 0.10 * np.abs(on.x)) / 0.022) ** 2)) * np.clip(
            (on.x * side - 0.03) / 0.06, 0, 1
        )
        height += bone * np.clip(1 - np.abs(on.x) / (s * 0.8), 0, 1) * 0.014 * sheet.unit
        cord = np.exp(-(((on.x * side - 0.045 - 0.34 * (1.42 - on.y)) / 0.028) ** 2)) * np.clip(
            (1.44 - on.y) / 0.12, 0, 1
        )
        height += cord * 0.012 * sheet.unit
    under = 1 - 0.34 * np.exp(-((np.clip(on.y - 0.94, 0, 9) / 0.17) ** 2)) * np.exp(-((on.x / 0.42) ** 4))
    sheet.paint(on, np.asarray(skin, np.float32) * 0.98, skin_light(lit(height) * under))


def draw_arm(sheet: Canvas, build: Build, skin: Colour, side: int) -> None:
    """An arm that hangs, with its hand."""
    line, radii = arm(build, side)
    wrist, before = line[-1], line[-2]
    down = (wrist - before) / np.linalg.norm(wrist - before)
    out = np.array([-down[1], down[0]]) * -side

    def at(outward: float, along: float) -> Grid:
        return np.asarray(wrist + outward * out + along * down)

    for finger in _fingers(at):
        _finger(sheet, skin, finger, down)
    palm = [at(0.004, 0.10), at(0.010, 0.20), at(0.006, 0.285)]
    thumb = tube(
        [at(-0.020, 0.0), at(-0.070, 0.10), at(-0.108, 0.20), at(-0.102, 0.315)], [0.050, 0.050, 0.036, 0.026]
    )
    widths = [*radii, 0.084, 0.100, 0.086]
    on = sheet.surface(tube([*line, *palm], widths), thumb)
    # flat downwards, so that the palm goes over into the fingers
    light = skin_light(lit(sheet.swollen(on, 0.10), folds=np.zeros_like(on.cover)))
    sheet.shadow(sheet.surface(thumb), 0.25, 0.015)
    sheet.paint(on, np.asarray(skin, np.float32), light)
    web = [at(-0.052, 0.175), at(-0.072, 0.235), at(-0.076, 0.30)]
    sheet.stroke(web, 0.012, np.asarray(skin) * (0.66, 0.52, 0.48), 0.55)


def _fingers(at: Callable[[float, float], Grid]) -> list[list[Grid]]:
    """Four lines from knuckle to tip, bent a little inward."""
    rays = [(0.080, 0.20), (0.036, 0.275), (-0.012, 0.295), (-0.056, 0.26)]
    return [[at(o, 0.20), at(o * 1.08, 0.27 + n * 0.45), at(o * 0.9 - 0.024, 0.27 + n)] for o, n in rays]


def _finger(sheet: Canvas, skin: Colour, line: list[Grid], down: Grid) -> None:
    tone = np.asarray(skin, np.float32) * (0.97, 0.93, 0.91)
    on = sheet.surface(tube(line, [0.036, 0.033, 0.023]))
    sheet.shadow(on, 0.35, 0.012, (0.008, 0.004))
    sheet.paint(on, tone, skin_light(lit(sheet.swollen(on, 0.036))))
    tip = line[-1]
    sheet.stroke([tip - down * 0.024, tip + down * 0.008], 0.019, np.minimum(tone * 1.10 + 8, 255), 0.45)


def draw_leg(sheet: Canvas, build: Build, skin: Colour, side: int) -> None:
    """A bare leg, knee and calf."""
    line, radii = leg(build, side)
    on = sheet.surface(swayed(tube(line, radii), build))
    knee = swayed([line[2]], build)[0]
    height = sheet.swollen(on, 0.19)
    cap = np.exp(-(((on.x - knee[0]) / 0.10) ** 2) - ((on.y - knee[1]) / 0.11) ** 2)
    ring = np.exp(-(((on.x - knee[0]) / 0.12) ** 2) - ((on.y - knee[1] - 0.15) / 0.035) ** 2)
    shin = np.exp(-(((on.x - knee[0] + side * 0.02) / 0.05) ** 2)) * (on.y > knee[1])
    height += (cap * 0.030 - ring * 0.014 + shin * 0.012) * sheet.unit
    sheet.paint(on, np.asarray(skin, np.float32), skin_light(lit(height)))


def draw_shoe(sheet: Canvas, build: Build, colour: Colour, side: int, sole: Colour) -> None:
    """A shoe seen from the front, toes a little outward."""
    x = (build.hip * 0.5 + build.stance) * side
    upper = [(x - 0.12, 7.12), (x + 0.12, 7.12), (x + 0.135, 7.26), (x + 0.19 + 0.05 * side, 7.46)]
    upper += [
        (x + 0.16 + 0.06 * side, 7.58),
        (x - 0.16 + 0.06 * side, 7.58),
        (x - 0.19 + 0.05 * side, 7.46),
        (x - 0.135, 7.26),
    ]
    on = sheet.surface(smooth(upper, closed=True))
    toe = np.exp(-(((on.y - 7.44) / 0.09) ** 2)) * 0.02 * sheet.unit
    tone = np.asarray(colour, np.float32)
    sheet.paint(on, tone, lit(sheet.swollen(on, 0.10) + toe))
    edge = [(x - 0.185 + 0.05 * side, 7.53), (x + 0.055 * side, 7.575), (x + 0.185 + 0.05 * side, 7.53)]
    sheet.stroke(edge, 0.05, sole)
    for k in range(4):
        y = 7.22 + 0.045 * k
        sheet.stroke(
            [(x - 0.06 + 0.01 * side * k, y), (x + 0.06 + 0.01 * side * k, y + 0.01)],
            0.016,
            tone * 0.5 + 95,
            0.8,
        )
