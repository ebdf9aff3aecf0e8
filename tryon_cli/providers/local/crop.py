"""A face taken out of a picture, and how it travels: one PNG with the mask as alpha and its place as text.

Knows nothing about the picture it is put into.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import cv2
import numpy as np

from ...model.errors import Fault, FaultKind
from .face import Face
from .files import decode, encode, text_of, with_text
from .kinds import Grey, Mask, Picture, Size
from .masks import disc, ellipse, largest, opened
from .pixels import gentle, lab_of

KEYWORD = "tryon-face"


@dataclass(frozen=True)
class FaceCrop:
    """A face and its surroundings."""

    picture: Picture
    mask: Grey
    """255 where the face itself is: brows to chin."""
    box: tuple[int, int, int, int]
    """x, y, width, height in the picture it comes from."""
    face: Face
    """In the coordinates of the picture it comes from."""
    size: Size
    """Height and width of that picture."""


def crop_of(picture: Picture, face: Face) -> FaceCrop:
    """Cut the face out, without hair and background at its rim."""
    height, width = picture.shape[:2]
    reach = 0.95 * face.size
    x0, y0 = int(max(0, face.x - reach)), int(max(0, face.y - reach))
    x1, y1 = int(min(width, face.x + reach)), int(min(height, face.y + reach * 1.05))
    crop = np.ascontiguousarray(picture[y0:y1, x0:x1])
    local = face.moved(1.0, -x0, -y0)
    mask = _inner(crop, local)
    return FaceCrop(crop, mask.astype(np.uint8) * 255, (x0, y0, x1 - x0, y1 - y0), face, (height, width))


def _inner(crop: Picture, face: Face) -> Mask:
    size, unit = (crop.shape[0], crop.shape[1]), face.size
    lean = -0.10 * unit * float(np.sin(np.deg2rad(face.roll)))
    mask = ellipse(size, face.x + lean, face.y + 0.10 * unit, 0.40 * unit, 0.50 * unit, face.roll)
    core = ellipse(size, face.x, face.y + 0.12 * unit, 0.26 * unit, 0.33 * unit, face.roll)
    lab = lab_of(gentle(crop))
    usual = np.median(lab[core], 0).astype(np.float32)
    away = (lab - usual) * np.array([0.45, 1, 1], np.float32)
    strange = (np.sqrt((away * away).sum(-1)) > 42) & ~core
    mask = mask & ~opened(strange, 5)
    whole = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc(9))
    return largest(np.asarray(whole, np.uint8).view(np.bool_))


def packed(crop: FaceCrop) -> bytes:
    """As one PNG."""
    face = crop.face
    place = {
        "box": crop.box,
        "size": crop.size,
        "face": [face.x, face.y, face.size, face.roll],
        "kind": face.kind,
        "eyes": face.eyes,
    }
    return with_text(encode(crop.picture, crop.mask), KEYWORD, json.dumps(place, separators=(",", ":")))


def nobody() -> bytes:
    """A PNG of one transparent pixel that says: there was no face."""
    empty = encode(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.uint8))
    return with_text(empty, KEYWORD, '{"face":null}')


def unpacked(data: bytes) -> FaceCrop | None:
    """The face in this PNG; None when it says that there was none. Raises Fault when it is something else."""
    text = text_of(data, KEYWORD)
    if text is None:
        raise _strange("it carries no place to put it")
    try:
        place = json.loads(text)
        if place["face"] is None:
            return None
        x, y, side, roll = (float(v) for v in place["face"])
        eyes = tuple((float(a), float(b)) for a, b in place["eyes"])
        left, top, wide, high = (int(v) for v in place["box"])
        height, width = (int(v) for v in place["size"])
        face = Face(x, y, side, roll, str(place["kind"]), eyes)
    except (ValueError, KeyError, TypeError) as broken:
        raise _strange("its place cannot be read") from broken
    decoded = decode(data, "face")
    if decoded.picture.shape[:2] != (high, wide) or side <= 0:
        raise _strange("its size is not the one it tells")
    mask = decoded.alpha
    if mask is None:
        mask = np.full((high, wide), 255, np.uint8)
    return FaceCrop(_opaque(data), mask, (left, top, wide, high), face, (height, width))


def _opaque(data: bytes) -> Picture:
    """The colours below the mask too: the seam needs them."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise _strange("it cannot be decoded")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), np.uint8)


def _strange(why: str) -> Fault:
    return Fault(
        FaultKind.INPUT,
        f"the face picture was not made by the local provider: {why}",
        code="E-LOCAL-FACE",
        fix="use one provider for extract-face and face-swap",
    )
