"""Looking after the ledger's file: private, set aside when damaged, copied while it is good."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from ..model.errors import Exit, Fault, TryonError
from . import table, trouble
from .states import State, money

DAY = 86_400.0


def make_private(folder: Path, path: Path) -> None:
    """SQLite makes its files world-readable, and its side files like the main one. Raises OSError."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if new:
        sync(folder.parent)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        # never opened and closed here: that would drop the locks that SQLite holds on it
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    else:
        sync(folder)


def sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def unusable(fault: Fault) -> TryonError:
    """As an error of the whole command."""
    return TryonError(Exit.STORAGE, fault.text, details=(fault.fix, "Nothing was sent."), code=fault.code)


def damage(path: Path) -> str:
    """What is wrong with this ledger, "" when it is whole. Raises OSError, sqlite3.OperationalError."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
            (word,) = db.execute("pragma quick_check(1)").fetchone()
            if word == "ok" and db.execute("pragma user_version").fetchone()[0]:
                list(table.select(db))
    except (sqlite3.Error, ValueError) as error:
        if isinstance(error, sqlite3.Error) and not trouble.is_damage(error):
            raise
        return str(error)
    return "" if word == "ok" else str(word)


def rebuild(path: Path) -> str:
    """Begin a damaged ledger anew: what can be read of it, or of its last copy, is kept. "" when it is whole.

    Returns where the damaged one was put. Raises OSError, sqlite3.Error.
    """
    why = damage(path)
    empty = not why and path.stat().st_size == 0
    copy = path.with_name("ledger.copy.db")
    if not why and not empty:
        return ""
    kept: dict[tuple[str, int], table.Unit] = {}
    for source in (copy, path):  # what is newer wins
        kept |= {unit[:2]: unit for unit in salvage(source)}
    aside = path.with_name(f"ledger.damaged-{int(time.time())}.db")
    path.rename(aside)
    journal = path.with_name(path.name + "-journal")
    with contextlib.suppress(FileNotFoundError):
        journal.rename(aside.with_name(aside.name + "-journal"))
    make_private(path.parent, path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("pragma synchronous=extra")
        db.execute("begin immediate")
        for statement in filter(str.strip, table.TABLES.split(";")):
            db.execute(statement)
        for unit in kept.values():
            table.put(db, unit)
        recount(db)
        table.set_fact(db, "rebuilt", str(time.time()))
        if born := birth(aside) or birth(copy):
            table.set_fact(db, "born", born)  # it is the same one as far as it could be read
        db.execute(f"pragma user_version={table.FORMAT}")
        db.execute("commit")
    if empty:
        aside.unlink()
        return "(there was none)"
    return str(aside)


def salvage(path: Path) -> list[table.Unit]:
    """What can be read of a ledger, row by row."""
    found: list[table.Unit] = []
    if not path.exists():
        return found
    with (
        contextlib.suppress(sqlite3.Error, ValueError),
        contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db,
    ):
        for unit in table.select(db):
            found.append(unit)
    return found


def birth(path: Path) -> str:
    """The name of this ledger, "" when it cannot be read."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db,
    ):
        return table.fact(db, "born")
    return ""


def sums(db: sqlite3.Connection) -> dict[str, table.Totals]:
    """Money of every journey, counted from its calls."""
    sums: dict[str, table.Totals] = {}
    for unit in table.select(db):
        spent, reserved = money(unit.state, unit.price, unit.billed)
        now = sums.get(unit.journey, table.Totals())
        calls = now.calls + (unit.state is not State.PLANNED and unit.price > 0)
        sums[unit.journey] = table.Totals(now.spent + spent, now.reserved + reserved, calls)
    return sums


def recount(db: sqlite3.Connection) -> None:
    """Write the sums of every journey anew from its calls."""
    counted = sums(db)
    db.execute("delete from journeys")
    for journey, amount in counted.items():
        table.add(db, journey, amount)


def copy_daily(path: Path, now: float) -> None:
    """Keep a copy of the ledger as it is now, unless there is one of today. Never raises: it is a second net."""
    copy = path.with_name("ledger.copy.db")
    part = path.with_name(f"ledger.copy.{os.getpid()}.part")
    with contextlib.suppress(OSError, sqlite3.Error):
        if copy.exists() and now - copy.stat().st_mtime < DAY:
            return
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
            db.execute("vacuum into ?", (str(part),))
        part.replace(copy)
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
