"""Ctrl-C, SIGTERM and SIGHUP: the first one stops the run, the second one ends the process.

Handlers only drop a note into a queue; a thread of ours reads it, since a handler may have interrupted
somebody who holds the very lock that stopping needs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import Any

from ..batch.brake import Brake
from ..batch.ending import Stop
from ..model.errors import Exit

CODES = {
    signal.SIGINT: (Exit.INTERRUPTED, "Ctrl-C"),
    signal.SIGTERM: (Exit.TERMINATED, "SIGTERM"),
    signal.SIGHUP: (Exit.HANGUP, "SIGHUP"),
}


class Signals:
    """Catches the three signals while it is entered. Only in the main thread."""

    def __init__(self, brake: Brake, leave: Callable[[], None]) -> None:
        """leave: makes the terminal usable again, quickly, before the process ends without clean-up."""
        self._brake = brake
        self._leave = leave
        self._notes: SimpleQueue[int | None] = SimpleQueue()
        self._before: dict[int, Any] = {}
        self._thread = threading.Thread(target=self._read, name="tryon-signals", daemon=True)
        self._over = False

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in CODES:
                self._before[number] = signal.signal(number, self._note)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._notes.put(None)

    def over(self) -> None:
        """The run is saved: from now on a signal changes nothing."""
        self._over = True

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._notes.put(number)

    def _read(self) -> None:
        first = True
        while (number := self._notes.get()) is not None:
            code, name = CODES[signal.Signals(number)]
            if not first and not self._over:
                with contextlib.suppress(Exception):
                    self._leave()
                os._exit(int(code))
            first = False
            self._brake.halt(Stop("signal", code, f"Stopped by {name}."))
