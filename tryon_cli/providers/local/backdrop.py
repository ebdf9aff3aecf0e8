"""What lies behind: a smooth colour fitted to the picture's rim, and how far every pixel is from it.

Does not know whether a person or a garment stands before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .kinds import Field, Mask, Size
from .masks import blobs


@dataclass(frozen=True)
class Backdrop:
    """How a picture's background looks and where it is."""

    away: Field
    """Distance from the background's colour, about delta E, per pixel."""
    noise: float
    """How far background pixels stray, about delta E."""
    plain: float
    """Share of the rim that the smooth colour explains, 0 to 1."""
    reached: Mask
    """Background, soft shadows included, that can be reached from the rim."""


def behind(lab: Field, *, whole_rim: bool = False, order: int = 2, excused: Mask | None = None) -> Backdrop:
    """Fit a polynomial colour surface to the rim, robustly (iteratively reweighted least squares).

    whole_rim: the bottom edge is background too (a garment on a table); a person stands on it.
    excused: where only lighter pixels may count as background (low contrast on the trunk).
    """
    rim = _rim(lab.shape[:2], whole_rim)
    terms = _terms(lab.shape[:2], order)
    weights, rest, spread = _fitted(
        terms[:, rim][:, ::2].astype(np.float64), lab[rim][::2].astype(np.float64)
    )
    surface = np.zeros_like(lab)
    for term, weight in zip(terms, weights.astype(np.float32), strict=True):
        surface += term[..., None] * weight
    delta = lab - surface
    away = np.sqrt((delta[..., 0] * 0.75) ** 2 + delta[..., 1] ** 2 + delta[..., 2] ** 2)
    explained = rest[rest < 2.2 * spread]
    noise = float(np.clip(np.percentile(explained, 90), 0.12, 3.0)) if len(explained) else 3.0
    if not whole_rim:
        away = _with_floor(lab, away)
    smooth = _smooth(lab, delta, rim & (away < 2.2 * spread))
    if excused is not None:
        smooth &= (delta[..., 0] < 1.5) | ~excused
    elif whole_rim:
        smooth &= delta[..., 0] < 0.8
        if len(explained) and np.percentile(explained, 97) < 0.25:
            smooth[:] = False  # exact paper: whatever differs is the garment
    sure = away < 2.2 * noise + (0.15 if whole_rim else 0.4)
    count, labels = blobs(smooth | sure)
    chosen = np.zeros(count, np.bool_)
    chosen[labels[rim & sure]] = True
    chosen[0] = False
    return Backdrop(away, noise, float((rest < 6.0).mean()), chosen[labels])


def _rim(size: Size, whole: bool) -> Mask:
    height, width = size
    thick = max(2, int(0.035 * min(height, width)))
    rim = np.zeros(size, np.bool_)
    rim[:thick] = True
    low = int(height * (1 if whole else 0.96))
    rim[:low, :thick] = True
    rim[:low, -thick:] = True
    if whole:
        rim[-thick:] = True
    return rim


def _terms(size: Size, order: int) -> Field:
    """Polynomial terms of x and y (-1 to 1) up to the order: terms x height x width."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    x, y = x / size[1] * 2 - 1, y / size[0] * 2 - 1
    terms = [np.ones_like(x), x, y]
    if order > 1:
        terms += [x * x, x * y, y * y]
    if order > 2:
        terms += [x * x * x, x * x * y, x * y * y, y * y * y]
    return np.stack(terms)


def _fitted(
    terms: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    colours: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> tuple[
    np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    float,
]:
    # start from the densest colour, not the median: a person may cover most of the top edge
    cells = np.round(colours / 6).astype(np.int32) + 64
    names = cells[:, 0] * 65536 + cells[:, 1] * 256 + cells[:, 2]
    _, inverse, counts = np.unique(names, return_inverse=True, return_counts=True)
    start = colours[inverse.ravel() == np.argmax(counts)].mean(0)
    weights = np.zeros((len(terms), 3))
    weights[0] = start
    rest = np.linalg.norm(colours - start, axis=1)
    spread = 14.0
    ridge = np.diag([0, 0.02, 0.02] + [0.1] * (len(terms) - 3))
    for _ in range(8):
        trust = np.clip(1 - (rest / (2.2 * spread)) ** 2, 0, None) ** 2
        if trust.sum() < 10:
            break
        trusted = terms * trust
        # einsum, not @: the sum must not depend on how many threads BLAS has
        normal = np.einsum("in,jn->ij", trusted, terms) + 1e-2 * trust.sum() * ridge
        weights = np.linalg.solve(normal, np.einsum("in,nc->ic", trusted, colours))
        rest = np.linalg.norm(colours - np.einsum("in,ic->nc", terms, weights), axis=1)
        near = rest[rest < 2.2 * spread]
        if len(near) == 0:
            break
        spread = float(np.clip(1.5 * np.median(near) * 1.6, 2.0, 14.0))
    return weights, rest, spread


def _with_floor(lab: Field, away: Field) -> Field:
    """A floor: both bottom corners agree with each other and not with the wall."""
    height, width = away.shape
    high, wide = max(2, int(0.06 * height)), max(2, int(0.06 * width))
    left, right = lab[-high:, :wide].reshape(-1, 3), lab[-high:, -wide:].reshape(-1, 3)
    one, two = np.median(left, 0), np.median(right, 0)
    agree = np.linalg.norm(one - two) < 8 and max(left.std(0).max(), right.std(0).max()) < 5
    strange = min(np.median(away[-high:, :wide]), np.median(away[-high:, -wide:])) > 6
    if not (agree and strange):
        return away
    delta = lab - ((one + two) / 2).astype(np.float32)
    floor = np.sqrt((delta[..., 0] * 0.55) ** 2 + delta[..., 1] ** 2 + delta[..., 2] ** 2)
    floor[: int(0.55 * height)] = 99
    return np.asarray(np.minimum(away, floor), np.float32)


def _smooth(lab: Field, delta: Field, known: Mask) -> Mask:
    """Cast shadows and lit patches: the wall's hue and no sharp edge."""
    light = np.ascontiguousarray(lab[..., 0])
    across = np.asarray(cv2.Sobel(light, cv2.CV_32F, 1, 0), np.float32)
    down = np.asarray(cv2.Sobel(light, cv2.CV_32F, 0, 1), np.float32)
    steep = np.sqrt(across * across + down * down) / 4.0
    limit = float(np.clip(2.0 * np.percentile(steep[known], 90), 0.4, 1.6)) if known.any() else 1.6
    chroma = np.hypot(delta[..., 1], delta[..., 2])
    return np.asarray((chroma < 5.5) & (steep < limit) & (np.abs(delta[..., 0]) < 34), np.bool_)
