"""Where the person is: outline, skin, face. The first half of the analysis of a human picture.

Knows nothing about shoulders, hems or clothes; see landmarks.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from .backdrop import Backdrop, behind
from .face import Face
from .kinds import Brush, Field, Mask, Picture, Size
from .masks import bounds, disc, ellipse, fill_holes, grown, largest, opened, polygon, shrunk
from .pixels import fit, gentle, lab_of
from .skin import skin_of

ANALYSIS_SIDE = 384
"""Longest side of the picture that is analysed: enough for an outline, and fast."""
EYES_APART = 0.40
"""From eye to eye, in sides of the face box, in a face seen from the front."""


@dataclass
class Figure:
    """A person in a picture, in the coordinates of the analysed (small) picture."""

    size: Size
    """Of the picture that was given."""
    scale: float
    """Analysed pixels per given pixel."""
    face: Face | None
    lab: Field
    person: Mask
    skin: Mask
    away: Field
    """Distance from the background's colour."""
    least: float
    """Below this distance a pixel may be background."""
    plain: float
    """Share of the rim that is plain background."""
    notes: list[str] = field(default_factory=list)


def figure_of(picture: Picture, found: Face | None) -> Figure:
    """Find the person: a background model where the wall is plain, GrabCut everywhere.

    found: the face in this picture, None when it was looked for and is not there.
    """
    small = fit(picture, ANALYSIS_SIDE)
    scale = min(1.0, ANALYSIS_SIDE / max(picture.shape[:2]))
    face = None if found is None else _steadied(found.moved(scale))
    lab = lab_of(gentle(small))
    excused = None
    if face is not None:
        excused = drawn_figure(small.shape[:2], face, narrow=True)
        # low contrast is only excused on the trunk
        excused[: int(np.clip(face.chin[1] + 0.45 * face.size, 0, len(excused)))] = False
    wall = behind(lab, excused=excused)
    notes = [] if wall.plain > 0.75 else ["the background is busy"]
    least = float(np.clip(3.0 * wall.noise, 1.7, 6))
    person = _outlined(small, wall, least, face, excused)
    skin = skin_of(small, lab, person, face)
    return Figure(picture.shape[:2], scale, face, lab, person, skin, wall.away, least, wall.plain, notes)


def _steadied(face: Face) -> Face:
    """The box as large as its eyes say: long hair makes the finder's box up to a quarter too large.

    Everything on the body is measured by it. Eyes that are not in the middle of the box belong to a turned
    head, where they stand closer together.
    """
    if len(face.eyes) != 2 or face.kind != "frontal":
        return face
    (x0, y0), (x1, y1) = face.eyes
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if abs(x - face.x) > 0.06 * face.size:
        return face
    by = float(np.clip(np.hypot(x1 - x0, y1 - y0) / EYES_APART / face.size, 0.78, 1.05))
    return replace(face, x=x + (face.x - x) * by, y=y + (face.y - y) * by, size=face.size * by)


def drawn_figure(size: Size, face: Face, *, narrow: bool = False) -> Mask:
    """A generous figure drawn from the face: where a body probably is."""
    unit, (chin_x, chin_y) = face.size, face.chin
    by = 0.8 if narrow else 1.0
    middle = face.x + 0.35 * (chin_x - face.x)
    half = [(0.3, -0.3), (0.35, 0.3), (1.15, 0.6), (1.35, 1.4), (1.3, 3.2), (1.15, 4.6), (0.95, 9.5)]
    if narrow:  # below the armpits without the gap between trunk and arms
        half[3:5] = [(1.0, 1.4), (1.0, 3.2)]
    right = [(int(middle + dx * unit * by), int(chin_y + dy * unit)) for dx, dy in half]
    left = [(int(middle - dx * unit * by), int(chin_y + dy * unit)) for dx, dy in half]
    head = ellipse(
        size, int(face.x), int(face.y - 0.12 * unit), int(0.62 * unit), int(0.85 * unit), face.roll
    )
    return head | polygon(size, right + left[::-1])


def cut_out(picture: Picture, guess: Brush, rounds: int) -> Mask:
    """GrabCut from a map of cv2.GC_* guesses; the guess itself when there is nothing to learn from."""
    result = guess.copy()
    open_question = bounds(guess != cv2.GC_BGD)
    if open_question is not None:
        # only where something is open, with as much surely known ground around as tells what ground looks like
        margin = max(guess.shape) // 12
        top, bottom, left, right = open_question
        rows = slice(max(0, top - margin), bottom + 1 + margin)
        columns = slice(max(0, left - margin), right + 1 + margin)
        part = np.ascontiguousarray(guess[rows, columns])
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(1)  # of this thread
        try:
            cv2.grabCut(
                np.ascontiguousarray(picture[rows, columns]),
                part, (0, 0, 1, 1), *models, rounds, cv2.GC_INIT_WITH_MASK,
            )  # fmt: skip
            result[rows, columns] = part
        except cv2.error:
            pass
    return np.asarray((result == cv2.GC_FGD) | (result == cv2.GC_PR_FGD), np.bool_)


def _outlined(
    picture: Picture, wall: Backdrop, least: float, face: Face | None, excused: Mask | None
) -> Mask:
    height, width = wall.away.shape
    near = (width / 2, height * 0.55) if face is None else (face.x, face.y + 2 * face.size)
    is_plain = wall.plain > 0.75
    guess = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    sure = np.zeros((height, width), np.bool_)
    if is_plain:
        sure = _guess_on_plain(guess, wall, least, near)
    if face is not None:
        _guess_from_face(guess, wall, least, face, is_plain)
    elif not is_plain:
        guess[ellipse((height, width), width / 2, height * 0.55, 0.28 * width, 0.5 * height)] = cv2.GC_PR_FGD
        guess[_rim((height, width))] = cv2.GC_BGD
    if is_plain and excused is not None:
        guess[excused & (guess == cv2.GC_PR_BGD)] = (
            cv2.GC_PR_FGD
        )  # clothes in the wall's colour: let the cut decide
    if not ((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)).any():
        guess[ellipse((height, width), width / 2, height * 0.55, 0.25 * width, 0.45 * height)] = cv2.GC_PR_FGD
    person = cut_out(picture, guess, 3)
    if is_plain:  # the plain model knows better where it is certain
        outside = wall.reached | (wall.away < 0.6 * least)
        person &= ~outside if excused is None else ~(outside & ~excused)
        person |= sure
    if face is not None:
        near = (face.x, face.y + face.size)
    person = largest(opened(person, 3), near=near, keep=0.1 if is_plain else 0.0)
    return fill_holes(person, 0.2, forbid=(wall.away < least) if is_plain else None)


def _guess_on_plain(guess: Brush, wall: Backdrop, least: float, near: tuple[float, float]) -> Mask:
    candidate = opened((wall.away > least) & ~wall.reached, 3)
    outline = fill_holes(largest(candidate, near=near, keep=0.06), 0.05, forbid=wall.away < least)
    sure = shrunk(outline, 5)
    guess[outline] = cv2.GC_PR_FGD
    guess[sure] = cv2.GC_FGD
    guess[~grown(outline, 7) & (wall.reached | (wall.away < least))] = cv2.GC_BGD
    return sure


def _guess_from_face(guess: Brush, wall: Backdrop, least: float, face: Face, is_plain: bool) -> None:
    size = (guess.shape[0], guess.shape[1])
    if not is_plain:
        likely = drawn_figure(size, face)
        guess[likely] = cv2.GC_PR_FGD
        guess[~grown(likely, disc(2 * int(0.7 * face.size) + 1))] = cv2.GC_BGD
        guess[_rim(size) & ~likely] = cv2.GC_BGD
    unit, (x, y) = face.size, face.chin
    guess[ellipse(size, face.x, face.y, 0.38 * unit, 0.5 * unit, face.roll)] = cv2.GC_FGD
    half = [(0.25, 0.0), (0.6, 0.9), (0.5, 2.2)]
    right = [(int(x + dx * unit), int(y + dy * unit)) for dx, dy in half]
    left = [(int(x - dx * unit), int(y + dy * unit)) for dx, dy in half]
    core = polygon(size, right + left[::-1])
    if is_plain:
        low = np.arange(size[0])[:, None] > y + 0.75 * unit
        core &= (wall.away > least) | low
    guess[core] = cv2.GC_FGD


def _rim(size: Size) -> Mask:
    height, width = size
    thick = max(2, int(0.02 * min(height, width)))
    rim = np.zeros(size, np.bool_)
    rim[:thick] = True
    rim[: int(0.8 * height), :thick] = True
    rim[: int(0.8 * height), -thick:] = True
    return rim
