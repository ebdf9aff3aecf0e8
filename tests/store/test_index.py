"""The index: answers survive, strangers' rows do no harm."""

from __future__ import annotations

import pickle  # noqa: TID251 - to plant what must never be read
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.model.digest import Key, digest_of
from tryon_cli.model.errors import Exit, Fault, FaultKind, TryonError
from tryon_cli.model.events import Event, Warned
from tryon_cli.model.outcome import Answer
from tryon_cli.store.index import DiskIndex, pack, unpack
from tryon_cli.store.memo import FileMemo
from tryon_cli.store.open import FORMAT, open_store
from tryon_cli.store.table import COLUMNS, SETTINGS, Table


def key(name: object) -> Key:
    return Key(digest_of(str(name).encode()))


def answer(name: object = "x", **changes: object) -> Answer:
    return Answer(digest_of(f"blob {name}".encode()), 17)._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def index(tmp_path: Path, heard: list[Event]) -> Iterator[DiskIndex]:
    one = DiskIndex(tmp_path / "index", heard.append)
    yield one
    one.close()


def test_an_answer_is_seen_at_once_and_after_a_restart(tmp_path: Path, index: DiskIndex) -> None:
    said = answer(notes=("look",), provider="p", cost=0.07, seconds=1.5)
    index.record(key(1), said)
    assert index.find([key(1), key(2)]) == {key(1): said}
    index.flush()
    assert index.find([key(1)]) == {key(1): said}
    other = DiskIndex(tmp_path / "index", lambda e: None)
    assert other.find([key(1)]) == {key(1): said}
    other.close()


def test_many_keys_in_one_look(index: DiskIndex) -> None:
    for n in range(1200):
        index.record(key(n), answer(n))
    index.flush()
    found = index.find([key(n) for n in range(2000)])
    assert found == {key(n): answer(n) for n in range(1200)}
    assert dict(index.items()) == found


def test_forgetting(index: DiskIndex) -> None:
    for n in range(3):
        index.record(key(n), answer(n))
    index.flush()
    index.forget([key(1), key(99)])
    index.flush()
    assert set(index.find([key(n) for n in range(3)])) == {key(0), key(2)}


WRITER = """
import sys
from pathlib import Path
from tryon_cli.model.digest import Key, digest_of
from tryon_cli.model.outcome import Answer
from tryon_cli.store.index import DiskIndex
index = DiskIndex(Path(sys.argv[1]), lambda e: None)
for n in range(300):
    index.record(Key(digest_of(str(n).encode())), Answer(digest_of(f"blob {n}".encode()), 17))
index.close()
"""


def test_two_processes_write_the_same_keys_at_once(tmp_path: Path, index: DiskIndex) -> None:
    others = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "index")]) for _ in range(2)]
    for n in range(300):
        index.record(key(n), answer(n))
    index.flush()
    assert [other.wait() for other in others] == [0, 0]
    assert index.find([key(n) for n in range(300)]) == {key(n): answer(n) for n in range(300)}


class Evil:
    """Would run if anybody unpickled it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def plant(folder: Path, **row: object) -> None:
    db = sqlite3.connect(folder / "cache.db")
    row = {"raw": 1, "mode": 1, "size": 0, "access_count": 0, **row}
    names, marks = ",".join(row), ",".join("?" * len(row))
    db.execute(f"insert or replace into Cache({names}) values({marks})", list(row.values()))
    db.commit()
    db.close()


def test_planted_pickles_do_not_run(tmp_path: Path, index: DiskIndex, heard: list[Event]) -> None:
    index.flush()
    mark = tmp_path / "ran"
    evil = pickle.dumps(Evil(mark))
    plant(tmp_path / "index", key=key("value"), mode=4, value=evil)
    plant(tmp_path / "index", key=evil, raw=0, value=b"x" * 40)
    plant(tmp_path / "index", key=key("plain"), value=evil)
    assert index.find([key("value"), key("plain")]) == {}
    assert list(index.items()) == []
    table = Table(tmp_path / "index")
    for name in (key("value"), key("plain")):
        table.drop([name])
    index.record(key("value"), answer())
    index.flush()
    assert index.find([key("value")]) == {key("value"): answer()}
    table.close()
    assert not mark.exists()
    assert "S-REFUSED" in {e.code for e in heard if isinstance(e, Warned)}


def test_a_planted_path_reads_and_removes_nothing(tmp_path: Path, index: DiskIndex) -> None:
    index.flush()
    victim = tmp_path / "victim"
    victim.write_bytes(pack(answer("stolen")))
    plant(tmp_path / "index", key=key("v"), mode=2, filename="../victim", value=None)
    assert index.find([key("v")]) == {}
    index.forget([key("v")])
    index.record(key("v"), answer("ours"))
    index.flush()
    assert index.find([key("v")]) == {key("v"): answer("ours")}
    assert victim.read_bytes() == pack(answer("stolen"))


def test_settings_of_another_opener_do_not_make_us_forget(tmp_path: Path, index: DiskIndex) -> None:
    import diskcache

    index.flush()
    diskcache.Cache(
        str(tmp_path / "index"), size_limit=1, eviction_policy="least-recently-stored", cull_limit=10
    ).close()
    table = Table(tmp_path / "index")
    assert {name: getattr(table._cache, name) for name in SETTINGS} == dict(SETTINGS)
    for n in range(200):
        index.record(key(n), answer(n))
    index.flush()
    assert len(index.find([key(n) for n in range(200)])) == 200
    table.close()


def test_the_table_is_still_as_we_read_it(tmp_path: Path) -> None:
    table = Table(tmp_path / "t")
    db = sqlite3.connect(tmp_path / "t/cache.db")
    assert {row[1] for row in db.execute("pragma table_info(Cache)")} >= COLUMNS
    db.close()
    table.close()


def test_a_damaged_index_is_set_aside_and_begun_anew(tmp_path: Path, heard: list[Event]) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "cache.db").write_bytes(b"no database" * 1000)
    index = DiskIndex(folder, heard.append)
    index.record(key(1), answer())
    index.flush()
    assert index.find([key(1)]) == {key(1): answer()}
    index.close()
    assert [e.code for e in heard if isinstance(e, Warned)] == ["S-INDEX"]
    assert len(list(tmp_path.glob("index.damaged-*"))) == 1


def test_a_lock_of_another_program_ends_in_a_clear_fault(tmp_path: Path) -> None:
    Table(tmp_path / "t").close()
    other = sqlite3.connect(tmp_path / "t/cache.db", isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(Fault, match="locked by another program") as caught:
        Table(tmp_path / "t", timeout=0.2)
    assert caught.value.kind is FaultKind.STORAGE
    other.close()


def test_a_newer_format_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").write_text("99\n")
    with pytest.raises(TryonError, match="format 99") as caught:
        open_store(tmp_path, lambda e: None)
    assert caught.value.exit_code is Exit.USAGE
    assert [p.name for p in tmp_path.iterdir()] == ["FORMAT"] and FORMAT != "99"


def test_reading_only_leaves_every_byte(tmp_path: Path) -> None:
    with open_store(tmp_path / "c", lambda e: None) as store:
        store.index.record(key(1), answer())
        store.blobs.put(b"picture")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with open_store(tmp_path / "c", lambda e: None, read_only=True) as store:
        assert store.index.find([key(1)]) == {key(1): answer()}
        assert store.blobs.get(digest_of(b"picture")) == b"picture"
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    with open_store(tmp_path / "none", lambda e: None, read_only=True) as store:
        assert store.index.find([key(1)]) == {}
    assert not (tmp_path / "none").exists()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
money = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(texts, max_size=3), texts, money, st.integers(0, 2**62))
def test_any_answer_survives_packing(notes: list[str], provider: str, cost: float, size: int) -> None:
    said = answer(notes=tuple(notes), provider=provider, cost=cost, size=size)
    assert unpack(pack(said)) == said


# --------------------------------------------------------------------------- names of the user's files
def test_a_file_is_hashed_once_for_each_state_of_it(tmp_path: Path) -> None:
    now = [2_000_000_000.0]
    table = Table(tmp_path / "files")
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    memo = FileMemo(table, clock=lambda: now[0])
    assert memo.digest(str(path)) == (digest_of(b"one"), 3)
    memo.flush()
    again = FileMemo(table, clock=lambda: now[0])
    mark = path.stat()
    path.write_bytes(b"two")
    import os

    os.utime(path, ns=(mark.st_atime_ns, mark.st_mtime_ns))
    assert again.digest(str(path))[0] == digest_of(b"one"), "same size, time and inode: not read again"
    os.utime(path, ns=(mark.st_atime_ns, mark.st_mtime_ns + 1))
    assert again.digest(str(path))[0] == digest_of(b"two")
    table.close()


def test_a_file_that_was_written_just_now_is_not_trusted_later(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    mark = path.stat()
    table = Table(tmp_path / "files")
    memo = FileMemo(table, clock=lambda: mark.st_mtime + 0.5)
    memo.digest(str(path))
    path.write_bytes(b"two")
    import os

    os.utime(path, ns=(mark.st_atime_ns, mark.st_mtime_ns))
    assert memo.digest(str(path))[0] == digest_of(b"two")
    table.close()


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    import os

    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    memo = FileMemo(None)
    with pytest.raises(Fault) as caught:
        memo.digest(str(path))
    assert caught.value.code == "M-FILE"
    with pytest.raises(Fault):
        memo.read(str(path), digest_of(b""))


def test_other_bytes_than_expected_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"new")
    memo = FileMemo(None)
    assert memo.read(str(path), digest_of(b"new")) == b"new"
    with pytest.raises(Fault, match="changed during the run"):
        memo.read(str(path), digest_of(b"old"))
