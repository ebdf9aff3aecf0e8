"""Judging what a provider returned: does it decode completely, and is there anything to see? Keeps nothing."""

from __future__ import annotations

import threading

from ..model.errors import Fault, FaultKind
from .colour import uniform
from .decode import opened, pixels


class _Last(threading.local):
    """The last picture a thread has judged: decodes() and blank() are asked one after the other."""

    data: bytes = b""
    size: tuple[int, int] = (0, 0)
    flat: bool = False


_last = _Last()


def decodes(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, upright, of a picture that was decoded to its last row.

    Raises Fault(TRANSIENT, E-IMG-DECODE) when it is truncated, damaged or no picture, and Fault(INPUT, E-IMG-DECODE)
    when it is complete but of a kind or size we never take: asking again would bring the same.
    """
    if _last.data is data and data:
        return _last.size
    try:
        picture = pixels(opened(data, smallest=False)).image
    except Fault as fault:
        lasting = fault.text.startswith(
            ("too many", "format not", "heic", "animated", "bad shape", "too large")
        )
        raise Fault(
            FaultKind.INPUT if lasting else FaultKind.TRANSIENT,
            f"what came back is no usable picture: {fault.text}",
            code="E-IMG-DECODE",
            fix="look at what the provider returned"
            if lasting
            else "try again; if it stays, try another provider",
        ) from None
    _last.data, _last.size, _last.flat = data, picture.size, uniform(picture)
    return picture.size


def blank(data: bytes) -> bool:
    """True for a picture of one flat colour, or fully transparent. Raises like decodes()."""
    decodes(data)
    return _last.flat
