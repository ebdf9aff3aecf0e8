"""The garment on the body as a layer of its own: colours, alpha and roundness, before it meets the picture.

Knows nothing about the old clothes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from .garment import Garment
from .kinds import SIDES, Field, Mask, Picture
from .masks import bounds, disc, enlarged, grown
from .pattern import Pattern, Sleeve
from .pixels import resized, soft
from .scene import Scene
from .spline import Window, lay


@dataclass
class Layer:
    """The draped garment inside a window of the picture."""

    window: Window
    colours: Field
    """0 to 255, without shading."""
    alpha: Field
    shade: Field
    """Factor on the colours: darker where the body turns away."""
    sleeves: Field
    """Alpha of the sleeves alone."""
    folded: float
    """Share of the lattice that the warp turned over; over 0.2 it shows."""


def drape(garment: Garment, pattern: Pattern, scene: Scene, window: Window) -> Layer:
    """Lay all pieces, lowest first."""
    cut = garment.cut
    trunk, *sleeves = pattern.pieces
    laid = lay(cut.picture, trunk.alpha, trunk.source, trunk.target, window)
    cells = [(laid.cells, laid.folded)]
    shade = _trunk_shade(scene, window) if pattern.seams else _leg_shade(laid.alpha > 0.5, scene)
    layer = Layer(
        window, laid.picture.astype(np.float32), laid.alpha, shade, np.zeros(window.size, np.float32), 0.0
    )
    for piece in sleeves:
        if piece.sleeve is None:
            continue
        laid = lay(cut.picture, piece.alpha, piece.source, piece.target, window, piece.sleeve.outline)
        cells.append((laid.cells, laid.folded))
        _add_sleeve(layer, laid.picture, laid.alpha, piece.sleeve, scene)
    if sleeves:
        _close_shoulders(layer, pattern, scene)
    if not pattern.seams:
        layer.alpha *= _below_hem(scene, window)
    layer.folded = sum(n * share for n, share in cells) / max(1, sum(n for n, _ in cells))
    return layer


def _below_hem(scene: Scene, window: Window) -> Field:
    """What is worn under a top does not stand out beside it: above the top's hem only the body is covered."""
    shown = np.ones(window.size, np.float32)
    last = int(np.clip(scene.hem - window.top, 0, window.size[0]))
    if last > 0:
        person = enlarged(scene.body.figure.person, scene.size)
        shown[:last] = person[window.slices][:last]
    return shown


def _trunk_shade(scene: Scene, window: Window) -> Field:
    """Darker towards the sides; above the armpits the trunk is as wide as the shoulders."""
    rows = np.arange(window.top, window.bottom)
    above = np.clip((scene.armpit_y - rows) / max(1.0, scene.armpit_y - scene.shoulder_y), 0, 1)
    x = np.arange(window.left, window.right, dtype=np.float32)[None]
    out = np.zeros(window.size, np.float32)
    for side in SIDES:
        half = np.interp(rows, scene.side_rows, (scene.sides[side] - scene.axis) * side)
        half = half * (1 - above) + np.maximum(half, 0.52 * scene.width) * above
        reach = (x - scene.axis) * np.float32(side) / half.astype(np.float32)[:, None]
        np.maximum(out, reach, out=out)
    np.clip(out, 0, 1, out=out)
    out *= out
    return np.asarray(1 - 0.20 * out * out, np.float32)


def _leg_shade(shown: Mask, scene: Scene) -> Field:
    """Darker towards the outline of each leg."""
    depth = np.asarray(cv2.distanceTransform(shown.view(np.uint8), cv2.DIST_L2, 3), np.float32)
    return np.asarray(1 - 0.20 * np.exp(depth * (-1 / (0.16 * scene.unit + 1e-6))), np.float32)


def _add_sleeve(layer: Layer, colours: Picture, alpha: Field, sleeve: Sleeve, scene: Scene) -> None:
    alpha = alpha * _inside_outline(sleeve, scene.unit, layer.window)
    extent = bounds(alpha > 0)
    if extent is None:
        return
    height, width = layer.window.size
    margin = int(0.25 * scene.unit) + 1
    part = (
        slice(max(0, extent[0] - margin), min(height, extent[1] + margin)),
        slice(max(0, extent[2] - margin), min(width, extent[3] + margin)),
    )
    here = np.ascontiguousarray(alpha[part])
    # the sleeve's contact shadow on the trunk
    layer.shade[part] *= 1 - 0.30 * soft(here, 0.07 * scene.unit) * (1 - here)
    away = _axis_distance(sleeve, layer.window)[part]
    layer.colours[part] += (colours[part] - layer.colours[part]) * here[..., None]
    layer.shade[part] += (1 - 0.18 * away * away * away - layer.shade[part]) * here
    np.maximum(layer.sleeves, alpha, out=layer.sleeves)
    np.maximum(layer.alpha, alpha, out=layer.alpha)


def _close_shoulders(layer: Layer, pattern: Pattern, scene: Scene) -> None:
    """Where the body's shoulder stands out between collar and sleeve, the cloth goes on over it.

    Its colours are there already: a cutout goes on beyond its outline. Bare skin there looks like a hole.
    """
    window = layer.window
    first = max(0, int(scene.chin[1]) - window.top)
    last = int(scene.armpit_y) - window.top
    if last - first < 4:
        return
    shown = layer.alpha[first:last]
    person = enlarged(scene.body.figure.person & ~scene.body.hair, scene.size)
    person = person[window.slices][first:last]
    rows, x = np.arange(last - first)[:, None], np.arange(window.left, window.right)
    body_top, cloth_top = ((field > 0.5).argmax(0) for field in (person, shown))
    gap = cloth_top - body_top
    reach = [seam.shoulder[0] + side * 0.25 * scene.unit for side, seam in sorted(pattern.seams.items())]
    beside = np.abs(x - scene.chin[0]) > 0.6 * scene.unit  # nearer hangs hair
    beside &= (x > reach[0]) & (x < reach[1]) & (gap > 0) & (gap < 0.30 * scene.unit)
    more = (rows >= body_top - 1) & (rows < cloth_top + 2) & beside
    np.maximum(shown, soft(more.astype(np.float32), 1.0) * person, out=shown)


def _inside_outline(sleeve: Sleeve, unit: float, window: Window) -> Field:
    """The spline may fold outside of its points: keep to their outline."""
    drawn = np.zeros(window.size, np.uint8)
    corners = np.round(sleeve.outline - np.array([window.left, window.top])).astype(np.int32)
    cv2.fillPoly(drawn, [corners], 1)
    wide = grown(drawn.view(np.bool_), disc(2 * max(1, int(0.055 * unit)) + 1))
    return soft(wide.astype(np.float32), 1.0)


def _axis_distance(sleeve: Sleeve, window: Window, step: int = 4) -> Field:
    """Distance to the sleeve's axis in half widths, at most 1.1; on a small lattice."""
    y, x = np.mgrid[window.top : window.bottom : step, window.left : window.right : step].astype(np.float32)
    nearest = np.full(x.shape, 9.0, np.float32)
    for index, (start, end) in enumerate(pairwise(sleeve.centres)):
        (x0, y0), (dx, dy) = (float(v) for v in start), (float(v) for v in end - start)
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy + 1e-6), 0, 1)
        away = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
        np.minimum(nearest, away / (float(sleeve.half[index]) * 1.25 + 1e-6), out=nearest)
    return np.clip(resized(nearest, window.size), 0, 1.1)
