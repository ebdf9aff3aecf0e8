"""What is written in one commit: all changes of calls in two statements, and each sum of money read and written once.

A thread that runs SQL gives Python's lock away with every statement and gets it back only in its turn: with 64
threads at work a commit of 20 calls took 40 ms, statement by statement, while its disk was done after one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from . import table
from .table import Totals, Unit


class Stale(Exception):
    """The ledger knows something else than whoever hands in a change: nothing of this page may be kept."""


class Page:
    """An open transaction. What is changed through it counts for whoever comes later on the same page."""

    def __init__(self, db: sqlite3.Connection, *, alone: bool = False) -> None:
        """alone: write each change as it comes, and say at once where the ledger knows something else."""
        self._db = db
        self._alone = alone
        self._new: dict[tuple[str, int], Unit] = {}
        self._changed: dict[tuple[str, int], tuple[Unit, Unit]] = {}
        """Before the first change on this page, and after the last."""
        self._read: dict[str, Totals] = {}
        self._more: dict[str, Totals] = {}
        self.written = 0
        """Grows with everything that is written."""

    @property
    def db(self) -> sqlite3.Connection:
        """For reading, and for facts. Raises Stale."""
        self._write()
        return self._db

    def begin(self, unit: Unit) -> bool:
        """A call that is new. False: the ledger has one of this generation."""
        if self._alone:
            if not table.begin(self._db, unit):
                return False
        elif unit[:2] in self._new or unit[:2] in self._changed:
            raise Stale
        else:
            self._new[unit[:2]] = unit
        self.written += 1
        return True

    def update(self, before: Unit, after: Unit) -> bool:
        """A call moves on. False: it is not there, or not in the state that it was thought to be in."""
        name = before[:2]
        if self._alone:
            if not table.update(self._db, before, after):
                return False
        elif (new := self._new.get(name)) is not None:
            self._same(new, before)
            self._new[name] = after
        else:
            first, last = self._changed.get(name, (before, before))
            self._same(last, before)
            self._changed[name] = (first, after)
        self.written += 1
        return True

    def _same(self, known: Unit, thought: Unit) -> None:
        if known.state is not thought.state:
            raise Stale

    def put(self, unit: Unit) -> None:
        """Write a call whatever the ledger says of it."""
        table.put(self.db, unit)
        self.written += 1

    def totals(self, journey: str) -> Totals:
        """Money of a journey so far."""
        if journey not in self._read:
            self._read[journey] = table.totals(self._db, journey)
        return _sum(self._read[journey], self._more.get(journey, Totals()))

    def add(self, journey: str, more: Totals) -> None:
        """So much more of it."""
        if any(more):
            self._more[journey] = _sum(self._more.get(journey, Totals()), more)
            self.written += 1

    def close(self) -> None:
        """Write what is not written yet. Raises Stale."""
        self._write()
        for journey, more in self._more.items():
            table.add(self._db, journey, more)

    def _write(self) -> None:
        new, changed = list(self._new.values()), list(self._changed.values())
        self._new, self._changed = {}, {}
        if new and table.begin_all(self._db, _json(new)) != len(new):
            raise Stale
        if changed:
            rows = [(*after, str(before.state)) for before, after in changed]
            if table.update_all(self._db, _json(rows)) != len(rows):
                raise Stale


def _json(rows: Sequence[tuple[object, ...]]) -> str:
    """Raises Stale for what cannot be written so: a file name that is no text, an infinite time."""
    try:
        text = json.dumps(rows, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        raise Stale from None
    return text


def _sum(one: Totals, other: Totals) -> Totals:
    return Totals(*(a + b for a, b in zip(one, other, strict=True)))
