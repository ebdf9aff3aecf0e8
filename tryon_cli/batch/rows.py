"""Rows on their way out: how each one ended, told once and written down. Knows no steps."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from ..journal.journal import Journal
from ..journal.table import RowRecord
from ..manifest import Invalid
from ..model.errors import Fault, Level
from ..model.events import Complained, RowEnded, RowsKept
from ..model.outcome import RowState
from ..model.pair import Pair
from ..model.ports import Tell
from .ending import TEMPORARY


class Rows:
    """Counts, tells and records the ends of rows. Safe from any thread."""

    def __init__(
        self,
        tell: Tell,
        journal: Journal | None,
        cells: Callable[[Pair | Invalid], dict[str, str]],
        clock: Callable[[], float],
    ) -> None:
        """journal: None where nothing is to be remembered; cells: a row as manifest cells again."""
        self._tell = tell
        self._journal = journal
        self._cells = cells
        self._clock = clock
        self._lock = threading.Lock()
        self.counts: Counter[RowState] = Counter()
        self.temporary = 0

    def kept(self, found: Sequence[tuple[int, RowRecord]]) -> None:
        """Rows that lie finished in the output folder, untouched."""
        flagged = [place for place, record in found if record.state is RowState.FLAGGED]
        cached = [place for place, record in found if record.state is not RowState.FLAGGED]
        with self._lock:
            self.counts[RowState.CACHED] += len(cached)
            self.counts[RowState.FLAGGED] += len(flagged)
        if self._journal is not None:
            if cached:
                self._journal.kept(cached, RowState.CACHED)
            if flagged:
                self._journal.kept(flagged, RowState.FLAGGED)
        if cached:
            self._tell(RowsKept(self._clock(), len(cached)))
        for _, record in found if flagged else ():
            if record.state is RowState.FLAGGED:
                self._told(record)

    def ended(self, pair: Pair, record: RowRecord) -> None:
        """A row has come to its end."""
        with self._lock:
            self.counts[record.state] += 1
        if self._journal is not None:
            self._journal.record(record._replace(meta=meta_of(pair.meta)))
        self._told(record)

    def failed(
        self, pair: Pair, n: int, question: str, state: RowState, fault: Fault, *,
        stage: str = "", column: str = "", value: str = "", cost: float = 0.0,
    ) -> None:  # fmt: skip
        """A row ended without its picture, and why."""
        if state is RowState.FAILED and fault.kind in TEMPORARY:
            with self._lock:
                self.temporary += 1
        cells = json.dumps(self._cells(pair), ensure_ascii=False)
        record = RowRecord(
            pair.id, n, pair.row, question, state, code=fault.code, text=fault.text, fix=fault.fix,
            column=column, value=value, stage=stage, cells=cells, cost=cost,
        )  # fmt: skip
        self.ended(pair, record)

    def skipped(self, pair: Pair, n: int) -> None:
        """The manifest says skip, or the row repeats an earlier one."""
        with self._lock:
            self.counts[RowState.SKIPPED] += 1
        why = f"the same as row {pair.same_as}: made once" if pair.same_as else "skip is set in the manifest"
        record = RowRecord(pair.id, n, pair.row, "", RowState.SKIPPED, reasons=(why,))
        if self._journal is not None:
            # a row that repeats another has its id: it must not take that one's record
            own = f"{pair.id}\0{pair.row}" if pair.same_as else pair.id
            self._journal.record(record._replace(id=own, meta=meta_of(pair.meta)))
        self._told(record)

    def invalid(self, row: Invalid, n: int) -> None:
        """A row that cannot run."""
        wrong = [c for c in row.complaints if c.level is Level.ROW]
        first = wrong[0]
        with self._lock:
            self.counts[RowState.INVALID] += 1
        record = RowRecord(
            row.id or f"row {row.row}", n, row.row, "", RowState.INVALID, code=first.code,
            text="; ".join(c.text for c in wrong), fix=first.fix, column=first.column, value=first.value,
            stage="manifest", meta=meta_of(row.meta), cells=json.dumps(self._cells(row), ensure_ascii=False),
        )  # fmt: skip
        if self._journal is not None:
            # an invalid row may carry the id of a good one: it must not take that one's record
            self._journal.record(record._replace(id=f"{record.id}\0{row.row}"))
        for complaint in wrong:
            self._tell(Complained(self._clock(), complaint))
        self._told(record)

    def _told(self, record: RowRecord) -> None:
        self._tell(
            RowEnded(
                self._clock(), record.row, record.id, record.state, tuple(f.path for f in record.files),
                record.cost, record.seed, record.provider, record.reasons, record.code, record.text,
                record.fix, record.column, record.value, record.stage,
            )
        )  # fmt: skip


def meta_of(meta: Sequence[tuple[str, str]]) -> str:
    """The user's own columns as JSON, "" when there are none."""
    return json.dumps(dict(meta), ensure_ascii=False) if meta else ""
