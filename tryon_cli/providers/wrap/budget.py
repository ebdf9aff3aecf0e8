"""How many extra requests one provider gets: a tenth of what went well lately, and ten in any case.

Knows no provider and no waiting. Without it every retry of a service in trouble is one more request to it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

SLICE = 10.0
"""Seconds that are counted together."""

SLICES = 7
"""Six whole ones and the one that has just begun: never less than a minute."""

SICK = 5
"""Failed requests from which on one that fails more often than not is called sick."""


class _Slice:
    __slots__ = ("bad", "extra", "good", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.good = self.bad = self.extra = 0


class Budget:
    """Extra requests in a minute: max(least, share of the successes in it). Shared by all threads.

    As long as nothing goes well none is forgotten: an outage gets no new ones each minute.
    """

    def __init__(
        self, *, least: int = 10, share: float = 0.1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """clock: seconds, never going back."""
        self._least = least
        self._share = share
        self._clock = clock
        self._lock = threading.Lock()
        self._slices: deque[_Slice] = deque()
        self._shut = False
        self._running = 0
        self._futile = self._streak = 0
        """Extra requests after which nothing went well, and all that have failed since something did."""

    def began(self) -> None:
        """A request starts. Until it ends it is believed to go well: failures are often faster than pictures."""
        with self._lock:
            self._running += 1

    def ended(self, good: bool | None) -> None:
        """A request has ended; None: its end says nothing about the provider."""
        with self._lock:
            self._running -= 1
            now = self._now()
            now.good += good is True
            now.bad += good is False
            self._streak += good is False
            if good:
                self._futile = self._streak = 0

    def take(self) -> float:
        """0.0: one extra request may be sent; else seconds until asking again makes sense, inf: do not."""
        with self._lock:
            now = self._now()
            if self._shut:
                return math.inf
            if self._used() + 1 <= self._room():
                now.extra += 1
                self._futile += 1
                return 0.0
            if self._is_sick():
                return math.inf
            oldest = next((s for s in self._slices if s.extra), now)
            return max(0.05, (oldest.number + SLICES) * SLICE - self._clock())

    @property
    def sick(self) -> bool:
        """Does it fail more often than not, or all the time by now?"""
        with self._lock:
            self._now()
            return self._is_sick()

    @property
    def hopeless(self) -> bool:
        """No extra request is to be had, and waiting for one would not help."""
        with self._lock:
            self._now()
            return self._shut or (self._used() + 1 > self._room() and self._is_sick())

    def shut(self, shut: bool = True) -> None:
        """The service is down: a probe is one request, and nobody tries again. False: it is back, and the failures
        of its outage say nothing about now."""
        with self._lock:
            self._shut = shut
            if not shut:
                for old in self._slices:
                    old.bad = 0

    # ------------------------------------------------------------------ lock held
    def _now(self) -> _Slice:
        number = math.floor(self._clock() / SLICE)
        while self._slices and self._slices[0].number <= number - SLICES:
            self._slices.popleft()
        if not self._slices or self._slices[-1].number != number:
            self._slices.append(_Slice(number))
        return self._slices[-1]

    def _used(self) -> int:
        return max(self._futile, sum(s.extra for s in self._slices))

    def _room(self) -> float:
        return max(self._least, self._share * sum(s.good for s in self._slices))

    def _is_sick(self) -> bool:
        bad = sum(s.bad for s in self._slices)
        if self._futile >= self._room() and self._streak > self._running:
            return True
        return bad >= SICK and bad > self._running + sum(s.good for s in self._slices)
