"""The ledger's tables and their rows as records. Knows no threads and no files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .clock import Moment
from .states import State

FORMAT = 1

TABLES = """
create table if not exists units(
  call text not null, generation integer not null, state text not null, provider text not null,
  account text not null, task text not null, step text not null, row text not null, token text not null,
  fingerprint text not null, price integer not null, billed integer, ticket text not null, url text not null,
  expiry real, attempt integer not null, sent real not null, sent_up real not null, sent_boot text not null,
  changed real not null, digest text not null, run text not null, journey text not null, owner text not null,
  text text not null, primary key(call, generation)) without rowid;
create index if not exists by_state on units(state) where state not in ('stored', 'planned');
create index if not exists by_row on units(journey, row);
create table if not exists journeys(
  journey text primary key, spent integer not null, reserved integer not null, calls integer not null)
  without rowid;
create table if not exists facts(name text primary key, value text not null) without rowid;
"""


class Unit(NamedTuple):
    """One paid call of one generation. Amounts in millionths of a USD."""

    call: str
    generation: int
    """0, and one more each time that the call is bought again: its last one failed, or the user said so."""
    state: State
    provider: str
    account: str
    task: str
    step: str
    """The step's key."""
    row: str
    """The first row that asked for it."""
    token: str = ""
    fingerprint: str = ""
    """SHA-256 of what was sent."""
    price: int = 0
    billed: int | None = None
    ticket: str = ""
    """The service's own name for it, as JSON."""
    url: str = ""
    expiry: float | None = None
    """UTC seconds until which the service keeps the picture."""
    attempt: int = 0
    sent: float = 0.0
    """UTC seconds at which its intent was written."""
    sent_up: float = 0.0
    sent_boot: str = ""
    changed: float = 0.0
    digest: str = ""
    """SHA-256 of the picture."""
    run: str = ""
    journey: str = ""
    """Runs that spend from one limit; the first of them gives the name."""
    owner: str = ""
    """Process that wrote last, for people."""
    text: str = ""
    """Why, where it went wrong."""

    @property
    def sent_at(self) -> Moment:
        return Moment(self.sent, self.sent_up, self.sent_boot)


COLUMNS = ",".join(Unit._fields)
_PLACES = [f"$[{n}]" for n in range(len(Unit._fields))]
_NEW = f"insert into units({COLUMNS}) values({','.join('?' * len(Unit._fields))})"
_PUT = _NEW.replace("insert", "insert or replace")
# json_each and "insert or ...", since "update ... from" came later than the oldest SQLite that is still about
_ALL = f"into units({COLUMNS}) select {','.join(f'json_extract(value,{n!r})' for n in _PLACES)} from json_each(?)"
_BEGIN_ALL = f"insert or ignore {_ALL}"
_UPDATE_ALL = (
    f"insert or replace {_ALL} where exists(select 1 from units where call=json_extract(value,'$[0]') and "
    f"generation=json_extract(value,'$[1]') and state=json_extract(value,'$[{len(_PLACES)}]'))"
)


def begin(db: sqlite3.Connection, unit: Unit) -> bool:
    """Write down a new one. False: there is one of this call and generation, and nothing was written."""
    return db.execute(f"{_NEW} on conflict do nothing", _values(unit)).rowcount == 1


def begin_all(db: sqlite3.Connection, rows: str) -> int:
    """As begin, for a JSON array of calls, each an array in the order of COLUMNS. How many are new."""
    return db.execute(_BEGIN_ALL, (rows,)).rowcount


def update_all(db: sqlite3.Connection, rows: str) -> int:
    """As update; each array ends with the state before. How many were as they were thought to be."""
    return db.execute(_UPDATE_ALL, (rows,)).rowcount


def put(db: sqlite3.Connection, unit: Unit) -> None:
    db.execute(_PUT, _values(unit))


def _values(unit: Unit) -> tuple[object, ...]:
    return (*unit[:2], str(unit.state), *unit[3:])


def update(db: sqlite3.Connection, before: Unit, after: Unit) -> bool:
    """Write what has changed of a call. False: it is not there, or not in the state that it was thought to be in."""
    changed = [name for name, was, now in zip(Unit._fields, before, after, strict=True) if was != now]
    sets = ",".join(f"{name}=?" for name in changed) or "state=state"
    values = [
        str(now) if isinstance(now, State) else now for now in (getattr(after, name) for name in changed)
    ]
    found = db.execute(
        f"update units set {sets} where call=? and generation=? and state=?",
        (*values, *before[:2], str(before.state)),
    )
    return found.rowcount == 1


def newest(db: sqlite3.Connection, call: str) -> Unit | None:
    """The last generation of a call."""
    row = db.execute(
        f"select {COLUMNS} from units where call=? order by generation desc limit 1", (call,)
    ).fetchone()
    return to_unit(row) if row else None


def exactly(db: sqlite3.Connection, unit: Unit) -> Unit | None:
    """This generation of this call."""
    row = db.execute(f"select {COLUMNS} from units where call=? and generation=?", unit[:2]).fetchone()
    return to_unit(row) if row else None


def select(db: sqlite3.Connection, where: str = "1", values: Sequence[object] = ()) -> Iterator[Unit]:
    """Units, oldest first. where: SQL of ours."""
    for row in db.execute(
        f"select {COLUMNS} from units where {where} order by sent, call, generation", values
    ):
        yield to_unit(row)


def to_unit(row: Sequence[Any]) -> Unit:
    """Raises ValueError for a state that we do not know."""
    return Unit._make((*row[:2], State(row[2]), *row[3:]))


class Totals(NamedTuple):
    """Money of a journey, in millionths of a USD."""

    spent: int = 0
    reserved: int = 0
    """Held back for calls that are out, and for those that may have been charged."""
    calls: int = 0
    """Paid calls that were sent and not refused."""


def totals(db: sqlite3.Connection, journey: str) -> Totals:
    row = db.execute("select spent,reserved,calls from journeys where journey=?", (journey,)).fetchone()
    return Totals(*row) if row else Totals()


def add(db: sqlite3.Connection, journey: str, more: Totals) -> None:
    db.execute(
        "insert into journeys values(?,?,?,?) on conflict(journey) do update set spent=spent+excluded.spent,"
        "reserved=reserved+excluded.reserved,calls=calls+excluded.calls",
        (journey, *more),
    )


def fact(db: sqlite3.Connection, name: str) -> str:
    row = db.execute("select value from facts where name=?", (name,)).fetchone()
    return str(row[0]) if row else ""


def set_fact(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("insert or replace into facts values(?,?)", (name, value))
