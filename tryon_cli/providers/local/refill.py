"""What is seen where old clothes vanish and the new ones do not reach: skin, trousers, or the wall.

Knows nothing about the new garment but where it ends.
"""

from __future__ import annotations

import cv2
import numpy as np

from .bare import bare_skin, rounded
from .kinds import Field, Mask, Picture, Size
from .masks import box, shrunk
from .pixels import resized, soft
from .scene import Arm, Scene
from .spline import Window

REFILL_SIDE = 320
"""Longest side of the picture on which the missing is painted: only soft colours are invented."""


def refill(
    picture: Picture, kind: str, scene: Scene, arms: dict[int, Arm], gone: Field, hem: float, window: Window
) -> tuple[Field, Field] | None:
    """Colours for what `gone` (whole picture, 0 to 1) takes away, and where they are body; None: no skin known."""
    height, width = scene.size
    by = min(1.0, REFILL_SIDE / max(height, width))
    size = (max(8, int(height * by)), max(8, int(width * by)))
    paint = _Paint(picture, scene, size, gone)
    fill = paint.skin()
    if fill is None:
        return None
    if kind == "upper":
        fill = paint.trousers(fill)
    bare = bare_skin(kind, scene, arms, hem, window)
    body = _enlarged(fill, scene.size, window) * rounded(bare, scene.unit)[..., None]
    wall = paint.wall()
    if wall is None:
        return body, np.ones_like(bare)
    share = bare[..., None]
    return body * share + _enlarged(wall, scene.size, window) * (1 - share), bare


def _enlarged(small: Field, size: Size, window: Window) -> Field:
    """Only the window of the enlarged picture, on the same grid as enlarging all of it."""
    by = (small.shape[1] / size[1], small.shape[0] / size[0])
    back = np.array(
        [
            [by[0], 0, by[0] * (window.left + 0.5) - 0.5],
            [0, by[1], by[1] * (window.top + 0.5) - 0.5],
        ]
    )
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    wanted = window.size[::-1]
    large = cv2.warpAffine(small, back, wanted, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(large, np.float32)


class _Paint:
    """The small picture and what is known about it."""

    def __init__(self, picture: Picture, scene: Scene, size: Size, gone: Field) -> None:
        self.scene, self.size = scene, size
        self.by = size[0] / scene.size[0]
        shrunken = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
        self.small: Field = np.asarray(shrunken, np.float32)
        self.gone = resized(gone, size, smaller=True)
        self.person = self._share(scene.body.figure.person)
        self.rows = np.arange(size[0], dtype=np.float32)[:, None] / self.by
        self.columns = np.arange(size[1], dtype=np.float32)[None] / self.by
        self.trunk = self._trunk()

    def _share(self, mask: Mask) -> Field:
        return resized(mask.astype(np.float32), self.size, smaller=True)

    def _trunk(self) -> Mask:
        scene, rows, columns = self.scene, self.rows, self.columns
        left, right = (np.interp(rows[:, 0], scene.side_rows, scene.sides[side])[:, None] for side in (-1, 1))
        inside = (columns > left - 0.05 * scene.unit) & (columns < right + 0.05 * scene.unit)
        above = rows < scene.armpit_y
        for side in (-1, 1):  # under the shoulder line
            corner = float(scene.shoulders[side][0])
            half = ((columns - scene.axis) * side >= 0) & ((corner - columns) * side >= 0.02 * scene.unit)
            inside |= above & half
        return np.asarray(inside & (self.person > 0.6), np.bool_)

    def skin(self) -> Field | None:
        """Skin from the seen skin, everywhere."""
        body = self.scene.body
        known = (self._share(shrunk(body.figure.skin & ~body.hair, 3)) > 0.9) & (self.gone < 0.05)
        if known.sum() < 12:
            return None
        # brows, lips, brown hair and the shadow under the chin are not what a limb looks like
        light = self.small.sum(-1)
        known &= light > 0.85 * float(np.percentile(light[known], 60))
        usual = np.median(self.small[known], 0).astype(np.float32)
        return 0.8 * spread(self.small, known.astype(np.float32)) + 0.2 * usual

    def wall(self) -> Field | None:
        """The background, everywhere; None where none is seen."""
        known = (np.asarray(cv2.dilate(self.person, box(5))) < 0.02).astype(np.float32)
        return spread(self.small, known) if known.sum() > 12 else None

    def trousers(self, fill: Field) -> Field:
        """Under the natural waist the trousers come up."""
        scene, body = self.scene, self.scene.body
        rows = np.arange(len(body.top))[:, None]
        low = body.clothes & (rows > body.hem + 0.12 * body.unit) & ~body.top
        known = (self._share(low) > 0.95).astype(np.float32)
        if known.sum() <= 20:
            return fill
        waist = float(scene.chin[1]) + 2.95 * scene.unit
        share = np.clip((self.rows - waist) / (0.04 * scene.unit) + 0.5, 0, 1) * self.trunk
        share = soft(share.astype(np.float32), 0.6)[..., None]
        return fill * (1 - share) + spread(self.small, known) * share


def spread(colours: Field, known: Field) -> Field:
    """Smooth colours for the unknown from the known: a pyramid of normalised averages (push-pull)."""
    levels = []
    colour, weight = colours * known[..., None], known
    while min(weight.shape) > 2:
        levels.append((colour, weight))
        colour = np.asarray(cv2.pyrDown(colour), np.float32)
        weight = np.asarray(cv2.pyrDown(weight), np.float32)
    current = colour / np.maximum(weight, 1e-6)[..., None]
    for colour, weight in reversed(levels):
        wider = np.asarray(cv2.pyrUp(current, dstsize=weight.shape[::-1]), np.float32)
        trust = np.clip(weight * 4, 0, 1)[..., None]
        here = colour / np.maximum(weight, 1e-6)[..., None]
        current = np.asarray(trust * here + (1 - trust) * wider, np.float32)
    return np.asarray(current, np.float32)
