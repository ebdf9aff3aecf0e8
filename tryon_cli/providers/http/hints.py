"""How long a service asks us to wait: Retry-After in every form seen, and what bodies say. Knows no vendor."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 86_400.0
"""Seconds. Whoever asks for more has made a mistake, or will ask again tomorrow."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_FIELDS = {
    "retry_after": 1.0,
    "retryafter": 1.0,
    "retry_after_ms": 0.001,
    "retrydelay": 1.0,
    "retry_delay": 1.0,
}
_SAID = re.compile(
    r"(?i)(?:resets? in|try again in|retry in|retry after|wait)\s*:?\s*~?\s*(\d+(?:\.\d+)?)\s*"
    r"(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b"
)
_UNITS = {"m": 60.0, "h": 3600.0, "s": 1.0}


def retry_after(headers: Mapping[str, str], body: str = "", *, now: float | None = None) -> float | None:
    """Seconds from now that the reply asks for, 0 to a day; None: it asks for nothing that can be understood.

    headers: names in lower case. now: UTC seconds, for dates.
    """
    milli = _seconds(headers.get("retry-after-ms", ""))
    if milli is not None:
        return min(milli / 1000.0, LONGEST)
    said = headers.get("retry-after", "").strip()
    if said:
        found = _seconds(said)
        if found is None and not _NUMBER.fullmatch(said):
            found = _date(said, time.time() if now is None else now)
        if found is not None:
            return min(found, LONGEST)
    return in_body(body)


def in_body(body: str) -> float | None:
    """What the body of a refusal asks for: a retry_after field at any depth, or "resets in ~30s" in words."""
    if not body or len(body) > 65_536:
        return None
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    for name, value in _fields(parsed, 0):
        found = _value(value)
        if found is not None:
            return min(found * _FIELDS[name], LONGEST)
    words = _SAID.search(body)
    if words is None:
        return None
    unit = words[2].lower()
    factor = 0.001 if unit.startswith(("ms", "milli")) else _UNITS[unit[0]]
    return min(float(words[1]) * factor, LONGEST)


def _fields(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > 6:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if str(name).lower() in _FIELDS:
                yield str(name).lower(), inner
            else:
                yield from _fields(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _fields(inner, depth + 1)


def _value(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _seconds(repr(value))
    return _seconds(value.strip().removesuffix("s")) if isinstance(value, str) else None


def _seconds(text: str) -> float | None:
    """A number of at least 0."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):  # float() would take "nan", "infinity" and "1_000" as well
        return None
    number = float(text)
    return None if math.isnan(number) or number < 0 else number


def _date(text: str, now: float) -> float | None:
    """Any of the three date forms of HTTP; without a zone it is taken as UTC. A past one means now."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return max(0.0, moment.timestamp() - now)
    except (ValueError, OverflowError):
        return None
