"""Where a face that was taken out lies in another picture: candidates, compared by how well the faces agree.

Knows nothing about colours; only local contrast counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .crop import FaceCrop
from .face import Face
from .kinds import Field, Grey, Mask, Picture, Points
from .pixels import grey_of, soft

TEMPLATE = 120.0
"""Pixels of the face box while faces are compared."""
_MARGIN = 24
"""Pixels around the template that the refinement may look at."""

Matrix = Points
"""2 x 3: an affine map."""


@dataclass(frozen=True)
class _Template:
    grey: Field
    """Local contrast."""
    mask: Mask
    to_crop: Matrix
    """3 x 3: template -> the picture the face comes from."""


@dataclass(frozen=True)
class Placed:
    """A map from the face crop to the picture, and the agreement of the two faces there (-1 to 1)."""

    matrix: Matrix
    agreement: float
    template: _Template
    from_template: Matrix

    def agreement_with(self, picture: Picture) -> float:
        """The same measure for another picture of the same size."""
        return _agreement(self.template, grey_of(picture), self.from_template)


def place(crop: FaceCrop, face: Face | None, picture: Picture) -> Placed | None:
    """The best of: same place, by eyes, by box; refined. None when there is nothing to go by."""
    template = _template_of(crop)
    grey = grey_of(picture)
    maps = [_padded(m) @ template.to_crop for m in _candidates(crop, face, picture)]
    if not maps:
        return None
    scored = [(_agreement(template, grey, m[:2]), i) for i, m in enumerate(maps)]
    agreement, best = max(scored)
    matrix = maps[best][:2]
    if agreement < 0.97:
        refined = _refined(template, grey, matrix)
        if refined is not None:
            better = _agreement(template, grey, refined)
            if better > agreement:
                matrix, agreement = refined, better
    high, wide = template.grey.shape
    to_template = np.diag([wide / crop.box[2], high / crop.box[3], 1.0])
    return Placed((_padded(matrix) @ to_template)[:2], agreement, template, matrix)


def _template_of(crop: FaceCrop) -> _Template:
    x, y, wide, high = crop.box
    by = TEMPLATE / crop.face.size
    size = (max(8, round(wide * by)), max(8, round(high * by)))
    way = cv2.INTER_AREA if by < 1 else cv2.INTER_LINEAR
    grey = np.asarray(cv2.resize(grey_of(crop.picture), size, interpolation=way), np.uint8)
    mask = np.asarray(cv2.resize(crop.mask, size)) > 127
    to_crop = np.array([[wide / size[0], 0, x], [0, high / size[1], y], [0, 0, 1.0]])
    return _Template(_contrast(grey), mask, to_crop)


def _candidates(crop: FaceCrop, face: Face | None, picture: Picture) -> list[Matrix]:
    """Maps from the picture the face comes from to this picture."""
    height, width = picture.shape[:2]
    found: list[Matrix] = []
    if abs((width / height) / (crop.size[1] / crop.size[0]) - 1) < 0.02:
        found.append(np.array([[width / crop.size[1], 0, 0], [0, height / crop.size[0], 0]]))
    if face is not None:
        if len(crop.face.eyes) == 2 and len(face.eyes) == 2:
            found.append(_similarity(_points(crop.face), _points(face)))
        found.append(_similarity(_points(replace(crop.face, eyes=())), _points(replace(face, eyes=()))))
    return found


def _points(face: Face) -> Points:
    """The eyes where they were seen, else where the box says they are."""
    if len(face.eyes) == 2:
        return np.array(face.eyes, np.float64)
    turn = np.deg2rad(face.roll)
    c, s = float(np.cos(turn)), float(np.sin(turn))
    dy = -0.10 * face.size
    return np.array(
        [(face.x + c * dx - s * dy, face.y + s * dx + c * dy) for dx in (-0.18 * face.size, 0.18 * face.size)]
    )


def _similarity(source: Points, target: Points) -> Matrix:
    a, b = source[1] - source[0], target[1] - target[0]
    scale = float(np.linalg.norm(b)) / max(1e-6, float(np.linalg.norm(a)))
    turn = float(np.arctan2(b[1], b[0]) - np.arctan2(a[1], a[0]))
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(np.c_[linear, target.mean(0) - linear @ source.mean(0)], np.float64)


def _padded(matrix: Matrix) -> Matrix:
    return np.asarray(np.vstack([matrix, [0, 0, 1.0]]), np.float64)


def _contrast(grey: Grey) -> Field:
    """Local contrast: what survives another look, another light."""
    values = grey.astype(np.float32)
    values = values - soft(values, 7)
    return np.asarray(values / (np.sqrt(soft(values * values, 7)) + 4), np.float32)


def _seen(grey: Grey, matrix: Matrix, size: tuple[int, int], shift: float = 0.0) -> Grey:
    """The picture seen through a map (template -> picture), with a margin of `shift` pixels around."""
    moved = matrix.copy()
    moved[:, 2] -= moved[:, :2] @ np.array([shift, shift])
    high, wide = size[0] + 2 * int(shift), size[1] + 2 * int(shift)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(grey, moved, (wide, high), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _agreement(template: _Template, grey: Grey, matrix: Matrix) -> float:
    high, wide = template.grey.shape
    one = template.grey[template.mask]
    two = _contrast(_seen(grey, matrix, (high, wide)))[template.mask]
    if len(one) == 0:
        return -1.0
    one, two = one - one.mean(), two - two.mean()
    return float((one * two).mean() / (one.std() * two.std() + 1e-6))


def _refined(template: _Template, grey: Grey, matrix: Matrix) -> Matrix | None:
    """Enhanced correlation (Evangelidis and Psarakis 2008) around a first guess; None when it runs away."""
    high, wide = template.grey.shape
    seen = _contrast(_seen(grey, matrix, (high, wide), _MARGIN))
    start = np.array([[1, 0, _MARGIN], [0, 1, _MARGIN]], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        _, found = cv2.findTransformECC(template.grey, seen, start, cv2.MOTION_AFFINE, stop)
    except cv2.error:
        return None
    step = np.asarray(found, np.float64)
    step[:, 2] -= _MARGIN
    growth = float(np.sqrt(abs(np.linalg.det(step[:, :2]))))
    if not 0.75 < growth < 1.33:
        return None
    return (_padded(matrix) @ _padded(step))[:2]
