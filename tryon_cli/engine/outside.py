"""The same scheduler on any concurrent.futures.Executor. What travels is plain data, never a closure.

An executor's own queue is kept shallow (`slots` submissions at a time), so our priorities and our
stopping count also where the work runs elsewhere.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.outcome import Outcome, State
from .asks import Step
from .scheduler import Scheduler

LOST_TRIES = 3
"""A worker that dies takes a step with it: the step is sent again, this often in all."""


class _Place:
    """One of the executor's slots, as the scheduler sees it."""

    def __init__(self, inbox: queue.SimpleQueue[Any]) -> None:
        self._inbox = inbox

    def give(self, step: Step | None) -> None:
        self._inbox.put(("given", self, step, None))


class OutsideWorkers:
    """Drives an Executor; one thread of ours waits for its futures."""

    def __init__(
        self,
        scheduler: Scheduler,
        executor: Executor,
        call: Callable[[Any], Outcome],
        order: Callable[[Step], Any],
        slots: int,
        lost: tuple[type[BaseException], ...] = (),
    ) -> None:
        """call(order(step)) runs at the executor; lost: exceptions that mean "the worker died"."""
        self._scheduler = scheduler
        self._executor = executor
        self._call = call
        self._order = order
        self._lost: tuple[type[BaseException], ...] = (*lost, CancelledError)
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._tries: dict[str, int] = {}
        self._places = [_Place(self._inbox) for _ in range(slots)]
        self._thread = threading.Thread(target=self._run, name="tryon-outside", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for place in self._places:
            step = self._scheduler.next_step(place)
            if step is not None:
                self._submit(place, step)
        home = 0
        while home < len(self._places):
            what, place, step, future = self._inbox.get()
            if what == "given" and step is None:
                home += 1
                continue
            if what == "given":
                self._scheduler.started(step)
                self._submit(place, step)
                continue
            outcome = self._outcome(step, future)
            if outcome is None:
                self._submit(place, step)
                continue
            following = self._scheduler.next_step(place, step, outcome)
            if following is not None:
                self._submit(place, following)

    def _submit(self, place: _Place, step: Step) -> None:
        try:
            future = self._executor.submit(self._call, self._order(step))
        except RuntimeError as error:  # a broken or closed pool refuses
            failed: Future[Outcome] = Future()
            failed.set_exception(error)
            future = failed
        future.add_done_callback(lambda done: self._inbox.put(("done", place, step, done)))

    def _outcome(self, step: Step, future: Future[Outcome]) -> Outcome | None:
        """None: the worker died under it, send it again."""
        try:
            outcome = future.result()
        except self._lost as error:
            tries = self._tries[step.key] = self._tries.get(step.key, 1) + 1
            if tries <= LOST_TRIES:
                return None
            text = f"the worker died {LOST_TRIES} times under this step ({type(error).__name__})"
            return Outcome(State.FAILED, fault=Fault(FaultKind.TRANSIENT, text, code="E-WORKER-LOST"))
        except Exception as error:
            text = f"the executor failed: {type(error).__name__}: {error}"
            return Outcome(State.FAILED, fault=Fault(FaultKind.INTERNAL, text, code="E-EXECUTOR"))
        self._tries.pop(step.key, None)
        return outcome

    def join(self, seconds: float) -> bool:
        """Wait up to `seconds` for the last future. False: some are still out."""
        self._thread.join(seconds)
        return not self._thread.is_alive()
