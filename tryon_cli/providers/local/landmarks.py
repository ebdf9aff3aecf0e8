"""Neck, shoulders, waist, hem and existing clothes of a person, from outline and face proportions.

All in the coordinates of the analysed picture. Knows nothing about the garment to come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .body import Figure
from .hair import hair_of
from .hem import Hem, hem_of
from .kinds import SIDES, Mask, Point, Row
from .masks import bounds, ellipse, fill_holes, polygon, run_at, smoothed, touching
from .shoulders import Stance, shoulders_of, unit_without_face


@dataclass
class Body:
    """A person, measured. `unit` is the side of the face box: the ruler for everything else."""

    figure: Figure
    unit: float
    chin: tuple[float, float]
    axis: float
    """x of the middle of the trunk."""
    shoulders: dict[int, Point]
    width: float
    """From shoulder to shoulder."""
    shoulder_y: float
    armpit_y: float
    hem: float
    """y where the existing top ends."""
    hem_sure: float
    """0: by proportion; about 0.1 to 1: seen."""
    side_rows: Row
    """Rows for which the sides of the trunk are known ..."""
    sides: dict[int, Row]
    """... and their x."""
    bottom: int
    """Last row of the person."""
    hair: Mask
    top: Mask
    """The existing top."""
    top_like: Mask
    """Pixels in the colours of the existing top."""
    head_only: bool
    """A head without a face: seen from behind or turned away."""
    confidence: float
    """0 to 1; under 0.35 there is nobody, under 0.5 somebody should look."""
    notes: tuple[str, ...]

    @property
    def clothes(self) -> Mask:
        """What the person wears: no skin, no hair, no face."""
        worn = self.figure.person & ~self.figure.skin & ~self.hair
        face = self.figure.face
        if face is not None:
            worn &= ~ellipse(
                worn.shape, face.x, face.y - 0.05 * face.size, 0.62 * face.size, 0.85 * face.size, face.roll
            )
        return worn


def measured_body(figure: Figure) -> Body:
    """Find the landmarks. Never fails: a guess has a confidence under 0.35."""
    height, width = figure.person.shape
    guessed = _anybody(figure)
    stance, head_only = _stance(figure)
    hair = hair_of(figure, stance)
    shoulders = shoulders_of(figure, stance, hair)
    span = float(shoulders[1][0] - shoulders[-1][0])
    axis = float(shoulders[1][0] + shoulders[-1][0]) / 2
    _without_floor(figure, stance, axis, span)
    hem = hem_of(figure, stance, hair, axis, span)
    armpit = float(shoulders[1][1] + shoulders[-1][1]) / 2 + 0.30 * span
    _fill_core(figure, stance, shoulders, axis, span, armpit, hem.y)
    rows, sides = _trunk_sides(figure, hair, stance.unit, axis, span, armpit, hem.y)
    body = Body(
        figure, stance.unit, stance.chin, axis, shoulders, span, armpit - 0.30 * span, armpit, hem.y, hem.sure,
        rows, sides, stance.last, hair, np.zeros((height, width), np.bool_), np.ones((height, width), np.bool_),
        head_only, 0.05, tuple(figure.notes),
    )  # fmt: skip
    _find_top(body, hem)
    if not guessed:
        body.confidence = _confidence(body)
    return body


def _anybody(figure: Figure) -> bool:
    """True when nobody was found and a figure in the middle was put there instead."""
    extent = bounds(figure.person)
    if extent is not None and figure.person.any(1).sum() >= 12:
        return False
    height, width = figure.person.shape
    figure.person = ellipse((height, width), width / 2, height * 0.55, 0.25 * width, 0.5 * height)
    return True


def _stance(figure: Figure) -> tuple[Stance, bool]:
    person = figure.person
    height = len(person)
    rows = np.flatnonzero(person.any(1))
    first, last = int(rows[0]), int(rows[-1])
    head_only = False
    if figure.face is not None:
        unit, (x, y) = figure.face.size, figure.face.chin
        if figure.face.kind == "profile":
            x = figure.face.x
    else:
        unit, x, y, head_only = unit_without_face(person, first, last)
    y = float(np.clip(y, 0, height - 2))
    middles = [
        (run[0] + run[1]) / 2
        for row in range(int(y + 0.7 * unit), int(min(height, y + 2.2 * unit)))
        if (run := run_at(person[row], x)) is not None
    ]
    axis = float(np.median(middles)) if middles else x
    return Stance(unit, (x, y), float(np.clip(axis, x - 0.8 * unit, x + 0.8 * unit)), first, last), head_only


def _without_floor(figure: Figure, stance: Stance, axis: float, span: float) -> None:
    """What spreads wide below the hips is floor or shadow, no leg."""
    height, width = figure.person.shape
    low = int(min(height, stance.chin[1] + 4.2 * stance.unit))
    reach = max(0.85 * span, 1.5 * stance.unit)
    figure.person[low:] &= np.abs(np.arange(width)[None] - axis) < reach


def _fill_core(
    figure: Figure,
    stance: Stance,
    shoulders: dict[int, Point],
    axis: float,
    span: float,
    armpit: float,
    hem: float,
) -> None:
    """What lies between the shoulders is body, whatever its colour."""
    height, width = figure.person.shape
    low = min(hem + 0.6 * stance.unit, height - 1)
    corners = [
        (float(shoulders[side][0]) - side * 0.12 * span, float(shoulders[side][1]) + 0.10 * stance.unit)
        for side in SIDES
    ]
    corners += [(axis + 0.30 * span, armpit), (axis + 0.27 * span, low)]
    corners += [(axis - 0.27 * span, low), (axis - 0.30 * span, armpit)]
    lateral = np.abs(np.arange(width)[None] - axis) > 0.30 * span
    figure.person = fill_holes(
        figure.person | polygon((height, width), corners),
        0.02,
        forbid=(figure.away < 2.5 * figure.least) & lateral,
    )


def _trunk_sides(
    figure: Figure, hair: Mask, unit: float, axis: float, span: float, armpit: float, hem: float
) -> tuple[Row, dict[int, Row]]:
    person = figure.person
    clothes = person & ~figure.skin & ~hair
    rows = np.arange(int(armpit), int(min(len(person), max(hem, armpit + 0.8 * unit) + 0.4 * unit)))
    if len(rows) < 4:
        rows = np.arange(int(armpit), int(armpit) + 4)
        half = np.full(4, 0.335 * span)
        return rows.astype(np.float64), {-1: axis - half, 1: axis + half}
    edges = np.full((2, len(rows)), np.nan)
    for index, y in enumerate(rows):
        run = run_at(clothes[y], axis)
        if run is None or run[1] - run[0] < 0.3 * span:
            run = run_at(person[y], axis)
        if run is not None:
            edges[:, index] = run
    reach = {side: (edges[max(side, 0)] - axis) * side for side in SIDES}
    for side in SIDES:
        reach[side][: _under_sleeve(reach[side], span)] = np.nan
    sides = {side: axis + side * _clean(reach[side], unit, span) for side in SIDES}
    return rows.astype(np.float64), sides


def _under_sleeve(offsets: Row, span: float) -> int:
    """How many rows lie above the one where an arm parts from the trunk: there the outline is the arm's."""
    step = np.diff(offsets[: max(2, int(0.75 * len(offsets)))])
    drops = np.flatnonzero(step < -0.05 * span)
    return 0 if len(drops) == 0 else int(drops[-1]) + 1


def _clean(offsets: Row, unit: float, span: float) -> Row:
    """A smooth side of the trunk: arms that hang against it are outliers."""
    most, least = 0.46 * span, 0.24 * span
    good = np.isfinite(offsets) & (offsets <= most * 1.12) & (offsets >= least)
    if good.mean() < 0.2:
        return np.full(len(offsets), 0.335 * span)
    index = np.arange(len(offsets))
    filled = np.interp(index, index[good], offsets[good])
    t = (index - index.mean()) / max(1.0, len(index) / 2)
    terms = np.stack([np.ones_like(t), t, t * t], -1)
    trust = good + 0.05
    fit, spread = filled, 1.0
    for _ in range(5):  # a quadratic, robustly
        weighted = terms * trust[:, None]
        fit = terms @ np.linalg.lstsq(weighted, filled * trust, rcond=None)[0]
        spread = float(np.median(np.abs(filled - fit))) * 1.5 + 0.5
        trust = (good + 0.05) / (1 + ((filled - fit) / spread) ** 2)
    near = smoothed(np.clip(filled, fit - 3 * spread, fit + 3 * spread), 0.5 * unit)
    clean = 0.5 * fit + 0.5 * near
    first = int(np.argmax(good))
    clean[:first] = np.maximum(clean[:first], filled[first])  # a chest does not run inwards upwards
    return np.asarray(np.clip(clean, least, most), np.float64)


def _find_top(body: Body, hem: Hem) -> None:
    """The existing top: clothes above the hem, and sleeves below it in the same colours."""
    clothes, unit = body.clothes, body.unit
    rows = np.arange(len(clothes))[:, None]
    top = clothes & (rows < body.hem + 0.05 * unit) & (rows > body.chin[1] - 0.1 * unit)
    if hem.palette is not None:
        body.top_like = hem.palette.of(body.figure.lab) > 3e-4
        lateral = np.abs(np.arange(clothes.shape[1])[None] - body.axis) > 0.36 * body.width
        hanging = clothes & body.top_like & lateral & (rows >= body.hem) & (rows < body.hem + 2.2 * unit)
        hanging |= clothes & body.top_like & (rows >= body.hem) & (rows < body.hem + 0.16 * unit)
        if top.any():
            top |= hanging & touching(hanging | top, top)
    body.top = top


def _confidence(body: Body) -> float:
    figure, unit = body.figure, body.unit
    height, width = figure.person.shape
    y0, y1 = (
        int(np.clip(body.chin[1] + 0.5 * unit, 0, height - 1)),
        int(np.clip(body.chin[1] + 2.0 * unit, 1, height)),
    )
    x0, x1 = (
        int(np.clip(body.axis - 0.6 * unit, 0, width - 1)),
        int(np.clip(body.axis + 0.6 * unit, 1, width)),
    )
    under = figure.person[y0:y1, x0:x1]
    bodyish = float(under.mean()) if under.size > 0.6 * unit * unit else 0.0
    sure = 0.45 * bodyish if figure.face is not None else 0.1
    sure += 0.25 * min(1.0, figure.plain / 0.9)
    sure += 0.15 if 1.44 * unit < body.width < 3.9 * unit else 0.0
    sure += 0.15 * min(1.0, body.hem_sure / 0.4)
    if figure.face is None and figure.plain <= 0.75:
        sure *= 0.5  # neither a face nor a plain wall: the outline is a guess
    if body.top.any() and (figure.away[body.top] < 2 * figure.least).mean() > 0.3:
        sure = min(sure, 0.45)  # clothes in the wall's colour: much of the outline is a guess
    return float(sure)
