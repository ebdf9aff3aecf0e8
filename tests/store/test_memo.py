"""Names of the user's files: hashed once for each state of a file, never wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tryon_cli.model.digest import Digest, digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.store.index import DiskIndex
from tryon_cli.store.memo import LARGEST, FileMemo

LATER = 4_000_000_000.0
"""UTC seconds long after any file of these tests was made."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[DiskIndex]:
    one = DiskIndex(tmp_path / "index", lambda e: None)
    yield one
    one.close()


@pytest.fixture
def memo(index: DiskIndex) -> FileMemo:
    return FileMemo(index.commits, clock=lambda: LATER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    return path


def remembered(index: DiskIndex) -> int:
    index.flush()
    return sum(1 for _ in index.commits.items())


def test_a_file_is_hashed_once_and_known_after_a_restart(
    tmp_path: Path, index: DiskIndex, memo: FileMemo, path: Path
) -> None:
    assert memo.digest(str(path)) == (digest_of(b"one"), 3)
    assert remembered(index) == 1 and dict(index.items()) == {}
    index.close()
    again = DiskIndex(tmp_path / "index", lambda e: None)
    looked = path.stat().st_atime_ns
    os.utime(path, ns=(looked - 10**15, path.stat().st_mtime_ns))  # reading would move this time again
    FileMemo(again.commits, clock=lambda: LATER).digest(str(path))
    hashed = path.stat().st_atime_ns
    assert FileMemo(again.commits, clock=lambda: LATER).digest(str(path)) == (digest_of(b"one"), 3)
    assert path.stat().st_atime_ns == hashed, "not read a second time"
    again.close()


def test_a_known_digest_is_believed(memo: FileMemo, index: DiskIndex, path: Path) -> None:
    """The other half of 'hashed once': the answer comes from the memory, not from the file."""
    memo.digest(str(path))
    index.flush()
    [(name, value)] = list(index.commits.items())
    assert value is not None
    index.commits.put(name, value[:1] + b"\xab" * 32 + value[33:])
    assert memo.digest(str(path)) == (Digest("ab" * 32), 3)


def overwritten(path: Path) -> None:
    path.write_bytes(b"two")


def overwritten_with_its_old_time(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced_with_its_old_time(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"two")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [overwritten, overwritten_with_its_old_time, replaced_with_its_old_time])
def test_p22_a_changed_file_is_hashed_again(
    memo: FileMemo, path: Path, change: Callable[[Path], None]
) -> None:
    memo.digest(str(path))
    change(path)
    assert memo.digest(str(path)) == (digest_of(b"two"), 3)


@pytest.mark.parametrize("since", [-1000.0, 0.0, 1.9])
def test_a_file_that_changed_just_now_is_not_trusted_later(
    index: DiskIndex, path: Path, since: float
) -> None:
    memo = FileMemo(index.commits, clock=lambda: path.stat().st_ctime + since)
    assert memo.digest(str(path)) == (digest_of(b"one"), 3)
    assert remembered(index) == 0


def test_an_answer_that_stands_where_a_file_should_is_not_believed(
    memo: FileMemo, index: DiskIndex, path: Path
) -> None:
    memo.digest(str(path))
    index.flush()
    [(name, value)] = list(index.commits.items())
    assert value is not None
    index.commits.put(name, b"\x01" + b"\xab" * 32 + value[33:])
    assert memo.digest(str(path)) == (digest_of(b"one"), 3)


def test_links_are_followed(memo: FileMemo, path: Path) -> None:
    link = path.with_name("link.jpg")
    link.symlink_to(path)
    assert memo.digest(str(link)) == (digest_of(b"one"), 3)
    assert memo.read(str(link), digest_of(b"one")) == b"one"


def missing(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    os.truncate(path, LARGEST + 1)


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize("kind", [missing, folder, pipe, endless, loop])
def test_what_is_no_picture_file_is_refused_at_once(
    memo: FileMemo, path: Path, kind: Callable[[Path], None]
) -> None:
    kind(path)
    for ask in (lambda: memo.digest(str(path)), lambda: memo.read(str(path), digest_of(b"one"))):
        with pytest.raises(Fault) as caught:
            ask()
        assert (caught.value.kind, caught.value.code) == (FaultKind.INPUT, "M-FILE")
        assert str(path) in caught.value.text and caught.value.fix


def test_p23_other_bytes_than_expected_are_refused(memo: FileMemo, path: Path) -> None:
    assert memo.read(str(path), digest_of(b"one")) == b"one"
    with pytest.raises(Fault, match="changed during the run") as caught:
        memo.read(str(path), digest_of(b"two"))
    assert caught.value.code == "M-CHANGED"


def test_a_memory_that_fails_costs_a_hash_never_the_run(index: DiskIndex, path: Path) -> None:
    index.close()
    memo = FileMemo(index.commits, clock=lambda: LATER)
    assert memo.digest(str(path)) == (digest_of(b"one"), 3)


def test_without_a_memory_everything_is_hashed(path: Path) -> None:
    assert FileMemo(None).digest(str(path)) == (digest_of(b"one"), 3)
