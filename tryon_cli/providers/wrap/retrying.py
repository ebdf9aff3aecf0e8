"""The same provider, asked again when that is free and may help. Knows no vendor.

Only here are attempts counted: layers of retries multiply (three times five is fifteen calls).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import tenacity
from tenacity.wait import wait_base

from ...model.errors import Fault, FaultKind
from ...model.events import StepRetried
from ...model.ports import Done, Job, Offer, Provider, Tell

AGAIN = frozenset({FaultKind.THROTTLED, FaultKind.TRANSIENT})
"""Kinds of which it is known that nothing was taken and nothing was billed."""


class _Asked(wait_base):
    """Full jitter on an exponential, but never less than the service asked for (plus up to 10 %)."""

    def __init__(self, base: float, cap: float) -> None:
        self._jitter = tenacity.wait_random_exponential(multiplier=base, max=cap)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        wait = float(self._jitter(retry_state))
        asked = _fault(retry_state).wait
        return wait if asked is None else max(asked, min(wait, asked * 1.1))


class Retrying:
    """A provider that tries up to `attempts` times; waits end at once when the run stops."""

    def __init__(
        self,
        inner: Provider,
        tell: Tell,
        stop: threading.Event,
        *,
        attempts: int = 4,
        base: float = 0.5,
        cap: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """base and cap of the waits in seconds."""
        self._inner = inner
        self._tell = tell
        self._stop = stop
        self._attempts = attempts
        self._wait = _Asked(base, cap)
        self._clock = clock

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    def submit(self, job: Job) -> Done:
        """Raises the last Fault, or Fault(STOPPED) when the run was asked to stop during a wait."""
        again = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts) | tenacity.stop_when_event_set(self._stop),
            wait=self._wait,
            # without the event a stop would wait for the whole back-off
            sleep=tenacity.sleep_using_event(self._stop),
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, Fault) and e.kind in AGAIN),
            before_sleep=lambda state: self._told(job, state),
            reraise=True,
        )
        try:
            return again(self._once, job)
        except Fault as fault:
            if self._stop.is_set() and fault.kind in AGAIN:
                raise Fault(FaultKind.STOPPED, f"stopped while waiting to try again: {fault.text}") from fault
            raise

    def _once(self, job: Job) -> Done:
        if self._stop.is_set():
            raise Fault(FaultKind.STOPPED, "stopped before it was sent")
        return self._inner.submit(job)

    def _told(self, job: Job, state: tenacity.RetryCallState) -> None:
        fault = _fault(state)
        wait = state.next_action.sleep if state.next_action else 0.0
        self._tell(
            StepRetried(
                self._clock(), job.task, job.key, self.offer.name, state.attempt_number, wait,
                fault.code, fault.text,
            )
        )  # fmt: skip


def _fault(state: tenacity.RetryCallState) -> Fault:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Fault) else Fault(FaultKind.INTERNAL, str(error))
