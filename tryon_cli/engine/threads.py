"""The default workers: our own pool of daemon threads that pull. Knows only Scheduler and a function.

ThreadPoolExecutor was refused here: it hands every step over between threads (four context switches a
step instead of one), and leaving it waits for calls that are blocked in a service.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..model.outcome import Outcome
from .asks import Step
from .scheduler import Scheduler


class _Chair:
    """Where one thread waits: a lock that is released when there is work."""

    __slots__ = ("_bell", "_step")

    def __init__(self) -> None:
        self._bell = threading.Lock()
        self._bell.acquire()
        self._step: Step | None = None

    def give(self, step: Step | None) -> None:
        self._step = step
        self._bell.release()

    def wait(self) -> Step | None:
        self._bell.acquire()
        step, self._step = self._step, None
        return step


class ThreadWorkers:
    """count daemon threads that do steps until the scheduler is closed."""

    def __init__(self, scheduler: Scheduler, work: Callable[[Step], Outcome], count: int) -> None:
        """work: does one step and never raises."""
        self._scheduler = scheduler
        self._work = work
        self._threads = [
            threading.Thread(target=self._run, name=f"tryon-{i}", daemon=True) for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        chair = _Chair()
        step = self._scheduler.next_step(chair)
        while True:
            if step is None:
                step = chair.wait()
                if step is None:
                    return
                self._scheduler.started(step)
            outcome = self._work(step)
            step = self._scheduler.next_step(chair, step, outcome)

    def join(self, seconds: float) -> bool:
        """Wait up to `seconds` in all for the threads to go home. False: some are still blocked."""
        for thread in self._threads:
            thread.join(max(0.0, seconds) / len(self._threads) if seconds else 0)
        return not any(thread.is_alive() for thread in self._threads)
