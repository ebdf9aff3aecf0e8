"""What stays in front of the garment: hair, chin, hands and forearms.

Knows nothing about the garment but its kind.
"""

from __future__ import annotations

import cv2
import numpy as np

from .kinds import Field, Mask, Row
from .landmarks import Body
from .masks import blobs, box, ellipse, grown, measured


def head_of(body: Body) -> Mask:
    """Head and hair, in analysed coordinates as all here."""
    height, width = body.hair.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    person, unit = body.figure.person, body.unit
    head = body.hair.copy()
    face = body.figure.face
    if face is not None:
        x = face.x + 0.35 * (body.chin[0] - face.x)
        oval = ellipse((height, width), x, face.y + 0.06 * unit, 0.44 * unit, 0.60 * unit, face.roll)
        head |= oval & person
        head |= (rows < face.y + 0.2 * unit) & person & (np.abs(columns - face.x) < 0.9 * unit)
    elif body.head_only:
        head |= (rows < body.chin[1]) & person
    return head


def hands_of(body: Body, kind: str) -> Mask:
    """Hands and forearms before the trunk; for trousers also everything above the hem."""
    if kind == "lower":
        return _over_trousers(body)
    height, width = body.hair.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    left, right = (
        np.interp(np.arange(height), body.side_rows, body.sides[side])[:, None] for side in (-1, 1)
    )
    inside = (columns > left + 1) & (columns < right - 1)
    near = grown(np.asarray(inside, np.bool_), box(2 * int(0.12 * body.unit) + 1, 1))
    skin = body.figure.skin
    count, labels = blobs(skin & (rows > body.armpit_y + 0.35 * body.unit), corners=True)
    hands = skin & (rows > body.hem - 0.3 * body.unit) & (rows < body.hem + 2.0 * body.unit) & ~inside
    for label in range(1, count):
        part = labels == label
        if _is_forearm(body, part, inside, left, right):
            hands |= part & near
    return hands


def _over_trousers(body: Body) -> Mask:
    rows = np.arange(len(body.hair))[:, None]
    skin = body.figure.skin & (rows > body.armpit_y)
    _, labels, boxes, _ = measured(skin, corners=True)
    chosen = boxes[:, cv2.CC_STAT_TOP] < body.hem + 0.5 * body.unit
    chosen &= boxes[:, cv2.CC_STAT_AREA] > 0.02 * body.unit**2
    chosen[0] = False
    above: Mask = body.figure.person & (rows < body.hem - 1)
    return chosen[labels] | above


def _is_forearm(body: Body, part: Mask, inside: Mask, left: Row, right: Row) -> bool:
    """Old clothes above and below it, or it hangs on something outside the trunk and does not fill the width."""
    unit = body.unit
    if part.sum() < 0.02 * unit * unit:
        return False
    height, width = part.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    within = part & inside & (rows < body.hem + 0.2 * unit)
    if within.sum() < 0.01 * unit * unit:
        return False
    if np.minimum(columns - left, right - columns)[within].max() < 0.10 * body.width:
        return False
    ys, xs = np.nonzero(within)
    first, last = int(xs.min()), int(xs.max()) + 1
    wide = (last - first) / max(1.0, float((right - left)[int(np.median(ys)), 0]))
    above = body.top[max(0, int(ys.min()) - 3), first:last].mean() > 0.3
    below = body.top[min(height - 1, int(ys.max()) + 3), first:last].mean() > 0.3
    lateral = (part & ~inside).sum() > 0.25 * part.sum()
    count = np.bincount(xs, minlength=width)
    middles = (np.bincount(xs, weights=ys, minlength=width) / np.maximum(count, 1))[count > 0]
    level = wide > 0.8 and middles.std() < 0.14 * unit
    midriff = (ys.mean() > body.hem - 0.25 * unit and wide > 0.6) or level
    return bool(not midriff and ((above and below) or (lateral and wide < 0.75) or (above and lateral)))


def feathered(mask: Field, guide: Field, radius: int) -> Field:
    """An edge that follows the picture's own edges (guided filter, He et al. 2010, on half size)."""
    height, width = mask.shape
    size = (max(4, width // 2), max(4, height // 2))
    image = np.asarray(cv2.resize(guide, size, interpolation=cv2.INTER_AREA), np.float32)
    cover = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)
    window = (2 * max(1, radius // 2) + 1,) * 2
    mean_image, mean_cover = cv2.blur(image, window), cv2.blur(cover, window)
    slope = (cv2.blur(image * cover, window) - mean_image * mean_cover) / (
        cv2.blur(image * image, window) - mean_image * mean_image + 1e-3
    )
    offset = mean_cover - slope * mean_image
    a, b = (
        np.asarray(
            cv2.resize(cv2.blur(v, window), (width, height), interpolation=cv2.INTER_LINEAR), np.float32
        )
        for v in (slope, offset)
    )
    edge = (np.clip(a * guide + b, 0, 1) - 0.15) / 0.7
    return np.asarray(np.clip(edge, 0, 1), np.float32)
