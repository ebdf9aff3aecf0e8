"""The one loop around a Plan: look up, start what fits, record, tell. Knows neither images nor screens.

Whoever has news - a worker that ended a step, a look-up that came back - drops it into a queue, and one of
them works the queue off under the lock. Nobody ever waits for that lock to bring news: who finds it taken
leaves the news to its holder and rests. Look-ups and everything the callbacks do happen outside the lock.

Workers come in two kinds (threads.py and outside.py); both call `next_step`, so the steady state of the
thread pool has no hand-over: the thread that finishes a step takes the next one in the same go.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..model.digest import Key
from ..model.errors import Fault, FaultKind
from ..model.outcome import Answer, Outcome, State
from .asks import Ask, Step
from .hooks import Hooks, Seat
from .plan import Plan

Probe = Callable[[Sequence[Key]], dict[Key, Answer]]

RISING = 8
"""Idle workers that are woken at once; each wakes another when it is up. Where steps wait for a service all are
up within a millisecond. Where steps are over at once most of them stay asleep: 64 threads that want Python's
one lock cost three times what the work costs."""


class _Watch:
    """Somebody who waits until something is true."""

    __slots__ = ("bell", "true")

    def __init__(self, true: Callable[[], bool]) -> None:
        self.true = true
        self.bell = threading.Event()


class _News:
    """What became known outside the lock: steps that were looked up, and rows and steps whose end was told."""

    __slots__ = ("fault", "fresh", "known", "told")

    def __init__(self, fresh: Sequence[Step], told: int) -> None:
        self.fresh = fresh
        self.told = told
        self.known: Mapping[Key, Answer] = {}
        self.fault: Fault | None = None


class Scheduler:
    """A Plan behind a lock, with idle workers and a bounded window of open rows."""

    def __init__(self, plan: Plan, probe: Probe, hooks: Hooks, window: int = 1024) -> None:
        """probe: known answers among keys; window: rows that may be open at once (about 2 KB each)."""
        self.plan = plan
        self.window = window
        self._probe = probe
        self._hooks = hooks
        self._lock = threading.Lock()
        self._said: deque[tuple[Seat | None, Callable[..., None], tuple[Any, ...]]] = deque()
        self._watches: list[_Watch] = []
        self._idle: list[Seat] = []
        self._rising = 0
        self._taking = True
        self._closed = False
        self._telling = 0

    # ------------------------------------------------------------------ rows in
    def admit(self, asks: Sequence[Ask], *, again: bool = False) -> bool:
        """Take rows in, waiting for room in the window first. False: stopped, nothing was taken.

        again: the rows were in before, and whoever brings them back is a worker that must not wait.
        Raises the Fault of a look-up that failed.
        """
        plan, over = self.plan, list[Ask]()
        while True:
            with self._held():
                if not self._taking:
                    return False
                if again or not plan.open or plan.open + len(asks) <= self.window:
                    fresh = plan.admit(asks, over)
                    self._telling += len(over)
                    break
            self._until(lambda: not self._taking or plan.open + len(asks) <= self.window or not plan.open)
        fault = self._outside(None, fresh, over)
        self._serve(None)
        if fault is not None:
            raise fault
        return True

    def wait_idle(self, grace: float, rest: Callable[[], None] | None = None) -> bool:
        """Return when no row is open and nothing runs; after stop() `grace` seconds later at most.

        rest: called when steps still run though no row is open: their rows have failed, but what they cost is paid.
        False: something still runs.
        """
        plan = self.plan
        self._until(lambda: not self._taking or not (plan.open or self._telling))
        if self._taking and plan.running and rest is not None:
            rest()
        self._until(lambda: not self._taking or not (plan.running or self._telling))
        if self._taking:
            return True
        return self._until(lambda: not plan.running and not self._telling, grace)

    # ------------------------------------------------------------------ workers
    def next_step(self, seat: Seat, step: Step | None = None, outcome: Outcome | None = None) -> Step | None:
        """End a step (if one is given) and take the next; None: the seat waits for `give`."""
        if step is not None and outcome is not None:
            self._hooks.ended(step, outcome)
        self._said.append((seat, self._end, (step, outcome)))
        following = self._serve(seat)
        if following is not None:
            self._hooks.started(following)
        return following

    def started(self, step: Step) -> None:
        """A waiting seat begins with a step that it was given."""
        self._said.append((None, self._risen, ()))
        self._serve(None)
        self._hooks.started(step)

    def landed(self, step: Step) -> None:
        """A service has answered: its place there is free while the answer is still looked at and kept."""
        if step.node.lane.away:
            self._said.append((None, self._landed, (step,)))
            self._serve(None)

    # ------------------------------------------------------------------ news
    def _serve(self, seat: Seat | None) -> Step | None:
        """Work off what was said, unless somebody is at it: whoever holds the lock looks again afterwards.

        Returns the next step for this seat; None: the seat is among the idle ones, or will be.
        """
        following = None
        while self._said and self._lock.acquire(blocking=False):
            fresh: list[Step] = []
            over: list[Ask] = []
            try:
                mine = self._hear(seat, fresh, over)
                dropped, self.plan.dropped = self.plan.dropped, []
                self._telling += len(over) + len(dropped)
                if mine is not None and not fresh and not over and not dropped:
                    following = self.plan.take() if self._taking else None
                    if following is None:
                        self._rest(mine)
                if over or not fresh:  # else this worker is back in a moment
                    self._wake()
                if self._watches:
                    self._ring()
            finally:
                self._lock.release()
            if fresh or over or dropped:
                self._outside(mine, fresh, over, dropped)
        return following

    def _hear(self, seat: Seat | None, fresh: list[Step], over: list[Ask]) -> Seat | None:
        """All that was said. Returns the seat if it was its own turn, too. Lock held."""
        mine = None
        while self._said:
            who, act, said = self._said.popleft()
            act(*said, fresh, over)
            if who is None:
                continue
            if who is seat:
                mine = who
            else:
                self._rest(who)
        return mine

    def _outside(
        self, seat: Seat | None, fresh: Sequence[Step], over: Sequence[Ask], dropped: Sequence[Step] = ()
    ) -> Fault | None:
        """Tell the ends of rows and look steps up, then say so. Returns what made the look-up fail.

        Rows count as open until their end was told: whoever waits for the last one sees its file.
        """
        news = _News(fresh, len(over) + len(dropped))
        try:
            for step in dropped:
                self._hooks.dropped(step)
            if over:
                self._hooks.over(over)
            if fresh:
                self._look_up(news)
        finally:
            self._said.append((seat, self._learn, (news,)))
        return news.fault

    def _look_up(self, news: _News) -> None:
        try:
            news.known = self._probe([step.key for step in news.fresh])
        except Fault as fault:  # nobody may ask and pay again since our own memory fails
            news.fault = fault
        for step in news.fresh:
            if (answer := news.known.get(step.key)) is not None:
                self._hooks.reused(step, answer)
                continue
            self._hooks.queued(step)
            if news.fault is not None:
                self._hooks.started(step)
                self._hooks.ended(step, Outcome(State.FAILED, fault=news.fault))

    # ------------------------------------------------------------------ under the lock
    def _end(self, step: Step | None, outcome: Outcome | None, fresh: list[Step], over: list[Ask]) -> None:
        if step is None or outcome is None:
            return
        if outcome.answer is not None:
            fresh += self.plan.known(step, outcome.answer, over, made=True)
        elif outcome.fault is not None:
            passing = outcome.fault.kind in (FaultKind.STOPPED, FaultKind.LOST)
            self.plan.broken(step, outcome.fault, over, remember=not passing)

    def _landed(self, step: Step, fresh: list[Step], over: list[Ask]) -> None:
        self.plan.landed(step)

    def _learn(self, news: _News, fresh: list[Step], over: list[Ask]) -> None:
        self._telling -= news.told
        for step in news.fresh:
            if (answer := news.known.get(step.key)) is not None:
                fresh += self.plan.known(step, answer, over)
            elif news.fault is None:
                self.plan.ready(step)
            else:  # not the rows' fault: they are left, not failed
                passing = Fault(FaultKind.STOPPED, news.fault.text, code=news.fault.code)
                self.plan.broken(step, passing, over, remember=False)

    def _risen(self, fresh: list[Step], over: list[Ask]) -> None:
        self._rising -= 1

    def _rest(self, seat: Seat) -> None:
        if self._closed:
            seat.give(None)
        else:
            self._idle.append(seat)

    def _wake(self) -> None:
        while self._idle and self._taking and self._rising < RISING:
            step = self.plan.take()
            if step is None:
                return
            self._rising += 1
            self._idle.pop().give(step)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """For those who may wait: the lock, then what was said meanwhile."""
        try:
            with self._lock:
                yield
        finally:
            self._serve(None)

    # ------------------------------------------------------------------ waiting
    def _until(self, true: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until it is true, or so many seconds. Returns whether it is."""
        watch = _Watch(true)
        self._watches.append(watch)
        try:
            with self._held():
                if true():
                    return True
            return watch.bell.wait(seconds)
        finally:
            self._watches.remove(watch)

    def _ring(self) -> None:
        for watch in tuple(self._watches):
            if watch.true():
                watch.bell.set()

    # ------------------------------------------------------------------ the end
    def stop(self) -> int:
        """Start nothing any more. Returns the number of steps that still run."""
        with self._held():
            self._taking = False
            self._ring()
            return self.plan.running

    def close(self) -> None:
        """Send every worker home once it has nothing to do."""
        with self._held():
            self._taking = False
            self._closed = True
            for seat in self._idle:
                seat.give(None)
            self._idle.clear()
            self._ring()

    @property
    def closed(self) -> bool:
        return self._closed
