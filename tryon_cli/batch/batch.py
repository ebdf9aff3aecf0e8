"""One run of many pairs: rows to questions on the way in; what is asked goes to the scheduler."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from ..engine.asks import Ask
from ..engine.scheduler import Scheduler
from ..journal.journal import Journal
from ..journal.table import RowRecord
from ..manifest import Invalid
from ..model.errors import Exit, Fault, FaultKind, TryonError
from ..model.outcome import DONE, RowState
from ..model.pair import Pair
from ..outputs import Outputs
from .asking import Asker, Question, Wrong
from .brake import Brake
from .ending import Ending, Stop, choose
from .makers import may_have_made
from .out import Asked
from .rows import Rows, meta_of

CHUNK = 128
"""Rows that are looked up together. The first chunks are smaller: work starts sooner."""


class Workers(Protocol):
    """Whoever does the steps."""

    def join(self, seconds: float) -> bool:
        """Wait for them to go home. False: some are still blocked."""
        ...


class Limits(NamedTuple):
    """What ends a run or changes its exit code."""

    grace: float = 10.0
    """Seconds that running steps get after a stop."""
    max_flagged: int | None = None
    error_on_nothing: bool = False


class Batch:
    """Feeds rows under the scheduler's window, then waits for the last of them."""

    def __init__(
        self,
        asker: Asker,
        scheduler: Scheduler,
        workers: Workers,
        rows: Rows,
        brake: Brake,
        journal: Journal | None,
        outputs: Outputs | None,
        limits: Limits = Limits(),
        earlier: Asker | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """earlier: what rows asked under settings whose finished pictures are to stay; None: there are none."""
        self._asker = asker
        self._scheduler = scheduler
        self._workers = workers
        self._rows = rows
        self._brake = brake
        self._journal = journal
        self._outputs = outputs
        self._limits = limits
        self._earlier = earlier
        self._monotonic = monotonic
        self.blocked = False
        """True when steps were still blocked at the end: the process must not wait for them."""

    def run(
        self, manifest: Callable[[], Iterable[Pair | Invalid]], priorities: Iterable[int], total: int
    ) -> Ending:
        """Every row to its end, or until the brake is pulled.

        manifest: gives the rows from the start each time; it is read once per priority, highest first.
        total: rows of the manifest. Raises TryonError for settings that cannot work.
        """
        began = self._monotonic()
        try:
            self._feed(manifest, sorted(set(priorities), reverse=True))
        except Fault as fault:
            if fault.kind is FaultKind.STOPPED and self._brake.stop is not None:
                return self._ended(total, began)  # asked to stop while a picture was on its way
            reason, code = (
                ("storage", Exit.STORAGE) if fault.kind is FaultKind.STORAGE else ("internal", Exit.INTERNAL)
            )
            self._brake.halt(Stop(reason, code, fault.text + (f"\n{fault.fix}" if fault.fix else "")))
        except TryonError:
            self._brake.halt(Stop("settings", Exit.USAGE, "the settings cannot work"))
            self._collect()
            raise
        return self._ended(total, began)

    def _ended(self, total: int, began: float) -> Ending:
        self._collect()
        return self._ending(total, began)

    def _collect(self) -> None:
        """Wait for what runs: without end while all is well, a bounded time after a stop."""
        self._scheduler.wait_idle(self._limits.grace, self._brake.rest)
        self._scheduler.close()
        self.blocked = not self._workers.join(1.0)

    def _ending(self, total: int, began: float) -> Ending:
        counts: Counter[RowState] = Counter(self._rows.counts)
        left = total - sum(counts.values())
        if left > 0:
            counts[RowState.LEFT] = left
        code = choose(
            counts, self._brake.stop, temporary=self._rows.temporary, max_flagged=self._limits.max_flagged,
            error_on_nothing=self._limits.error_on_nothing,
        )  # fmt: skip
        return Ending(code, counts, total, self._brake.stop, self._monotonic() - began)

    # ------------------------------------------------------------------ rows in
    def _feed(self, manifest: Callable[[], Iterable[Pair | Invalid]], priorities: list[int]) -> None:
        for turn, priority in enumerate(priorities or [None]):
            chunk: list[tuple[int, Pair]] = []
            size = 8
            for n, row in enumerate(manifest()):
                if self._brake.no_more.is_set():
                    return
                if isinstance(row, Invalid):
                    if turn == 0:
                        self._rows.invalid(row, n)
                elif priority is None or row.priority == priority:
                    if row.skip:
                        self._rows.skipped(row, n)
                        continue
                    chunk.append((n, row))
                    if len(chunk) >= size:
                        self._admit(chunk)
                        chunk, size = [], min(size * 2, CHUNK)
            if chunk:
                self._admit(chunk)

    def _admit(self, chunk: list[tuple[int, Pair]]) -> None:
        before = self._journal.find([pair.id for _, pair in chunk]) if self._journal else {}
        kept: list[tuple[int, RowRecord]] = []
        asks: list[Ask] = []
        self._asker.ahead(pair for _, pair in chunk)
        for n, pair, question in self._questions(chunk):
            place, record = before.get(pair.id, (0, None))
            if record is not None and self._lies_there(record, question):
                if record.n == n and record.row == pair.row and record.meta == meta_of(pair.meta):
                    kept.append((place, record))
                else:
                    state = RowState.FLAGGED if record.state is RowState.FLAGGED else RowState.CACHED
                    self._rows.ended(pair, record._replace(n=n, row=pair.row, state=state))
                continue
            if record is not None and self._was_finished(record, pair):
                # it answers the new question from now on, so that the next run keeps it, too
                state = RowState.FLAGGED if record.state is RowState.FLAGGED else RowState.CACHED
                self._rows.ended(
                    pair, record._replace(n=n, row=pair.row, state=state, question=question.name)
                )
                continue
            ours = frozenset(file.path for file in record.files) if record else frozenset[str]()
            asked = Asked(pair, n, question, ours)
            asks.append(Ask(asked, question.shape, question.digests, question.sources, pair.priority))
        if kept:
            self._rows.kept(kept)
        if asks:
            self._scheduler.admit(asks)

    def _questions(self, chunk: list[tuple[int, Pair]]) -> Iterator[tuple[int, Pair, Question]]:
        for n, pair in chunk:
            try:
                yield n, pair, self._asker.ask(pair)
            except Wrong as wrong:
                self._rows.failed(
                    pair, n, "", RowState.INVALID, wrong.fault, stage="manifest",
                    column=wrong.column, value=wrong.value,
                )  # fmt: skip

    def _was_finished(self, record: RowRecord, pair: Pair) -> bool:
        """Was it made under the earlier settings, and do those count?"""
        if self._earlier is None:
            return False
        try:
            return self._lies_there(record, self._earlier.ask(pair))
        except (Wrong, TryonError):
            return False

    def _lies_there(self, record: RowRecord, question: Question) -> bool:
        return (
            record.question == question.name
            and record.state in DONE
            and may_have_made(question.shape, record.provider)
            and bool(record.files)
            and self._outputs is not None
            and all(self._outputs.intact(file) for file in record.files)
        )
