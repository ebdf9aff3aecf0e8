"""Pictures that cannot be worked on, refused with a reason before any work is spent on them.

Does not look for people or garments.
"""

from __future__ import annotations

import cv2
import numpy as np

from ...model.errors import Fault, FaultKind
from .files import Decoded
from .kinds import Field
from .pixels import grey_of

LEAST_SIDE = 48
"""Pixels a side; below there are not enough to find shoulders."""


def refused(code: str, text: str, fix: str) -> Fault:
    """A refusal of this input; code without its E-LOCAL- prefix."""
    return Fault(FaultKind.INPUT, text, code=f"E-LOCAL-{code}", fix=fix)


def checked(decoded: Decoded, role: str) -> Decoded:
    """The same picture, when there can be something in it. Raises Fault."""
    height, width = decoded.picture.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise refused(
            "SMALL",
            f"the {role} picture is {width}x{height} pixels; at least {LEAST_SIDE} a side are needed",
            "use a larger picture; 768x1024 is a good size",
        )
    if decoded.alpha is not None and int(decoded.alpha.max()) < 16:
        raise refused(
            "CLEAR",
            f"the {role} picture is fully transparent",
            "export it again with the subject visible, or without transparency",
        )
    if int(np.ptp(decoded.picture.reshape(-1, 3), axis=0).max()) <= 4 and decoded.alpha is None:
        raise refused(
            "BLANK", f"the {role} picture is all one colour", "check that the right file is named in this row"
        )
    if _is_noise(decoded):
        raise refused(
            "NOISE", f"the {role} picture is noise", "the file may be damaged; export the picture again"
        )
    return decoded


def _is_noise(decoded: Decoded) -> bool:
    """Neighbours that know nothing of each other, even at half size."""
    grey = grey_of(decoded.picture)
    size = (max(16, min(256, grey.shape[1] // 2)), max(16, min(256, grey.shape[0] // 2)))
    # nearest: averaging would turn noise into a plain grey
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST), np.float32)
    across = _alike(small[:, :-1], small[:, 1:])
    close = _alike(grey[::3, :-1].astype(np.float32), grey[::3, 1:].astype(np.float32))
    return close < 0.3 and across < 0.3


def _alike(one: Field, two: Field) -> float:
    one, two = one - one.mean(), two - two.mean()
    spread = float(one.std() * two.std())
    return 1.0 if spread < 1.0 else float((one * two).mean()) / spread
