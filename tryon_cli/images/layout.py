"""Where a rendered picture goes on the canvas that was asked for. Plain arithmetic; knows no pixels."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..model.errors import Fault, FaultKind
from .limits import MAX_PIXELS, MAX_SIDE

LONGEST_4K = 3840

CROP = 0.02
"""Share of a side that may be cut away to restore the source's ratio: services round sides to multiples of 8
to 64, and a bar of four pixels would be uglier than what is lost. Anything beyond is padded."""


class Layout(NamedTuple):
    """All in pixels. box and place have exactly the same ratio: nothing is ever stretched."""

    canvas: tuple[int, int]
    place: tuple[int, int, int, int]
    """Left, upper, right, lower on the canvas."""
    box: tuple[float, float, float, float]
    """Part of the rendered picture that is shown there, the same order."""


def layout(rendered: tuple[int, int], source: tuple[int, int], size: str) -> Layout:
    """Canvas and place for a size of "source", "1024", "864x1296" or "4k".

    source is the upright size of the person's picture, whose ratio the result gets back.
    Raises Fault(CONFIG, M-VALUE) for any other size.
    """
    canvas, inner = _asked(source, size)
    wide, high = inner
    scale = max(wide / rendered[0], high / rendered[1])
    lost = 1 - min(wide / (rendered[0] * scale), high / (rendered[1] * scale))
    if lost > CROP:
        scale = min(wide / rendered[0], high / rendered[1])
        wide, high = max(1, round(rendered[0] * scale)), max(1, round(rendered[1] * scale))
    left, upper = (canvas[0] - wide) // 2, (canvas[1] - high) // 2
    return Layout(canvas, (left, upper, left + wide, upper + high), _centred(rendered, wide, high))


def _centred(rendered: tuple[int, int], wide: int, high: int) -> tuple[float, float, float, float]:
    """The largest centred part of the rendered picture with the ratio of wide x high."""
    scale = max(wide / rendered[0], high / rendered[1])
    width, height = min(rendered[0], wide / scale), min(rendered[1], high / scale)
    left, upper = (rendered[0] - width) / 2, (rendered[1] - height) / 2
    return left, upper, left + width, upper + height


def _asked(source: tuple[int, int], size: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The canvas, and the part of it with the source's ratio."""
    if size == "source":
        return source, source
    if size.lower() == "4k":
        return _longest(source, LONGEST_4K)
    if re.fullmatch(r"[1-9]\d{0,4}", size) and int(size) <= MAX_SIDE:
        return _longest(source, int(size))
    found = re.fullmatch(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})", size)
    canvas = (int(found[1]), int(found[2])) if found else (0, 0)
    if not found or max(canvas) > MAX_SIDE or canvas[0] * canvas[1] > MAX_PIXELS:
        raise Fault(
            FaultKind.CONFIG,
            f'size "{size}" is not one of source, a longest side ("1024"), width x height ("864x1296") or 4k',
            code="M-VALUE",
            fix=f"no side may be above {MAX_SIDE:,} pixels, the whole not above {MAX_PIXELS // 1_000_000} MP",
        )
    return canvas, _fitted(source, min(canvas[0] / source[0], canvas[1] / source[1]))


def _longest(source: tuple[int, int], side: int) -> tuple[tuple[int, int], tuple[int, int]]:
    size = _fitted(source, side / max(source))
    return size, size


def _fitted(source: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(source[0] * scale)), max(1, round(source[1] * scale))
