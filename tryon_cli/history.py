"""Past runs, in the state folder: which there were, where they wrote, and which pairs they asked for.

Survives the output folders and the cache. Knows no stages and no screens.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from .model.errors import Exit, TryonError
from .model.pair import Pair

FORMAT = 2
"""1 knew how often a pair was asked for and when last; 2 knows every day."""

_TABLES = """
create table if not exists runs(
  run text primary key, started real, ended real, exit integer, output text, manifest text, rows integer,
  made integer, cached integer, failed integer, seconds real);
create table if not exists pairs(
  id integer primary key, human text, garments text, categories text, overrides text, asked integer, last real,
  unique(human, garments, categories, overrides));
create table if not exists days(
  pair integer, day integer, asked integer, primary key(pair, day)) without rowid;
"""

_FROM_1 = """
alter table pairs rename to pairs_1;
{tables}
insert into pairs(human, garments, categories, overrides, asked, last)
  select human, garments, categories, overrides, asked, last from pairs_1;
insert into days select id, cast(last / 86400 as integer), 1 from pairs;
drop table pairs_1;
"""

DAYS_KEPT = 120
"""Days that asks are known one by one; what is older only counts in the sum."""

PAIRS_A_RUN = 200_000
"""Pairs of one run that are remembered at most: the first ones of the manifest."""


class PastRun(NamedTuple):
    """One run, as the state folder remembers it."""

    run: str
    started: float
    ended: float | None
    exit: int | None
    output: str
    """Absolute path of the output folder."""
    manifest: str
    rows: int
    made: int = 0
    cached: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def finished(self) -> bool:
        """Did it come to an end by itself (0, 3, 6, 9), not stopped and not killed?"""
        return self.exit in (Exit.OK, Exit.PARTIAL, Exit.QUALITY, Exit.NOTHING)


class AskedPair(NamedTuple):
    """A pair and how often runs asked for it."""

    human: str
    garments: tuple[str, ...]
    categories: tuple[str, ...]
    overrides: tuple[tuple[str, object], ...]
    asked: int
    """In all; more than its days hold where an older tryon did not write them down."""
    last: float
    days: tuple[tuple[int, int], ...] = ()
    """(day since 1970, how often), oldest first."""


def day_of(at: float) -> int:
    """The day since 1970 of UTC seconds."""
    return int(at // 86400)


class History:
    """The history of all runs of this user."""

    def __init__(self, state: Path) -> None:
        """state: the state folder; made when it is missing. Raises TryonError(STORAGE or USAGE)."""
        path = state / "history.db"
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = not path.exists()
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            if new:
                os.chmod(path, 0o600)  # noqa: PTH101 - it names the customers' pictures
            self._prepare(path)
        except (sqlite3.Error, OSError) as error:
            raise TryonError(
                Exit.STORAGE,
                f"cannot open the history of runs: {error}",
                details=(f"file  {path}", "mend or remove it; no picture is lost by that"),
            ) from error

    def _prepare(self, path: Path) -> None:
        (version,) = self._db.execute("pragma user_version").fetchone()
        if version > FORMAT:
            raise TryonError(
                Exit.USAGE,
                f"{path} has format {version}, this tryon knows {FORMAT}",
                details=("upgrade tryon, or set another state_dir; nothing was touched",),
            )
        if version == FORMAT:
            return
        self._db.execute("pragma journal_mode=truncate")
        self._db.execute("begin immediate")
        try:
            # another process may have been faster
            (version,) = self._db.execute("pragma user_version").fetchone()
            script = _FROM_1.format(tables=_TABLES) if version == 1 else _TABLES
            for statement in script.split(";"):  # executescript() would commit first
                self._db.execute(statement)
            self._db.execute(f"pragma user_version={FORMAT}")
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def begin(self, run: PastRun) -> None:
        """A run starts."""
        with contextlib.suppress(sqlite3.Error):  # a run is worth more than its line in the history
            self._db.execute("insert or replace into runs values(?,?,?,?,?,?,?,?,?,?,?)", run)

    def end(self, run: PastRun) -> None:
        """It has ended."""
        self.begin(run)

    def asked(self, pairs: Iterable[Pair], at: float) -> None:
        """These pairs were asked for once more."""
        day = day_of(at)
        rows = [
            (p.human, json.dumps(p.garments), json.dumps(p.categories), json.dumps(p.overrides))
            for p in itertools.islice(pairs, PAIRS_A_RUN)
        ]
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("begin immediate")
            self._db.executemany(
                "insert into pairs(human,garments,categories,overrides,asked,last) values(?,?,?,?,1,?) "
                "on conflict do update set asked=asked+1, last=excluded.last",
                ((*row, at) for row in rows),
            )
            self._db.executemany(
                "insert into days select id, ?, 1 from pairs "
                "where human=? and garments=? and categories=? and overrides=? "
                "on conflict do update set asked=days.asked+1",
                ((day, *row) for row in rows),
            )
            self._db.execute("delete from days where day < ?", (day - DAYS_KEPT,))
            self._db.execute("commit")

    def runs(self, limit: int = 50) -> list[PastRun]:
        """The newest runs first."""
        rows = self._db.execute("select * from runs order by started desc limit ?", (limit,))
        return [PastRun(*row) for row in rows]

    def popular(self) -> Iterator[AskedPair]:
        """Pairs, the most often asked first; equal ones newest first."""
        days: dict[int, list[tuple[int, int]]] = {}
        for pair, day, asked in self._db.execute("select pair,day,asked from days order by pair, day"):
            days.setdefault(pair, []).append((day, asked))
        for pair, h, g, c, o, asked, last in self._db.execute(
            "select id,human,garments,categories,overrides,asked,last from pairs "
            "order by asked desc, last desc"
        ):
            overrides = tuple((name, value) for name, value in json.loads(o))
            yield AskedPair(
                h,
                tuple(json.loads(g)),
                tuple(json.loads(c)),
                overrides,
                asked,
                last,
                tuple(days.get(pair, ())),
            )

    def close(self) -> None:
        self._db.close()
