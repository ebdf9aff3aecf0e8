"""Where the face is, with the cascades that ship inside opencv 4.x wheels.

Does not know who it is, and knows nothing about the body below it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .kinds import Grey, Mask, Picture
from .pixels import colourless, grey_of, lab_of, skin_like

SEARCH_SIDE = 400
"""Longest side that is searched first. At 320 the box of a full figure's face strays by a fifth."""

_own = threading.local()
_Hit = tuple[float, float, float]
"""Centre x, y and side of the box, in pixels."""


@dataclass(frozen=True)
class Face:
    """A face: the frontal box runs from brow to just below the lip, from ear to ear. Pixels and degrees."""

    x: float
    y: float
    size: float
    roll: float = 0.0
    """Degrees, clockwise positive."""
    kind: str = "frontal"
    """frontal, rotated, profile or weak."""
    eyes: tuple[tuple[float, float], ...] = ()
    """Left and right as seen in the picture, when both were found."""
    others: tuple[_Hit, ...] = ()
    """Further faces of about the same size: centre and side."""

    @property
    def chin(self) -> tuple[float, float]:
        """The tip of the chin."""
        turn = np.deg2rad(self.roll)
        return (
            float(self.x - 0.60 * self.size * np.sin(turn)),
            float(self.y + 0.60 * self.size * np.cos(turn)),
        )

    def moved(self, scale: float, dx: float = 0.0, dy: float = 0.0) -> Face:
        """The same face in a picture scaled by `scale`, then shifted."""
        return replace(
            self,
            x=self.x * scale + dx,
            y=self.y * scale + dy,
            size=self.size * scale,
            eyes=tuple((x * scale + dx, y * scale + dy) for x, y in self.eyes),
            others=tuple((x * scale + dx, y * scale + dy, side * scale) for x, y, side in self.others),
        )


class _Candidate(NamedTuple):
    score: float
    x: float
    y: float
    side: float
    roll: float
    kind: str


def find(picture: Picture, side: int = SEARCH_SIDE, *, quick: bool = False) -> Face | None:
    """The most prominent face; None when there is none. quick: upright frontal faces only."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    scale = 160 / longest if longest < 160 else min(1.0, side / longest)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    if min(size) < 24:
        return None
    found = _Search(small).run(quick=quick)
    if not found:
        if not quick and longest > 900:
            return find(picture, 720, quick=True)  # a small face in a large picture
        return None
    best, *rest = sorted(found, reverse=True)
    others = tuple(
        (c.x / scale, c.y / scale, c.side / scale)
        for c in rest
        if np.hypot(c.x - best.x, c.y - best.y) > 0.8 * max(best.side, c.side)
        and c.side > 0.45 * best.side
        and c.y < best.y + 1.5 * best.side
    )
    roll = -best.roll if best.kind == "rotated" else 0.0
    place = (best.x / scale, best.y / scale, best.side / scale)
    return _with_eyes(picture, Face(*place, roll, best.kind, (), _distinct(others)))


def find_near(picture: Picture, hint: Face, margin: float = 1.0) -> Face | None:
    """The face around a place where one is expected; None when it is not there."""
    height, width = picture.shape[:2]
    reach = hint.size * (0.5 + margin)
    x0, y0 = int(max(0, hint.x - reach)), int(max(0, hint.y - reach))
    x1, y1 = int(min(width, hint.x + reach)), int(min(height, hint.y + reach))
    if min(x1 - x0, y1 - y0) < 24 or abs(hint.roll) > 14:
        return None
    face = find(np.ascontiguousarray(picture[y0:y1, x0:x1]), side=180, quick=True)
    if face is None or not 0.6 < face.size / hint.size < 1.6:
        return None
    return replace(face.moved(1.0, x0, y0), others=())


def _distinct(faces: tuple[_Hit, ...]) -> tuple[_Hit, ...]:
    kept: list[_Hit] = []
    for x, y, side in faces:
        if all(np.hypot(x - a, y - b) > 0.8 * max(side, c) for a, b, c in kept):
            kept.append((x, y, side))
    return tuple(kept)


class _Search:
    """One small picture, searched with one cascade after another until something is found."""

    def __init__(self, small: Picture) -> None:
        self.grey = np.asarray(cv2.equalizeHist(grey_of(small)), np.uint8)
        self.height, self.width = self.grey.shape
        self.skin: Mask | None = None if colourless(lab_of(small)) else skin_like(small)
        self.least = max(18, int(0.035 * max(self.height, self.width)))
        self.found: list[_Candidate] = []

    def run(self, *, quick: bool) -> list[_Candidate]:
        self._add(_detect(self.grey, "frontalface_alt2", 1.1, 3, self.least), "frontal", 2.0)
        if quick:
            return self.found
        if not any(c.score > 2.0 for c in self.found):
            for angle in (-22.0, 22.0):
                self._turned(angle)
        if not self.found:
            self._add(_detect(self.grey, "profileface", 1.1, 3, self.least), "profile", 1.0)
            mirrored = np.asarray(cv2.flip(self.grey, 1), np.uint8)
            back = np.array([[-1.0, 0, self.width - 1], [0, 1, 0]])
            self._add(_detect(mirrored, "profileface", 1.1, 3, self.least), "profile", 1.0, back=back)
        if not self.found:
            self._add(_detect(self.grey, "frontalface_default", 1.1, 6, self.least), "weak", 0.5)
        return self.found

    def _turned(self, angle: float) -> None:
        size = (self.width, self.height)
        turn = cv2.getRotationMatrix2D((self.width / 2, self.height / 2), angle, 1.0)
        grey = np.asarray(cv2.warpAffine(self.grey, turn, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
        back = np.asarray(cv2.invertAffineTransform(turn), np.float64)
        self._add(
            _detect(grey, "frontalface_alt2", 1.1, 3, self.least), "rotated", 1.5, roll=angle, back=back
        )

    def _add(
        self,
        hits: list[_Hit],
        kind: str,
        base: float,
        roll: float = 0.0,
        back: NDArray[np.float64] | None = None,
    ) -> None:
        for cx, cy, side in hits:
            x, y = (cx, cy) if back is None else (float(v) for v in back @ np.array([cx, cy, 1.0]))
            if not (0 <= x < self.width and 0 <= y < self.height):
                continue
            skin = self._skin_share(x, y, side)
            if skin < 0.25:
                continue
            # large, skin coloured and high in the picture is what the shop's person looks like
            low = max(0.0, y / self.height - 0.45)
            large = min(side / max(self.height, self.width), 0.35)
            self.found.append(_Candidate(base + 0.6 * skin - 0.9 * low + 1.2 * large, x, y, side, roll, kind))

    def _skin_share(self, x: float, y: float, side: float) -> float:
        if self.skin is None:
            return 1.0
        x0, x1 = int(max(0, x - 0.3 * side)), int(min(self.width, x + 0.3 * side)) + 1
        y0, y1 = int(max(0, y - 0.3 * side)), int(min(self.height, y + 0.35 * side)) + 1
        return float(self.skin[y0:y1, x0:x1].mean())


def _detect(grey: Grey, name: str, step: float, neighbours: int, least: int) -> list[_Hit]:
    found = _cascade(name).detectMultiScale(grey, step, neighbours, minSize=(least, least))
    return [(float(x + w / 2), float(y + h / 2), float(w)) for x, y, w, h in found]


def _cascade(name: str) -> cv2.CascadeClassifier:
    """One per thread: a classifier keeps the picture it works on inside itself."""
    known: dict[str, cv2.CascadeClassifier] | None = getattr(_own, "cascades", None)
    if known is None:
        known = _own.cascades = {}
    if name not in known:
        folder = Path(cv2.__file__).parent / "data"
        known[name] = cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml"))
    return known[name]


EYES_SIDE = 128
"""The face is looked at upright in a square of this many pixels."""


def _with_eyes(picture: Picture, face: Face) -> Face:
    """The face with its eyes and the roll they tell, when two plausible eyes are seen."""
    side = EYES_SIDE
    scale = side / (1.2 * face.size)
    c, s = (float(f(np.deg2rad(face.roll))) * scale for f in (np.cos, np.sin))
    upright = np.array(
        [[c, s, side / 2 - c * face.x - s * face.y], [-s, c, side / 2 + s * face.x - c * face.y]]
    )
    reach = 1.2 * face.size  # only this part of the picture need be grey
    x0, y0 = int(max(0, face.x - reach)), int(max(0, face.y - reach))
    part = picture[y0 : int(face.y + reach) + 1, x0 : int(face.x + reach) + 1]
    near = grey_of(np.ascontiguousarray(part))
    local = upright.copy()
    local[:, 2] += upright[:, :2] @ np.array([x0, y0], np.float64)
    patch = cv2.warpAffine(near, local, (side, side), borderMode=cv2.BORDER_REPLICATE)
    pair = _best_eyes(np.asarray(cv2.equalizeHist(patch), np.uint8))
    if pair is None:
        return face
    back = np.asarray(cv2.invertAffineTransform(upright), np.float64)
    left, right = (back @ np.array([x, y, 1.0]) for x, y, _ in pair)
    roll = float(np.rad2deg(np.arctan2(right[1] - left[1], right[0] - left[0])))
    eyes = ((float(left[0]), float(left[1])), (float(right[0]), float(right[1])))
    return replace(face, eyes=eyes, roll=roll if abs(roll) < 40 else face.roll)


def _best_eyes(patch: Grey) -> tuple[_Hit, _Hit] | None:
    n = float(EYES_SIDE)
    first = int(0.12 * n)
    top = np.ascontiguousarray(patch[first : int(0.62 * n)])
    best: tuple[float, _Hit, _Hit] | None = None
    for name in ("eye_tree_eyeglasses", "eye"):
        eyes = [(x, y + first, s) for x, y, s in _detect(top, name, 1.1, 3, first) if s < 0.38 * n]
        for a, b in product(eyes, eyes):
            dx, dy = b[0] - a[0], b[1] - a[1]
            if not (0.22 * n < dx < 0.5 * n and abs(dy) < 0.35 * dx):
                continue
            middle = abs((a[0] + b[0]) / 2 / n - 0.5) + abs((a[1] + b[1]) / 2 / n - 0.40)
            cost = 2 * middle + abs(dx / n - 0.34) + abs(a[2] - b[2]) / n
            if best is None or cost < best[0]:
                best = (cost, a, b)
        if best is not None and best[0] < 0.45:
            break
    return None if best is None or best[0] >= 0.6 else (best[1], best[2])
