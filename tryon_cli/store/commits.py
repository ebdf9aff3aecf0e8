"""One writer for a table: what has queued while the last commit ran goes into the next one.

Few commits under load, none late. What is on its way is found at once, so that nobody asks twice between the
end of a step and its commit. Knows keys and bytes only.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence

from ..model.errors import Fault, FaultKind
from .table import Table

BATCH = 2000
"""Rows per commit at most."""

Entry = tuple[str, bytes | None]
"""Key and value; None: to be forgotten."""


class Commits:
    """A table that is written behind one's back, in the order of the calls. Safe from any thread."""

    def __init__(self, table: Table, *, read_only: bool = False) -> None:
        self._table = table
        self._pending: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Entry | threading.Event | bool | None] = queue.SimpleQueue()
        self._begun = False
        self._fault: Fault | None = None
        self._failed: list[Entry] = []
        self._closed = False
        self._thread: threading.Thread | None = None
        if not read_only:
            self._thread = threading.Thread(target=self._write, name="tryon-index", daemon=True)
            self._thread.start()

    def find(self, keys: Sequence[str]) -> list[tuple[str, bytes | None]]:
        """Known values among these keys; None for a row that is none of ours. Raises Fault(STORAGE)."""
        if self._closed:
            raise Fault(FaultKind.STOPPED, "the store is closed")
        pending = self._pending
        if not pending:
            found = self._table.find(keys)
            if len(found) < len(keys) and not self._begun:
                # something will be made: opening takes longer than many a first step, and what is made before
                # the first commit would be made again after a kill
                self._begun = True
                self._queue.put(True)
                self._await_writer()
            return found
        # looked at before the table: a commit may end in between, never the other way round
        known = [entry for key in keys if (entry := pending.get(key)) is not None]
        if not known:
            return self._table.find(keys)
        told = {entry[0] for entry in known}
        rest = [key for key in keys if key not in told]
        return [entry for entry in known if entry[1] is not None] + self._table.find(rest)

    def put(self, key: str, value: bytes | None) -> None:
        """Remember or forget. Raises the Fault(STORAGE) of a commit that failed before.

        Even then it is tried once more when the table is closed: somebody may have made room by then.
        """
        if self._thread is None or self._closed:
            return
        entry = (key, value)
        # a lock that every step of every thread takes is one that they queue up at: only an equal key needs it
        if self._pending.setdefault(key, entry) is entry:
            self._queue.put(entry)
        else:
            with self._lock:
                self._pending[key] = entry
                self._queue.put(entry)
        if self._fault is not None:
            raise self._fault

    def items(self) -> Iterator[tuple[str, bytes | None]]:
        """Every committed row. Raises Fault(STORAGE)."""
        return self._table.items()

    def flush(self) -> None:
        """Return when everything put so far is committed. Raises Fault(STORAGE)."""
        self._await_writer()
        if self._fault is not None:
            raise self._fault

    def _await_writer(self) -> None:
        """Return when the writer has come this far, or has ended because somebody closes."""
        if self._thread is not None:
            done = threading.Event()
            self._queue.put(done)
            while not done.wait(1.0) and self._thread.is_alive():
                pass

    def close(self) -> None:
        """Commit what is left and let go of the files. Raises Fault(STORAGE) for what could not be kept."""
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            self._table.close()
            return
        self._queue.put(None)
        self._thread.join()
        if self._fault is not None and self._failed:
            raise self._fault

    def _write(self) -> None:
        over = False
        while not over:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            over = None in batch
            if True in batch:
                self._table.begin()
            entries = [said for said in batch if isinstance(said, tuple)]
            if over:
                entries = self._failed + entries  # somebody may have made room meanwhile
            self._commit(entries, again=over)
            for said in batch:
                if isinstance(said, threading.Event):
                    said.set()
        self._table.close()

    def _commit(self, entries: list[Entry], *, again: bool) -> None:
        try:
            if self._fault is not None and not again:
                raise self._fault
            if entries and (full := self._table.write(dict(entries))) is not None:
                self._fault = full  # these were kept in the last room there was; nothing more is taken
            self._failed = []
        except Fault as fault:
            self._fault = fault
        except Exception as error:  # a bug must not leave flush() waiting for ever
            text = f"cannot write the index: {type(error).__name__}: {error}"
            self._fault = Fault(FaultKind.STORAGE, text, code="S-INDEX")
        else:
            with self._lock:
                for entry in entries:
                    if self._pending.get(entry[0]) is entry:
                        del self._pending[entry[0]]
            return
        self._failed = entries if again else self._failed + entries
