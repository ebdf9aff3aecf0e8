"""Stopping: who asked first, and what that means. Knows no signals and no screens."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..engine.scheduler import Scheduler
from ..model.errors import EXIT_ORDER
from ..model.events import Stopping
from ..model.ports import Tell
from .ending import Stop


class Brake:
    """One switch for a run: no new work after it, and every wait of a back-off ends at once."""

    def __init__(self, tell: Tell, clock: Callable[[], float]) -> None:
        self.pulled = threading.Event()
        """Set once the run is to stop."""
        self.stop: Stop | None = None
        """Why; the gravest reason when there were several."""
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._scheduler: Scheduler | None = None

    def watch(self, scheduler: Scheduler) -> None:
        """This is what will be stopped."""
        self._scheduler = scheduler
        if self.pulled.is_set():
            scheduler.stop()

    def halt(self, stop: Stop) -> None:
        """Start nothing any more. From any thread, any number of times."""
        with self._lock:
            first = self.stop is None
            if self.stop is None or EXIT_ORDER.index(stop.exit) < EXIT_ORDER.index(self.stop.exit):
                self.stop = stop
            self.pulled.set()
        running = self._scheduler.stop() if self._scheduler is not None else 0
        if first:
            self._tell(Stopping(self._clock(), stop.reason, stop.text, running))
