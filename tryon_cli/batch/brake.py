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
        """Set once nothing new is to be sent, and no back-off is waited for."""
        self.hurry = threading.Event()
        """Set once the run is to stop: what is at services is waited for a bounded time."""
        self.no_more = threading.Event()
        """Set once no further rows are to be begun; those that are open go on to their end."""
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

    def rest(self) -> None:
        """All rows have come to their end: nothing new is sent, and what is still out is waited for."""
        self.pulled.set()

    def halt(self, stop: Stop) -> None:
        """Start nothing any more. From any thread, any number of times.

        At the end of a budget nothing more is bought, but what was bought is made use of: rows that are open go on as
        far as they can for nothing.
        """
        soft = stop.reason == "budget"
        with self._lock:
            first = self.stop is None
            if self.stop is None or EXIT_ORDER.index(stop.exit) < EXIT_ORDER.index(self.stop.exit):
                self.stop = stop
            self.no_more.set()
            if not soft:
                self.pulled.set()
                self.hurry.set()
        running = self._scheduler.plan.running if self._scheduler is not None else 0
        if self._scheduler is not None and not soft:
            running = self._scheduler.stop()
        if first:
            self._tell(Stopping(self._clock(), stop.reason, stop.text, running))
