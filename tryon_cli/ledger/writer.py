"""One thread that writes a database: what has queued while the last commit ran shares the next one.

Whoever hands in a change waits until its own commit is on the disk. Knows no calls and no money.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..model.errors import Fault, FaultKind
from ..store.reserve import Reserve
from . import trouble
from .page import Page, Stale

T = TypeVar("T")

BATCH = 256
"""Changes in one commit at most."""

BUSY = 30.0
"""Seconds to wait for another process that writes."""


class _Change:
    """Something to be done within a commit, and somebody who waits for it."""

    __slots__ = ("act", "error", "needed", "result", "turn")

    def __init__(self, act: Callable[[Page], Any], needed: bool) -> None:
        self.act = act
        self.needed = needed
        self.result: Any = None
        self.error: Exception | None = None
        self.turn = threading.Lock()
        self.turn.acquire()


class Writer:
    """A database behind one thread. Safe from any thread."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection], reserve: Reserve) -> None:
        """connect: opens it, called now. Raises what it raises."""
        self._path = path
        self._reserve = reserve
        self._connect = connect
        self._db: sqlite3.Connection | None = connect()
        self._inode = path.stat().st_ino
        self._queue: queue.SimpleQueue[_Change | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self.full: Fault | None = None
        """Set once the room that was held back had to be used: nothing new is begun."""
        self.unwritten: list[_Change] = []
        """Needed changes that the disk did not take; tried once more in the end."""
        self._thread = threading.Thread(target=self._run, name="tryon-ledger", daemon=True)
        self._thread.start()

    def do(self, act: Callable[[Page], T], *, needed: bool = False) -> T:
        """Run act within a transaction; return its result once that is on the disk.

        act: decides first, then writes: one that raises has written nothing, since it shares the commit with others.

        needed: it records what has happened already, so a full disk must take it, too, and it is tried once more
        at the end. Raises Fault(STORAGE), Fault(STOPPED) after close(), and what act raises (then it did nothing).
        """
        change = _Change(act, needed)
        self._hand_in(change)
        change.turn.acquire()
        if change.error is not None:
            raise change.error
        result: T = change.result
        return result

    def tell(self, act: Callable[[Page], object]) -> None:
        """Run act before whatever is handed in after it, and wait for nothing; what goes wrong is not said.

        Raises Fault(STOPPED) after close().
        """
        self._hand_in(_Change(act, needed=False))

    def _hand_in(self, change: _Change) -> None:
        with self._lock:
            if self._closed:
                raise Fault(FaultKind.STOPPED, "the ledger is closed")
            self._queue.put(change)

    def _run(self) -> None:
        over = False
        while not over:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            over = None in batch
            changes = [change for change in batch if change is not None]
            if changes:
                try:
                    self._together(changes)
                finally:
                    for change in changes:
                        change.turn.release()
        self._last_try()
        self._let_go()

    def _together(self, changes: list[_Change]) -> None:
        try:
            self._commit(changes)
        except Exception as error:  # also what the opening says; the writer must outlive it
            if not trouble.is_full(error) or not self._reserve.let_go():
                self._refuse(changes, trouble.cannot_write(self._path, error))
                return
            self.full = trouble.cannot_write(self._path, error)
            self._once_more(changes)

    def _once_more(self, changes: list[_Change]) -> None:
        """In the room that was held back: what has happened. What has not is not begun on a full disk."""
        needed = [change for change in changes if change.needed]
        for change in changes:
            if not change.needed:
                change.error = self.full
        try:
            if needed:
                self._commit(needed)
        except Exception as error:
            self._refuse(needed, trouble.cannot_write(self._path, error))

    def _refuse(self, changes: list[_Change], fault: Fault) -> None:
        for change in changes:
            change.error = fault
        self.unwritten += [change for change in changes if change.needed]

    def _commit(self, changes: list[_Change]) -> None:
        try:
            self._in_one(changes)
        except Stale:
            # rare: somebody began anew what the ledger knows. Each by itself shows who
            self._in_one(changes, alone=True)
        if not self.in_place():
            # the commit went into a file that has no name any more
            self._refuse(changes, trouble.gone(self._path))

    def _in_one(self, changes: list[_Change], *, alone: bool = False) -> None:
        if self._db is None:
            self._db = self._connect()
        db = self._db
        try:
            db.execute("begin immediate")
            page = Page(db, alone=alone)
            for change in changes:
                self._one(page, change)
            page.close()
            db.execute("commit")
        except Stale:
            db.execute("rollback")
            raise
        except BaseException:
            # after a commit that failed the connection may still hold its transaction: the next one begins anew
            self._let_go()
            raise

    def _let_go(self) -> None:
        """Closing rolls back what was not committed."""
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    def _one(self, page: Page, change: _Change) -> None:
        change.result = change.error = None
        written = page.written
        try:
            change.result = change.act(page)
        except (sqlite3.Error, MemoryError, Stale):
            raise
        except Exception as error:
            if page.written != written:
                raise  # half of it: nothing of this commit may stay
            change.error = error

    def in_place(self) -> bool:
        """Is the file still the one that we opened?"""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _last_try(self) -> None:
        changes, self.unwritten = self.unwritten, []
        if changes:
            with contextlib.suppress(Exception):
                self._commit(changes)
                return
            self.unwritten += changes

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
