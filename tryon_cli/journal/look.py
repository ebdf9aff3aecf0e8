"""Reading a journal that somebody else may be writing. Never takes a lock, never changes a byte."""

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
    with contextlib.closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    ) as db:
        yield db


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
