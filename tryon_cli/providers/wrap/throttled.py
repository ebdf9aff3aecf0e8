"""A provider that is never asked faster than it allows: in flight, per minute, and not during a pause it asked for.

Knows no vendor and repeats nothing; whoever is refused is told so and may come again.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from ...model.errors import Fault, FaultKind
from ...model.events import ProviderTurned, Warned
from ...model.ports import Done, Job, Offer, Provider, Tell
from .shared import OwnMinute, OwnSlots

Own = TypeVar("Own")

LOOK = 0.25
"""Seconds between two looks at permits that other processes hold: the kernel tells nobody when one is free."""

TOLD = 3.0
"""Seconds from which on a pause is worth a word."""

CROWDED = re.compile(
    r"concurren|parallel|in flight|at once|at the same time|queue is full|too many (running|tasks|jobs)|\[1303\]",
    re.I,
)
"""Words of refusals that mean "too many at once", after which only the end of a job of ours helps. Services have
no common code for it; what is not recognised costs a wait by the clock."""


class Slots(Protocol):
    """Permits for calls in flight."""

    def take(self) -> int | None: ...

    def give(self, permit: int) -> None: ...


class Minute(Protocol):
    """Calls that may begin."""

    def take(self) -> float: ...


class Gauge(Protocol):
    """Told how each call went, to find out how many at once are best."""

    def began(self) -> object: ...

    def ended(self, part_of: object, task: str, seconds: float, *, refused: bool, counts: bool) -> None:
        """part_of: what began() returned; counts: the time says something about the service."""
        ...


class _Deaf:
    def began(self) -> object: ...

    def ended(self, part_of: object, task: str, seconds: float, *, refused: bool, counts: bool) -> None: ...


class Throttled:
    """One provider and account, behind its limits."""

    def __init__(
        self,
        inner: Provider,
        tell: Tell,
        stop: threading.Event,
        *,
        name: str = "",
        slots: int,
        per_minute: int = 0,
        shared: Slots | None = None,
        minute: Minute | None = None,
        gauge: Gauge | None = None,
        longest: float = 600.0,
        rng: random.Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """name: as the settings call it; slots, per_minute: what the account allows (per_minute 0: any number);
        shared, minute: the same for all processes; longest: a service that wants a longer pause is down, and
        that is for others to deal with; pause: waits so many seconds, less when the run stops."""
        self._inner = inner
        self._name = name or inner.offer.name
        self._tell = tell
        self._stop = stop
        self._most = slots
        self._per_minute = per_minute
        self._slots: Slots = shared or OwnSlots(slots)
        self._minute: Minute | None = minute or (OwnMinute(per_minute, monotonic) if per_minute else None)
        self._gauge: Gauge = gauge or _Deaf()
        self._longest = longest
        self._rng = rng or random.Random()
        self._monotonic = monotonic
        self._clock = clock
        self._pause = pause or stop.wait
        self._free = threading.Condition()
        self._running = 0
        self._room = slots
        self._calm = 0
        self._until = 0.0
        self._told = False
        self._lonely = False

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    def submit(self, job: Job) -> Done:
        """As the inner one, once there is room. Raises Fault(STOPPED) when the run stops before."""
        with self._place(), self._permit():
            self._in_time()
            part_of = self._gauge.began()
            began = self._monotonic()
            refused = went_well = False
            seconds: float | None = None
            try:
                done = self._inner.submit(job)
                went_well, seconds = True, done.seconds
                return done
            except Fault as fault:
                refused = fault.kind is FaultKind.THROTTLED
                if refused:
                    self._refused(fault)
                raise
            finally:
                # what we ourselves needed for it, before and after, says nothing about the service
                took = self._monotonic() - began if seconds is None else seconds
                counts = went_well and took > 0.0
                self._gauge.ended(part_of, job.task, took, refused=refused, counts=counts)
                if went_well:
                    self._went_well()

    # ------------------------------------------------------------------ waiting for one's turn
    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among our own jobs: after "too many at once" there are fewer than the account allows."""
        with self._free:
            while self._running >= self._room:
                self._free.wait(LOOK)  # a stop rings no bell here
                self._not_stopped()
            self._running += 1
        try:
            yield
        finally:
            with self._free:
                self._running -= 1
                self._free.notify()

    @contextmanager
    def _permit(self) -> Iterator[None]:
        """A place among the jobs of all processes."""
        while True:
            slots = self._slots
            try:
                permit = slots.take()
            except OSError as error:
                self._slots = self._alone(error, OwnSlots(self._most))
                continue
            if permit is not None:
                break
            self._not_stopped()
            self._pause(LOOK * self._rng.uniform(0.5, 1.5))
        try:
            yield
        finally:
            slots.give(permit)

    def _alone(self, error: OSError, own: Own) -> Own:
        """Limits of this process, since those of all cannot be kept."""
        with self._free:
            told, self._lonely = self._lonely, True
        if not told:
            text = f"the limits of {self._name} are not shared with other runs: {error.strerror or error}"
            self._tell(Warned(self._clock(), "W-LIMITS", text))
        return own

    def _in_time(self) -> None:
        """After the pause that the service asked for, and within its calls per minute."""
        while True:
            self._not_stopped()
            wait = self._until - self._monotonic()
            if wait <= 0.0 and self._minute is not None:
                try:
                    wait = self._minute.take()
                except OSError as error:
                    self._minute = self._alone(error, OwnMinute(self._per_minute, self._monotonic))
                    continue
            if wait <= 0.0:
                break
            self._pause(wait * self._rng.uniform(1.0, 1.1))
        with self._free:
            told, self._told = self._told, False
        if told:
            self._tell(ProviderTurned(self._clock(), self._name, True, "goes on"))

    def _not_stopped(self) -> None:
        if self._stop.is_set():
            raise Fault(FaultKind.STOPPED, "stopped before it was sent")

    # ------------------------------------------------------------------ what the service said
    def _refused(self, fault: Fault) -> None:
        tell = False
        with self._free:
            self._calm = 0
            if CROWDED.search(f"{fault.code} {fault.text}"):
                self._room = max(1, min(self._room, self._running) - 1)
            if fault.wait and fault.wait <= self._longest:
                until = self._monotonic() + fault.wait
                tell = fault.wait >= TOLD and not self._told
                self._told = self._told or tell
                self._until = max(self._until, until)
        if tell and fault.wait:
            text = f"asks for a pause of {fault.wait:.0f} s ({fault.code})"
            self._tell(ProviderTurned(self._clock(), self._name, False, text, fault.wait))

    def _went_well(self) -> None:
        """As many good calls in a row as there are places open one more."""
        with self._free:
            self._calm += 1
            if self._room < self._most and self._calm >= 2 * self._room:
                self._room += 1
                self._calm = 0
                self._free.notify()
