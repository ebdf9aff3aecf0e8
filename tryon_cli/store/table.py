"""hex key -> small bytes, in diskcache. Knows neither answers nor files.

diskcache is hidden in this module, in readers.py and in safe_disk.py, so that it can be exchanged. It is
opened at the first write only: that takes 40 to 160 ms on a disk, and a run that knows every answer never
writes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.ports import Tell
from . import trouble
from .readers import Foreign, Readers
from .reserve import Reserve

T = TypeVar("T")

ENDLESS = 2**62
"""Bytes. diskcache forgets silently at its limit, so there is none; `tryon cache gc` is the only remover."""

SETTINGS: Mapping[str, Any] = {
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": ENDLESS,
    "statistics": 0,
    "tag_index": 0,
    "disk_min_file_size": 1 << 20,
    "disk_pickle_protocol": 0,
    "sqlite_auto_vacuum": 1,
    "sqlite_cache_size": 8192,
    "sqlite_journal_mode": "wal",
    "sqlite_mmap_size": 1 << 26,
    "sqlite_synchronous": 2,
}
"""Kept inside the database, where any other opener changes them for all: every opening of ours says them
again. synchronous 2 is FULL: with diskcache's own NORMAL a power cut takes back answers that were paid for."""

COUNTS = {"count", "hits", "misses", "size"}
"""What else diskcache keeps among its settings."""

LIMIT = 60.0
"""Seconds to wait for a program that has locked the database."""

NOTICE = 5.0
"""Seconds after which the waiting is told."""


class Damaged(Exception):
    """The database cannot be read, or is not ours."""


class Table:
    """Look-ups from any thread; writes and close() from one and the same thread."""

    def __init__(
        self,
        folder: Path,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        timeout: float = LIMIT,
        notice: float = NOTICE,
        read_only: bool = False,
    ) -> None:
        """timeout: seconds to wait for another program that has locked the database. Raises Fault(STORAGE)."""
        self.folder = folder
        self._path = folder / "cache.db"
        self._tell = tell
        self._clock = clock
        self._timeout = timeout
        self._notice = notice
        self._step = min(1.0, timeout / 4)
        self._cache: Any = None
        self._inode = -1
        self._reserve = Reserve(folder / "reserve")
        self._guard = threading.Lock()
        self._readers = Readers(self._path, wait=self._step, quiet=read_only)
        if not read_only:
            try:
                self._prepare()
            except OSError as error:
                raise trouble.cannot_write(folder, error) from error

    def _prepare(self) -> None:
        """SQLite makes its files world-readable, and its side files like the main one."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._path.chmod(0o600)  # never opened and closed here: that would drop SQLite's own locks
        self._inode = self._path.stat().st_ino

    def check(self) -> None:
        """Is it a database of ours that can be read? Raises Damaged, Fault(STORAGE)."""
        if (self.folder / "damaged").exists():
            raise Damaged("it was found damaged while it was used")
        try:
            self._patiently(lambda: self._readers.find(["0" * 64]))
            known = self._patiently(self._readers.settings)
        except (sqlite3.DatabaseError, Foreign) as error:
            raise Damaged(str(error)) from error
        if strange := known - set(SETTINGS) - COUNTS:
            raise Damaged(f"it has settings that we never make: {', '.join(sorted(strange))[:80]}")

    def find(self, keys: Sequence[str]) -> list[tuple[str, bytes | None]]:
        """Known values among these keys; None for a row that we never wrote. Raises Fault(STORAGE)."""
        try:
            return self._readers.find(keys)
        except (sqlite3.Error, Foreign):
            return self._marking(lambda: self._readers.find(keys))

    def items(self) -> Iterator[tuple[str, bytes | None]]:
        """Every row, read page by page. Raises Fault(STORAGE)."""
        rows = self._readers.items()
        while (row := self._marking(lambda: next(rows, None))) is not None:
            yield row

    def begin(self) -> None:
        """Open for writing now, since a first write is about to come. What goes wrong is said by the write."""
        with contextlib.suppress(Exception):  # the writer must outlive it
            self._patiently(self._opened)

    def write(self, values: Mapping[str, bytes | None]) -> Fault | None:
        """All of them in one commit; None: forget that key. Raises Fault(STORAGE) when they are not kept.

        Returns the Fault of a disk that is full although they were kept, in the room that was held back for it.
        """
        try:
            self._write(values)
        except Fault as fault:
            cause = trouble.cause_of(fault.__cause__) if fault.__cause__ is not None else None
            if cause is None or not trouble.is_full(cause) or not self._reserve.let_go():
                raise
            self._write(values)
            return fault
        return None

    def _write(self, values: Mapping[str, bytes | None]) -> None:

        def commit() -> None:
            try:
                cache = self._opened()
                with cache.transact():
                    for key, value in values.items():
                        if value is None:
                            cache.delete(key)
                        else:
                            cache.set(key, value)
            except BaseException:
                # after a failed commit diskcache may keep a transaction open: begin anew next time
                self._release()
                raise

        self._marking(commit)
        if not self._in_place():
            raise trouble.gone(self.folder)  # the commit went into a file that has no name any more

    def _opened(self) -> Any:
        if self._cache is None:
            from diskcache import Cache

            from .safe_disk import SafeDisk

            if not self._in_place():
                raise trouble.gone(self.folder)
            # diskcache itself waits a minute for a locked database when it opens one, whatever it is told
            with contextlib.closing(
                sqlite3.connect(self._path, timeout=self._step, isolation_level=None)
            ) as probe:
                probe.execute("begin immediate")
                probe.execute("rollback")
            self._cache = Cache(str(self.folder), disk=SafeDisk, timeout=self._step, **SETTINGS)
            self._reserve.hold()
        return self._cache

    def _in_place(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _marking(self, act: Callable[[], T]) -> T:
        """Do it; damage that shows only now is marked, so that the next opening mends it."""
        try:
            return self._patiently(act)
        except (sqlite3.Error, Foreign) as error:
            if self._inode >= 0:
                with contextlib.suppress(OSError):
                    (self.folder / "damaged").touch(0o600)
            text = f"the index in {self.folder} is damaged: {error}"
            fix = "start again: it is set aside and what can be read of it is kept"
            raise Fault(FaultKind.STORAGE, text, code="S-INDEX", fix=fix) from error

    def _patiently(self, act: Callable[[], T]) -> T:
        """Do it, waiting for another program that holds the database. The waiting itself is SQLite's."""
        began = time.monotonic()
        said = False
        while True:
            try:
                return act()
            except Exception as error:
                cause = trouble.cause_of(error)
                if cause is None or trouble.is_damage(cause):
                    raise
                if not trouble.is_busy(cause):
                    raise trouble.cannot_write(self.folder, cause) from error
                waited = time.monotonic() - began
                if waited >= self._timeout:
                    raise trouble.locked(self.folder, self._timeout) from error
                if waited >= self._notice and not said:
                    said = True
                    text = f"{self.folder} is locked by another program; waiting up to {self._timeout:.0f} s"
                    self._tell(Warned(self._clock(), "S-WAIT", text))

    def _release(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._cache is not None:
                self._cache.close()
        self._cache = None

    def close(self) -> None:
        """Let go of every connection, the writing one last: whoever leaves last tidies up SQLite's log."""
        self._readers.close()
        self._release()
