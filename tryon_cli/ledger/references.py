"""Where services keep the pictures that we uploaded. Losing it costs an upload, never money."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..model.digest import Digest

MARGIN = 300.0
"""Seconds before its end at which a reference is no longer used: the call that names it may wait in a queue."""

_TABLE = """create table if not exists uploads(provider text, account text, digest text, reference text, expiry real,
primary key(provider, account, digest)) without rowid"""


class Uploads:
    """model.ports.References in a small file of its own. Safe from any thread and process; never raises."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / "uploads.db"
        self._clock = clock
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        try:
            self._db = self._open()
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError, sqlite3.Error):
                self._path.unlink()
                self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        with contextlib.suppress(OSError):
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            # lost references are uploaded again, so nothing here waits for the disk
            db.execute("pragma synchronous=off")
            db.execute(_TABLE)
        except BaseException:
            db.close()
            raise
        return db

    def find(self, provider: str, account: str, digest: Digest) -> str | None:
        """The reference of these bytes; None: unknown or about to expire."""
        rows = self._do(
            "select reference, expiry from uploads where provider=? and account=? and digest=?",
            (provider, account, digest),
        )
        if not rows:
            return None
        reference, expiry = rows[0]
        return str(reference) if expiry is None or expiry > self._clock() else None

    def keep(
        self, provider: str, account: str, digest: Digest, reference: str, lifetime: float | None
    ) -> None:
        """Remember a reference. lifetime: seconds from now; None: it does not expire."""
        # a short life is used for its better half
        expiry = None if lifetime is None else self._clock() + lifetime - min(MARGIN, lifetime / 2)
        self._do(
            "insert or replace into uploads values(?,?,?,?,?)", (provider, account, digest, reference, expiry)
        )

    def forget(self, provider: str, account: str, digest: Digest) -> None:
        """The service no longer knows it."""
        self._do(
            "delete from uploads where provider=? and account=? and digest=?", (provider, account, digest)
        )

    def _do(self, text: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                return self._db.execute(text, values).fetchall()
        return []

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                self._db.close()
            self._db = None
