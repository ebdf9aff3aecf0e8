"""The ledger of paid calls: what is out, what it cost, and where it stands. On the disk before it happens.

One SQLite file in the state folder with a rollback journal: no WAL (its reset bug lost data through 3.51.2, and
it has a shared-memory file), no pooled connections. The journal stays where it is and a commit ends by overwriting
its head, synced: a power cut takes back nothing that was committed, and a commit costs 40 % less than one that
makes and removes a file.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..model.errors import Fault
from ..store.reserve import Reserve
from . import care, table, trouble
from .budget import Limits, check
from .clock import Clock
from .names import installation_id
from .page import Page
from .states import Event, State, money, move
from .table import Totals, Unit
from .writer import BUSY, Writer

NAME = "ledger.db"

JOURNAL = 1 << 20
"""Bytes of the rollback journal that are kept between commits."""


class Ledger:
    """All paid calls of one user on this machine. Safe from any thread and from any number of processes."""

    def __init__(
        self,
        folder: Path,
        *,
        rebuild: bool = False,
        clock: Clock | None = None,
        connect: Callable[..., Any] = sqlite3.connect,
    ) -> None:
        """folder: the state folder. rebuild: a damaged ledger is set aside and begun anew from what can be read.

        connect: as sqlite3.connect. Raises TryonError(STORAGE) when it is damaged or cannot be used, TryonError(USAGE)
        for a newer format, before anything was touched.
        """
        self.folder = folder
        self.path = folder / NAME
        self.clock = clock or Clock()
        self._connect = connect
        self._owner = f"{os.getpid()}"
        try:
            care.make_private(folder, self.path)
            self.set_aside = care.rebuild(self.path) if rebuild else ""
            """Where a damaged ledger was moved, "" when all was well."""
            self.installation = installation_id(folder)
            reserve = Reserve(folder / "ledger.reserve")
            reserve.hold()
            self._writer = Writer(self.path, self._open, reserve)
        except (OSError, sqlite3.Error) as error:
            if trouble.is_damage(error):
                raise trouble.damaged(self.path, str(error)) from error
            raise care.unusable(trouble.cannot_write(self.path, error)) from error
        self.rebuilt = self._writer.do(lambda page: table.fact(page.db, "rebuilt"))
        """Not empty: an earlier ledger was lost, so services are asked before anything is bought."""
        self.born = self._writer.do(_birth)
        """Random name of this ledger: another one knows nothing of what this one has sent."""

    def _open(self) -> sqlite3.Connection:
        db: sqlite3.Connection = self._connect(
            self.path, timeout=BUSY, isolation_level=None, check_same_thread=False
        )
        try:
            (found,) = db.execute("pragma user_version").fetchone()
            if found > table.FORMAT:
                raise trouble.newer(self.path, found, table.FORMAT)
            (word,) = db.execute("pragma quick_check(1)").fetchone()
            if word != "ok":
                raise trouble.damaged(self.path, word)
            db.execute("pragma journal_mode=persist")
            db.execute(f"pragma journal_size_limit={JOURNAL}")
            db.execute("pragma synchronous=extra")
            if found < table.FORMAT:
                db.execute("begin immediate")
                for statement in filter(str.strip, table.TABLES.split(";")):
                    db.execute(statement)
                db.execute(f"pragma user_version={table.FORMAT}")
                db.execute("commit")
        except BaseException:
            db.close()
            raise
        return db

    def replaces_another(self) -> None:
        """An earlier ledger is gone for good: from now on services are asked before anything is bought."""
        self.rebuilt = str(self.clock.now().wall)
        self._writer.do(lambda page: table.set_fact(page.db, "rebuilt", self.rebuilt))

    # ------------------------------------------------------------------ asking
    def find(self, call: str) -> Unit | None:
        """The last generation of this call. Raises Fault(STORAGE)."""
        return self._writer.do(lambda page: table.newest(page.db, call))

    def units(self, where: str = "1", values: Sequence[object] = ()) -> list[Unit]:
        """Units, oldest first."""
        return self._writer.do(lambda page: list(table.select(page.db, where, values)))

    def totals(self, journey: str) -> Totals:
        """Money of a journey so far. Raises Fault(STORAGE)."""
        return self._writer.do(lambda page: page.totals(journey))

    # ------------------------------------------------------------------ what happens
    def intend(self, unit: Unit, limits: Limits, row_limit: int | None = None) -> Unit:
        """About to send: its price is held back and its intent is on the disk when this returns.

        unit: state PLANNED. Raises Known when its first generation is not new here, Fault(BUDGET) when it could pass
        a limit, Fault(STORAGE) when there is no room for what its answer will bring.
        """
        self._room()
        now = self.clock.now()
        sent = unit._replace(
            state=move(unit.state, Event.SEND), attempt=1, sent=now.wall, sent_up=now.up,
            sent_boot=now.boot, changed=now.wall, run=limits.run, journey=limits.journey, owner=self._owner,
            billed=None, ticket="", url="", expiry=None, digest="", text="",
        )  # fmt: skip

        def write(page: Page) -> Unit:
            if self._writer.full is not None:
                raise self._writer.full
            if unit.generation:
                _last(page, unit)
            try:
                check(page, limits, unit, row_limit)
            except Fault:
                _last(page, unit)  # what is out already is no new expense
                raise
            told = sent
            if not page.begin(sent):
                before = _last(page, unit)
                told = sent._replace(attempt=before.attempt + 1 if before else 1)
                page.put(told)
            page.add(limits.journey, Totals(0, unit.price, int(unit.price > 0)))
            return told

        return self._writer.do(write)

    def change(self, unit: Unit, event: Event, **fields: Any) -> Unit:
        """Something happened to this call; on the disk when this returns. fields: further columns of Unit.

        Raises Fault(STORAGE), ValueError for what cannot happen.
        """
        return self._writer.do(self._changing(unit, event, fields), needed=True)

    def tell(self, unit: Unit, event: Event, **fields: Any) -> None:
        """As change, for what a next change says as well: it is on its way to the disk, and may be lost."""
        self._writer.tell(self._changing(unit, event, fields))

    def _changing(self, unit: Unit, event: Event, fields: dict[str, Any]) -> Callable[[Page], Unit]:
        wall = self.clock.now().wall

        def write(page: Page) -> Unit:
            before = unit
            after = _moved(before, event, wall, self._owner, fields)
            if not page.update(before, after):
                # not as whoever asks has it in mind: what the ledger says counts
                before = table.exactly(page.db, unit) or unit
                after = _moved(before, event, wall, self._owner, fields)
                page.put(after)
            spent, reserved = _difference(before, after)
            calls = -1 if after.state is State.PLANNED and before.price else 0
            page.add(before.journey, Totals(spent, reserved, calls))
            return after

        return write

    def _room(self) -> None:
        """Is there room for the answers of what is about to be sent? Raises Fault(STORAGE)."""
        if self._writer.full is not None:
            raise self._writer.full
        try:
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise trouble.cannot_write(self.path, error) from error
        if free < SPARE:
            raise trouble.cannot_write(self.path, OSError(28, "no space left on device"))

    @property
    def full(self) -> Fault | None:
        """Why nothing new may be begun."""
        return self._writer.full

    def close(self) -> int:
        """Write what is left and let go of the file. Returns how many needed changes the disk did not take."""
        self._writer.close()
        return len(self._writer.unwritten)


SPARE = 256 << 10
"""Bytes that must be free before something is sent; the reserve comes on top."""


def _birth(page: Page) -> str:
    known = table.fact(page.db, "born")
    if not known:
        known = secrets.token_hex(8)
        table.set_fact(page.db, "born", known)
    return known


class Known(Exception):
    """This call was begun before. Nothing was written."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(f"call {unit.call[:12]} is {unit.state} in generation {unit.generation}")
        self.unit = unit
        """Where it stands."""


def _last(page: Page, unit: Unit) -> Unit | None:
    """The generation before this one, or this one where it is not out; None when the ledger knows none.

    Raises Known for what was thought new, ValueError for what cannot be.
    """
    before = table.newest(page.db, unit.call)
    if before is None or (before.generation, before.state) == (unit.generation, unit.state):
        return before
    if not unit.generation:
        raise Known(before)
    over = (State.FAILED, State.EXPIRED, State.MAYBE_PAID, State.CANCELLED, State.STORED)
    if before.generation + 1 != unit.generation or before.state not in over:
        raise ValueError(f"call {unit.call[:12]} is {before.state} in generation {before.generation}")
    return before


def _moved(unit: Unit, event: Event, wall: float, owner: str, fields: dict[str, Any]) -> Unit:
    """Raises ValueError for what cannot happen."""
    return unit._replace(state=move(unit.state, event), changed=wall, owner=owner, **fields)


def _difference(before: Unit, after: Unit) -> tuple[int, int]:
    was, now = money(before.state, before.price, before.billed), money(after.state, after.price, after.billed)
    return now[0] - was[0], now[1] - was[1]
