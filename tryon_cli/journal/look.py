"""Reading a journal that somebody else may be writing. Never takes the folder's lock, never writes a row."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .table import COLUMNS, RowRecord, RunRecord, all_runs, to_record


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    path = folder / ".tryon" / "journal.db"
    if not path.is_file():
        yield None
        return
    with contextlib.closing(_open(path)) as db:
        yield db


def _open(path: Path) -> sqlite3.Connection:
    """For reading; what a run that was killed within a commit has half written is rolled back first.

    A read-only connection refuses such a journal, and its run would look as if there had been none. SQLite
    itself sees to it that nothing is rolled back that a living process is still writing.
    """
    uri = path.absolute().as_uri()
    db = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=30)
    try:
        db.execute("pragma schema_version").fetchone()
    except sqlite3.OperationalError:
        db.close()
        db = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=30)
    return db


def runs_of(folder: Path) -> list[RunRecord]:
    """The runs of an output folder, oldest first; [] when there is no journal, or none that can be read."""
    with _reading(folder) as db:
        if db is not None:
            with contextlib.suppress(sqlite3.DatabaseError):
                return all_runs(db)
    return []


def rows_of(folder: Path) -> Iterator[RowRecord]:
    """Rows of the manifest as it was last run, in its order."""
    with _reading(folder) as db:
        if db is None:
            return
        for row in db.execute(f"select {COLUMNS} from rows where n >= 0 order by n"):
            yield to_record(row)
