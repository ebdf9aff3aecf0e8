"""Which pixels of a person are hair.

Needs a face; does not know about hats.
"""

from __future__ import annotations

import numpy as np

from .body import Figure
from .kinds import Mask
from .masks import ellipse, opened, touching
from .pixels import Palette
from .shoulders import Stance


def hair_of(figure: Figure, stance: Stance) -> Mask:
    """Hair: grown from the crown in its own colours, against the colours of the clothes."""
    face, person, unit = figure.face, figure.person, stance.unit
    height, width = person.shape
    if face is None:
        return np.zeros_like(person)
    rows = np.arange(height)[:, None]
    head = (
        ellipse((height, width), face.x, face.y - 0.15 * unit, 0.72 * unit, 0.95 * unit, face.roll) & person
    )
    inner = ellipse((height, width), face.x, face.y + 0.08 * unit, 0.46 * unit, 0.58 * unit, face.roll)
    seeds = head & ~inner & ~figure.skin & (rows < face.y + 0.1 * unit)
    if seeds.sum() <= 30:
        return np.zeros_like(person)
    hair = Palette(figure.lab[seeds]).of(figure.lab)
    chin_y = stance.chin[1]
    trunk = np.zeros_like(person)
    low = (int(min(height - 1, chin_y + 1.0 * unit)), int(min(height, chin_y + 2.2 * unit)))
    trunk[slice(*low), int(max(0, stance.axis - 0.8 * unit)) : int(stance.axis + 0.8 * unit) + 1] = True
    trunk &= person & ~figure.skin
    if trunk.sum() > 30:
        cloth = Palette(figure.lab[trunk]).of(figure.lab)
    else:
        cloth = np.full_like(hair, 1e-5)
    zone = np.zeros_like(person)
    reach = (int(max(0, face.x - 1.15 * unit)), int(face.x + 1.15 * unit) + 1)
    zone[: int(min(height, chin_y + 1.6 * unit)), slice(*reach)] = True
    likely = (hair > 2e-4) & (np.log(hair / cloth) > 0.3)
    candidate = person & zone & likely & ~(figure.skin & (rows > chin_y))
    return touching(opened(candidate, 3) | seeds, seeds)
