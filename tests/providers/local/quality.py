"""Measures of a try-on that need no reference picture."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from tryon_cli.providers.local.compose import Dressed
from tryon_cli.providers.local.garment import Garment
from tryon_cli.providers.local.kinds import Field, Mask, Picture
from tryon_cli.providers.local.landmarks import Body
from tryon_cli.providers.local.masks import ellipse, grown, shrunk
from tryon_cli.providers.local.pixels import Palette, grey_of, lab_of


class Quality(NamedTuple):
    """All shares are 0 to 1."""

    colour_distance: float
    """Hellinger distance of the Lab histograms of cut garment and result."""
    colour_delta: float
    """Delta E of the mean colours."""
    pattern: float
    """SSIM of the warped garment and the result."""
    background_changed: float
    face_changed: float
    folded: float
    old_visible: float


def measure(before: Picture, after: Picture, body: Body, garment: Garment, dressed: Dressed) -> Quality:
    window = dressed.window
    core = shrunk(dressed.alpha > 0.97, 5)
    flat = shrunk(garment.cut.alpha > 0.97, 5)
    seen = after[window.slices]
    own, worn = lab_of(garment.cut.picture)[flat], lab_of(seen)[core]
    laid = np.clip(dressed.layer.colours, 0, 255).astype(np.uint8)
    return Quality(
        float(np.sqrt(max(0.0, 1 - Palette(own).overlap(Palette(worn)) / _whole(own, worn)))),
        float(np.linalg.norm(own.mean(0) - worn.mean(0))),
        float(_ssim(grey_of(np.ascontiguousarray(seen)), grey_of(laid))[core].mean()),
        _background(before, after, body, dressed),
        _face(before, after, body),
        dressed.layer.folded,
        _old(body, dressed),
    )


def _whole(one: Field, two: Field) -> float:
    """Palettes carry a floor, so their shares add up to a little more than 1."""
    return float(np.sqrt(Palette(one).shares.sum() * Palette(two).shares.sum()))


def _ssim(one: Picture, two: Picture) -> Field:
    a, b = one.astype(np.float32), two.astype(np.float32)

    def mean(values: Field) -> Field:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), 1.5), np.float32)

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    return ((2 * ma * mb + 6.5) * (2 * cov + 58.5)) / ((ma * ma + mb * mb + 6.5) * (va + vb + 58.5))


def _large(mask: Mask, picture: Picture) -> Mask:
    size = picture.shape[1::-1]
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)) > 0


def _background(before: Picture, after: Picture, body: Body, dressed: Dressed) -> float:
    """Pixels that are neither person nor garment, and moved by more than 2 of 255."""
    laid = np.zeros(before.shape[:2], np.bool_)
    laid[dressed.window.slices] = dressed.layer.alpha > 0.004
    outside = ~(_large(grown(body.figure.person, 9), before) | grown(laid, 9))
    change = np.abs(before.astype(np.int16) - after).max(-1)
    return float((change[outside] > 2).mean())


def _face(before: Picture, after: Picture, body: Body) -> float:
    face = body.figure.face
    assert face is not None
    face = face.moved(1 / body.figure.scale)
    oval = ellipse(
        before.shape[:2], face.x, face.y + 0.05 * face.size, 0.38 * face.size, 0.5 * face.size, face.roll
    )
    return float((np.abs(before.astype(np.int16) - after).max(-1)[oval] > 3).mean())


def _old(body: Body, dressed: Dressed) -> float:
    height, width = (round(v / body.figure.scale) for v in body.figure.person.shape)
    covered = np.zeros((height, width), np.float32)
    covered[dressed.window.slices] = dressed.covered
    old = _large(shrunk(dressed.old, 5), covered[..., None].astype(np.uint8))
    return float((covered[old] < 0.5).mean()) if old.sum() >= 200 else 0.0
