"""Light on the garment: the folds of the old clothes, the shadow of the chin, the shadow on the body.

Knows nothing about the garment's colours.
"""

from __future__ import annotations

import cv2
import numpy as np

from .kinds import Field
from .pixels import soft
from .scene import Scene
from .spline import Window


def folds_of(light: Field, old: Field, unit: float) -> Field:
    """Factor that carries the folds of the old clothes over, weakly, and only if those were plain.

    light: 0 to 1; old: where the old clothes are, 0 to 1; unit: the ruler in pixels.
    """
    # the rim is no fold: the old hem, and trousers that begin there, would show through the new cloth
    old = np.clip(2.2 * soft(old, 0.06 * unit) - 1.2, 0, 1)
    worn = old > 0.8
    if worn.sum() <= 200:
        return np.ones_like(light)
    near, far = max(1.0, 0.05 * unit), max(2.0, 0.30 * unit)
    masked = light * old
    fine = soft(masked, near) / (soft(old, near) + 1e-3)
    broad = soft(masked, far) / (soft(old, far) + 1e-3)
    ratio = np.clip((fine + 0.03) / (broad + 0.03), 0.75, 1.25)
    pattern = float(np.std(np.log(ratio[worn])))
    strength = float(np.clip(1.25 - pattern / 0.08, 0.0, 0.8))
    strength *= float(np.clip(float(light[worn].mean()) / 0.25, 0.2, 1))
    return np.asarray(1 + strength * (np.clip(ratio, 0.82, 1.14) - 1) * old, np.float32)


def chin_shadow(scene: Scene, window: Window) -> Field:
    """Factor: the head's shadow on the collar."""
    shadow = np.zeros(window.size, np.float32)
    unit = scene.unit
    centre = (int(scene.chin[0]) - window.left, int(scene.chin[1] + 0.14 * unit) - window.top)
    axes = (max(1, int(0.42 * unit)), max(1, int(0.30 * unit)))
    cv2.ellipse(shadow, centre, axes, 0, 0, 360, 1.0, -1)
    return 1 - np.float32(0.22) * soft(shadow, 0.12 * unit)


def contact_shadow(alpha: Field, person: Field, unit: float) -> Field:
    """Factor: the garment's shadow on the body just beside and below it."""
    height, width = alpha.shape
    down = np.array([[1, 0, 0], [0, 1, 0.05 * unit]])
    shadow = np.asarray(cv2.warpAffine(soft(alpha, 0.045 * unit), down, (width, height)), np.float32)
    return np.asarray(1 - 0.28 * shadow * person * (1 - alpha), np.float32)
