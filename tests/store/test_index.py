"""The index: answers survive restarts, kills and other writers."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indexes import IndexContract, answer, key

from tryon_cli.model.digest import Digest
from tryon_cli.model.errors import Fault
from tryon_cli.model.outcome import Answer
from tryon_cli.store.answers import pack, unpack
from tryon_cli.store.index import DiskIndex


@pytest.fixture
def index(tmp_path: Path) -> Iterator[DiskIndex]:
    one = DiskIndex(tmp_path / "index", lambda e: None)
    yield one
    one.close()


class TestPending(IndexContract):
    """As it is while answers are on their way to the disk."""

    @pytest.fixture
    def index(self, index: DiskIndex) -> DiskIndex:  # type: ignore[override]
        return index


class Settled(DiskIndex):
    """Every look comes after the commit."""

    def find(self, keys):  # type: ignore[no-untyped-def]
        self.flush()
        return super().find(keys)


class TestCommitted(IndexContract):
    """As it is once they are there."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[DiskIndex]:  # type: ignore[override]
        one = Settled(tmp_path / "settled", lambda e: None)
        yield one
        one.close()


def test_answers_are_there_after_a_restart(tmp_path: Path, index: DiskIndex) -> None:
    for n in range(50):
        index.record(key(n), answer(n))
    index.forget([key(7)])
    index.close()
    expected = {key(n): answer(n) for n in range(50) if n != 7}
    again = DiskIndex(tmp_path / "index", lambda e: None)
    assert again.find([key(n) for n in range(60)]) == expected == dict(again.items())
    again.close()
    left = sorted(p.name for p in (tmp_path / "index").iterdir())
    assert left == ["cache.db", "reserve"], "SQLite's log is tidied up"


def test_an_answer_whose_picture_is_gone_is_none(tmp_path: Path) -> None:
    there: dict[Digest, int] = {}
    index = DiskIndex(tmp_path / "index", lambda e: None, holds=lambda d, size: there.get(d) == size)
    index.record(key(1), answer())
    assert index.find([key(1)]) == {}
    there[answer().digest] = 16
    assert index.find([key(1)]) == {}, "another size is another picture"
    there[answer().digest] = 17
    assert index.find([key(1)]) == {key(1): answer()}
    index.close()


def test_nobody_is_told_unknown_by_an_index_that_is_closed(tmp_path: Path) -> None:
    index = DiskIndex(tmp_path / "index", lambda e: None)
    index.record(key(1), answer())
    index.close()
    index.close()
    with pytest.raises(Fault, match="closed"):  # "unknown" would be paid for again
        index.find([key(1)])


WRITER = """
import sys
from pathlib import Path
from tryon_cli.model.digest import Key, digest_of
from tryon_cli.model.outcome import Answer
from tryon_cli.store.index import DiskIndex
index = DiskIndex(Path(sys.argv[1]), lambda e: None)
for n in range(300):
    index.record(Key(digest_of(str(n).encode())), Answer(digest_of(f"blob {n}".encode()), 17))
index.flush()
print("flushed", flush=True)
index.record(Key(digest_of(b"late")), Answer(digest_of(b"blob late"), 17))
if sys.argv[2] == "wait":
    sys.stdin.read()
index.close()
"""


def test_two_processes_write_the_same_keys_at_once(tmp_path: Path, index: DiskIndex) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "index"), "go"]
    others = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    for n in range(300):
        index.record(key(n), answer(n))
    index.flush()
    assert [other.wait() for other in others] == [0, 0]
    assert index.find([key(n) for n in range(300)]) == {key(n): answer(n) for n in range(300)}


def test_what_was_flushed_survives_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "index"), "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"flushed\n"
        other.kill()
    index = DiskIndex(tmp_path / "index", lambda e: None)
    assert index.find([key(n) for n in range(300)]) == {key(n): answer(n) for n in range(300)}
    index.close()


def test_many_threads_share_a_few_open_files(index: DiskIndex) -> None:
    index.record(key(1), answer())
    index.flush()
    before = len(os.listdir("/proc/self/fd"))
    start = threading.Barrier(64)

    def work() -> None:
        start.wait()
        for n in range(20):
            index.find([key(1), key(n)])

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(os.listdir("/proc/self/fd")) - before <= 10


def test_files_are_for_nobody_else(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        index = DiskIndex(tmp_path / "index", lambda e: None)
        index.record(key(1), answer())
        index.flush()
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "index").iterdir()}
        index.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["cache.db", "cache.db-wal", "cache.db-shm", "reserve"], 0o600)
    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o700


texts = st.text(max_size=30)  # with lone surrogates, which UTF-8 cannot spell
numbers = st.floats(allow_nan=False, allow_infinity=False)
digests = st.binary(min_size=32, max_size=32).map(lambda b: Digest(b.hex()))
answers = st.builds(
    Answer,
    digests,
    st.integers(0, 2**64 - 1),
    st.lists(texts, max_size=3).map(tuple),
    texts,
    numbers,
    numbers,
)


@given(answers)
def test_any_answer_survives_packing(said: Answer) -> None:
    assert unpack(pack(said)) == said


@given(st.one_of(st.binary(max_size=120), st.tuples(answers.map(pack), st.binary(max_size=9)).map(b"".join)))
def test_strange_bytes_are_an_answer_or_refused(data: bytes) -> None:
    try:
        said = unpack(data)
    except ValueError:
        return
    assert unpack(pack(said)) == said


@given(answers.map(pack), st.integers(0, 56))
def test_a_cut_answer_is_refused(data: bytes, length: int) -> None:
    with pytest.raises(ValueError, match="too short"):
        unpack(data[:length])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("at", [41, 49])
def test_a_planted_endless_cost_is_refused(number: float, at: int) -> None:
    data = bytearray(pack(answer()))
    data[at : at + 8] = struct.pack(">d", number)
    with pytest.raises(ValueError, match="endless"):
        unpack(bytes(data))
