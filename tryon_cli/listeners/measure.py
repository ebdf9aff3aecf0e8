"""Two small measuring tools of fixed size: how often lately, and how long usually. Know no events."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import ceil, log


class Rate:
    """Arrivals per minute over the last minutes, in fixed memory; they may come a little out of order."""

    __slots__ = ("_bins", "_first", "_newest", "_width")

    def __init__(self, window: float = 180.0, bins: int = 36) -> None:
        """window: seconds that count."""
        self._width = window / bins
        self._bins = [0] * bins
        self._first: float | None = None
        self._newest = 0

    def begin(self, at: float) -> None:
        """Work began at this time (seconds); the earliest counts."""
        if self._first is None:
            self._newest = int(at / self._width)
        self._first = at if self._first is None else min(self._first, at)

    def add(self, at: float, n: int = 1) -> None:
        """n arrivals at this time."""
        self.begin(at)
        place = self._turn(at)
        if place > self._newest - len(self._bins):
            self._bins[place % len(self._bins)] += n

    def per_minute(self, now: float) -> float:
        """0.0 before anything arrived."""
        if self._first is None:
            return 0.0
        self._turn(now)
        oldest = (self._newest - len(self._bins) + 1) * self._width
        span = now - max(self._first, oldest)
        return sum(self._bins) * 60.0 / max(span, 1.0)

    def _turn(self, at: float) -> int:
        """Empty the bins between the newest known time and this one."""
        place = int(at / self._width)
        if place > self._newest:
            for stale in range(max(self._newest + 1, place - len(self._bins) + 1), place + 1):
                self._bins[stale % len(self._bins)] = 0
            self._newest = place
        return place


_LOWEST = 0.001  # seconds
_STEP = log(1.05)
_BINS = 350  # up to about 7 hours


class Durations:
    """Quantiles of seconds to within 2.5 %, from 1 ms to 7 h, in 350 counters."""

    __slots__ = ("_bins", "total")

    def __init__(self) -> None:
        self._bins = [0] * _BINS
        self.total = 0

    def add(self, seconds: float) -> None:
        """One more; negative ones and NaN count as 0."""
        place = int(log(seconds / _LOWEST) / _STEP) if _LOWEST < seconds < 1e9 else 0
        if seconds >= 1e9:
            place = _BINS
        self._bins[min(place, _BINS - 1)] += 1
        self.total += 1

    def quantile(self, q: float) -> float | None:
        """Seconds that the share q of all stay below (nearest rank); None when there are none."""
        if not self.total:
            return None
        rank = max(1, ceil(q * self.total))
        place = bisect_left(list(accumulate(self._bins)), rank)
        return float(_LOWEST * 1.05 ** (place + 0.5))
