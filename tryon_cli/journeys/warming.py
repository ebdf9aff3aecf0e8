"""Making pictures before they are asked for: the same batch at low priority, into the cache only."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

from .. import wiring
from ..batch.brake import Brake
from ..batch.decision import Decision
from ..batch.ending import Ending, Stop
from ..history import History
from ..lock import FolderLock, holder, in_use
from ..manifest import Invalid, Manifest
from ..model.errors import Exit, TryonError
from ..model.events import RunEnded, RunStarted
from ..model.outcome import RowState
from ..model.pair import Pair
from ..popular import Wanted, rank, share
from ..store.open import Store, open_store
from . import screens
from .dryrun import survey
from .naming import run_id
from .signals import Signals

if TYPE_CHECKING:
    from ..settings import Settings

PLACE = "precompute"
"""Folder below the state folder that holds the lock and the logs."""


class Warming:
    """One `tryon precompute popular`."""

    def __init__(self, settings: Settings, listed: str, top: int) -> None:
        """listed: a sales or view file, or ""; top: pairs to look at."""
        self.settings = settings
        self.top = top
        history = History(settings.state_path)
        with contextlib.closing(history):
            asked = list(history.popular())
        self.wanted = rank(asked, self._listed(listed))
        self.chosen = self.wanted[:top]
        self.recipe = settings.recipe()

    def _listed(self, source: str) -> list[Pair]:
        if not source:
            return []
        with Manifest.open(
            source, self.settings.manifest_options(source), stdin=sys.stdin.buffer
        ) as manifest:
            return [row for row in manifest.rows() if not isinstance(row, Invalid)]

    def names(self) -> list[str]:
        """Providers that the chosen pairs need."""
        named = [str(v) for w in self.chosen for k, v in w.pair.overrides if k == "provider"]
        return [*wiring.provider_names(self.recipe), *dict.fromkeys(named)]

    def missing(self) -> tuple[list[Wanted], float]:
        """Chosen pairs whose picture is not known yet, and what they would cost in USD."""
        todo: set[str] = set()

        def decide(decision: Decision) -> None:
            if decision.what == "make":
                todo.add(decision.row)

        seen = survey(self.settings, self.names(), (w.pair for w in self.chosen), decide)
        return [w for w in self.chosen if w.pair.row in todo], seen.cost

    def story(self, missing: list[Wanted], cost: float) -> list[str]:
        """What is going to happen, for a person."""
        part = 100 * share(self.wanted, self.top)
        asked = sum(w.weight for w in self.wanted)
        return [
            f"History  {asked:,.0f} wishes for {len(self.wanted):,} pairs",
            f"  top {len(self.chosen):,} pairs   {part:.0f}% of the wishes",
            f"  already made {len(self.chosen) - len(missing):,} · to make {len(missing):,} · about ${cost:,.2f}",
        ]

    def check_money(self, cost: float) -> None:
        """Nobody may be watching: money needs a limit. Raises TryonError(USAGE or BUDGET)."""
        limit = self.settings.max_cost
        if cost and limit is None:
            raise TryonError(
                Exit.USAGE,
                f"precompute would cost about ${cost:,.2f} and no limit is set.",
                details=(f"try  --max-cost {cost:.0f}   or fewer pairs with --top",),
            )
        if limit is not None and cost > limit:
            raise TryonError(
                Exit.BUDGET,
                f"precompute would cost about ${cost:,.2f}, the limit is ${limit:,.2f}.",
                details=("take fewer pairs with --top, or raise --max-cost", "Nothing was sent."),
            )

    # ------------------------------------------------------------------ doing it
    def run(self, missing: list[Wanted]) -> Exit:
        """Make them. Raises TryonError(LOCKED) when another precompute runs."""
        folder = self.settings.state_path / PLACE
        (folder / ".tryon").mkdir(parents=True, exist_ok=True, mode=0o700)
        name = run_id(time.time())
        lock = FolderLock(folder)
        if not lock.take(name):
            raise in_use(folder, holder(folder))
        try:
            with contextlib.ExitStack() as stack:
                screen = screens.Screen(self.settings, folder, name)
                stack.callback(screen.close)
                brake = Brake(screen.bus.tell, time.time)
                stack.enter_context(Signals(brake, screen.leave))
                store = stack.enter_context(open_store(self.settings.cache_path, screen.bus.tell))
                return self._batch(missing, screen, brake, store, name)
        finally:
            lock.release()

    def _batch(
        self, missing: list[Wanted], screen: screens.Screen, brake: Brake, store: Store, name: str
    ) -> Exit:
        began = time.time()
        stacks = wiring.providers(self.settings, self.names(), screen.bus.tell, brake)
        batch = wiring.batch(
            self.settings, self.recipe, store, stacks, screen.bus.tell, brake,
            journal=None, outputs=None, cells=lambda row: {},
        )  # fmt: skip
        screen.bus.tell(RunStarted(began, name, "popular", "the cache", len(missing), 0, "", tuple(stacks)))
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
        self._told(screen, ending)
        return ending.exit

    def _told(self, screen: screens.Screen, ending: Ending) -> None:
        counts = tuple((str(state), n) for state, n in sorted(ending.counts.items()) if n)
        screen.bus.tell(
            RunEnded(
                time.time(), int(ending.exit), ending.exit.name.lower(), ending.seconds, ending.rows, counts,
                0.0, 0.0, ending.stop.text if ending.stop else "",
            )
        )  # fmt: skip
        screen.close()
        if not self.settings.quiet and not self.settings.json:
            made = ending.counts[RowState.MADE] + ending.counts[RowState.FLAGGED]
            print(
                f"{made:,} of {ending.rows:,} pictures are in the cache; a run that asks for them finds them"
            )
