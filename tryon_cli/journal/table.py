"""The journal's tables and their rows as records. Knows no threads and no runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..model.errors import Exit, TryonError
from ..model.outcome import RowState
from ..outputs import Published

FORMAT = 1

_TABLES = """
create table if not exists runs(
  run text primary key, started real, ended real, exit integer, text text, pid integer, host text,
  manifest text, manifest_digest text, settings text, total integer, counts text, live text);
create table if not exists rows(
  id text unique not null, n integer, row text, question text, state text, files text, cost real,
  provider text, seed integer, reasons text, code text, text text, fix text, col text, value text,
  stage text, meta text, cells text, run text);
"""


class RowRecord(NamedTuple):
    """How a row ended. JSON where a cell holds several things."""

    id: str
    n: int
    """Position in the manifest, from 0."""
    row: str
    question: str
    """What was asked: equal questions have equal pictures. "" when it could not be told."""
    state: RowState
    files: tuple[Published, ...] = ()
    cost: float = 0.0
    provider: str = ""
    seed: int | None = None
    reasons: tuple[str, ...] = ()
    code: str = ""
    text: str = ""
    fix: str = ""
    column: str = ""
    value: str = ""
    stage: str = ""
    meta: str = ""
    """The user's own columns, a JSON object or ""."""
    cells: str = ""
    """The row as manifest cells, a JSON object; only for rows that ended without a picture."""
    run: str = ""


class RunRecord(NamedTuple):
    """The first record of a run, and what has become of it."""

    run: str
    started: float
    manifest: str
    """Relative to the output folder where possible; "-" for standard input."""
    manifest_digest: str
    settings: str
    """JSON, without secrets: resume runs with these."""
    total: int
    pid: int
    host: str
    ended: float | None = None
    exit: int | None = None
    text: str = ""
    counts: str = "{}"
    live: str = ""
    """The last picture of the stages, JSON."""


_MARKS = ", ".join("?" * len(RowRecord._fields))
COLUMNS = (
    "id,n,row,question,state,files,cost,provider,seed,reasons,code,text,fix,col,value,stage,meta,cells,run"
)
UPSERT = f"insert into rows({COLUMNS}) values({_MARKS}) on conflict(id) do update set " + ",".join(
    f"{c}=excluded.{c}" for c in COLUMNS.split(",")[1:]
)


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing, making what lacks. Raises TryonError for a newer format, sqlite3.Error."""
    db = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        (version,) = db.execute("pragma user_version").fetchone()
        if version > FORMAT:
            raise TryonError(
                Exit.USAGE,
                f"{path} has format {version}, this tryon knows {FORMAT}",
                details=("upgrade tryon, or choose another --output; nothing was touched",),
            )
        db.execute("pragma journal_mode=truncate")
        db.execute("pragma synchronous=normal")
        db.executescript(_TABLES)
        db.execute(f"pragma user_version={FORMAT}")
        db.commit()
    except BaseException:
        db.close()
        raise
    return db


def all_runs(db: sqlite3.Connection) -> list[RunRecord]:
    """Every run, oldest first."""
    rows = db.execute(
        "select run,started,manifest,manifest_digest,settings,total,pid,host,ended,exit,text,counts,live "
        "from runs order by started, rowid"
    )
    return [RunRecord(*row) for row in rows]


def to_cells(record: RowRecord) -> tuple[object, ...]:
    """A record as the table's cells."""
    values = list(record)
    values[4] = str(record.state)
    values[5] = json.dumps(record.files) if record.files else ""
    values[9] = json.dumps(record.reasons) if record.reasons else ""
    return tuple(values)


_STATES = {str(state): state for state in RowState}


def to_record(row: Sequence[Any]) -> RowRecord:
    """The table's cells as a record. Raises KeyError for a state that we do not know."""
    values = list(row)
    values[4] = _STATES[values[4]]
    values[5] = tuple(map(Published._make, json.loads(values[5]))) if values[5] else ()
    values[9] = tuple(json.loads(values[9])) if values[9] else ()
    return RowRecord._make(values)
