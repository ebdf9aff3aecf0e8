"""Put a garment on a measured person: plan, drape, hide what was worn before, keep hair and hands in front.

The result is kept as what the picture keeps and what is added, so that it can be laid on a picture of any size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .drape import Layer, drape
from .fit_lower import lower_pattern
from .fit_upper import upper_pattern
from .front import feathered, hands_of, head_of
from .garment import Garment, in_one_piece
from .kinds import Field, Mask, Picture
from .landmarks import Body
from .masks import bounds, enlarged
from .old import old_clothes, rim_of
from .pattern import Pattern
from .pixels import grey_of, resized, soft
from .refill import refill
from .scene import Scene
from .shading import chin_shadow, contact_shadow, folds_of
from .spline import Window
from .variety import Fit


@dataclass(frozen=True)
class Dressed:
    """The change that a garment makes to a picture, inside a window."""

    window: Window
    kept: Field
    """Share of the picture that stays, 0 to 1."""
    added: Field
    """Colours that are added to it, 0 to 255."""
    alpha: Field
    """Visible garment."""
    layer: Layer
    """The garment before light and before what lies in front of it."""
    old: Mask
    """What was to disappear, in analysed coordinates."""
    covered: Field
    """Where the old clothes are hidden, by the garment or by what was painted there."""

    def over(self, picture: Picture) -> Picture:
        """Lay the change on the picture it was made for."""
        result = picture.copy()
        part = result[self.window.slices]
        mixed = part * self.kept[..., None]
        mixed += self.added
        mixed += 0.5
        np.clip(mixed, 0, 255, out=mixed)
        # what is almost 1 is 1: a pixel that does not change keeps its byte
        still = (self.kept > 0.999) & (self.added.max(-1) < 0.5)
        part[:] = np.where(still[..., None], part, mixed.astype(np.uint8))
        return result


def dress(picture: Picture, body: Body, garment: Garment, fit: Fit) -> Dressed:
    """Dress the person. Sleeves are parts of their own, unless those fold over more than one piece would.

    picture: the size the body was measured in; it may be stylized.
    """
    dressed = _dress(picture, body, garment, fit)
    if garment.upper is not None and garment.upper.sleeves and dressed.layer.folded > 0.05:
        other = _dress(picture, body, in_one_piece(garment), fit)
        if other.layer.folded < 0.5 * dressed.layer.folded:
            return other
    return dressed


def _dress(picture: Picture, body: Body, garment: Garment, fit: Fit) -> Dressed:
    scene = Scene(body, (picture.shape[0], picture.shape[1]))
    pattern = _pattern(garment, scene, fit)
    arms = {side: scene.arm(side, s.shoulder, s.armpit) for side, s in pattern.seams.items()}
    old = old_clothes(body, garment.kind, arms, pattern.hem * body.figure.scale)
    window = _window(scene, pattern, old)
    layer = drape(garment, pattern, scene, window)
    taken = enlarged(old | rim_of(body, garment.kind, old), scene.size)
    covering = np.zeros(scene.size, np.float32)
    covering[window.slices] = layer.alpha
    gone = np.clip(taken - covering, 0, 1)
    filled = None
    if (gone > 0.5).sum() > 30:
        filled = refill(picture, garment.kind, scene, arms, gone, pattern.hem, window)
    kept = np.ones(window.size, np.float32)
    added = np.zeros((*window.size, 3), np.float32)
    inside = np.ascontiguousarray(gone[window.slices])
    person = enlarged(body.figure.person, scene.size)[window.slices]
    if filled is not None:
        fill, bare = filled
        share = np.clip(soft(inside, max(0.8, 0.012 * scene.unit)) * 1.15, 0, 1)
        kept -= share
        added = fill * share[..., None]
        person = person * (1 - inside * (1 - bare))  # no shadow on the wall that was painted there
    shadow = contact_shadow(layer.alpha, person, scene.unit)
    alpha, lit = _lit(picture, garment, body, scene, layer, taken, window)
    below = shadow * (1 - alpha)
    added *= below[..., None]
    lit *= alpha[..., None]
    added += lit
    hidden = np.maximum(layer.alpha, inside) if filled is not None else layer.alpha
    return Dressed(window, kept * below, added, alpha, layer, old, hidden)


def _pattern(garment: Garment, scene: Scene, fit: Fit) -> Pattern:
    if garment.lower is not None:
        return lower_pattern(garment, garment.lower, scene, fit)
    assert garment.upper is not None  # garment_of sets one of the two
    return upper_pattern(garment, garment.upper, scene, fit)


def _window(scene: Scene, pattern: Pattern, old: Mask) -> Window:
    """Everything that may change: the garment, the old clothes, and the shadows around them."""
    points = np.vstack([piece.target for piece in pattern.pieces])
    first, last = points.min(0) - 0.35 * scene.unit - 8, points.max(0) + 0.35 * scene.unit + 8
    extent = bounds(old)
    if extent is not None:
        margin, by = 0.2 * scene.unit, scene.by
        first = np.minimum(first, np.array([extent[2], extent[0]]) * by - margin)
        last = np.maximum(last, (np.array([extent[3], extent[1]]) + 1) * by + margin)
    height, width = scene.size
    top, left = int(np.clip(first[1], 0, height - 8)), int(np.clip(first[0], 0, width - 8))
    return Window(
        top,
        int(np.clip(np.ceil(last[1]), top + 8, height)),
        left,
        int(np.clip(np.ceil(last[0]), left + 8, width)),
    )


def _lit(
    picture: Picture, garment: Garment, body: Body, scene: Scene, layer: Layer, taken: Field, window: Window
) -> tuple[Field, Field]:
    """Alpha of what is seen of the garment, and its colours under the light of the picture."""
    grey = grey_of(np.ascontiguousarray(picture[window.slices]))
    light = np.asarray(grey * np.float32(1 / 255), np.float32)
    lower = garment.kind == "lower"
    old = taken[window.slices] if lower else enlarged(body.top, scene.size)[window.slices]
    total = layer.shade * folds_of(light, np.ascontiguousarray(np.clip(old, 0, 1)), scene.unit)
    if not lower:
        total *= chin_shadow(scene, window)
    shown = layer.alpha > 0.9
    if shown.any():  # light and shade, but no darker cloth: the mean colour is the garment's own
        total /= max(float(total[shown].mean()), 0.5)
    lit = layer.colours * total[..., None]
    np.clip(lit, 0, 255, out=lit)
    radius = max(2, int(0.04 * scene.unit))
    front = _feathered_part(head_of(body), light, scene, window, radius)
    hands = _feathered_part(hands_of(body, garment.kind), light, scene, window, radius)
    front = np.maximum(front, hands * (1 - layer.sleeves))
    return layer.alpha * (1 - front), lit


def _feathered_part(mask: Mask, light: Field, scene: Scene, window: Window, radius: int) -> Field:
    """Enlarge and feather only where the mask is: it is a small part of the window."""
    result = np.zeros(window.size, np.float32)
    extent = bounds(mask)
    if extent is None:
        return result
    large = enlarged(mask, scene.size)[window.slices]
    margin = 4 * radius + int(2 * scene.by)
    top, bottom = (int((v + i) * scene.by) - window.top for v, i in ((extent[0], 0), (extent[1], 1)))
    left, right = (int((v + i) * scene.by) - window.left for v, i in ((extent[2], 0), (extent[3], 1)))
    rows = slice(max(0, top - margin), max(0, bottom + margin))
    columns = slice(max(0, left - margin), max(0, right + margin))
    part = np.ascontiguousarray(large[rows, columns])
    if part.size:
        guide = np.ascontiguousarray(light[rows, columns])
        result[rows, columns] = feathered(part, guide, radius)
    return result


def scaled(dressed: Dressed, work: tuple[int, int], full: tuple[int, int]) -> Dressed:
    """The same change for the same picture in another size (heights and widths)."""
    if work == full:
        return dressed
    by = (full[0] / work[0], full[1] / work[1])
    window = dressed.window
    large = Window(
        round(window.top * by[0]),
        round(window.bottom * by[0]),
        round(window.left * by[1]),
        round(window.right * by[1]),
    )
    size = large.size
    kept = resized(dressed.kept, size)
    added = np.clip(resized(dressed.added, size, smooth=True), 0, 255)
    return Dressed(
        large, kept, added, resized(dressed.alpha, size), dressed.layer, dressed.old, dressed.covered
    )
