"""Opening a table that may be damaged: set aside, begun anew, and what can be read of it kept.

Answers are money, so the rows on whole pages are carried over. Knows rows only, not what they mean.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..model.digest import is_digest
from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.ports import Tell
from . import trouble
from .table import LIMIT, NOTICE, Damaged, Table

_STRIDE = 64
"""Rows that are passed over when a page cannot be read, before the next try."""

_ROWS = (
    "select rowid, key, value from Cache where rowid > ? and raw = 1 and mode = 1 and filename is null "
    "and typeof(key) = 'text' and typeof(value) = 'blob' order by rowid limit 200"
)


def open_table(
    folder: Path,
    tell: Tell,
    *,
    clock: Callable[[], float] = time.time,
    timeout: float = LIMIT,
    notice: float = NOTICE,
    read_only: bool = False,
) -> Table:
    """The table in this folder, mended if it must be (told once). Raises Fault(STORAGE)."""

    def opened() -> Table:
        return Table(folder, tell, clock=clock, timeout=timeout, notice=notice, read_only=read_only)

    try:
        return _checked(opened())
    except Damaged as damage:
        if read_only:
            text = f"the index in {folder} is damaged: {damage}"
            fix = "tryon cache verify mends it"
            raise Fault(FaultKind.STORAGE, text, code="S-INDEX", fix=fix) from damage
    with _alone(folder):
        try:
            return _checked(opened())  # somebody else may have mended it while we waited
        except Damaged as damage:
            aside = _set_aside(folder)
            table = opened()
            kept = _carry_over(aside, table)
            text = (
                f"the index of the cache is damaged ({damage}) and was set aside as {aside.name}; "
                f"{kept:,} answers could be kept, the rest is asked again"
            )
            tell(Warned(clock(), "S-INDEX", text))
            return table


def _checked(table: Table) -> Table:
    try:
        table.check()
    except BaseException:
        table.close()
        raise
    return table


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two processes that find the same damage must not set aside each other's new beginning."""
    try:
        fd = os.open(folder.with_name("mending"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise trouble.cannot_write(folder.parent, error) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _set_aside(folder: Path) -> Path:
    for n in itertools.count(1):
        aside = folder.with_name(f"{folder.name}.damaged-{n}")
        if aside.exists():
            continue
        try:
            folder.rename(aside)
        except OSError as error:
            raise trouble.cannot_write(folder.parent, error) from error
        return aside
    raise AssertionError("counting never ends")


def _carry_over(aside: Path, table: Table) -> int:
    kept = 0
    rows = _readable(aside / "cache.db")
    while page := dict(itertools.islice(rows, 1000)):
        table.write(page)
        kept += len(page)
    return kept


def _readable(path: Path) -> Iterator[tuple[str, bytes]]:
    """Rows on pages that can be read, in order; none when it is no database at all."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        last = 0
        try:
            most = int(db.execute("select max(rowid) from Cache").fetchone()[0] or 0)
        except sqlite3.Error:
            return
        while last < most:
            try:
                rows = db.execute(_ROWS, (last,)).fetchall()
            except sqlite3.Error:
                last += _STRIDE
                continue
            if not rows:
                return
            last = rows[-1][0]
            yield from ((key, value) for _, key, value in rows if is_digest(key))
