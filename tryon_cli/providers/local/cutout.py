"""The garment without its background, from whatever a shop sends: transparent, on paper, worn, in front of things.

Does not know what kind of garment it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .backdrop import Backdrop, behind
from .body import cut_out, figure_of
from .edges import between, matted, without_wedges
from .face import Face, find
from .holes import with_prints
from .kinds import Field, Grey, Mask, Picture
from .landmarks import measured_body
from .masks import (
    bounds,
    box,
    closed,
    disc,
    ellipse,
    enlarged,
    fill_holes,
    grown,
    largest,
    opened,
    rounded_outline,
    run_at,
    shrunk,
)
from .pixels import fit, gentle, lab_of, skin_like

GARMENT_SIDE = 512
"""Longest side of a garment while it is worked on, in pixels."""


@dataclass(frozen=True)
class Cutout:
    """A garment at working size."""

    picture: Picture
    """Beyond the outline the garment's own colours go on, so that no edge shows paper."""
    alpha: Field
    """0 to 1."""
    mask: Mask
    source: str
    """alpha, plain, worn, busy or nothing (no garment was found)."""
    notes: tuple[str, ...] = ()


def cut(picture: Picture, alpha: Grey | None, kind: str, depth: int = 0) -> Cutout:
    """Separate the garment; kind (upper, lower, dress, auto) only matters when somebody wears it."""
    small = fit(picture, GARMENT_SIDE)
    if alpha is not None:
        given = np.asarray(fit(alpha, GARMENT_SIDE) / np.float32(255), np.float32)
        if 0.01 < (given > 0.5).mean() < 0.97:
            mask = largest(given > 0.5, keep=0.08)
            return _finished(small, np.where(grown(mask, 5), given, np.float32(0)), mask, "alpha")
    height, width = small.shape[:2]
    lab = lab_of(gentle(small))
    paper = behind(lab, whole_rim=True, order=3)
    least = float(np.clip(2.5 * paper.noise, 0.45, 6))
    candidate = (paper.away > least) & ~(paper.reached & (paper.away < 12))
    mask = largest(opened(closed(candidate, 3), 3), near=(width / 2, height / 2), keep=0.06)
    frame = _frame(mask)
    if frame is not None and depth < 2:
        # a picture in a picture: that was the frame, not the garment
        by = max(picture.shape[:2]) / max(small.shape[:2])
        y0, y1, x0, x1 = (int(v * by) for v in frame)
        return cut(np.ascontiguousarray(picture[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]), None, kind, depth + 1)
    # who wears a garment before a plain wall has the head in the upper half
    upper = small if paper.plain < 0.5 else np.ascontiguousarray(small[: height // 2])
    face = find(upper, side=320, quick=True)
    if face is not None and _is_worn(small, mask, face, paper.plain):
        return _worn(small, kind)
    if paper.plain < 0.6:
        return _checked(small, _in_front_of_things(small), "busy")
    return _checked(small, _peeled(with_prints(mask, paper, least, kind), lab, paper, least), "plain")


def _frame(mask: Mask) -> tuple[int, int, int, int] | None:
    """Rows and columns (half open) of a mask that is a full rectangle inside the picture."""
    extent = bounds(mask)
    if extent is None:
        return None
    high, wide = extent[1] + 1 - extent[0], extent[3] + 1 - extent[2]
    inside = high * wide < 0.93 * mask.size and min(high, wide) > 24
    if inside and fill_holes(mask).sum() > 0.965 * high * wide:
        return extent[0], extent[1] + 1, extent[2], extent[3] + 1
    return None


def _is_worn(small: Picture, mask: Mask, face: Face, plain: float) -> bool:
    """A worn garment has a head on top: narrow there, wide below, skin in the face; a print has cloth around it."""
    height = len(mask)
    inner = ellipse(mask.shape, face.x, face.y, 0.3 * face.size, 0.38 * face.size)
    if skin_like(small)[inner].mean() <= 0.55:
        return False
    extent = bounds(mask)
    here = run_at(mask[int(np.clip(face.y, 0, height - 1))], face.x)
    below = run_at(mask[int(np.clip(face.y + 2.2 * face.size, 0, height - 1))], face.x)
    if plain < 0.5:
        return True
    if extent is None or here is None or below is None:
        return False
    narrow = here[1] - here[0] < 2.2 * face.size
    wide = below[1] - below[0] > 1.25 * (here[1] - here[0])
    return narrow and wide and face.y < extent[0] + 0.38 * (extent[1] - extent[0])


def _worn(small: Picture, kind: str) -> Cutout:
    body = measured_body(figure_of(small, find(small)))
    rows = np.arange(len(body.top))[:, None]
    if kind == "lower":
        mask = body.clothes & (rows > body.hem)
    elif kind == "dress":
        mask = body.clothes & (rows > body.chin[1])
    else:
        mask = body.top
    mask = largest(opened(mask, 5), near=(body.axis, body.shoulder_y + body.unit))
    large = enlarged(fill_holes(mask, 0.2), (small.shape[0], small.shape[1])) > 0.5
    return _checked(small, large, "worn", "the garment is worn by somebody; it was cut out of the picture")


def _in_front_of_things(small: Picture) -> Mask:
    height, width = small.shape[:2]
    guess = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    guess[int(0.12 * height) : int(0.88 * height), int(0.18 * width) : int(0.82 * width)] = cv2.GC_PR_FGD
    thick = max(2, int(0.03 * min(height, width)))
    guess[:thick] = guess[-thick:] = cv2.GC_BGD
    guess[:, :thick] = guess[:, -thick:] = cv2.GC_BGD
    tiny = fit(small, 256)
    size = tiny.shape[1::-1]
    rough = cut_out(tiny, np.asarray(cv2.resize(guess, size, interpolation=cv2.INTER_NEAREST), np.uint8), 4)
    mask = enlarged(rough, (height, width)) > 0.5
    return fill_holes(largest(opened(mask, 5), near=(width / 2, height / 2)), 0.3)


def _peeled(mask: Mask, lab: Field, paper: Backdrop, least: float) -> Mask:
    """Without the ringing fringe of compression: a few pixels, where the edge is far below the local contrast."""
    away = paper.away
    local = np.asarray(cv2.GaussianBlur(cv2.dilate(away, box(7)), (0, 0), 1.5), np.float32)
    weak = away < 0.22 * np.minimum(local, 45)
    ringing = (away < 2.0) & (np.asarray(cv2.dilate(away, box(17))) > 22)
    around = np.median(lab[~mask], 0) if (~mask).any() else np.array([95.0, 0, 0])
    delta = lab - around.astype(np.float32)
    chroma, light = np.hypot(delta[..., 1], delta[..., 2]), delta[..., 0]
    shade = (chroma < 4.5) & (light < 1) & (light > -28) & weak
    # paper in the corner between sleeve and trunk, or between the legs, lies deep
    paper_like = (chroma < 1.3) & (light < 1) & (light > -8) & weak
    for turn in range(20):
        edge = mask & ~shrunk(mask, 3)
        loose = paper_like if turn >= 9 else shade | (weak if turn < 3 else ringing)
        mask = mask & ~(edge & loose)
    peeled = mask
    rounded = np.asarray(cv2.medianBlur(mask.view(np.uint8), 7), np.uint8).view(np.bool_)
    mask = closed(rounded, disc(7))
    # closing must not glue a sleeve to the trunk over clear paper
    mask &= ~((away < max(0.5 * least, 0.3)) & ~shrunk(mask, 9))
    mask = rounded_outline(mask, 0.006 * max(mask.shape))  # stripes in the paper's colour leave notches
    mask &= peeled | ~opened(paper_like & between(peeled), 3)  # a narrow gap beside a sleeve is no notch
    mask = without_wedges(mask, lab, paper)
    return largest(mask, near=(mask.shape[1] / 2, mask.shape[0] / 2), keep=0.06)


def _checked(small: Picture, mask: Mask, source: str, *notes: str) -> Cutout:
    if mask.sum() < 0.005 * mask.size:
        return Cutout(small, np.zeros(mask.shape, np.float32), mask, "nothing", notes)
    inner = shrunk(mask, 3).astype(np.float32)
    alpha = np.clip(np.asarray(cv2.GaussianBlur(inner, (0, 0), 1.1), np.float32) * 1.25, 0, 1)
    done = _finished(small, alpha, mask, source, *notes)
    return replace(done, alpha=matted(small, done.picture, mask)) if source == "plain" else done


def _finished(small: Picture, alpha: Field, mask: Mask, source: str, *notes: str) -> Cutout:
    core = shrunk(mask, 5)
    picture = _continued(small, core) if core.sum() > 50 else small
    return Cutout(picture, alpha.astype(np.float32), mask, source, notes)


def _continued(picture: Picture, core: Mask) -> Picture:
    """Outside the core every pixel takes the colour of the nearest core pixel."""
    _, labels = cv2.distanceTransformWithLabels(
        (~core).view(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colours[labels[core]] = picture[core]
    result = picture.copy()
    result[~core] = colours[labels[~core]]
    return result
