"""Which pixels of a person are skin.

Seeded by the face, or by the neck when no face is seen. Does not know where arms and legs are.
"""

from __future__ import annotations

import numpy as np

from .face import Face
from .kinds import Field, Mask, Picture
from .masks import blobs, bounds, closed, ellipse, opened
from .pixels import colourless, skin_like


def skin_of(picture: Picture, lab: Field, person: Mask, face: Face | None) -> Mask:
    """Skin inside the person's outline; empty for black-and-white pictures."""
    if _grey(lab, face):
        return np.zeros_like(person)
    skin = _by_neck(picture, lab, person) if face is None else _by_face(picture, lab, person, face)
    return closed(opened(skin & person, 3), 5) & person


def _grey(lab: Field, face: Face | None) -> bool:
    """A picture in black and white; grey clothes before a grey wall do not make one, the face tells."""
    if face is None:
        return colourless(lab)
    inner = ellipse(lab.shape[:2], face.x, face.y, 0.3 * face.size, 0.38 * face.size, face.roll)
    return colourless(lab[inner]) if inner.any() else colourless(lab)


def _by_face(picture: Picture, lab: Field, person: Mask, face: Face) -> Mask:
    likely = skin_like(picture)
    inner = ellipse(
        person.shape, face.x, face.y + 0.05 * face.size, 0.3 * face.size, 0.38 * face.size, face.roll
    )
    inner &= likely
    if inner.sum() <= 20:
        return np.zeros_like(person)
    known = lab[inner].astype(np.float64)
    middle = np.median(known, 0)
    strays = known[:, 1:] - middle[1:]
    spread = np.einsum("ni,nj->ij", strays, strays) / len(strays) + np.diag([6.0, 6.0])
    inverse = np.linalg.inv(spread).astype(np.float32)
    green, blue = lab[..., 1] - np.float32(middle[1]), lab[..., 2] - np.float32(middle[2])
    # squared Mahalanobis distance of the chroma
    far = green * green * inverse[0, 0] + 2 * green * blue * inverse[0, 1] + blue * blue * inverse[1, 1]
    light = lab[..., 0]
    sure = (far < 7.5) & (light > middle[0] - 38) & (light < middle[0] + 24)
    loose = (far < 18) & likely & (light > middle[0] - 45) & (light < middle[0] + 28) & person
    count, labels = blobs(loose | (sure & person))
    certain = np.bincount(labels[sure & person], minlength=count)
    total = np.bincount(labels.ravel(), minlength=count)
    chosen = certain > 0.6 * total
    chosen[0] = False
    return np.asarray(sure | chosen[labels], np.bool_)


def _by_neck(picture: Picture, lab: Field, person: Mask) -> Mask:
    likely = skin_like(picture)
    extent = bounds(person)
    if extent is None or extent[1] - extent[0] < 20:
        return likely
    seeds = _neck_seeds(lab, person, likely, extent[0], extent[1] - extent[0] + 1)
    columns = np.nonzero(seeds)[1]
    if len(columns) == 0:
        return likely
    middle, reach = float(np.median(columns)), 0.08 * person.shape[1]
    seeds[:, : int(max(0, middle - reach))] = False
    seeds[:, int(middle + reach) :] = False
    known = lab[seeds]
    warm = (known[:, 1] > 3) & (known[:, 2] > 3) & (known[:, 1] < 40) & (known[:, 2] < 45)
    if warm.sum() <= 15 or warm.mean() <= 0.35:
        return likely
    delta = lab - np.median(known[warm], 0)
    chroma, light = np.hypot(delta[..., 1], delta[..., 2]), delta[..., 0]
    skin = (chroma < 6.5) & (light > -38) & (light < 22)
    most = 0.62 * person.sum()
    if (skin & person).sum() > most:  # a whole figure in skin colour wears a dress of that colour
        skin = (chroma < 3.2) & (np.abs(light) < 12)
    if (skin & person).sum() > most:
        skin = np.zeros_like(person)
    return np.asarray(skin, np.bool_)


def _neck_seeds(lab: Field, person: Mask, likely: Mask, top: int, high: int) -> Mask:
    seeds = np.zeros_like(person)
    if top <= 3:  # the head is cut off by the picture: the first rows are neck
        seeds[top : top + max(4, int(0.05 * high))] = True
        return seeds & person
    seeds[top : top + int(0.26 * high)] = True
    seeds &= person & likely
    if seeds.sum() > 30:  # hair is the darker half of a head
        seeds &= lab[..., 0] >= np.percentile(lab[..., 0][seeds], 45)
    return seeds
