"""The same provider, asked again when that is free and may help. Knows no vendor.

Only here are attempts counted: layers of retries multiply (three times five is fifteen calls).
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import tenacity
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from ...model.errors import Fault, FaultKind
from ...model.events import StepRetried
from ...model.ports import Done, Job, Offer, Provider, Tell
from .budget import Budget

AGAIN = frozenset({FaultKind.THROTTLED, FaultKind.TRANSIENT})
"""Kinds of which it is known that nothing was taken and nothing was billed."""


class Waits(NamedTuple):
    """How long to wait before the next attempt, in seconds."""

    base: float = 0.5
    """After trouble of theirs; doubles with each attempt."""
    throttled: float = 1.0
    """The same after "too fast"."""
    cap: float = 30.0
    """Longest wait of our own choice."""
    asked: float = 120.0
    """Longest wait that a service's own wish costs one job. What is longer is a pause of the whole provider,
    which throttled.py keeps: attempts are not used up by it."""
    longest: float = 600.0
    """A service that asks for more than this is down: nobody waits here."""


class _Wait(wait_base):
    """Full jitter on an exponential, but never less than the service asked for (plus up to 10 %)."""

    def __init__(self, waits: Waits, rng: random.Random) -> None:
        self._waits = waits
        self._rng = rng

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        fault, waits = _fault(retry_state), self._waits
        base = waits.throttled if fault.kind is FaultKind.THROTTLED else waits.base
        wait = self._rng.uniform(0.0, min(waits.cap, base * 2.0 ** (retry_state.attempt_number - 1)))
        asked = fault.wait
        if asked is None:
            return wait
        return 0.0 if asked > waits.asked else asked * (1.0 + self._rng.uniform(0.0, 0.1))


class _Hopeless(stop_base):
    """No extra request is to be had."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return self._budget.hopeless


class _Spent(Exception):
    """There is no extra request to be had any more."""


class Retrying:
    """A provider that tries up to `attempts` times; waits end at once when the run stops."""

    def __init__(
        self,
        inner: Provider,
        tell: Tell,
        stop: threading.Event,
        *,
        attempts: int = 4,
        waits: Waits | None = None,
        budget: Budget | None = None,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """budget: extra requests that all jobs share; pause: waits so many seconds, less when the run stops."""
        self._inner = inner
        self._tell = tell
        self._stop = stop
        self._attempts = attempts
        waits = waits or Waits()
        self._longest = waits.longest
        self._budget = budget or Budget()
        self._wait = _Wait(waits, rng or random.Random())
        self._clock = clock
        self._pause = pause or stop.wait

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    def submit(self, job: Job) -> Done:
        """Raises the last Fault, or Fault(STOPPED) when the run was asked to stop during a wait."""
        last: list[Fault] = []
        again = tenacity.Retrying(
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self._attempts),
                tenacity.stop_when_event_set(self._stop),
                _Hopeless(self._budget),
            ),
            wait=self._wait,
            sleep=self._rest,
            retry=tenacity.retry_if_exception(self._may_help),
            before_sleep=lambda state: last.append(self._told(job, state)),
            reraise=True,
        )
        try:
            return again(self._once, job)
        except _Spent:
            raise last[-1] from None
        except Fault as fault:
            if self._stop.is_set() and fault.kind in AGAIN:
                raise Fault(FaultKind.STOPPED, f"stopped while waiting to try again: {fault.text}") from fault
            raise

    def _may_help(self, error: BaseException) -> bool:
        return isinstance(error, Fault) and error.kind in AGAIN and (error.wait or 0.0) <= self._longest

    def _once(self, job: Job) -> Done:
        if self._stop.is_set():
            raise Fault(FaultKind.STOPPED, "stopped before it was sent")
        good: bool | None = None
        self._budget.began()
        try:
            done = self._inner.submit(job)
            good = True
            return done
        except Fault as fault:
            if fault.kind in AGAIN or fault.kind is FaultKind.AMBIGUOUS:
                good = False
            raise
        finally:
            self._budget.ended(good)

    def _rest(self, seconds: float) -> None:
        """Wait, then for an extra request that may be sent; without one the next attempt is not made."""
        self._pause(seconds)
        while not self._stop.is_set():
            wait = self._budget.take()
            if wait == 0.0:
                return
            if math.isinf(wait):
                raise _Spent
            self._pause(wait)

    def _told(self, job: Job, state: tenacity.RetryCallState) -> Fault:
        fault = _fault(state)
        wait = state.next_action.sleep if state.next_action else 0.0
        self._tell(
            StepRetried(
                self._clock(), job.task, job.key, self.offer.name, state.attempt_number, wait,
                fault.code, fault.text,
            )
        )  # fmt: skip
        return fault


def _fault(state: tenacity.RetryCallState) -> Fault:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Fault) else Fault(FaultKind.INTERNAL, str(error))
