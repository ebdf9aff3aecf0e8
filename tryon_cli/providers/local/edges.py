"""The exact edge of a garment on paper: paper between legs or under sleeves goes, and the rim becomes soft.

Does not know what kind of garment it is.
"""

from __future__ import annotations

import cv2
import numpy as np

from .backdrop import Backdrop
from .kinds import Field, Mask, Picture
from .masks import box, grown, measured, opened, shrunk, touching
from .pixels import soft

CLEAR, SOLID = 0.12, 0.88
"""Shares of the cloth's colour that count as paper and as cloth: shadows on paper are no cloth."""


def without_wedges(mask: Mask, lab: Field, paper: Backdrop) -> Mask:
    """Without the shadowed paper above a gap: a crotch and an armpit open downwards, between cloth.

    A pale stripe looks like paper too, but it lies level, or ends at the hem with all that is beside it.
    """
    around = np.median(lab[~mask], 0) if (~mask).any() else np.array([95.0, 0, 0])
    delta = lab - around.astype(np.float32)
    light = delta[..., 0]
    contrast = np.asarray(cv2.dilate(paper.away, box(31)), np.float32)
    pale = (np.hypot(delta[..., 1], delta[..., 2]) < 3.0) & (light < 1.0) & (light > -30)
    pale &= mask & (contrast > 15) & (paper.away < 0.4 * contrast)
    count, labels, boxes, _ = measured(opened(pale, 3))
    # below the gap's end the cloth goes on at its side: a trunk beside a sleeve, two legs
    beside = np.zeros_like(mask)
    beside[:-10] = mask[10:]
    open_below = np.zeros_like(mask)
    open_below[:-1] = ~mask[1:]
    open_below &= grown(beside, box(25, 1))
    opens = np.bincount(labels[open_below], minlength=count)
    aside = np.bincount(labels[grown(~mask & ~between(mask), 3)], minlength=count)
    size = np.bincount(labels.ravel(), minlength=count)
    upright = boxes[:, cv2.CC_STAT_HEIGHT] > 0.6 * boxes[:, cv2.CC_STAT_WIDTH]
    wedge = (opens > 0) & (aside < 0.3 * size) & (size < 0.03 * mask.sum()) & upright
    wedge[0] = False
    found = wedge[labels]
    return mask & ~touching(pale & grown(found, 9), found)


def between(mask: Mask) -> Mask:
    """Paper with cloth on both sides in the same row."""
    left = np.maximum.accumulate(mask, axis=1)
    right = np.maximum.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(left & right & ~mask, np.bool_)


def matted(picture: Picture, cloth: Picture, mask: Mask) -> Field:
    """Alpha from the colours: how far each pixel of the rim is on the way from the paper to the cloth.

    cloth: the picture with the garment's colours continued outwards. Where both are alike the outline tells.
    """
    known = (~grown(mask, 3)).astype(np.float32)
    weight = soft(known, 3.0)
    colours = np.asarray(picture, np.float32)
    behind = soft(colours * known[..., None], 3.0) / np.maximum(weight, 1e-3)[..., None]
    way = cloth.astype(np.float32) - behind
    length = np.einsum("yxc,yxc->yx", way, way)
    share = np.einsum("yxc,yxc->yx", colours - behind, way) / np.maximum(length, 1.0)
    share = np.clip((share - CLEAR) / (SOLID - CLEAR), 0, 1)
    trust = np.clip((np.sqrt(length) - 25) / 35, 0, 1) * (weight > 0.02)
    rough = soft(mask.astype(np.float32), 0.8)
    alpha = np.asarray(share * trust + rough * (1 - trust), np.float32)
    inner = shrunk(mask, 3)
    np.maximum(alpha, 0.6, out=alpha, where=inner)
    alpha[shrunk(mask, 5)] = 1
    alpha[~grown(mask, 3)] = 0
    return alpha
