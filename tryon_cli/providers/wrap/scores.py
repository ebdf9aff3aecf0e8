"""How providers did: success, refusals, flags, seconds and cost, kept over runs. Knows no provider.

Only counts are kept, no picture and no name of one. They lie in the state folder; losing them loses no money.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ...model.ports import DEARER

STEP = 1.25
"""Each bucket of seconds is a quarter longer than the one before; the first ends at 10 ms."""
SHORTEST = 0.01
BUCKETS = 64

FLOOR = 20
"""Calls of each side below which nothing is concluded."""
SURE = 3.0
"""Standard errors that make a difference count. High, since it is looked at after every call."""
SLOWER = 1.5
"""Times as long (geometric mean) that count as worse."""


@dataclass
class Tally:
    """Counts of one provider, task and version."""

    good: int = 0
    failed: int = 0
    refused: int = 0
    unclear: int = 0
    """Maybe paid, or not done in time."""
    flagged: int = 0
    """Good ones that somebody should look at."""
    cost: float = 0.0
    """USD."""
    offered: float = 0.0
    """USD that the offer named for the same calls."""
    logs: float = 0.0
    squares: float = 0.0
    """Sums of the logarithms of the seconds, and of their squares."""
    seconds: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    """Good calls by how long they took."""

    @property
    def calls(self) -> int:
        return self.good + self.failed + self.refused + self.unclear

    @property
    def bad(self) -> int:
        """Calls without a picture."""
        return self.calls - self.good

    def quantile(self, part: float) -> float | None:
        """Seconds that so many of the good calls took at most, to a quarter; None without one."""
        if not self.good:
            return None
        seen, wanted = 0, max(1, math.ceil(part * self.good))
        for bucket, count in enumerate(self.seconds):
            seen += count
            if seen >= wanted:
                return SHORTEST * STEP**bucket
        return SHORTEST * STEP ** (BUCKETS - 1)

    def add(self, other: Tally) -> None:
        for name in ("good", "failed", "refused", "unclear", "flagged", "cost", "offered", "logs", "squares"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds = [a + b for a, b in zip(self.seconds, other.seconds, strict=True)]

    def took(self, seconds: float) -> None:
        """A good call took so long."""
        log = math.log(max(seconds, SHORTEST))
        self.logs += log
        self.squares += log * log
        bucket = math.ceil((log - math.log(SHORTEST)) / math.log(STEP) - 1e-9)
        self.seconds[min(max(0, bucket), BUCKETS - 1)] += 1


class Place(NamedTuple):
    """Whose counts."""

    scope: str
    """"" for all calls, "fashn>kling" for the calls that a canary shared out."""
    provider: str
    task: str
    version: str


def worse(usual: Tally, other: Tally) -> str:
    """Why the other one is clearly worse, in a few words; "" when it is not, or nobody can know yet."""
    if min(usual.calls, other.calls) < FLOOR:
        return ""
    if _higher(usual.bad, usual.calls, other.bad, other.calls):
        return f"{_part(other.bad, other.calls)} of its calls failed, {_part(usual.bad, usual.calls)} usually"
    if min(usual.good, other.good) < FLOOR:
        return ""
    if _higher(usual.flagged, usual.good, other.flagged, other.good):
        return (
            f"{_part(other.flagged, other.good)} of its pictures need a look, "
            f"{_part(usual.flagged, usual.good)} usually"
        )
    # above its own price, not the usual provider's: what its offer says was known when it was given its share
    if other.cost > DEARER * other.offered > 0.0:
        return f"it is billed at {other.cost / other.offered:.1f} times its price"
    ratio, error = _slower(usual, other)
    if ratio > SLOWER and math.log(ratio) > SURE * error:
        return f"it takes {ratio:.1f} times as long"
    return ""


def _higher(few: int, n: int, many: int, m: int) -> bool:
    """Is many/m above few/n by more than chance gives (two proportions, pooled, one side)?"""
    pooled = (few + many) / (n + m)
    error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    return error > 0.0 and (many / m - few / n) / error > SURE


def _slower(usual: Tally, other: Tally) -> tuple[float, float]:
    """How many times as long, and the standard error of the logarithm of that."""
    means, errors = [], 0.0
    for tally in (usual, other):
        mean = tally.logs / tally.good
        means.append(mean)
        errors += max(0.0, tally.squares / tally.good - mean * mean) / tally.good
    return math.exp(means[1] - means[0]), math.sqrt(errors)


def _part(count: int, of: int) -> str:
    return f"{100 * count / of:.0f}%"


class _Book:
    """What was counted and is not on disk yet."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.fresh: dict[Place, Tally] = {}

    def flush(self) -> None:
        with self.lock:
            fresh, self.fresh = self.fresh, {}
            if self.path is None or not fresh:
                return
            with contextlib.suppress(sqlite3.Error, OSError), _open(self.path) as db:
                db.execute("begin immediate")
                for place, tally in fresh.items():
                    known = _read(db, place)
                    known.add(tally)
                    values = json.dumps(vars(known))
                    db.execute("insert or replace into tallies values(?,?,?,?,?)", (*place, values))
                db.execute("commit")


class Scores:
    """Counts of all providers. Safe from any thread; written at most once a second, and at the end."""

    def __init__(
        self, state: Path | None, *, every: float = 1.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """state: the state folder; None: nothing is kept."""
        self._book = _Book(state / "scores.db" if state is not None else None)
        self._every = every
        self._monotonic = monotonic
        self._written = monotonic()
        self._known: dict[Place, Tally] = {}
        weakref.finalize(self, self._book.flush)

    def note(self, place: Place, tally: Tally) -> None:
        """Add to the counts."""
        with self._book.lock:
            self._book.fresh.setdefault(place, Tally()).add(tally)
            if place in self._known:
                self._known[place].add(tally)
        now = self._monotonic()
        if now - self._written >= self._every:
            self._written = now
            self._book.flush()

    def flush(self) -> None:
        """Everything is on disk once this returns, or cannot be written."""
        self._book.flush()

    def tally(self, place: Place) -> Tally:
        """The counts of all runs up to the first question, and of this one since. Not to be changed."""
        with self._book.lock:
            known = self._known.get(place)
            if known is None:
                known = self._known[place] = self._read(place)
                if place in self._book.fresh:
                    known.add(self._book.fresh[place])
            return known

    def _read(self, place: Place) -> Tally:
        path = self._book.path
        if path is not None and path.exists():
            with contextlib.suppress(sqlite3.Error, OSError), _open(path) as db:
                return _read(db, place)
        return Tally()

    def all(self) -> dict[Place, Tally]:
        """Everything that is on disk."""
        path = self._book.path
        if path is None or not path.exists():
            return {}
        with _open(path) as db:
            rows = db.execute("select scope, provider, task, version, counts from tallies").fetchall()
        return {Place(*row[:4]): Tally(**json.loads(row[4])) for row in rows}

    # ------------------------------------------------------------------ canaries that were rolled back
    def rolled_back(self, pair: str) -> str:
        """Why the canary of this pair was rolled back; "" when it was not."""
        path = self._book.path
        if path is None or not path.exists():
            return ""
        with contextlib.suppress(sqlite3.Error, OSError), _open(path) as db:
            row = db.execute("select why from rolled where pair=?", (pair,)).fetchone()
            return str(row[0]) if row else ""
        return ""

    def roll_back(self, pair: str, why: str) -> None:
        """Remember that the candidate of this pair is not to be used."""
        if self._book.path is not None:
            with contextlib.suppress(sqlite3.Error, OSError), _open(self._book.path) as db:
                db.execute("insert or replace into rolled values(?,?)", (pair, why))

    def rollbacks(self) -> dict[str, str]:
        """Why each candidate was rolled back, by pair: "usual>candidate" and its versions (canary.pair_of)."""
        path = self._book.path
        if path is None or not path.exists():
            return {}
        with _open(path) as db:
            return {str(pair): str(why) for pair, why in db.execute("select pair, why from rolled")}

    def forget(self, scope: str) -> bool:
        """Give the candidate another chance, with counts that start anew. False: nothing was known of it."""
        path = self._book.path
        if path is None or not path.exists():
            return False
        with _open(path) as db:
            rolled = db.execute(
                "delete from rolled where substr(pair, 1, length(?) + 1) = ? || ' '", (scope, scope)
            )
            return rolled.rowcount + db.execute("delete from tallies where scope=?", (scope,)).rowcount > 0


@contextlib.contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = not path.exists()
    db = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        if new:
            os.chmod(path, 0o600)  # noqa: PTH101 - in step with the history beside it
        db.executescript(
            "pragma synchronous=normal;"
            "create table if not exists tallies(scope text, provider text, task text, version text, counts text,"
            " primary key(scope, provider, task, version)) without rowid;"
            "create table if not exists rolled(pair text primary key, why text) without rowid;"
        )
        yield db
    finally:
        db.close()


def _read(db: sqlite3.Connection, place: Place) -> Tally:
    row = db.execute(
        "select counts from tallies where scope=? and provider=? and task=? and version=?", place
    ).fetchone()
    return Tally(**json.loads(row[0])) if row else Tally()
