"""How long a call may still take. Knows no network.

A deadline belongs to the thread that makes the call: every read, write, look-up and handshake below it asks
left(), so that bytes which drip in one by one cannot add up to more than was allowed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LEAST = 0.001
"""Seconds. A socket's time-out of 0 would mean "do not wait", not "too late"."""


class Late(Exception):
    """The time of this call is over."""


class _Line(threading.local):
    at: float | None = None


_line = _Line()


def after(seconds: float) -> float:
    """The moment so many seconds from now, for until()."""
    return time.monotonic() + seconds


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Whatever this thread does inside ends by then; the earlier one counts where they are nested."""
    before = _line.at
    _line.at = moment if before is None else min(before, moment)
    try:
        yield
    finally:
        _line.at = before


def left(cap: float | None = None) -> float | None:
    """Seconds that the next step may take, at most `cap`; None: any number. Raises Late."""
    if _line.at is None:
        return cap
    rest = _line.at - time.monotonic()
    if rest <= 0:
        raise Late
    return max(LEAST, rest if cap is None else min(cap, rest))
