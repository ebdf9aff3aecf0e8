"""The index under attack: strangers' rows, damage, full, locked and vanished disks."""

from __future__ import annotations

import contextlib
import pickle  # noqa: TID251 - to plant what must never be read
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import diskcache
import pytest
from indexes import answer, key

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, Warned
from tryon_cli.store.answers import pack
from tryon_cli.store.index import DiskIndex
from tryon_cli.store.readers import COLUMNS
from tryon_cli.store.safe_disk import Refused, SafeDisk
from tryon_cli.store.table import COUNTS, SETTINGS


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index with 20 answers."""
    one = DiskIndex(tmp_path / "index", lambda e: None)
    for n in range(20):
        one.record(key(n), answer(n))
    one.close()
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path, heard: list[Event]) -> Iterator[DiskIndex]:
    one = DiskIndex(folder, heard.append)
    yield one
    one.close()


def codes(heard: list[Event]) -> list[str]:
    return [event.code for event in heard if isinstance(event, Warned)]


class Evil:
    """Would run if anybody unpickled it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def sql(folder: Path, text: str, *values: object) -> list[tuple[object, ...]]:
    db = sqlite3.connect(folder / "cache.db")
    rows = db.execute(text, values).fetchall()
    db.commit()
    db.close()
    return rows


def plant(folder: Path, **row: object) -> None:
    row = {"raw": 1, "mode": 1, "size": 0, "access_count": 0, **row}
    names, marks = ",".join(row), ",".join("?" * len(row))
    sql(folder, f"insert or replace into Cache({names}) values({marks})", *row.values())


# --------------------------------------------------------------------------- strangers' rows
def test_planted_pickles_do_not_run(
    tmp_path: Path, folder: Path, index: DiskIndex, heard: list[Event]
) -> None:
    mark = tmp_path / "ran"
    evil = pickle.dumps(Evil(mark))
    plant(folder, key=key("mode"), mode=4, value=evil)
    plant(folder, key=key("plain"), value=evil)
    plant(folder, key=key("text"), value="a text")
    plant(folder, key=key("number"), value=3.5)
    plant(folder, key=key("short"), value=pack(answer())[:30])
    plant(folder, key=evil, raw=0, value=b"x" * 60)
    names = [key(name) for name in ("mode", "plain", "text", "number", "short")]
    assert index.find(names) == index.find(names) == {}
    assert len(dict(index.items())) == 20
    assert codes(heard) == ["S-REFUSED"] * 5, "each of them once"
    index.flush()
    assert sql(folder, "select count(*) from Cache where raw = 1") == [(20,)], "and removed"
    index.record(key("mode"), answer())
    index.flush()
    assert index.find(names) == {key("mode"): answer()}
    assert not mark.exists()


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
@pytest.mark.parametrize("end", ["read", "forget", "record"])
def test_a_planted_path_reads_and_removes_nothing(
    tmp_path: Path, folder: Path, index: DiskIndex, mode: int, end: str
) -> None:
    victim = tmp_path / "outside" / "victim"
    victim.parent.mkdir()
    victim.write_bytes(pack(answer("stolen")))
    plant(folder, key=key("v"), mode=mode, filename="../outside/victim", value=pack(answer("stolen")))
    if end == "read":
        assert index.find([key("v")]) == {}
    elif end == "forget":
        index.forget([key("v")])
    else:
        index.record(key("v"), answer("ours"))
    index.flush()
    assert index.find([key("v")]) == ({key("v"): answer("ours")} if end == "record" else {})
    assert victim.read_bytes() == pack(answer("stolen"))


def test_the_disk_itself_refuses_what_it_would_never_write(tmp_path: Path) -> None:
    """Every door of diskcache, should anybody use it as a plain Cache one day."""
    mark, victim = tmp_path / "ran", tmp_path / "victim"
    victim.touch()
    with diskcache.Cache(str(tmp_path / "c"), disk=SafeDisk) as cache:
        for wrong in (1, b"a" * 64, ("a",), "A" * 64, "../x"):
            with pytest.raises(Refused):
                cache.set(wrong, b"value")
        for value in ("text", 1, None, {"a": 1}, b"x" * (2 << 20)):
            with pytest.raises(Refused):
                cache.set(key(1), value)
        plant(tmp_path / "c", key=key(2), mode=4, value=pickle.dumps(Evil(mark)))
        plant(tmp_path / "c", key=key(3), mode=2, filename="../victim", value=None)
        for name in (key(2), key(3)):
            with pytest.raises(Refused):
                cache.get(name)
            assert cache.delete(name)
        plant(tmp_path / "c", key=pickle.dumps(Evil(mark)), raw=0, value=b"x")
        with pytest.raises(Refused):
            list(cache)
    assert victim.exists() and not mark.exists()


def test_settings_of_another_opener_do_not_make_us_forget(folder: Path) -> None:
    other = diskcache.Cache(str(folder), size_limit=1, eviction_policy="least-recently-stored", cull_limit=10)
    other.close()
    index = DiskIndex(folder, lambda e: None)
    for n in range(20, 300):
        index.record(key(n), answer(n))
    index.close()
    kept = dict(sql(folder, "select key, value from Settings"))
    assert {name: kept[name] for name in SETTINGS} == dict(SETTINGS)
    assert kept["count"] == 300


def test_settings_that_nobody_makes_are_not_obeyed(folder: Path, heard: list[Event]) -> None:
    sql(folder, "insert into Settings values ('sqlite_temp_store_directory', '\"/tmp\"')")
    index = DiskIndex(folder, heard.append)
    assert len(dict(index.items())) == 20, "the answers are carried over"
    index.close()
    assert codes(heard) == ["S-INDEX"]
    assert not sql(folder, "select 1 from Settings where key like 'sqlite_temp%'")


def test_diskcache_is_still_as_we_read_it(tmp_path: Path) -> None:
    with diskcache.Cache(str(tmp_path / "t"), disk=SafeDisk) as cache:
        cache.set(key(1), b"value")
    rows = sql(tmp_path / "t", "select key, raw, mode, filename, value from Cache")
    assert rows == [(key(1), 1, 1, None, b"value")]
    assert {row[1] for row in sql(tmp_path / "t", "pragma table_info(Cache)")} >= COLUMNS
    assert {row[0] for row in sql(tmp_path / "t", "select key from Settings")} == {*SETTINGS, *COUNTS}


# --------------------------------------------------------------------------- damage
@pytest.mark.parametrize("bytes_", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 8176])
def test_an_index_beyond_reading_is_set_aside_and_begun_anew(
    tmp_path: Path, heard: list[Event], bytes_: bytes
) -> None:
    folder = tmp_path / "index"
    for n in (1, 2):
        folder.mkdir(exist_ok=True)
        (folder / "cache.db").write_bytes(bytes_)
        index = DiskIndex(folder, heard.append)
        index.record(key(1), answer())
        index.close()
        assert codes(heard) == ["S-INDEX"] * n, "told once each time"
        assert (tmp_path / f"index.damaged-{n}" / "cache.db").read_bytes() == bytes_
    again = DiskIndex(folder, heard.append)
    assert again.find([key(1)]) == {key(1): answer()} and len(heard) == 2
    again.close()


def test_a_database_of_somebody_else_is_left_whole(tmp_path: Path, heard: list[Event]) -> None:
    (tmp_path / "index").mkdir()
    sql(tmp_path / "index", "create table mine(x)")
    DiskIndex(tmp_path / "index", heard.append).close()
    assert codes(heard) == ["S-INDEX"]
    assert sql(tmp_path / "index.damaged-1", "select name from sqlite_schema") == [("mine",)]


def test_damage_found_in_use_ends_the_run_and_is_mended_by_the_next(
    tmp_path: Path, heard: list[Event]
) -> None:
    folder, count = tmp_path / "index", 3000
    index = DiskIndex(folder, heard.append)
    for n in range(count):
        index.record(key(n), answer(n))
    index.close()
    path = folder / "cache.db"
    with path.open("r+b") as file:  # pages in the middle, not those that opening reads
        for page in range(60, 80):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    index = DiskIndex(folder, heard.append)
    with pytest.raises(Fault, match="damaged") as caught:
        index.find([key(n) for n in range(count)])
    assert caught.value.kind is FaultKind.STORAGE and not heard
    index.close()
    again = DiskIndex(folder, heard.append)
    found = again.find([key(n) for n in range(count)])
    assert codes(heard) == ["S-INDEX"]
    assert count * 0.7 < len(found) < count and all(
        found[key] in map(answer, range(count)) for key in list(found)[:9]
    )
    again.close()


# --------------------------------------------------------------------------- other programs
def test_a_lock_of_another_program_is_told_and_ends_in_a_clear_fault(
    folder: Path, heard: list[Event]
) -> None:
    other = sqlite3.connect(folder / "cache.db", isolation_level=None)
    other.execute("begin exclusive")
    index = DiskIndex(folder, heard.append, timeout=0.2, notice=0.1)
    index.record(key("new"), answer("new"))
    with pytest.raises(Fault, match="locked by another program") as caught:
        index.flush()
    assert caught.value.kind is FaultKind.STORAGE and caught.value.code == "S-LOCKED"
    assert codes(heard) == ["S-WAIT"]
    assert index.find([key(1), key("new")]) == {key(1): answer(1), key("new"): answer("new")}
    with pytest.raises(Fault, match="locked"):
        index.record(key("newer"), answer())
    other.execute("rollback")
    other.close()
    index.close()  # what had failed is tried once more
    again = DiskIndex(folder, heard.append)
    assert again.find([key("new")]) == {key("new"): answer("new")}
    again.close()


def test_a_removed_index_is_said_not_written_into_the_void(folder: Path, index: DiskIndex) -> None:
    index.record(key("a"), answer())
    index.flush()
    shutil.rmtree(folder)
    index.record(key("b"), answer())
    with pytest.raises(Fault, match="removed or replaced") as caught:
        index.flush()
    assert caught.value.code == "S-GONE"
    with pytest.raises(Fault, match="removed"):
        index.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"cannot mount a small disk here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_said_and_answers_are_kept_once_there_is_room(small: Path) -> None:
    index = DiskIndex(small / "index", lambda e: None)
    for n in range(20):
        index.record(key(n), answer(n))
    index.flush()
    filler = small / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(Fault, match="no space left") as caught:
        for n in range(20, 3000):
            index.record(key(n), answer(n, notes=("a long note" * 20,)))
        index.flush()
    assert caught.value.kind is FaultKind.STORAGE and "MB needed" in caught.value.text
    assert str(small) in caught.value.text and "tryon resume" in caught.value.fix
    assert index.find([key(n) for n in range(20)]) == {key(n): answer(n) for n in range(20)}
    filler.unlink()
    index.close()
    again = DiskIndex(small / "index", lambda e: None)
    assert again.find([key(n) for n in range(21)]).keys() == {key(n) for n in range(21)}
    again.close()


def test_a_read_only_disk_is_said(small: Path) -> None:
    index = DiskIndex(small / "index", lambda e: None)
    index.record(key(1), answer())
    index.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    index = DiskIndex(small / "index", lambda e: None, read_only=True)
    assert index.find([key(1)]) == {key(1): answer()}
    index.close()
    with pytest.raises(Fault, match="read-only"):
        DiskIndex(small / "new", lambda e: None)


def test_what_is_known_when_the_disk_gets_full_is_kept_in_the_room_that_was_held_back(small: Path) -> None:
    index = DiskIndex(small / "index", lambda e: None)
    index.record(key(0), answer(0))
    index.flush()
    with (small / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(b"x" * 4096)
    for n in range(1, 2000):
        with contextlib.suppress(Fault):  # it is tried once more in the end
            index.record(key(n), answer(n, notes=("a long note" * 5,)))
    with pytest.raises(Fault, match="no space left"):
        index.flush()
    index.close()  # nobody made room
    again = DiskIndex(small / "index", lambda e: None, read_only=True)
    assert len(again.find([key(n) for n in range(2000)])) == 2000
    again.close()
