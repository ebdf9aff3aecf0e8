"""What OpenAI's pictures cost at most, what one did cost, and the size that suits a picture. Sends nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..images.sniff import glance

MATCH = "match"
"""Our word for: the shape of the person's picture. The model's own "auto" may frame the person anew."""


class Rate(NamedTuple):
    """USD per million tokens."""

    picture_in: float
    picture_out: float
    text: float


RATES: Mapping[str, Rate] = {
    "gpt-image-2": Rate(8.0, 30.0, 5.0),
    "gpt-image-1.5": Rate(8.0, 32.0, 5.0),
    "gpt-image-1-mini": Rate(2.5, 8.0, 2.0),
}
"""By exact name, or its beginning before a date; a newer model may cost otherwise."""

_MADE = {"low": 0.006, "medium": 0.053, "high": 0.211, "auto": 0.211}
"""USD of one answered picture of 1024 x 1024, by quality; auto may be the dearest."""

_SENT = 0.05
"""USD of one picture that is sent, at most, with its share of the text."""

_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")

_OLD = ((1024, 1024), (1536, 1024), (1024, 1536))
"""The only sizes of models before gpt-image-2."""

_AREA = 1024 * 1536


def most(quality: str, size: str, *, pictures: int) -> float:
    """USD that one call may cost at most. Raises TypeError for a quality or size whose price is not known."""
    if quality not in _MADE:
        raise TypeError(f"the price of quality {quality!r} is not known (known: {', '.join(_MADE)})")
    found = _SIZE.fullmatch(size)
    if found is None and size not in (MATCH, "auto"):
        raise TypeError(f"size {size!r} is not {MATCH}, auto or WIDTHxHEIGHT")
    area = int(found[1]) * int(found[2]) if found else _AREA
    return round(_MADE[quality] * max(1.0, area / 1024**2) + _SENT * pictures, 4)


def size_for(model: str, picture: bytes) -> str:
    """The model's size that comes nearest to the picture's shape."""
    frame = glance(picture)
    ratio = frame.width / frame.height
    if model.startswith(("gpt-image-1", "chatgpt-image")):
        width, height = min(_OLD, key=lambda size: abs(math.log(size[0] / size[1] / ratio)))
        return f"{width}x{height}"
    ratio = min(3.0, max(1 / 3, ratio))
    # sides are multiples of 16, and their ratio stays within 1:3 and 3:1 after rounding, too
    tall = math.sqrt(_AREA / ratio)
    width, height = round(tall * ratio / 16) * 16, round(tall / 16) * 16
    return f"{min(width, 3 * height)}x{min(height, 3 * width)}"


def cost_of(model: str, usage: Any) -> float | None:
    """USD by the usage in an answer; None where the model's prices or the counts are not known."""
    rate = next(
        (r for name, r in RATES.items() if re.fullmatch(rf"{re.escape(name)}(-\d[\d-]*)?", model)), None
    )
    if rate is None or not isinstance(usage, dict):
        return None
    sent = usage.get("input_tokens_details")
    try:
        made = int(usage["output_tokens"])
        whole = int(usage["input_tokens"])
        words = int(sent["text_tokens"]) if isinstance(sent, dict) else 0
    except (KeyError, TypeError, ValueError):
        return None
    pictures = max(0, whole - words)
    return round((pictures * rate.picture_in + made * rate.picture_out + words * rate.text) / 1e6, 6)
