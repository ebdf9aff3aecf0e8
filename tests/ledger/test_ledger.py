"""The ledger's file: durable, private, refused when it cannot be trusted, shared by processes, full disks included."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from paid_script import LOOKUP, PRICE, Died, job
from paid_world import World

from tryon_cli.ledger import care, look
from tryon_cli.ledger.budget import Limits
from tryon_cli.ledger.claims import Claims, alive
from tryon_cli.ledger.clock import Clock, Moment
from tryon_cli.ledger.ledger import Known, Ledger
from tryon_cli.ledger.names import call_key, installation_id, token_of
from tryon_cli.ledger.references import Uploads
from tryon_cli.ledger.states import Event, State
from tryon_cli.ledger.table import Unit
from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Exit, Fault, FaultKind, TryonError

LIMITS = Limits("j1", "r1")


def unit(n: int = 1) -> Unit:
    return Unit(f"{n:064x}", 0, State.PLANNED, "served", "", "try-on", "k", "1", price=70_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def ledger(folder: Path) -> Any:
    made = Ledger(folder)
    yield made
    made.close()


# --------------------------------------------------------------------------- the file
def test_it_is_durable_and_nobody_else_may_read_it(folder: Path) -> None:
    before = os.umask(0)
    try:
        seen: dict[str, Any] = {}

        def connect(*args: Any, **more: Any) -> sqlite3.Connection:
            seen["db"] = sqlite3.connect(*args, **more)
            return seen["db"]  # type: ignore[no-any-return]

        ledger = Ledger(folder, connect=connect)
        ledger.intend(unit(), LIMITS)
        pragmas: list[int | str] = []
        ledger._writer.do(
            lambda page: pragmas.extend(
                page.db.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
            )
        )
        assert pragmas == ["persist", 3], "a rollback journal, synced: a power cut takes back nothing"
        for path in folder.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        ledger.close()
    finally:
        os.umask(before)


def test_a_newer_format_is_refused_before_anything_is_touched(folder: Path) -> None:
    Ledger(folder).close()
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        db.execute("pragma user_version=9")
    before = (folder / "ledger.db").read_bytes()
    with pytest.raises(TryonError) as caught:
        Ledger(folder)
    assert caught.value.exit_code is Exit.USAGE
    assert (folder / "ledger.db").read_bytes() == before


def damage_head(data: bytearray) -> None:
    data[:100] = bytes(100)


def damage_page(data: bytearray) -> None:
    data[4096:8192] = os.urandom(4096)


def cut(data: bytearray) -> None:
    del data[len(data) // 2 :]


@pytest.mark.parametrize("harm", [damage_head, damage_page, cut])
def test_a_damaged_ledger_is_refused_until_it_is_rebuilt(
    folder: Path, harm: Callable[[bytearray], None]
) -> None:
    ledger = Ledger(folder)
    for n in range(200):
        ledger.intend(unit(n), LIMITS)
    ledger.close()
    data = bytearray((folder / "ledger.db").read_bytes())
    harm(data)
    (folder / "ledger.db").write_bytes(data)
    for _ in range(2):
        with pytest.raises(TryonError) as caught:
            Ledger(folder)
        assert caught.value.exit_code is Exit.STORAGE
        assert "--rebuild" in "".join(caught.value.details)
    made = Ledger(folder, rebuild=True)
    assert made.rebuilt and Path(made.set_aside).exists()
    made.close()
    again = Ledger(folder, rebuild=True)
    assert again.rebuilt, "it stays known that calls may be unknown"
    assert not again.set_aside, "a whole one is left alone"
    again.close()


def test_a_rebuilt_ledger_keeps_what_its_copy_knows(folder: Path) -> None:
    ledger = Ledger(folder)
    for n in range(5):
        ledger.intend(unit(n), LIMITS)
    ledger.close()
    care.copy_daily(folder / "ledger.db", 2e9)
    (folder / "ledger.db").write_bytes(b"not a database at all" * 300)
    made = Ledger(folder, rebuild=True)
    assert len(made.units()) == 5
    assert tuple(made.totals("j1")) == (0, 350_000, 5)
    made.close()


def test_after_a_rebuild_a_service_that_can_be_asked_is_asked_first(worlds: Any) -> None:
    world: World = worlds(LOOKUP)
    world.service.plan["submit"] = ["die-after"]
    with pytest.raises((Died, Fault)):
        world.make(job())
    (world.folder / "ledger.db").write_bytes(b"rubbish" * 1000)
    world.begin(rebuild=True)
    world.make(job())
    assert world.charged == 1
    assert world.service.asked["submit"] == 1


def test_a_copy_is_kept_once_a_day(folder: Path) -> None:
    ledger = Ledger(folder)
    ledger.close()
    copy = folder / "ledger.copy.db"
    care.copy_daily(ledger.path, 2e9)
    first = copy.stat().st_mtime
    os.utime(copy, (first, first))
    care.copy_daily(ledger.path, first + 60)
    assert copy.stat().st_ino == (ino := copy.stat().st_ino)
    care.copy_daily(ledger.path, first + 2 * care.DAY)
    assert copy.stat().st_ino != ino
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(folder.glob("*.part"))


def test_a_ledger_that_is_taken_away_stops_what_is_about_to_be_sent(ledger: Ledger, folder: Path) -> None:
    ledger.intend(unit(1), LIMITS)
    (folder / "ledger.db").rename(folder / "moved.db")
    with pytest.raises(Fault) as caught:
        ledger.intend(unit(2), LIMITS)
    assert caught.value.kind is FaultKind.STORAGE


def test_a_closed_ledger_says_so(folder: Path) -> None:
    ledger = Ledger(folder)
    ledger.close()
    with pytest.raises(Fault) as caught:
        ledger.find("x")
    assert caught.value.kind is FaultKind.STOPPED
    ledger.close()


# --------------------------------------------------------------------------- moves
def test_what_cannot_happen_is_refused_and_not_written(ledger: Ledger) -> None:
    sent = ledger.intend(unit(), LIMITS)
    with pytest.raises(ValueError, match="cannot"):
        ledger.change(sent, Event.PARK)
    assert ledger.find(sent.call) == sent
    with pytest.raises(ValueError, match="is intent"):
        ledger.intend(unit()._replace(generation=1), LIMITS)


def test_changes_that_queue_together_are_committed_together(ledger: Ledger) -> None:
    commits = 0
    hold, go = threading.Event(), threading.Event()

    def slow(page: object) -> None:
        hold.set()
        assert go.wait(20)

    def count(sql: str) -> None:
        nonlocal commits
        commits += sql == "commit"

    ledger._writer.do(lambda page: page.db.set_trace_callback(count))
    commits = 0
    threads = [threading.Thread(target=ledger._writer.do, args=(slow,))]
    threads[0].start()
    assert hold.wait(20)
    threads += [threading.Thread(target=ledger.intend, args=(unit(n), LIMITS)) for n in range(20)]
    for thread in threads[1:]:
        thread.start()
    while ledger._writer._queue.qsize() < 20:
        pass
    go.set()
    for thread in threads:
        thread.join(20)
    assert commits == 2
    assert len(ledger.units()) == 20


def test_of_changes_that_are_committed_together_each_has_its_own_fate(ledger: Ledger) -> None:
    """Written in two statements for all: what the ledger knows otherwise, and what no statement takes, is told to
    whoever handed it in, and to nobody else."""
    known = ledger.change(ledger.intend(unit(0), LIMITS), Event.ACCEPT, ticket='{"id": "t"}')
    begun = ledger.intend(unit(1), LIMITS)
    ledger.change(begun, Event.ACCEPT, ticket="newer than what the next one has in hand")
    hold, go = threading.Event(), threading.Event()
    said: dict[str, object] = {}

    def slow(page: object) -> None:
        hold.set()
        assert go.wait(20)

    def ask(name: str, act: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                said[name] = act()
            except Exception as error:
                said[name] = error

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = [ask("slow", lambda: ledger._writer.do(slow))]
    assert hold.wait(20)
    threads += [
        ask("known", lambda: ledger.intend(unit(0), LIMITS)),
        ask("stale", lambda: ledger.change(begun, Event.FINISH, url="u")),
        ask("odd", lambda: ledger.intend(unit(2)._replace(row="\udce4"), LIMITS)),
        ask("cannot", lambda: ledger.change(known, Event.SEND)),
        ask("endless", lambda: ledger.change(known, Event.FINISH, expiry=float("inf"))),
        *(ask(f"good {n}", lambda n=n: ledger.intend(unit(n), LIMITS)) for n in range(10, 15)),  # type: ignore[misc]
    ]
    while ledger._writer._queue.qsize() < 10:
        pass
    go.set()
    for thread in threads:
        thread.join(20)
    assert isinstance(said["known"], Known) and said["known"].unit[:3] == known[:3]
    assert isinstance(said["stale"], Unit) and said["stale"].ticket.startswith("newer")
    assert isinstance(said["odd"], UnicodeError) and isinstance(said["cannot"], ValueError)
    assert isinstance(said["endless"], Unit) and said["endless"].expiry == float("inf")
    assert {unit_.call[-2:] for unit_ in ledger.units()} == {"00", "01", "0a", "0b", "0c", "0d", "0e"}
    assert tuple(ledger.totals("j1")) == (140_000, 350_000, 7)


def test_what_happens_twice_to_a_call_is_committed_together(ledger: Ledger) -> None:
    calls = [ledger.intend(unit(n), LIMITS) for n in range(3)]
    for call in calls:
        ledger.tell(call, Event.FINISH, billed=60_000)
        made = call._replace(state=State.READY, billed=60_000)
        ledger.change(made, Event.STORE, digest="d" * 64)
    assert {(found.state, found.billed, found.digest) for found in ledger.units()} == {
        (State.STORED, 60_000, "d" * 64)
    }
    assert tuple(ledger.totals("j1")) == (180_000, 0, 3)


def test_two_processes_write_into_one_ledger(ledger: Ledger, folder: Path) -> None:
    other = Ledger(folder)
    threads = [
        threading.Thread(
            target=lambda led=led, n=n: [led.intend(unit(n * 100 + i), LIMITS) for i in range(20)]
        )
        for n, led in enumerate((ledger, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert tuple(ledger.totals("j1")) == (0, 40 * 70_000, 40)
    assert look.wrong_sums(folder) == ""
    other.close()


# --------------------------------------------------------------------------- disks that fail
class Failing:
    """A connection whose n-th statement fails as a disk does."""

    def __init__(self, real: sqlite3.Connection, plan: dict[str, Any]) -> None:
        self.real = real
        self.plan = plan

    def execute(self, sql: str, *more: Any) -> Any:
        self.plan["seen"] = self.plan.get("seen", 0) + 1
        if self.plan.get("at", -1) <= self.plan["seen"] < self.plan.get("at", -1) + self.plan.get("times", 1):
            raise self.plan["error"]
        return self.real.execute(sql, *more)

    @property
    def total_changes(self) -> int:
        return self.real.total_changes

    def close(self) -> None:
        self.real.close()


def error(code: int, text: str) -> sqlite3.OperationalError:
    made = sqlite3.OperationalError(text)
    made.sqlite_errorcode = code
    return made


ERRORS = {
    "full": lambda: error(sqlite3.SQLITE_FULL, "database or disk is full"),
    "io": lambda: error(sqlite3.SQLITE_IOERR, "disk I/O error"),
    "memory": MemoryError,
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("times", [1, 10_000])
def test_a_disk_that_fails_at_the_nth_statement(worlds: Any, kind: str, times: int) -> None:
    """For every n: what was charged is in the ledger or said; what is not written is not sent."""
    n = 0
    while True:
        n += 1
        world: World = worlds(LOOKUP)
        world.die()
        plan: dict[str, Any] = {}
        world.begin(connect=lambda *a, **k: Failing(sqlite3.connect(*a, **k), plan))  # noqa: B023
        plan |= {"seen": 0, "at": n, "times": times, "error": ERRORS[kind]()}
        try:
            world.make(job())
        except Fault as fault:
            assert fault.kind in (FaultKind.STORAGE, FaultKind.WAITING, FaultKind.AMBIGUOUS), fault
        reached = plan["seen"] >= n
        assert world.charged <= 1
        plan.clear()
        world.again()
        world.make(job())
        assert world.charged == 1, f"statement {n}"
        world.die()
        if not reached:
            break
    assert n > 15


def test_a_full_disk_takes_a_ticket_in_the_room_held_back(world: World) -> None:
    """After that nothing new is sent."""
    plan: dict[str, Any] = {}
    world.die()
    world.begin(connect=lambda *a, **k: Failing(sqlite3.connect(*a, **k), plan))
    reserve = world.folder / "ledger.reserve"
    assert reserve.stat().st_size >= 4 << 20

    def fill(call: Any) -> Any:
        plan.update(seen=0, at=1, error=ERRORS["full"]())
        return world.service.__class__.submit(world.service, call)

    world.service.plan["submit"] = [fill]
    world.make(job())
    assert not reserve.exists()
    assert world.state() is State.STORED
    with pytest.raises(Fault) as caught:
        world.make(job("k2"))
    assert caught.value.kind is FaultKind.STORAGE and "full" in caught.value.text
    assert world.charged == 1


def test_a_ticket_that_no_disk_takes_is_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    plan: dict[str, Any] = {}
    world.die()
    world.begin(connect=lambda *a, **k: Failing(sqlite3.connect(*a, **k), plan))

    def fill(call: Any) -> Any:
        plan.update(seen=0, at=1, times=10_000, error=ERRORS["full"]())
        return world.service.__class__.submit(world.service, call)

    world.service.plan["submit"] = [fill]
    with pytest.raises(Fault) as caught:
        world.make(job())
    assert caught.value.kind is FaultKind.STORAGE
    assert "job-0" in caught.value.text and "$0.07" in caught.value.text
    assert "job-0" in capsys.readouterr().err
    # somebody made room before the end: it is tried once more
    plan.clear()
    world.again()
    assert world.state() is State.ACCEPTED
    world.make(job())
    assert world.charged == 1


# --------------------------------------------------------------------------- claims
def test_a_claim_dies_with_its_owner(folder: Path) -> None:
    folder.mkdir()
    call = call_key("p", "", "try-on", "1", "k")
    code = (
        "import sys, threading, time, pathlib; from tryon_cli.ledger.claims import Claims;"
        "c = Claims(pathlib.Path(sys.argv[1])); c.take(sys.argv[2], threading.Event());"
        "print('held', flush=True); time.sleep(600)"
    )
    path = folder / "claims"
    owner = subprocess.Popen([sys.executable, "-c", code, str(path), call], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None and owner.stdout.readline() == "held\n"
    assert alive(path, call)
    claims, got, told = Claims(path), threading.Event(), threading.Event()
    thread = threading.Thread(
        target=lambda: (claims.take(call, threading.Event(), told.set), got.set())  # type: ignore[func-returns-value]
    )
    thread.start()
    assert told.wait(20) and not got.is_set()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert got.wait(20)
    thread.join(20)
    claims.close()
    assert not alive(path, call)


def test_claims_of_other_calls_do_not_wait(folder: Path) -> None:
    folder.mkdir()
    claims = Claims(folder / "claims")
    never = threading.Event()
    first = claims.take("0" * 64, never)
    claims.take("f" * 64, never).let_go()
    first.let_go()
    first.let_go()
    claims.take("0" * 64, never)
    claims.close()


# --------------------------------------------------------------------------- names, clock, uploads
def test_tokens_are_of_this_installation(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assert installation_id(one) == installation_id(one) != installation_id(two)
    call = call_key("p", "", "try-on", "1", "k")
    assert token_of(installation_id(one), call, 0) != token_of(installation_id(one), call, 1)
    assert stat.S_IMODE((one / "installation").stat().st_mode) == 0o600
    assert [p.name for p in one.iterdir()] == ["installation"]


def test_p26_every_part_of_a_call_counts() -> None:
    keys = {call_key(*parts) for parts in [
        ("p", "", "t", "1", "k"), ("q", "", "t", "1", "k"), ("p", "a", "t", "1", "k"), ("p", "", "u", "1", "k"),
        ("p", "", "t", "2", "k"), ("p", "", "t", "1", "l"),
    ]}  # fmt: skip
    assert len(keys) == 6


def test_the_age_of_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    now = clock.now()
    assert clock.age(now) is not None and clock.age(now) >= 0  # type: ignore[operator]
    assert clock.age(Moment(now.wall + 1e6, now.up, now.boot)) < 10  # type: ignore[operator]
    assert clock.age(Moment(now.wall - 50, 0, "another boot")) >= 50  # type: ignore[operator]
    assert clock.age(Moment(now.wall + 1e6, 0, "another boot")) is None


def test_uploads_are_remembered_until_shortly_before_their_end(tmp_path: Path) -> None:
    now = [1000.0]
    uploads = Uploads(tmp_path, clock=lambda: now[0])
    digest, other = digest_of(b"1"), digest_of(b"2")
    uploads.keep("p", "a", digest, "ref", 3600)
    uploads.keep("p", "a", other, "for ever", None)
    assert uploads.find("p", "a", digest) == "ref"
    assert uploads.find("p", "b", digest) is None
    assert uploads.find("q", "a", digest) is None
    now[0] += 3290
    assert uploads.find("p", "a", digest) == "ref"
    now[0] += 20
    assert uploads.find("p", "a", digest) is None
    assert uploads.find("p", "a", other) == "for ever"
    uploads.forget("p", "a", other)
    assert uploads.find("p", "a", other) is None
    uploads.close()
    assert uploads.find("p", "a", digest) is None, "never raises"
    (tmp_path / "uploads.db").write_bytes(b"rubbish" * 1000)
    again = Uploads(tmp_path)
    again.keep("p", "a", digest, "ref", None)
    assert again.find("p", "a", digest) == "ref"
    again.close()


def test_reading_shows_what_is_out(world: World) -> None:
    assert look.unsettled(world.folder.parent / "nowhere") == []
    world.service.pending = 10_000
    with pytest.raises(Fault):
        world.make(job())
    (open_,) = look.unsettled(world.folder)
    assert open_.state is State.WAITING
    spend = look.spend(world.folder, world.journey)
    assert (spend.reserved, spend.out, spend.held) == (round(PRICE * 1e6), 1, 0)
    assert not look.in_hand(world.folder, open_)
