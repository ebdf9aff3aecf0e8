"""Who hears a run: chosen once from the settings and the streams. Knows neither rows nor steps."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..listeners.bus import Bus, Ear
from ..listeners.cells import paint
from ..listeners.jsonl import FileLog, JsonLines
from ..listeners.live import Live
from ..listeners.plain import PlainLog
from ..listeners.sink import Sink
from ..listeners.snapshot import Snapshot
from ..listeners.summary import Paths, summary
from ..listeners.tally import Tally
from ..listeners.terminal import look
from ..model.events import Event, RunEnded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..settings import Settings


class _Counter:
    """Only counts: for the summary, where no screen does."""

    def __init__(self) -> None:
        self.tally = Tally()

    def hear(self, events: Sequence[Event]) -> None:
        self.tally.hear(events)

    def close(self) -> None:
        """Nothing is held."""


class Screen:
    """The listeners of one run and the bus that they hang on."""

    def __init__(self, settings: Settings, folder: Path, run: str, again: str = "") -> None:
        """folder: the output folder; run: its id, names the log file; again: as in PlainLog."""
        self.settings = settings
        self.again = again
        self.folder = folder
        self.kind = look(sys.stderr, sys.stdout, os.environ, color=settings.color, progress=settings.progress)
        self.counter = _Counter()
        self.snapshot = Snapshot()
        self.live: Live | None = None
        ears = [
            Ear("the summary", self.counter),
            Ear("the run's log file", FileLog(folder / "logs" / f"{run}.jsonl")),
            Ear("the status", self.snapshot, lossless=False, bound=100_000),
        ]
        if settings.json:
            ears.append(Ear("the events on stdout", JsonLines(sys.stdout)))
        if self.kind.live and not settings.quiet:
            self.live = Live(
                sys.stderr, unicode=self.kind.unicode, colour=self.kind.colour, resume=self.resume
            )
            ears.append(Ear("the live screen", self.live))  # it only counts when it hears
        elif not settings.json or settings.quiet:
            ears.append(Ear("the log lines", self._plain()))
        self.bus = Bus(ears)
        self._closed = False

    @property
    def resume(self) -> str:
        """How to go on, as the user would type it."""
        return self.again or f"tryon resume{self._named}"

    @property
    def _named(self) -> str:
        out = str(self.settings.output)
        return "" if out == "out" else f" {out}"

    def _plain(self) -> PlainLog:
        return PlainLog(
            sys.stderr,
            form=self.settings.log_format,
            quiet=self.settings.quiet,
            ending=not self._summarised,
            unicode=self.kind.unicode,
            out="" if str(self.settings.output) == "out" else str(self.settings.output),
            again=self.again,
        )

    @property
    def _summarised(self) -> bool:
        settings = self.settings
        return self.kind.summary and not settings.json and settings.print == "summary" and not settings.quiet

    def ended(self, event: RunEnded, images: Sequence[str] = ()) -> None:
        """The last event; then what stdout is to get."""
        self.bus.tell(event)
        self.close()
        if self.settings.print == "paths" and not self.settings.json:
            for path in images:
                Sink(sys.stdout).line(path)
        elif self._summarised:
            self._summary(event)

    def _summary(self, event: RunEnded) -> None:
        out = str(self.settings.output)
        failed, report = self.folder / "failed.csv", self.folder / "report" / "index.html"
        paths = Paths(
            output="" if out == "out" else out,
            images=f"{out}/images/",
            report=f"{out}/report/index.html" if report.exists() else "",
            failed=f"{out}/failed.csv" if failed.exists() else "",
        )
        width = shutil.get_terminal_size((80, 24)).columns
        sink = Sink(sys.stdout)
        for line in summary(self.counter.tally, event, paths, self.kind.out_unicode, min(width, 100)):
            sink.line(paint(line, self.kind.out_colour))

    def close(self) -> None:
        """Deliver what was told; within a few seconds, whatever a listener does."""
        if not self._closed:
            self._closed = True
            self.bus.close()

    def leave(self) -> None:
        """Only give the terminal back: the process ends now."""
        if self.live is not None:
            with contextlib.suppress(Exception):
                self.live.restore()
