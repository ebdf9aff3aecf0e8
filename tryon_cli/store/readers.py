"""Looking things up in diskcache's database, many keys at a time. Knows its table, changes nothing.

diskcache asks key by key (8 us each); one statement for a batch takes 2 to 3 us a key. A few connections
are shared by all threads: one per thread would need three open files each, and a run may have 256 threads.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue

COLUMNS = {"key", "raw", "mode", "filename", "value"}
"""What is read. A database that lacks one of them is not ours."""

MOST = 4
"""Connections at most. A look-up takes microseconds, so nobody waits long for one."""

_SIZES = (1, 8, 32, 128, 500)
"""Keys per statement: few different texts, so that SQLite has each of them compiled already."""

# a value that does not lie in the row as plain bytes comes back as NULL, to be refused by name
_VALUE = "case when mode = 1 and filename is null and typeof(value) = 'blob' then value end"

_PAGE = (
    f"select rowid, key, {_VALUE} from Cache where rowid > ? and raw = 1 and typeof(key) = 'text' "
    "order by rowid limit 1000"
)


_BEGUN = {"Settings", "sqlite_autoindex_Settings_1"}


class Foreign(Exception):
    """The file is a database, but not one that we made."""


class Readers:
    """Read-only connections to one database. Safe from any thread."""

    def __init__(self, path: Path, *, wait: float, quiet: bool) -> None:
        """wait: seconds that SQLite itself waits for a lock; quiet: make no side files while reading."""
        self._path = path
        self._wait = wait
        self._quiet = quiet
        self._free: list[sqlite3.Connection] = []
        # not a Semaphore: that is written in Python, and 64 threads spend a third of a busy run in its lock
        self._turns: SimpleQueue[None] = SimpleQueue()
        for _ in range(MOST):
            self._turns.put(None)
        self._closed = False

    def find(self, keys: Sequence[str]) -> list[tuple[str, bytes | None]]:
        """Rows of these keys. Raises sqlite3.Error, Foreign."""
        with self._one() as connection:
            if connection is None or not keys:
                return []
            if len(keys) <= _SIZES[-1]:
                return connection.execute(*_asked(keys)).fetchall()
            parts = (keys[at : at + _SIZES[-1]] for at in range(0, len(keys), _SIZES[-1]))
            return [row for part in parts for row in connection.execute(*_asked(part))]

    def items(self) -> Iterator[tuple[str, bytes | None]]:
        """Every row, in pages: no transaction stays open meanwhile. Raises as find()."""
        last = -(1 << 62)
        while True:
            with self._one() as connection:
                rows = connection.execute(_PAGE, (last,)).fetchall() if connection else []
            if not rows:
                return
            last = rows[-1][0]
            yield from ((key, value) for _, key, value in rows)

    def settings(self) -> set[str]:
        """Names of the settings that diskcache keeps in the database."""
        with self._one() as connection:
            return (
                {str(row[0]) for row in connection.execute("select key from Settings")}
                if connection
                else set()
            )

    @contextlib.contextmanager
    def _one(self) -> Iterator[sqlite3.Connection | None]:
        self._turns.get()
        try:
            try:
                connection: sqlite3.Connection | None = self._free.pop()
            except IndexError:
                connection = self._open()
            try:
                yield connection
            finally:
                if connection is not None:
                    if self._closed:
                        connection.close()
                    else:
                        self._free.append(connection)
        finally:
            self._turns.put(None)

    def _open(self) -> sqlite3.Connection | None:
        """None while there is no database, or an empty one."""
        log = self._path.with_name(self._path.name + "-wal")
        try:
            if self._closed or (not self._path.stat().st_size and not log.exists()):
                return None
        except FileNotFoundError:
            return None
        # without a log beside it the file is complete, and nothing needs to be made beside it to read it
        quiet = self._quiet and not log.exists()
        # else rw, though nothing is written: only then does the last one to leave tidy up SQLite's log
        mode = "mode=ro&immutable=1" if quiet else "mode=ro" if self._quiet else "mode=rw"
        uri = f"{self._path.absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=self._wait, check_same_thread=False, isolation_level=None
        )
        try:
            connection.execute("pragma query_only = on")
            connection.execute("pragma trusted_schema = off")
            # diskcache makes Settings first and Cache a little later, maybe in another process just now: so in
            # this order, or Cache could come between the two questions and seem to have no columns
            tables = {row[0] for row in connection.execute("select name from sqlite_schema")}
            columns = {row[1] for row in connection.execute("pragma table_info(Cache)")}
            if columns >= COLUMNS:
                return connection
            if columns or not tables <= _BEGUN:
                raise Foreign("it has no table Cache as diskcache makes it")
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    def close(self) -> None:
        """Let go of the file; a look-up that is under way ends first."""
        self._closed = True
        while self._free:
            self._free.pop().close()


def _asked(keys: Sequence[str]) -> tuple[str, Sequence[str]]:
    size = next(size for size in _SIZES if size >= len(keys))
    return _FIND[size], [*keys, *[keys[0]] * (size - len(keys))] if len(keys) < size else keys


_FIND = {
    size: f"select key, {_VALUE} from Cache where key in ({','.join('?' * size)}) and raw = 1"
    for size in _SIZES
}
