"""Small answers in diskcache: one folder, one writer at a time, batched look-ups. Knows bytes only.

diskcache is hidden here and in safe_disk.py, so that it can be exchanged.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from diskcache import Cache, Timeout

from ..model.errors import Fault, FaultKind
from .safe_disk import RAW, SafeDisk

ENDLESS = 2**62
"""Bytes. diskcache forgets silently at its limit, so there is none; `tryon cache gc` is the only remover."""

SETTINGS: Mapping[str, Any] = {
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": ENDLESS,
    "statistics": 0,
    "tag_index": 0,
}

COLUMNS = {"key", "raw", "mode", "filename", "value"}
"""What the batched look-up reads; a diskcache that lacks one of them is asked key by key."""

_BATCH = 500


class Table:
    """hex key -> bytes. Safe from any thread."""

    def __init__(self, folder: Path, *, timeout: float = 60.0, read_only: bool = False) -> None:
        """timeout: seconds to wait for another program that has locked the database.

        Raises Fault(STORAGE), sqlite3.DatabaseError when the file is no database.
        """
        self._folder = folder
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._timeout = timeout
        self._read_only = read_only
        self._cache: Any = None
        if not read_only:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._patient(self._wait_for_others)
            self._cache = self._patient(
                lambda: Cache(str(folder), disk=SafeDisk, timeout=timeout, **SETTINGS)
            )
            for name, value in SETTINGS.items():  # any other opener changes them for all
                self._patient(lambda name=name, value=value: self._cache.reset(name, value))  # type: ignore[misc]
            (folder / "cache.db").chmod(0o600)

    def _wait_for_others(self) -> None:
        """diskcache waits a minute for a locked database when it opens one, whatever it is told."""
        path = self._folder / "cache.db"
        if path.exists():
            probe = sqlite3.connect(path, timeout=self._timeout, isolation_level=None)
            with contextlib.closing(probe):
                probe.execute("begin immediate")
                probe.execute("rollback")

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Known values among these keys, in one look for up to 500 of them."""
        reader = self._reader()
        found: dict[str, bytes] = {}
        if reader is None:
            return found
        for at in range(0, len(keys), _BATCH):
            part = keys[at : at + _BATCH]
            marks = ",".join("?" * len(part))
            rows = reader.execute(
                f"select key, value from Cache where key in ({marks}) and raw=1 and mode={RAW} "
                "and filename is null",
                part,
            )
            found.update((key, value) for key, value in rows if isinstance(value, bytes))
        return found

    def _reader(self) -> sqlite3.Connection | None:
        """A connection of this thread's own: readers never wait for each other."""
        reader: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if reader is None:
            path = self._folder / "cache.db"
            if not path.exists():
                return None
            quiet = self._read_only and not path.with_name("cache.db-wal").exists()
            uri = f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if quiet else "")
            reader = sqlite3.connect(uri, uri=True, timeout=self._timeout, check_same_thread=False)
            columns = {row[1] for row in reader.execute("pragma table_info(Cache)")}
            if not columns >= COLUMNS:
                raise sqlite3.DatabaseError("the table Cache is not as we know it")
            self._local.reader = reader
            with self._guard:
                self._readers.append(reader)
        return reader

    def write(self, values: Mapping[str, bytes]) -> None:
        """All of them in one commit. Raises Fault(STORAGE)."""

        def commit() -> None:
            with self._cache.transact(retry=True):
                for key, value in values.items():
                    self._cache.set(key, value)

        self._patient(commit)

    def drop(self, keys: Iterable[str]) -> None:
        """Forget these. Raises Fault(STORAGE)."""

        def commit() -> None:
            with self._cache.transact(retry=True):
                for key in keys:
                    with contextlib.suppress(KeyError):
                        del self._cache[key]

        self._patient(commit)

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Everything that we wrote, in pages; planted rows are passed over."""
        reader = self._reader()
        last = 0
        while reader is not None:
            rows = reader.execute(
                f"select rowid, key, value from Cache where rowid > ? and raw=1 and mode={RAW} "
                "and filename is null order by rowid limit 1000",
                (last,),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield from (
                (key, value) for _, key, value in rows if isinstance(key, str) and isinstance(value, bytes)
            )

    def _patient(self, act: Callable[[], Any]) -> Any:
        """Do it, waiting for another program that holds the database, up to the time limit."""
        until = time.monotonic() + self._timeout
        while True:
            try:
                return act()
            except (Timeout, sqlite3.OperationalError) as error:
                locked = isinstance(error, Timeout) or "locked" in str(error)
                if locked and time.monotonic() < until:
                    time.sleep(0.05)
                    continue
                raise self._trouble(error, locked) from error
            except OSError as error:
                raise self._trouble(error, False) from error

    def _trouble(self, error: Exception, locked: bool) -> Fault:
        if locked:
            text = f"{self._folder} is locked by another program for {self._timeout:.0f} s (a backup?)"
            return Fault(FaultKind.STORAGE, text, code="S-LOCKED", fix="end it, then: tryon resume")
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        text = f"cannot write the index in {self._folder}: {reason.lower()}"
        return Fault(FaultKind.STORAGE, text, code="S-INDEX", fix="make room, then: tryon resume")

    def release(self) -> None:
        """Let go of this thread's writing connection, before the thread ends."""
        if self._cache is not None:
            self._cache.close()

    def close(self) -> None:
        """Let go of every connection."""
        with self._guard:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
        if self._cache is not None:
            self._cache.close()
