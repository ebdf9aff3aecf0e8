"""Put a face that was taken out back into a picture of the same person: line up, match colour, blend.

Refuses rather than spoils: a face that does not line up, or is not more alike afterwards, is not put in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from .crop import FaceCrop
from .face import Face, find, find_near
from .kinds import Field, Mask, Picture
from .lineup import Placed, place
from .masks import shrunk
from .pixels import lab_of, rgb_of, rounded, soft

LINED_UP = 0.45
"""Least agreement (local contrast, -1 to 1) of the two faces for a swap."""
ALIKE = 0.97
"""From here on the face in the picture is the person's own already."""


class Swapped(NamedTuple):
    """The picture afterwards, and why nothing was changed ("" when it was, or when nothing had to be)."""

    picture: Picture
    refused: str
    before: float
    """Agreement of the two faces, -1 to 1."""
    after: float


def swap(picture: Picture, crop: FaceCrop) -> Swapped:
    """The picture with the face; untouched outside of it."""
    placed = place(crop, _target(picture, crop), picture)
    if placed is None:
        return Swapped(picture, "no face found in the picture to put the face on", 0.0, 0.0)
    before = placed.agreement
    if before < LINED_UP:
        return Swapped(picture, "the faces do not line up, so the face was left as rendered", before, before)
    if before >= ALIKE:
        return Swapped(picture, "", before, before)
    result = _blended(picture, crop, placed)
    after = placed.agreement_with(result) if result is not None else before
    if result is None or after <= before:
        return Swapped(picture, "the swap would not make the face more alike, so it was left", before, after)
    return Swapped(result, "", before, after)


def _target(picture: Picture, crop: FaceCrop) -> Face | None:
    height, width = picture.shape[:2]
    by = width / crop.size[1]
    if abs((width / height) / (crop.size[1] / crop.size[0]) - 1) < 0.02:
        hint = replace(crop.face.moved(by), others=(), eyes=())
        near = find_near(picture, hint)
        if near is not None:
            return near
    return find(picture)


def _blended(picture: Picture, crop: FaceCrop, placed: Placed) -> Picture | None:
    height, width = picture.shape[:2]
    back = placed.matrix
    wide, high = crop.box[2], crop.box[3]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float64)
    moved = corners @ back[:, :2].T + back[:, 2]
    x0, y0 = (int(max(0, np.floor(v))) for v in moved.min(0))
    x1, y1 = int(min(width, np.ceil(moved[:, 0].max()))), int(min(height, np.ceil(moved[:, 1].max())))
    if min(x1 - x0, y1 - y0) < 8:
        return None
    local = back.copy()
    local[:, 2] -= (x0, y0)
    size = (x1 - x0, y1 - y0)
    flags = cv2.INTER_CUBIC
    face = cv2.warpAffine(crop.picture, local, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = np.asarray(cv2.warpAffine(crop.mask, local, size, flags=cv2.INTER_LINEAR)) > 127
    inside[:2] = inside[-2:] = False
    inside[:, :2] = inside[:, -2:] = False
    if inside.sum() < 40:
        return None
    ground = np.ascontiguousarray(picture[y0:y1, x0:x1])
    matched = _matched(np.asarray(face, np.uint8), ground, inside)
    unit = crop.face.size * float(np.sqrt(abs(np.linalg.det(back[:, :2]))))
    share = _feather(inside, unit)[..., None]
    mixed = ground * (1 - share) + _seamless(matched, ground, inside) * share
    result = picture.copy()
    result[y0:y1, x0:x1] = rounded(mixed)
    return result


def _matched(face: Picture, ground: Picture, inside: Mask) -> Picture:
    """The face in the light and palette of the picture: Lab mean and spread, within bounds."""
    own, wanted = lab_of(face), lab_of(ground)
    mean_own, mean = own[inside].mean(0), wanted[inside].mean(0)
    gain = (wanted[inside].std(0) + 0.5) / (own[inside].std(0) + 0.5)
    gain = np.clip(gain, [0.75, 0.0, 0.0], [1.25, 1.4, 1.4]).astype(np.float32)
    return rgb_of((own - mean_own) * gain + mean)


def _seamless(face: Picture, ground: Picture, inside: Mask) -> Picture:
    """Half a Poisson clone (Perez et al. 2003), half plain: the full clone washes out when the rim is hair."""
    mask = inside.astype(np.uint8) * 255
    x, y, wide, high = cv2.boundingRect(mask)
    if min(wide, high) <= 8:
        return face
    try:
        clone = cv2.seamlessClone(face, ground, mask, (x + wide // 2, y + high // 2), cv2.NORMAL_CLONE)
    except cv2.error:
        return face
    return np.asarray(cv2.addWeighted(clone, 0.5, face, 0.5, 0), np.uint8)


def _feather(inside: Mask, unit: float) -> Field:
    edge = soft(shrunk(inside, 3).astype(np.float32), max(1.2, 0.035 * unit))
    depth = np.asarray(cv2.distanceTransform(inside.view(np.uint8), cv2.DIST_L2, 3), np.float32)
    ramp = np.clip(depth / max(2.0, 0.05 * unit), 0, 1)
    return np.asarray(np.clip(edge * 1.05, 0, 1) * inside * ramp, np.float32)
