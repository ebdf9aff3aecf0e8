"""Where tops and dresses land on a person: shoulders on shoulders, armpits on armpits, sides beside the trunk.

Sleeves are laid in sleeves.py.
"""

from __future__ import annotations

import numpy as np

from .garment import Garment
from .kinds import SIDES, Point
from .outline import Upper
from .pattern import Pairs, Pattern, Piece, Seam
from .scene import Scene
from .sleeves import sleeve_pieces
from .variety import Fit

EASE = 1.05
"""A garment is this much wider than the trunk at the armpits."""
OUTER_EASE = 1.07
"""Further factor for what is worn over other clothes."""


def upper_pattern(garment: Garment, upper: Upper, scene: Scene, fit: Fit) -> Pattern:
    """Points for the trunk piece, and the sleeves as their own pieces."""
    ease = EASE * fit.width * (OUTER_EASE if garment.outer else 1.0)
    half = {side: abs(scene.side(side, scene.armpit_y) - scene.axis) for side in SIDES}
    reach = {side: upper.armpits[side].reach for side in SIDES}
    scale = (half[-1] + half[1]) * ease / max(1.0, reach[-1] + reach[1])
    seams = {side: _seam(upper, scene, side, half[side], ease, scale) for side in SIDES}
    natural, hem = _hems(garment, upper, scene, seams, scale, fit)
    pairs = Pairs()
    for side in SIDES:
        _, armpit = upper.seam(side)
        pairs.add(upper.shoulders[side], seams[side].shoulder)
        pairs.add(upper.necks[side], seams[side].neck)
        pairs.add(armpit, seams[side].armpit)
    sides = _Sides(garment, upper, scene, seams, half, ease, natural, hem)
    for along in (
        (0.25, 0.5, 0.75, 1.0) if garment.kind == "upper" else (0.12, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0)
    ):
        for side in SIDES:
            sides.add(pairs, along, side)
    pit_source = sum(upper.armpits[side].y for side in SIDES) / 2
    pit_target = float(sum(seams[side].armpit[1] for side in SIDES)) / 2
    for part in (0.0, 0.5, 1.0):  # the middle line
        pairs.add(
            (upper.axis, pit_source + part * (upper.hem - pit_source)),
            (scene.axis, pit_target + part * (hem - pit_target)),
        )
    sleeves, trunk_alpha = sleeve_pieces(garment, upper, scene, seams, scale, fit)
    trunk = Piece(trunk_alpha, np.array(pairs.source), np.array(pairs.target))
    return Pattern((trunk, *sleeves), hem, scale, seams)


def _seam(upper: Upper, scene: Scene, side: int, half: float, ease: float, scale: float) -> Seam:
    unit, axis = scene.unit, scene.axis
    corner = scene.shoulders[side]
    inset = 0.025 if upper.armpits[side].sleeve else 0.055  # a seam inside the old shoulder would bare it
    outer = np.array([corner[0] - side * inset * scene.width, corner[1] - 0.01 * unit])
    inner_x = scene.chin[0] * 0.5 + axis * 0.5 + side * 0.30 * unit
    if (outer[0] - inner_x) * side < 0.25 * unit:
        inner_x = outer[0] - side * 0.25 * unit
    slope = np.tan(np.deg2rad(21))  # how shoulders usually fall
    inner_y = max(outer[1] - slope * abs(outer[0] - inner_x), scene.chin[1] + 0.10 * unit)
    inner = np.array([inner_x, min(inner_y, outer[1])])
    pit = upper.armpits[side]
    shoulder_reach = abs(float(upper.shoulders[side][0]) - upper.axis)
    neck_reach = abs(float(upper.necks[side][0]) - upper.axis)
    full = abs(float(outer[0]) - axis)
    at_shoulder = full
    if not pit.sleeve:
        at_shoulder = shoulder_reach / max(pit.reach, 1) * half * 1.02
        at_shoulder = float(np.clip(at_shoulder, 0.25 * unit, max(full, 0.25 * unit)))
    at_neck = at_shoulder * neck_reach / max(shoulder_reach, 1)
    at_neck = float(np.clip(at_neck, min(0.30 * unit, at_shoulder * 0.96), at_shoulder * 0.97))
    shoulder = _on_line(scene, inner, outer, axis + side * at_shoulder)
    neck = _on_line(scene, inner, outer, axis + side * at_neck)
    armpit = np.array([axis + side * half * ease, scene.armpit_y])
    if not pit.sleeve:  # a deep armhole in the garment stays a deep armhole
        drop = scene.armpit_y - float(shoulder[1])
        own = (pit.y - float(upper.shoulders[side][1])) * scale
        y = float(shoulder[1]) + float(np.clip(own, 0.85 * drop, 1.35 * drop))
        armpit = np.array([axis + side * abs(scene.side(side, y) - axis) * ease, y])
    return Seam(neck, shoulder, armpit)


def _on_line(scene: Scene, inner: Point, outer: Point, x: float) -> Point:
    """A point on the shoulder line, or on the real outline where hair does not hide it."""
    along = (x - inner[0]) / (outer[0] - inner[0] + 1e-6)
    y = float(inner[1] + np.clip(along, -0.6, 1.0) * (outer[1] - inner[1]))
    edge = scene.top_edge(x)
    if edge is not None and edge < y:
        y = max(edge, y - 0.28 * scene.unit, float(scene.chin[1]) + 0.12 * scene.unit)
    return np.array([x, y - 0.025 * scene.unit])


def _hems(
    garment: Garment, upper: Upper, scene: Scene, seams: dict[int, Seam], scale: float, fit: Fit
) -> tuple[float, float]:
    """y of the hem by the garment's own proportions, and where it is laid so that it covers the old top."""
    pit_source = sum(upper.armpits[side].y for side in SIDES) / 2
    pit_target = float(sum(seams[side].armpit[1] for side in SIDES)) / 2
    down = scale
    if upper.armpits[-1].sleeve:
        # a wide cut makes the scale across too small; collars are the same on all sizes
        collar = max(float(upper.necks[1][0] - upper.necks[-1][0]), 1.0)
        down = float(np.clip(0.95 * 1.10 * scene.unit / collar, scale, 1.45 * scale))
    wanted = scene.hem + 0.10 * scene.unit
    plain, long = ((upper.hem - pit_source) * by * 1.02 for by in (scale, down))
    if garment.kind == "upper":  # the longer guess is trusted as far as the old top reaches
        long = min(long, max(plain, wanted - pit_target))
    natural = pit_target + max(long * fit.length, 0.25 * scene.unit)
    if garment.kind != "upper":
        if scene.bottom < scene.size[0] - 4 * scene.by:  # the feet are seen: shoes stay in sight
            natural = min(natural, max(scene.bottom - 0.35 * scene.unit, pit_target + scene.unit))
        return natural, natural
    hem = natural
    cropped = (upper.hem - pit_source) < 0.55 * (upper.armpits[-1].reach + upper.armpits[1].reach)
    if natural < wanted and (wanted - pit_target) < (1.25 if cropped else 2.2) * (natural - pit_target):
        hem = wanted
        if fit.length > 1:
            hem += (fit.length - 1) * (wanted - pit_target)
    return natural, min(hem, max(wanted, pit_target) + 1.1 * scene.unit)


class _Sides:
    """The two sides from armpit to hem."""

    def __init__(
        self,
        garment: Garment,
        upper: Upper,
        scene: Scene,
        seams: dict[int, Seam],
        half: dict[int, float],
        ease: float,
        natural: float,
        hem: float,
    ) -> None:
        self.top = garment.kind == "upper"
        self.upper, self.scene, self.seams = upper, scene, seams
        self.half, self.ease, self.hem = half, ease, hem
        pit = float(sum(seams[side].armpit[1] for side in SIDES)) / 2
        self.kept = (natural - pit) / (hem - pit) if hem > natural else 1.0

    def add(self, pairs: Pairs, along: float, side: int) -> None:
        upper, scene, unit = self.upper, self.scene, self.scene.unit
        pit = upper.armpits[side]
        row = pit.y + along * (upper.hem - pit.y)
        first = int(np.clip(row - 0.015 * (upper.bottom - upper.top) - 1, 0, len(upper.mask) - 1))
        seen = (upper.edges[side][first : int(row) + 2] - upper.axis) * side
        reach = float(np.nanmedian(seen)) if np.isfinite(seen).any() else pit.reach
        start = float(self.seams[side].armpit[1])
        y = start + self._stretched(along) * (self.hem - start)
        body = abs(scene.side(side, y) - scene.axis)
        own = float(np.clip(reach / max(pit.reach, 1), 0.3, 3.0)) * self.half[side] * self.ease
        if self.top:
            half = float(np.clip(own, body * 1.02, body * 1.32))
        else:
            cover = body if y < scene.hem + 0.3 * unit else body * 0.9
            half = min(max(own, cover * (1.03 if along < 0.5 else 0.8)), 2.1 * self.half[side])
        pairs.add((upper.axis + side * reach, row), (scene.axis + side * half, y))

    def _stretched(self, along: float) -> float:
        """The lower third takes the extra length: prints keep their shape."""
        if self.kept == 1.0:
            return along
        upper_part = self.kept + 0.35 * (1 - self.kept)
        if along <= 0.5:
            return along * upper_part
        return float(np.interp(along, [0.5, 1], [0.5 * upper_part, 1.0]))
