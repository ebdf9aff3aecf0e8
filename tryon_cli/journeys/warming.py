"""Making pictures before they are asked for: the same batch at low priority, into the cache only."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from .. import wiring
from ..batch.brake import Brake
from ..batch.ending import Ending, Stop, finished
from ..lock import FolderLock, holder, in_use
from ..model.errors import Exit
from ..model.events import RunEnded, RunStarted
from ..popular import Wanted
from ..store.open import Store, open_store
from . import screens
from .naming import run_id
from .signals import Signals

if TYPE_CHECKING:
    from ..paying.wallet import Wallet
    from ..settings import Settings

PLACE = "precompute"
"""Folder below the state folder that holds the lock and the logs."""


class Warming:
    """One `tryon precompute popular` that has something to make."""

    def __init__(self, settings: Settings, names: list[str]) -> None:
        """names: providers that the pairs need."""
        self.settings = settings
        self.names = names

    def run(self, missing: list[Wanted]) -> Exit:
        """Make them. Raises TryonError(LOCKED) when another precompute runs, unless --skip-if-running."""
        folder = self.settings.state_path / PLACE
        (folder / ".tryon").mkdir(parents=True, exist_ok=True, mode=0o700)
        name = run_id(time.time())
        lock = FolderLock(folder)
        if not lock.take(name):
            if self.settings.skip_if_running:
                return Exit.OK
            raise in_use(folder, holder(folder))
        try:
            with contextlib.ExitStack() as stack:
                screen = screens.Screen(self.settings, folder, name, again="tryon precompute popular")
                stack.callback(screen.close)
                brake = Brake(screen.bus.tell, time.time)
                stack.enter_context(Signals(brake, screen.leave))
                store = stack.enter_context(open_store(self.settings.cache_path, screen.bus.tell))
                money = wiring.wallet(self.settings, store, name, name, screen.bus.tell, brake)
                stack.callback(money.close)
                return self._batch(missing, screen, brake, store, name, money)
        finally:
            lock.release()

    def _batch(
        self,
        missing: list[Wanted],
        screen: screens.Screen,
        brake: Brake,
        store: Store,
        name: str,
        money: Wallet,
    ) -> Exit:
        began = time.time()
        stacks = wiring.providers(self.settings, self.names, screen.bus.tell, brake, money)
        batch = wiring.batch(
            self.settings, self.settings.recipe(), store, stacks, screen.bus.tell, brake,
            journal=None, outputs=None, cells=lambda row: {},
        )  # fmt: skip
        screen.bus.tell(
            RunStarted(
                began, name, "popular", "the cache", len(missing), 0, "", tuple(stacks),
                budget=self.settings.max_cost,
            )
        )  # fmt: skip
        seconds = self.settings.seconds_left(began)
        timer = threading.Timer(
            seconds if seconds is not None else 1e9,
            lambda: brake.halt(Stop("time", Exit.TIME, "Stopped at the time limit.")),
        )
        timer.daemon = True
        if seconds is not None:
            timer.start()
        ending = batch.run(lambda: (w.pair for w in missing), [0], len(missing))
        timer.cancel()
        store.flush()
        self._told(screen, ending._replace(spent=money.spent()))
        return ending.exit

    def _told(self, screen: screens.Screen, ending: Ending) -> None:
        counts = tuple((str(state), n) for state, n in sorted(ending.counts.items()) if n)
        screen.bus.tell(
            RunEnded(
                time.time(), int(ending.exit), ending.exit.name.lower(), ending.seconds, ending.rows, counts,
                ending.spent, ending.saved, ending.stop.text if ending.stop else "",
            )
        )  # fmt: skip
        screen.close()
        if not self.settings.quiet and not self.settings.json:
            made = finished(ending.counts)
            print(
                f"{made:,} of {ending.rows:,} pictures are in the cache; a run that asks for them finds them"
            )
