"""One run from settings to exit code: the journey of a manifest, with an id, a lock and a journal.

Knows no command-line options; prints nothing itself but the end summary.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__, wiring
from ..batch.batch import Batch
from ..batch.brake import Brake
from ..batch.check import Checked, check, refuse_bad_rows
from ..batch.ending import Ending, Stop
from ..batch.results import write_results, write_run, written_by
from ..history import History, PastRun
from ..journal.journal import Journal
from ..journal.look import runs_of
from ..journal.table import RunRecord
from ..ledger.look import spend
from ..manifest import Manifest
from ..manifest.cells import to_cells
from ..manifest.roll import Roll
from ..model.errors import Exit, Fault
from ..model.events import Planned, RunEnded, RunStarted, Saved, Warned
from ..model.pair import Pair
from ..outputs import Outputs
from ..standing import at_services, journey
from . import closing, consent, screens
from .holding import held
from .naming import named_shortly, run_id
from .signals import Signals

if TYPE_CHECKING:
    from ..settings import Settings


@dataclass(frozen=True)
class Wish:
    """What somebody wants to have run."""

    settings: Settings
    source: str
    """The manifest as the user named it: a path, "-" or "" (lists in the settings)."""
    resumed: bool = False
    ask: consent.Ask | None = None
    """Puts a question to the person at the terminal; None: there is none."""
    earlier: Settings | None = None
    """Rows that were finished under these settings are finished, although the settings are others now."""


def run(wish: Wish) -> Exit:
    """Run a manifest into its output folder. Raises TryonError before anything was begun."""
    settings = wish.settings
    with Manifest.open(wish.source, settings.manifest_options(wish.source), stdin=_stdin()) as manifest:
        asked: list[Pair] = []
        roll = Roll(manifest.folder)

        def seen(pair: Pair) -> None:
            roll.add(pair)
            if len(asked) < HISTORY_PAIRS:
                asked.append(pair)

        found = check(manifest, seen, roll.add)
        if settings.strict and found.invalid:
            refuse_bad_rows(found, manifest.source)
        folder = wiring.absolute(settings.output)
        name = run_id(time.time())
        with held(folder, settings, name) as ours:
            if not ours:
                return Exit.OK
            return _Journey(wish, manifest, found, asked, folder, name, roll).go()


def _stdin() -> Any:
    """Standard input as bytes; an empty one where it was closed (<&-), as some schedulers do."""
    return sys.stdin.buffer if sys.stdin is not None else io.BytesIO()


ROLL = ".tryon/rows.bin"
"""What the last run was asked for, below the output folder: resume says by it what has changed since."""

HISTORY_PAIRS = 20_000
"""Pairs of one run that the history remembers; the first ones of the manifest."""


class _Journey:
    """A run that holds its folder."""

    def __init__(
        self, wish: Wish, manifest: Manifest, found: Checked, asked: list[Pair], folder: Path, name: str,
        roll: Roll,
    ) -> None:  # fmt: skip
        self.wish = wish
        self.settings = wish.settings
        self.manifest = manifest
        self.found = found
        self.asked = asked
        self.roll = roll
        self.folder = folder
        self.name = name
        self.began = time.time()
        self.clock = time.time

    def go(self) -> Exit:
        """Begin, run, end; everything that was opened is closed whatever happens."""
        with contextlib.ExitStack() as stack:
            self.screen = screens.Screen(self.settings, self.folder, self.name)
            bus = self.screen.bus
            stack.callback(self.screen.close)
            self.brake = Brake(bus.tell, self.clock)
            signals = stack.enter_context(Signals(self.brake, self.leave_now))
            store = self.open(stack)
            outputs = Outputs(self.folder)
            stack.callback(outputs.close)
            recipe = self.settings.recipe()
            names = [*wiring.provider_names(recipe), *self.found.providers]
            self.first = first = journey(self.folder, self.name)
            self.money = wiring.wallet(self.settings, store, self.name, first, bus.tell, self.brake)
            stack.callback(self.money.close)
            stacks = wiring.providers(self.settings, names, bus.tell, self.brake, self.money)
            batch = wiring.batch(
                self.settings, recipe, store, stacks, bus.tell, self.brake,
                journal=self.journal, outputs=outputs, cells=self.cells, earlier=self.wish.earlier,
            )  # fmt: skip
            planned = self.agreed(names) if self.money.used else None
            if self.money.used:
                self.money.belongs(self.folder, unfinished=first != self.name)
            self.begin(tuple(stacks))
            if planned is not None:
                bus.tell(planned)
            self.money.collect()
            timer = self.deadline()
            try:
                ending = batch.run(lambda: self.manifest.rows(), self.found.priorities, self.found.rows)
            finally:
                if timer is not None:
                    timer.cancel()
            code = self.end(ending, batch, store)
            signals.over()
        return self.leave(code, batch)

    def open(self, stack: contextlib.ExitStack) -> Any:
        """History, store and journal; in this order, so that they are closed in the other one."""
        bus = self.screen.bus
        self.history = History(self.settings.state_path)
        stack.callback(self.history.close)
        store = stack.enter_context(self.open_store(bus))
        self.journal = Journal(
            self.folder, first=store.index.flush, saved=lambda: bus.tell(Saved(self.clock()))
        )
        stack.callback(self.journal.close)
        self.screen.snapshot.keep = self.journal.live
        if self.journal.set_aside:
            text = f"the journal could not be read and was set aside: {self.journal.set_aside}"
            bus.tell(Warned(self.clock(), "S-JOURNAL", text))
        return store

    def agreed(self, names: list[str]) -> Planned:
        """The plan of a run that may spend money. Raises TryonError(USAGE) when nobody has agreed to that."""
        seen = consent.plan(self.settings, names, self.manifest.rows())
        consent.agree(self.settings, seen, self.wish.ask)
        return consent.planned(seen)

    def open_store(self, bus: Any) -> Any:
        from ..store.open import open_store

        return open_store(self.settings.cache_path, bus.tell)

    def cells(self, row: Any) -> dict[str, str]:
        """A row as manifest cells, relative to where the manifest's paths start."""
        return to_cells(row, self.manifest.folder, self.manifest.folder)

    def begin(self, names: tuple[str, ...]) -> None:
        """First records, then the first event."""
        source = self.wish.source
        shown = source if source in ("", "-") else os.path.relpath(source, self.folder)
        past = runs_of(self.folder)
        # a run that was killed after its rows, before its results: rows that are kept do not show it
        self.stale = not past or written_by(self.folder) != past[-1].run
        self.journal.begin(
            RunRecord(
                self.name, self.began, shown, self.manifest.digest, self.record(), self.found.rows,
                os.getpid(), socket.gethostname(),
            )
        )  # fmt: skip
        self.roll.write(self.folder / ROLL, self.manifest.digest)
        self.history.begin(self.past())
        self.screen.bus.tell(
            RunStarted(
                self.began, self.name, named_shortly(source), str(self.settings.output), self.found.rows,
                os.getpid(), __version__, names, self.wish.resumed, self.settings.max_cost,
            )
        )  # fmt: skip

    def record(self) -> str:
        """The settings as JSON, paths relative to the output folder, so that it can be moved."""
        return json.dumps(self.settings.to_record(self.folder))

    def past(self, ending: Ending | None = None) -> PastRun:
        past = PastRun(self.name, self.began, None, None, str(self.folder), self.wish.source, self.found.rows)
        return past if ending is None else closing.ended(past, ending, self.clock())

    def deadline(self) -> threading.Timer | None:
        """Stop at --until or after --max-duration."""
        seconds = self.settings.seconds_left(self.began)
        if seconds is None:
            return None
        text = "Stopped at the time limit."
        timer = threading.Timer(seconds, lambda: self.brake.halt(Stop("time", Exit.TIME, text)))
        timer.daemon = True
        timer.start()
        return timer

    def end(self, ending: Ending, batch: Batch, store: Any) -> Exit:
        """Everything on disk, then the last event."""
        try:
            ending = ending._replace(spent=self.money.spent())
            store.flush()
            whole = ending.stop is None
            stop = ending.stop.text if ending.stop else ""
            self.journal.end(self.clock(), int(ending.exit), stop, whole)
            if self.journal.changed or self.stale:
                write_results(self.folder)
            write_run(self.folder, closing.summary(self.past(ending), ending, self.settings))
        except Fault as fault:
            stop_now = Stop("storage", Exit.STORAGE, f"{fault.text}\n{fault.fix}")
            ending = ending._replace(exit=Exit.STORAGE, stop=stop_now)
        if ending.stop is not None:
            text = "\n".join((ending.stop.text, *self.at_services()))
            ending = ending._replace(stop=ending.stop._replace(text=text))
        self.history.end(self.past(ending))
        if ending.stop is None:
            self.history.asked(self.asked, self.clock())
        counts = tuple((str(state), n) for state, n in sorted(ending.counts.items()) if n)
        self.screen.ended(
            RunEnded(
                self.clock(), int(ending.exit), ending.exit.name.lower(), ending.seconds, ending.rows, counts,
                ending.spent, ending.saved, ending.stop.text if ending.stop else "",
            ),
            closing.images(self.folder, self.settings.output) if self.settings.print == "paths" else (),
        )  # fmt: skip
        return ending.exit

    def at_services(self) -> list[str]:
        """Paid calls that are out or wait for a decision, as a person is told."""
        if not self.money.used:
            return []
        home = self.settings.state_path
        return at_services(spend(home, self.first), home if self.settings.told("state_dir") else None)

    def leave_now(self) -> None:
        """The process ends at once: give the terminal back, and say what is left at services, if that can be read."""
        self.screen.leave()

        def say() -> None:
            for line in self.at_services():
                print(line, file=sys.stderr, flush=True)

        teller = threading.Thread(target=say, daemon=True)  # a disk that hangs must not hold us
        if self.money.used:
            teller.start()
            teller.join(1.0)

    def leave(self, code: Exit, batch: Batch) -> Exit:
        """A call that is blocked somewhere must not keep the process: everything is on disk."""
        if batch.blocked:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(code))
        return code
