"""What is written in one commit: sums of money are read once and written once, however many changes share it."""

from __future__ import annotations

import sqlite3

from . import table
from .table import Totals


class Page:
    """An open transaction. What is changed through it counts for whoever comes later on the same page."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._read: dict[str, Totals] = {}
        self._more: dict[str, Totals] = {}
        self._added = 0

    def totals(self, journey: str) -> Totals:
        """Money of a journey so far."""
        if journey not in self._read:
            self._read[journey] = table.totals(self.db, journey)
        return _sum(self._read[journey], self._more.get(journey, Totals()))

    def add(self, journey: str, more: Totals) -> None:
        """So much more of it."""
        if any(more):
            self._added += 1
            self._more[journey] = _sum(self._more.get(journey, Totals()), more)

    @property
    def written(self) -> int:
        """Grows with everything that is written."""
        return self.db.total_changes + self._added

    def close(self) -> None:
        """Write the sums."""
        for journey, more in self._more.items():
            table.add(self.db, journey, more)


def _sum(one: Totals, other: Totals) -> Totals:
    return Totals(*(a + b for a, b in zip(one, other, strict=True)))
