"""Reading the ledger while others may write it. Takes no lock of ours and changes no byte."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from . import care, table
from .claims import alive
from .states import HELD, OUT
from .table import Totals, Unit

NAME = "ledger.db"


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """The ledger of this state folder; None when there is none. Raises sqlite3.Error."""
    path = folder / NAME
    if not path.is_file() or not path.stat().st_size:
        yield None
        return
    uri = path.absolute().as_uri()
    db = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=30)
    try:
        try:
            (known,) = db.execute("select count(*) from sqlite_master where name='units'").fetchone()
        except sqlite3.OperationalError:
            # whoever died within a commit left a journal, which a read-only connection may not roll back
            db.close()
            db = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=30)
            (known,) = db.execute("select count(*) from sqlite_master where name='units'").fetchone()
        yield db if known else None
    finally:
        db.close()


def units(folder: Path, where: str = "1", values: Sequence[object] = ()) -> list[Unit]:
    """Calls in the ledger, oldest first. where: SQL of ours. Raises sqlite3.Error."""
    with reading(folder) as db:
        return list(table.select(db, where, values)) if db is not None else []


def unsettled(folder: Path) -> list[Unit]:
    """Calls that are out, or that a human decides about; only the newest generation of each."""
    states = [str(state) for state in (*OUT, *HELD)]
    marks = ",".join("?" * len(states))
    newest = "generation=(select max(generation) from units as others where others.call=units.call)"
    return units(folder, f"state in ({marks}) and {newest}", states)


def journey_totals(folder: Path, journey: str) -> Totals:
    """Money of a journey. Raises sqlite3.Error."""
    with reading(folder) as db:
        return table.totals(db, journey) if db is not None else Totals()


def in_hand(folder: Path, unit: Unit) -> bool:
    """Is a living process at this call?"""
    return alive(folder / "claims", unit.call)


class Spend(NamedTuple):
    """How the money of a journey stands."""

    spent: int = 0
    reserved: int = 0
    out: int = 0
    """Paid calls that are at a service, or may be."""
    held: int = 0
    """Paid calls that wait for a decision."""
    keeps: tuple[tuple[str, float], ...] = ()
    """Service and UTC seconds until which it keeps what is out; only where it said so."""


def spend(folder: Path, journey: str) -> Spend:
    """Money and open calls of a journey; nothing when there is no ledger, or none that can be read."""
    with contextlib.suppress(sqlite3.Error, OSError, ValueError):
        sums = journey_totals(folder, journey)
        mine = [unit for unit in unsettled(folder) if unit.journey == journey]
        out = [unit for unit in mine if unit.state in OUT]
        keeps = {unit.provider: unit.expiry for unit in out if unit.expiry}
        return Spend(sums.spent, sums.reserved, len(out), len(mine) - len(out), tuple(keeps.items()))
    return Spend()


def wrong_sums(folder: Path) -> str:
    """Why the sums of the ledger do not add up; "" when they do. Raises sqlite3.Error."""
    with reading(folder) as db:
        if db is None:
            return ""
        told = {row[0]: Totals(*row[1:]) for row in db.execute("select * from journeys") if any(row[1:])}
        counted = {name: sums for name, sums in care.sums(db).items() if any(sums)}
    for name in sorted(told.keys() | counted.keys()):
        if told.get(name, Totals()) != counted.get(name, Totals()):
            return f"runs from {name}: {told.get(name)} is written, {counted.get(name)} is counted"
    return ""


def wasted(folder: Path) -> dict[str, float]:
    """Calls that were paid for and gave no picture, per call that gave one, by provider. Raises sqlite3.Error."""
    with reading(folder) as db:
        if db is None:
            return {}
        rows = db.execute(
            "select provider, sum(state in ('failed','expired') and coalesce(billed, price) > 0), sum(state='stored') "
            "from units group by provider"
        )
        return {name: lost / stored for name, lost, stored in rows if stored}
