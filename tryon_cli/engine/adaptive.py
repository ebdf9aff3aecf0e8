"""Pools whose depth follows what a service bears. Knows no services: calls tell how they went, the scheduler looks."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .limiter import Limiter
from .limits import Pool
from .rounds import Round


class Gauge:
    """Where calls tell how they went, from any thread; the scheduler reads it when it looks for room."""

    def __init__(self, limiter: Limiter, clock: Callable[[], float]) -> None:
        """clock: seconds, never going back."""
        self._limiter = limiter
        self._clock = clock
        self._lock = threading.Lock()

    def began(self) -> object:
        """A call starts. What this returns is wanted back when it has ended."""
        with self._lock:
            return self._limiter.began(self._clock())

    def ended(self, part_of: object, task: str, seconds: float, *, refused: bool, counts: bool) -> None:
        """It has ended. refused: too many or too fast; counts: its time says something about the service."""
        part = part_of if isinstance(part_of, Round) else None
        with self._lock:
            self._limiter.ended(self._clock(), seconds, part, task=task, counts=counts, refused=refused)

    @property
    def limit(self) -> int:
        """Calls at once that are best by now."""
        return int(self._limiter.limit)

    @property
    def most(self) -> int:
        """What the account allows."""
        return self._limiter.most


class AdaptivePool(Pool):
    """A pool whose depth follows a gauge. It moves when it is looked at, so only under the scheduler's lock."""

    __slots__ = ("_gauge",)

    def __init__(self, name: str, gauge: Gauge) -> None:
        self._gauge = gauge
        super().__init__(name, gauge.most)

    @property
    def most(self) -> int:
        """What the account allows."""
        return self._gauge.most

    @property
    def depth(self) -> int:
        return self._gauge.limit

    @depth.setter
    def depth(self, depth: int) -> None:
        """The gauge alone says."""
