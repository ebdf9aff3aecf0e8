"""What happened to every row of an output folder: one small SQLite file, .tryon/journal.db.

One connection and a rollback journal (no WAL: the folder may lie on a share, and may be copied or zipped at
any time). Row states are committed in groups: what has queued while the last commit ran goes into the next.
A journal that cannot be read is set aside and begun anew; the store makes what it knew cheap to find again.
"""

from __future__ import annotations

import contextlib
import json
import queue
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..model.crash import crashpoint
from ..model.errors import Fault, FaultKind
from ..model.outcome import RowState
from .table import COLUMNS, UPSERT, RowRecord, RunRecord, connect, to_cells, to_record


class Journal:
    """The journal of one output folder, open for writing. Its lock must be held."""

    def __init__(
        self,
        folder: Path,
        *,
        first: Callable[[], None] = lambda: None,
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        """first: called before rows are committed; it saves the answers that they stand on, since a row that is
        known as done is not asked for again. saved: called after each commit. Both from the journal's own
        thread. Raises TryonError, Fault.
        """
        self.path = folder / ".tryon" / "journal.db"
        self.set_aside = ""
        """Where a journal that could not be read was moved, "" when all was well."""
        self._first = first
        self._saved = saved
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._counts: Counter[str] = Counter()
        self._seen = bytearray()
        self._seen_count = 0
        self._run = ""
        self._fault: Fault | None = None
        self.changed = False
        """True once any row differs from what the journal held before."""
        self._db = self._open()
        self._thread = threading.Thread(target=self._write, name="tryon-journal", daemon=True)
        self._thread.start()

    def _open(self) -> sqlite3.Connection:
        try:
            return connect(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise self._trouble(error) from error
            aside = self.path.with_name(f"journal.damaged-{int(time.time())}.db")
            self.path.rename(aside)
            self.set_aside = str(aside)
            return connect(self.path)

    # ------------------------------------------------------------------ what was
    def find(self, ids: Sequence[str]) -> dict[str, tuple[int, RowRecord]]:
        """Records of these rows, with their place in the table."""
        marks = ",".join("?" * len(ids))
        with self._lock:
            rows = self._db.execute(
                f"select rowid,{COLUMNS} from rows where id in ({marks})",
                ids,
            ).fetchall()
        return {row[1]: (row[0], to_record(row[1:])) for row in rows}

    # ------------------------------------------------------------------ what happens
    def begin(self, record: RunRecord) -> None:
        """Write a run's first record; on disk when this returns. Raises Fault(STORAGE)."""
        self._run = record.run
        with self._lock:
            try:
                self._db.execute(
                    "insert into runs(run,started,manifest,manifest_digest,settings,total,pid,host,"
                    "counts,text) values(?,?,?,?,?,?,?,?,'{}','')",
                    record[:8],
                )
                self._db.commit()
            except sqlite3.OperationalError as error:
                raise self._trouble(error) from error
        crashpoint("run-begun")

    def record(self, record: RowRecord) -> None:
        """A row has ended; committed soon. Raises the Fault of an earlier commit that failed."""
        if self._fault is not None:
            raise self._fault
        self.changed = True
        self._queue.put(record._replace(run=self._run))

    def kept(self, rowids: Iterable[int], state: RowState) -> None:
        """These rows are as they were: nothing is written for them, only counted."""
        if self._fault is not None:
            raise self._fault
        self._queue.put((list(rowids), state))

    def live(self, text: str) -> None:
        """The stages as they stand, for `tryon status`; JSON."""
        self._queue.put(text)

    def flush(self) -> None:
        """Return when everything said so far is committed. Raises Fault(STORAGE)."""
        done = threading.Event()
        self._queue.put(done)
        done.wait()
        if self._fault is not None:
            raise self._fault

    def end(self, ended: float, exit_code: int, text: str, whole: bool) -> None:
        """Write a run's last record. whole: every row was seen, so rows not seen are no longer asked for."""
        self.flush()
        with self._lock:
            try:
                if whole:
                    self._orphan()
                self._db.execute(
                    "update runs set ended=?, exit=?, text=?, counts=?, live='' where run=?",
                    (ended, exit_code, text, json.dumps(self._counts), self._run),
                )
                self._db.commit()
            except sqlite3.OperationalError as error:
                raise self._trouble(error) from error
        crashpoint("run-ended")

    def _orphan(self) -> None:
        (count,) = self._db.execute("select count(*) from rows where n >= 0").fetchone()
        if count == self._seen_count:
            return
        lost = [
            i for (i,) in self._db.execute("select rowid from rows where n >= 0") if not self._was_seen(i)
        ]
        self._db.executemany("update rows set n=-1 where rowid=?", [(i,) for i in lost])
        self.changed = self.changed or bool(lost)

    def _see(self, rowid: int) -> None:
        if rowid >= len(self._seen) * 8:
            self._seen.extend(bytes(max(1024, rowid // 8 + 1 - len(self._seen))))
        if not self._was_seen(rowid):
            self._seen[rowid >> 3] |= 1 << (rowid & 7)
            self._seen_count += 1

    def _was_seen(self, rowid: int) -> bool:
        return rowid < len(self._seen) * 8 and bool(self._seen[rowid >> 3] & (1 << (rowid & 7)))

    # ------------------------------------------------------------------ the writer
    def _write(self) -> None:
        over = False
        while not over:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < 2000:
                    batch.append(self._queue.get_nowait())
            over = None in batch
            try:
                if self._fault is None:
                    self._commit(batch)
            except Fault as fault:
                self._fault = fault
            except (sqlite3.Error, OSError) as error:
                self._fault = self._trouble(error)
            for said in batch:
                if isinstance(said, threading.Event):
                    said.set()

    def _commit(self, batch: list[Any]) -> None:
        records = [said for said in batch if isinstance(said, RowRecord)]
        for said in batch:
            if type(said) is tuple:
                self._counts[said[1]] += len(said[0])
                for rowid in said[0]:
                    self._see(rowid)
        live = next((said for said in reversed(batch) if isinstance(said, str)), None)
        if records:
            self._first()
        with self._lock:
            for record in records:
                found = self._db.execute(UPSERT + " returning rowid", to_cells(record)).fetchone()
                self._see(found[0])
                self._counts[record.state] += 1
            if live is not None:
                self._db.execute("update runs set live=? where run=?", (live, self._run))
            if records or live is not None or any(type(said) is tuple for said in batch):
                counts = json.dumps(self._counts)
                self._db.execute("update runs set counts=? where run=?", (counts, self._run))
            self._db.commit()
        crashpoint("rows")
        self._saved()

    def _trouble(self, error: Exception) -> Fault:
        return Fault(
            FaultKind.STORAGE,
            f"cannot write the journal {self.path}: {error}",
            code="E-JOURNAL",
            fix="make room or mend the folder, then: tryon resume",
        )

    def close(self) -> None:
        """Commit what is left and let go of the file."""
        self._queue.put(None)
        self._thread.join()
        with self._lock:
            self._db.close()
