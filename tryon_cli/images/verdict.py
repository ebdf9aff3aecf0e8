"""Judging what a provider returned: does it decode, is anything to see? Knows no provider."""

from __future__ import annotations

import threading

from ..model.errors import Fault, FaultKind
from .colour import uniform
from .decode import opened, pixels
from .limits import Refusal

_LASTING = frozenset(
    (
        "too_many_pixels",
        "too_large",
        "bad_shape",
        "too_small",
        "animated",
        "format_not_allowed",
        "heic_not_supported",
    )
)


class _Last(threading.local):
    """The last picture a thread has judged: decodes() and blank() are asked one after the other."""

    data: bytes = b""
    size: tuple[int, int] = (0, 0)
    flat: bool = False


_last = _Last()


def decodes(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, upright, of a picture that was decoded to its last row.

    Raises Fault(E-IMG-DECODE): TRANSIENT when it is truncated, damaged or no picture, INPUT when it is
    whole but of a kind or size we never take, since asking again would bring the same.
    """
    if _last.data is data and data:
        return _last.size
    try:
        picture = pixels(opened(data, smallest=False)).image
    except Refusal as refusal:
        lasting = refusal.reason in _LASTING
        raise Fault(
            FaultKind.INPUT if lasting else FaultKind.TRANSIENT,
            f"what came back is no usable picture: {refusal.text}",
            code="E-IMG-DECODE",
            fix="choose another size, format or provider" if lasting else "try again, or another provider",
        ) from None
    _last.data, _last.size, _last.flat = data, picture.size, uniform(picture)
    return picture.size


def blank(data: bytes) -> bool:
    """True for a picture of one flat colour, or fully transparent. Raises like decodes()."""
    decodes(data)
    return _last.flat
