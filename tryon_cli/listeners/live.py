"""The live screen on a terminal: one thread draws what frame() says, at most eight times a second.

Plain escape sequences and one write per frame, not rich.live: a tenth of the time per frame, and Rich
would have its own opinion on what is a terminal. Knows no run; the numbers come from the Tally.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from ..model.events import Event
from .cells import Line, paint, width_of
from .frame import frame
from .sink import Sink
from .tally import Tally

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"


class Live:
    """Hears events, draws frames. The cursor comes back however the process leaves, short of SIGKILL."""

    def __init__(
        self,
        stream: TextIO,
        *,
        unicode: bool = True,
        colour: bool = True,
        resume: str = "tryon resume",
        per_second: float = 8.0,
        clock: Callable[[], float] = time.time,
        size: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        """stream: a terminal, usually stderr. size: columns and lines of its window, asked for each frame."""
        self.tally = Tally()
        self.seconds = 0.0
        """CPU time that the drawing thread has used."""
        self._sink = Sink(stream)
        self._stream = stream
        self._unicode, self._colour, self._resume = unicode, colour, resume
        self._pause = 1.0 / per_second
        self._clock = clock
        self._size = size or self._window
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._shown: list[Line] = []
        self._drawn: tuple[int, int, tuple[int, int]] | None = None
        self._hidden = False
        self._gone = False
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------------ Listener
    def hear(self, events: Sequence[Event]) -> None:
        """Counts only: a terminal that is stuck (Ctrl-S) holds up the drawing, not the counting."""
        with self._lock:
            self.tally.hear(events)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tryon-draws", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Draw the last frame, leave it standing, give the cursor back. Returns within about a second."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1.0)
        self.restore()

    def restore(self) -> None:
        """Only give the cursor back, at once and without a lock: for a signal handler, before os._exit.

        Nothing is drawn from then on: a frame more would hide the cursor again.
        """
        self._gone = True
        if self._hidden:
            self._hidden = False
            try:
                os.write(self._stream.fileno(), _SHOW.encode())
            except (OSError, ValueError):
                return

    # ------------------------------------------------------------------ drawing
    def _run(self) -> None:
        atexit.register(self.restore)
        try:
            while not self._stop.is_set():
                self.draw()
                self.seconds = time.thread_time()
                self._stop.wait(self._pause)
            self.draw()
        finally:
            self.restore()
            atexit.unregister(self.restore)

    def _window(self) -> tuple[int, int]:
        columns, lines = os.get_terminal_size(self._stream.fileno())
        return columns or 80, lines or 24  # some terminals in containers know no size and say 0

    def draw(self) -> None:
        """One frame, if it would look different from the one that is there."""
        try:
            size = self._size()
        except (OSError, ValueError):
            size = (80, 24)
        now = self._clock()
        with self._lock:
            mark = (self.tally.heard, int(now), size)
            if mark == self._drawn:
                return
            lines = frame(self.tally, now, size[0], size[1], self._unicode, self._resume)
        resized = self._drawn is not None and self._drawn[2] != size
        self._drawn = mark
        if lines == self._shown and not resized:
            return
        text = update(self._shown, lines, size[0], self._colour)
        if self._gone:
            return
        if not self._hidden:
            self._hidden = True
            text = _HIDE + text
        self._sink.text(text)
        self._shown = lines


def update(before: Sequence[Line], lines: Sequence[Line], columns: int, colour: bool) -> str:
    """What to write so that `lines` stand where `before` stood; the cursor rests in the line below them.

    A window that became narrower has broken long lines in two, so what stands there is counted anew.
    """
    up = sum(max(1, -(-width_of(line) // max(1, columns))) for line in before)
    parts = [f"\x1b[{up}A\r" if up else "\r"]
    parts += [f"{paint(line, colour)}\x1b[K\n" for line in lines]
    return "".join(parts) + "\x1b[J"
