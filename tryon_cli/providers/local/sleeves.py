"""Sleeves on arms: the sleeve's outline is laid along the arm's outline, station by station.

Knows nothing about the trunk but the seam.
"""

from __future__ import annotations

import numpy as np

from .garment import Garment
from .kinds import Field, Mask, Points, Row
from .limbs import Limb, Path, cuff, limb, rim
from .masks import blobs, grown, shrunk, smoothed, stroke
from .outline import Upper
from .pattern import Pairs, Piece, Seam, Sleeve
from .scene import Arm, Scene
from .variety import Fit

WRIST = 0.84
"""Share of an arm's outer edge, from shoulder to finger tips, that a sleeve may cover."""


def sleeve_pieces(
    garment: Garment, upper: Upper, scene: Scene, seams: dict[int, Seam], scale: float, fit: Fit
) -> tuple[list[Piece], Field]:
    """One piece per sleeve, and the alpha of what is left for the trunk."""
    alpha = garment.cut.alpha
    rest = alpha.copy()
    pieces: list[Piece] = []
    for side in upper.sleeves:
        main, region = _main(upper.sleeve_region(side))
        if main.sum() < 0.01 * upper.mask.sum():
            continue
        shape = _Shape(upper, main, side)
        if not shape.found:
            continue
        arm = scene.arm(side, seams[side].shoulder, seams[side].armpit)
        path = _arm_path(scene, arm, seams[side])
        if path is None:
            continue
        by = scene.body.figure.scale
        course = _Course(path, Limb(arm.centres * by, arm.half * by, 0))
        pairs, centres, half = _stations(shape, course, scene, seams[side], scale, fit)
        source, target = np.array(pairs.source), np.array(pairs.target)
        outline = np.vstack([target[0:1], target[3::3], target[4::3][::-1], target[1:2]])
        own = np.where(grown(main, 3), alpha, np.float32(0))
        pieces.append(Piece(own, source, target, Sleeve(centres, half, outline)))
        rest[_cut_away(upper, region, main, side)] = 0
    return pieces, rest


def _main(region: Mask) -> tuple[Mask, Mask]:
    """The sleeve, and all that goes with it; small things beside it (a bow, a tie) stay on the trunk."""
    count, labels = blobs(region)
    if count <= 2:
        return region, region
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    best = int(np.argmax(sizes))
    parts = sizes > 0.25 * sizes[best]
    return np.asarray(labels == best, np.bool_), np.asarray(parts[labels], np.bool_)


def _cut_away(upper: Upper, region: Mask, main: Mask, side: int) -> Mask:
    """What the trunk piece loses: the sleeve, but not the cloth along the seam."""
    seam = np.zeros_like(region)
    stroke(seam, *upper.seam(side), 7)
    return (grown(region, 5) & ~seam) | shrunk(main, 7)


class _Shape:
    """A sleeve in the cutout: its outline from shoulder to armpit, and its two cuff corners."""

    def __init__(self, upper: Upper, main: Mask, side: int) -> None:
        self.shoulder, self.armpit = upper.seam(side)
        path = rim(main, self.shoulder, self.armpit)
        axis = limb(main, self.shoulder, self.armpit, 10)
        self.found = path is not None and axis is not None
        if path is None or axis is None:
            return
        self.path = path
        first, last = cuff(path, axis)
        self.outer, self.inner = first, path.length - last
        self.relative = max(self.outer, self.inner) / max(1.0, upper.half)
        self.long = self.relative > 1.9


def _arm_path(scene: Scene, arm: Arm, seam: Seam) -> Path | None:
    """The arm's outline in analysed coordinates; by proportion where none is seen."""
    scale, unit = scene.body.figure.scale, scene.body.unit
    shoulder, armpit = seam.shoulder * scale, seam.armpit * scale
    path = rim(arm.zone, shoulder, armpit) if arm.seen else None
    if path is not None and path.length >= 2.2 * unit:
        return path
    drawn = np.zeros_like(arm.zone)
    for start, end in zip(arm.centres[:-1] * scale, arm.centres[1:] * scale, strict=True):
        stroke(drawn, start, end, max(3, int(0.42 * unit)))
    return rim(drawn, shoulder, armpit)


def _stations(
    shape: _Shape, course: _Course, scene: Scene, seam: Seam, scale: float, fit: Fit
) -> tuple[Pairs, Points, Row]:
    """Outer, inner and middle points at every station of the sleeve. Course and unit are in analysed pixels."""
    unit, small = scene.body.unit, scene.body.figure.scale
    outer_arc = _length(shape, course, scale * small, unit, fit)
    count = 6 if shape.relative < 1.4 else 9
    inner_arcs = course.inner(outer_arc, shape, scale * small, unit, count)
    middle = (seam.shoulder + seam.armpit) / 2
    pairs = Pairs()
    pairs.add(shape.shoulder, seam.shoulder)
    pairs.add(shape.armpit, seam.armpit)
    pairs.add((shape.shoulder + shape.armpit) / 2, middle)
    along = np.linspace(0, 1, count)[1:]
    sources = shape.path.at(along * shape.outer), shape.path.at(shape.path.length - along * shape.inner)
    outer, inner = course.path.at(along * outer_arc), course.path.at(course.path.length - inner_arcs[1:])
    cloth = np.linalg.norm(sources[0] - sources[1], axis=1) * scale * small * fit.width
    outer, inner, wide = _eased(outer, inner, cloth, along, shape.long, unit)
    for index in range(count - 1):
        for source, target in ((sources[0], outer), (sources[1], inner)):
            pairs.add(source[index], target[index] / small)
        pairs.add((sources[0] + sources[1])[index] / 2, (outer + inner)[index] / 2 / small)
    centres = np.vstack([middle, (outer + inner) / 2 / small])
    return pairs, centres, np.concatenate([[0.3 * scene.unit], wide / 2 / small])


class _Course:
    """An arm's outline from shoulder over the hand to the armpit, and where its tip is."""

    def __init__(self, path: Path, axis: Limb) -> None:
        self.path = path
        self.tip = sum(cuff(path, axis)) / 2
        """Arc length of the hand's tip, counted from the shoulder."""
        arcs = np.linspace(0, self.tip, 80)
        self.below = float(arcs[int(np.argmin(np.hypot(*(path.at(arcs) - path.points[-1]).T)))])
        """Arc length on the outer side that lies across the arm from the armpit."""

    def inner(self, outer: float, shape: _Shape, scale: float, unit: float, count: int) -> Row:
        """Arc lengths from the armpit for all stations: in step with the cloth, and across the arm at the cuff."""
        arcs = np.linspace(0, max(4.0, self.path.length - self.tip), 80)
        points = self.path.at(self.path.length - arcs)
        steady = np.linspace(0, 1, count)
        across = np.array([arcs[_nearest(points, self.path.at(share * outer))] for share in steady])
        least = 0.75 * shape.inner * scale if not shape.long else 0.0
        most = float(arcs[-1]) if shape.long else 1.25 * shape.inner * scale + 0.05 * unit
        last = min(max(float(across[-1]), least, 0.1 * unit), most, float(arcs[-1]))
        # near the armpit nothing lies straight across: there, and on all of a short sleeve, the cloth tells
        trust = np.clip((steady - 0.3) / 0.7, 0, 1) if shape.long else np.zeros(count)
        mixed = steady * last * (1 - trust) + np.clip(across, 0, last) * trust
        mixed[-1] = last
        return np.maximum.accumulate(mixed)


def _nearest(points: Points, to: Points) -> int:
    return int(np.argmin(np.hypot(*(points - to).T)))


def _length(shape: _Shape, course: _Course, scale: float, unit: float, fit: Fit) -> float:
    """Arc length of the sleeve's outer edge on the arm."""
    length = shape.outer * scale
    if shape.long:
        length = float(np.clip(length, 2.5 * unit, 3.3 * unit))
    else:
        # the arm hangs: below the armpit there is as much sleeve as the flat picture shows under the arm
        length = max(length, course.below + 0.75 * shape.inner * scale)
        length = float(np.clip(length, 0.35 * unit, 2.7 * unit))
    return min(length * fit.length, WRIST * course.tip)


def _eased(
    outer: Points, inner: Points, cloth: Row, along: Row, is_long: bool, unit: float
) -> tuple[Points, Points, Row]:
    """A sleeve follows the shoulder closely and may flare towards its end."""
    arm = np.linalg.norm(outer - inner, axis=1)
    across = (outer - inner) / np.maximum(arm, 1e-6)[:, None]
    extra = np.clip(cloth, arm * 1.04 + 0.03 * unit, arm * 1.5 + 0.08 * unit) - arm
    extra = np.where(arm > 0.62 * unit, 0.02 * unit, extra)
    extra = smoothed(extra, 3)  # cloth is stiffer than an elbow
    outwards = np.minimum(0.55 * extra, (0.035 + 0.16 * along * along) * unit)
    inwards = np.minimum(0.45 * extra, (0.01 + (0.16 if is_long else 0.07) * along) * unit)
    outer, inner = outer + across * outwards[:, None], inner - across * inwards[:, None]
    if not is_long:
        return outer, inner, arm + outwards + inwards
    # a long sleeve does not show where the old short one ended
    middle, wide = (outer + inner) / 2, smoothed(arm + outwards + inwards, 5)
    reach = across * (wide / 2)[:, None]
    return middle + reach, middle - reach, wide
