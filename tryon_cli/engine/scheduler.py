"""The one loop around a Plan: look up, start what fits, record, tell. Knows neither images nor screens.

Look-ups and everything the callbacks do happen outside the lock; the lock is held for microseconds.
Workers come in two kinds (threads.py and outside.py); both call `next_step`, so the steady state of the
thread pool has no hand-over: the thread that finishes a step takes the next one under the same lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ..model.digest import Key
from ..model.errors import FaultKind
from ..model.outcome import Answer, Outcome
from .plan import Ask, Plan, Step

Probe = Callable[[Sequence[Key]], dict[Key, Answer]]


class Seat(Protocol):
    """Where an idle worker waits."""

    def give(self, step: Step | None) -> None:
        """Here is work; None: go home."""
        ...


class Hooks(Protocol):
    """Who is told. Called outside the lock, from whichever thread it happened in."""

    def queued(self, step: Step) -> None: ...

    def reused(self, step: Step, answer: Answer) -> None: ...

    def started(self, step: Step) -> None: ...

    def ended(self, step: Step, outcome: Outcome) -> None: ...

    def over(self, asks: Sequence[Ask]) -> None: ...


class Scheduler:
    """A Plan behind a lock, with idle workers and a bounded window of open rows."""

    def __init__(self, plan: Plan, probe: Probe, hooks: Hooks, window: int = 1024) -> None:
        """probe: known answers among keys; window: rows that may be open at once (about 2 KB each)."""
        self.plan = plan
        self.window = window
        self._probe = probe
        self._hooks = hooks
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._idle: list[Seat] = []
        self._taking = True
        self._closed = False
        self._telling = 0

    # ------------------------------------------------------------------ rows in
    def admit(self, asks: Sequence[Ask], *, again: bool = False) -> bool:
        """Take rows in, waiting for room in the window first. False: stopped, nothing was taken.

        again: the rows were in before, and whoever brings them back is a worker that must not wait.
        """
        over: list[Ask] = []
        with self._lock:
            while not again and self._taking and self.plan.open and self.plan.open + len(asks) > self.window:
                self._room.wait()
            if not self._taking:
                return False
            self._settle(self.plan.admit(asks, over), over)
            self._wake()
            self._telling += 1
        self._tell_over(over)
        return True

    def wait_idle(self, grace: float) -> bool:
        """Return when no row is open; after stop() when nothing runs any more, or `grace` seconds later.

        False: something still runs.
        """
        with self._lock:
            while self._taking and (self.plan.open or self._telling):
                self._room.wait()
            if self._taking:
                return True
            return self._room.wait_for(lambda: not self.plan.running and not self._telling, grace)

    # ------------------------------------------------------------------ workers
    def next_step(self, seat: Seat, step: Step | None = None, outcome: Outcome | None = None) -> Step | None:
        """End a step (if one is given) and take the next; None: the seat waits for `give`."""
        over: list[Ask] = []
        if step is not None and outcome is not None:
            self._hooks.ended(step, outcome)
        with self._lock:
            if step is not None and outcome is not None:
                self._end(step, outcome, over)
            following = self.plan.take() if self._taking else None
            if following is None and not self._closed:
                self._idle.append(seat)
            if self._idle:
                self._wake()
            if over:
                self._telling += 1
            elif not self._taking:
                self._room.notify_all()
        if over:
            self._tell_over(over)
        if following is not None:
            self._hooks.started(following)
        return following

    def _tell_over(self, over: list[Ask]) -> None:
        """Rows count as open until their end was told: whoever waits for the last one sees its file."""
        try:
            if over:
                self._hooks.over(over)
        finally:
            with self._lock:
                self._telling -= 1
                self._room.notify_all()

    def _end(self, step: Step, outcome: Outcome, over: list[Ask]) -> None:
        if outcome.answer is not None:
            self._settle(self.plan.known(step, outcome.answer, over, made=True), over)
        elif outcome.fault is not None:
            passing = outcome.fault.kind in (FaultKind.STOPPED, FaultKind.LOST)
            self.plan.broken(step, outcome.fault, over, remember=not passing)

    def _settle(self, fresh: list[Step], over: list[Ask]) -> None:
        """Look steps up, outside the lock. Known ones may bring up more. Lock held on entry and on exit."""
        while fresh:
            self._lock.release()
            try:
                found = self._probe([step.key for step in fresh])
                for step in fresh:
                    if (answer := found.get(step.key)) is None:
                        self._hooks.queued(step)
                    else:
                        self._hooks.reused(step, answer)
            finally:
                self._lock.acquire()
            more: list[Step] = []
            for step in fresh:
                answer = found.get(step.key)
                if answer is None:
                    self.plan.ready(step)
                else:
                    more += self.plan.known(step, answer, over)
            fresh = more

    def _wake(self) -> None:
        while self._idle and self._taking:
            step = self.plan.take()
            if step is None:
                return
            self._idle.pop().give(step)

    # ------------------------------------------------------------------ the end
    def stop(self) -> int:
        """Start nothing any more. Returns the number of steps that still run."""
        with self._lock:
            self._taking = False
            self._room.notify_all()
            return self.plan.running

    def close(self) -> None:
        """Send every worker home once it has nothing to do."""
        with self._lock:
            self._taking = False
            self._closed = True
            for seat in self._idle:
                seat.give(None)
            self._idle.clear()
            self._room.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def left(self) -> Iterable[Ask]:
        """Rows that were taken in and are not over: what a stop leaves undone."""
        with self._lock:
            asks = {id(ask): ask for step in self.plan.steps.values() for ask, _ in step.waiting}
            return [ask for ask in asks.values() if not ask.over]

    def started(self, step: Step) -> None:
        """A waiting seat begins with a step that it was given."""
        self._hooks.started(step)
