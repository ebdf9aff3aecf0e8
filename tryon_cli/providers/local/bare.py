"""Where bare skin goes on under vanished clothes: trunk, arms and legs, drawn as sharp as the picture is.

Knows no colours; see refill.py.
"""

from __future__ import annotations

import cv2
import numpy as np

from .kinds import SIDES, Brush, Field, Mask, Points, Row, Size
from .legs import Legs
from .masks import box, enlarged, grown, smoothed
from .pixels import soft
from .scene import Arm, Scene
from .spline import Window

_ARM = ((0.0, 0.4, 0.65, 1.47, 1.9, 2.65, 4.0), (0.17, 0.205, 0.197, 0.152, 0.160, 0.10, 0.10))
"""Distance from the shoulder and half width of an arm, in units."""
_LEG = ((0.0, 0.15, 0.45, 0.62, 0.89, 1.0), (0.44, 0.40, 0.26, 0.25, 0.15, 0.15))
"""Share of the way from crotch to ankle, and half width of a leg in units."""


def bare_skin(kind: str, scene: Scene, arms: dict[int, Arm], hem: float, window: Window) -> Field:
    """0 to 1 in the window: skin, and not the wall. hem: y where the new garment ends."""
    drawn = np.zeros(window.size, np.uint8)
    if kind != "upper":
        _draw_legs(drawn, scene, window)
    if kind == "lower":
        return _share(drawn)
    for side, arm in arms.items():
        centres, radii = _arm(scene, arm, side)
        _tube(drawn, centres - np.array([window.left, window.top]), radii)
    trunk = enlarged(_trunk(scene), scene.size)[window.slices].copy()
    if kind == "dress":  # below a new top the trunk goes on, in trousers
        trunk[max(0, int(hem) - window.top) :] = 0
    limbs = np.minimum(_share(drawn), enlarged(grown(scene.body.figure.person, 3), scene.size)[window.slices])
    whole = soft(np.maximum(limbs, trunk), 0.05 * scene.unit)
    return np.asarray(
        np.clip((whole - 0.5) * max(1.0, 0.08 * scene.unit) + 0.5, 0, 1), np.float32
    )  # no notches


def _share(drawn: Brush) -> Field:
    return np.asarray(drawn, np.float32) / np.float32(255)


def _trunk(scene: Scene) -> Mask:
    """The trunk inside the person, in analysed coordinates; narrower than any garment is laid."""
    body = scene.body
    height, width = body.figure.person.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    left, right = (np.interp(rows[:, 0], body.side_rows, body.sides[s])[:, None] for s in SIDES)
    inside = (columns > left + 0.02 * body.unit) & (columns < right - 0.02 * body.unit)
    for side in SIDES:  # under the shoulder line
        corner = float(body.shoulders[side][0])
        half = ((columns - body.axis) * side >= 0) & ((corner - columns) * side >= 0.02 * body.unit)
        inside |= (rows < body.armpit_y) & half
    return np.asarray(inside & body.figure.person, np.bool_)


def _arm(scene: Scene, arm: Arm, side: int) -> tuple[Points, Row]:
    """Axis and half widths of the bare arm: an arm's proportions, as strong as the skin that is seen."""
    unit = scene.unit
    corner = scene.shoulders[side] + np.array([-side * 0.16 * unit, 0.18 * unit])
    points, half = np.vstack([corner, arm.centres]), np.concatenate([[0.3 * unit], arm.half])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0, arc[-1], 64)
    centres = np.stack([np.interp(at, arc, points[:, c]) for c in (0, 1)], -1)
    wide = np.interp(at, arc, half)
    usual = np.interp(at / unit, *_ARM) * unit
    radii = usual * _strength(scene, centres, at / unit, usual)
    radii = smoothed(np.minimum(radii, wide * 1.02), 7)
    return np.stack([smoothed(centres[:, c], 7) for c in (0, 1)], -1), radii


def _strength(scene: Scene, centres: Points, at: Row, usual: Row) -> Row:
    """Factor on the usual half width: where the seen skin begins, the painted arm is as wide as that."""
    skin = scene.body.figure.skin
    deep = np.asarray(cv2.distanceTransform(skin.view(np.uint8), cv2.DIST_L2, 3), np.float32)
    deep = np.asarray(cv2.dilate(deep, box(7)), np.float32)  # the axis is not exactly in the middle
    x, y = (np.clip((centres[:, c] / scene.by).astype(int), 0, skin.shape[1 - c] - 1) for c in (0, 1))
    seen = np.flatnonzero(skin[y, x] & (at > 0.8))
    if len(seen) < 8:
        return np.ones_like(at)
    ratio = (deep[y, x] * scene.by / usual)[seen[2:8]]
    begins = float(np.clip(np.median(ratio), 0.6, 1.3))
    return np.asarray(1 + (begins - 1) * np.exp(-np.maximum(at[seen[0]] - at, 0) / 0.8), np.float64)


def _draw_legs(drawn: Brush, scene: Scene, window: Window) -> None:
    """Legs inside the outline of what covers them, as slim as legs are."""
    legs, unit = Legs(scene.body), scene.unit
    if legs.ankle - legs.crotch < scene.body.unit:
        return
    rows = np.linspace(legs.crotch, max(legs.ankle, float(scene.body.bottom)), 64)
    along = (rows - legs.crotch) / (legs.ankle - legs.crotch)
    for side in SIDES:
        edges = np.array([legs.leg(float(y), side) for y in rows])
        middle, half = edges.mean(1), (edges[:, 1] - edges[:, 0]) / 2
        radii = np.minimum(np.interp(along, *_LEG) * unit, half * scene.by * 0.98)
        centres = np.stack([smoothed(middle, 9), rows], -1) * scene.by
        _tube(drawn, centres - np.array([window.left, window.top]), smoothed(radii, 9))


def _tube(drawn: Brush, centres: Points, radii: Row) -> None:
    """Draw a limb with smooth sides and a round start."""
    along = np.gradient(centres, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    across = along[:, ::-1] * np.array([1.0, -1.0]) * radii[:, None]
    corners = np.vstack([centres + across, (centres - across)[::-1]])
    cv2.fillPoly(drawn, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    x, y = (round(float(v) * 16) for v in centres[0])
    cv2.circle(drawn, (x, y), max(1, round(float(radii[0]) * 16)), 255, -1, cv2.LINE_AA, 4)


def rounded(share: Field, unit: float) -> Field:
    """Factor: the roundness of the painted body, darker at its rim."""
    size: Size = (share.shape[0], share.shape[1])
    small = np.asarray(cv2.resize(share, (max(1, size[1] // 2), max(1, size[0] // 2))), np.float32)
    depth = np.asarray(cv2.distanceTransform((small > 0.5).view(np.uint8), cv2.DIST_L2, 3), np.float32)
    shade = 1 - 0.24 * np.exp(depth * (-2 / (0.09 * unit + 1e-6)))
    return np.asarray(cv2.resize(shade, size[::-1]), np.float32)
