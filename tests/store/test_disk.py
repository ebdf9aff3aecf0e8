"""Blobs on disk: damage, death, full and vanished disks."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blobs import BlobsContract
from hypothesis import given, settings
from hypothesis import strategies as st

from tryon_cli.model.digest import Digest, digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, Warned
from tryon_cli.store.disk import DAY, DiskBlobs
from tryon_cli.store.files import LARGEST
from tryon_cli.store.memory import MemoryBlobs

Heard = list[Event]


@pytest.fixture
def heard() -> Heard:
    return []


@pytest.fixture
def disk(tmp_path: Path, heard: Heard) -> Iterator[DiskBlobs]:
    blobs = DiskBlobs(tmp_path / "cache", heard.append)
    yield blobs
    blobs.close()


class TestDisk(BlobsContract):
    @pytest.fixture
    def blobs(self, disk: DiskBlobs) -> DiskBlobs:  # type: ignore[override]
        return disk


class TestMemoryOverDisk(BlobsContract):
    @pytest.fixture
    def blobs(self, disk: DiskBlobs) -> MemoryBlobs:  # type: ignore[override]
        return MemoryBlobs(disk, 100_000)


PICTURE = bytes(range(256)) * 40


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)


def zero(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:116] = bytes(16)
    path.write_bytes(data)


def swap(path: Path) -> None:
    path.write_bytes(b"another whole picture")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def link(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(other)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    os.truncate(path, LARGEST + 1)


@pytest.mark.parametrize("harm", [truncate, flip, zero, swap, empty, link, folder, pipe, endless])
def test_a_damaged_file_is_never_returned_and_told_once(
    disk: DiskBlobs, heard: Heard, harm: Callable[[Path], None]
) -> None:
    digest = disk.put(PICTURE)
    path = Path(disk.path_of(digest))
    harm(path)
    assert disk.get(digest) is None and disk.get(digest) is None
    assert [e.code for e in heard if isinstance(e, Warned)] == ["S-DAMAGED"]
    assert not os.path.lexists(path) and os.path.lexists(path.parents[2] / "damaged" / digest)
    assert disk.put(PICTURE) == digest and disk.get(digest) == PICTURE


@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("at", [0, 1, 5000, len(PICTURE) - 1])
def test_every_flipped_bit_is_found(disk: DiskBlobs, at: int, bit: int) -> None:
    path = Path(disk.path_of(disk.put(PICTURE)))
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)
    assert disk.get(digest_of(PICTURE)) is None


@pytest.mark.parametrize("harm", [truncate, flip, swap, empty, link])
def test_paid_bytes_replace_damaged_ones_at_once(disk: DiskBlobs, harm: Callable[[Path], None]) -> None:
    path = Path(disk.path_of(disk.put(PICTURE)))
    harm(path)
    assert disk.get(disk.put(PICTURE, durable=True)) == PICTURE


def test_kept_bytes_are_not_written_again(disk: DiskBlobs) -> None:
    path = disk.path_of(disk.put(PICTURE))
    before = os.stat(path)
    for durable in (False, True):
        disk.put(PICTURE, durable=durable)
        assert os.stat(path).st_ino == before.st_ino and os.stat(path).st_mtime_ns == before.st_mtime_ns


def test_a_repair_by_another_process_is_not_set_aside(disk: DiskBlobs, tmp_path: Path) -> None:
    """Damage is found, then somebody repairs it, then it is set aside: the good bytes must stay."""
    path = Path(disk.path_of(disk.put(PICTURE)))
    flip(path)
    seen = os.stat(path)
    repaired = path.with_name("repaired")
    repaired.write_bytes(PICTURE)
    repaired.replace(path)
    disk._set_aside(digest_of(PICTURE), "was damaged", seen)
    assert disk.get(digest_of(PICTURE)) == PICTURE


def test_a_folder_tidied_away_inside_the_cache_is_made_again(disk: DiskBlobs, tmp_path: Path) -> None:
    for gone in ("tmp", f"blobs/{digest_of(PICTURE)[:2]}"):
        shutil.rmtree(tmp_path / "cache" / gone)
    assert disk.get(disk.put(PICTURE)) == PICTURE


def test_too_many_open_files_are_our_trouble_not_the_pictures(disk: DiskBlobs) -> None:
    digest = disk.put(PICTURE)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        with pytest.raises(Fault, match="too many open files") as read:
            disk.get(digest)
        with pytest.raises(Fault, match="too many open files") as written:
            disk.put(b"something else")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "ulimit" in read.value.fix and "ulimit" in written.value.fix
    assert disk.get(digest) == PICTURE


def test_a_link_in_place_of_a_blob_is_not_followed(disk: DiskBlobs, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(PICTURE)
    digest = digest_of(PICTURE)
    Path(disk.path_of(digest)).symlink_to(secret)
    assert disk.get(digest) is None and secret.read_bytes() == PICTURE


def test_files_are_for_nobody_else(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        disk = DiskBlobs(tmp_path / "cache", lambda e: None)
        disk.put(PICTURE)
        modes = {p: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "cache").rglob("*")}
        disk.close()
    finally:
        os.umask(before)
    assert {mode for p, mode in modes.items() if p.is_dir()} == {0o700}
    assert {mode for p, mode in modes.items() if p.is_file()} == {0o600}


KILLED = """
import os, sys
from pathlib import Path
from tryon_cli.store.disk import DiskBlobs
disk = DiskBlobs(Path(sys.argv[1]), lambda e: None)
Path(disk.scratch, "half").write_bytes(b"x" * 100000)
print("ready", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_goes_at_the_next_start(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"ready\n"
        mine = DiskBlobs(root, lambda e: None)
        halves = list((root / "tmp").rglob("half"))
        assert len(halves) == 1, "the living owner's files stay"
        mine.close()
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    DiskBlobs(root, lambda e: None).close()
    assert not list((root / "tmp").iterdir())


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"cannot mount a small disk here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_said_and_loses_nothing(small: Path) -> None:
    disk = DiskBlobs(small / "cache", lambda e: None)
    kept = [disk.put(bytes([n]) * 100_000) for n in range(3)]
    with pytest.raises(Fault, match="no space left") as caught:
        for n in range(3, 30):
            kept.append(disk.put(bytes([n]) * 100_000))
    assert caught.value.kind is FaultKind.STORAGE and "MB needed" in caught.value.text
    assert [disk.get(d) for d in kept] == [bytes([n]) * 100_000 for n in range(len(kept))]
    assert [p.name for p in (small / "cache/tmp").rglob("*") if p.is_file()] == ["lock"]
    disk.delete(kept[0])
    assert disk.get(disk.put(b"room again" * 1000)) == b"room again" * 1000


def test_a_read_only_disk_is_said_at_the_start(small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(Fault, match="read-only"):
        DiskBlobs(small / "cache", lambda e: None)


def test_a_cache_that_vanishes_is_said(disk: DiskBlobs, tmp_path: Path) -> None:
    disk.put(PICTURE)
    (tmp_path / "cache").rename(tmp_path / "gone")
    with pytest.raises(Fault, match="removed or replaced"):
        disk.put(b"something else")


def test_a_cache_that_was_replaced_is_said(disk: DiskBlobs, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache")
    other = DiskBlobs(tmp_path / "cache", lambda e: None)
    with pytest.raises(Fault, match="removed or replaced") as caught:
        disk.put(PICTURE)
    assert caught.value.code == "S-GONE" and "tryon resume" in caught.value.fix
    with pytest.raises(Fault, match="removed or replaced"):
        disk.check_alive()
    other.close()


@pytest.mark.parametrize("use", ["put", "get", "has", "durable"])
def test_using_a_blob_moves_its_time_at_most_once_a_day(tmp_path: Path, use: str) -> None:
    now = [1_000_000_000.0]
    disk = DiskBlobs(tmp_path / "c", lambda e: None, clock=lambda: now[0])
    digest = disk.put(PICTURE)
    path = disk.path_of(digest)
    uses = {
        "put": lambda: disk.put(PICTURE) == digest,
        "durable": lambda: disk.put(PICTURE, durable=True) == digest,
        "get": lambda: disk.get(digest) == PICTURE,
        "has": lambda: disk.has(digest, len(PICTURE)),
    }
    os.utime(path, (now[0], now[0]))
    now[0] += DAY / 2
    assert uses[use]() and os.stat(path).st_mtime == 1_000_000_000
    now[0] += DAY
    assert uses[use]() and os.stat(path).st_mtime == now[0]
    now[0] -= 50 * 365 * DAY  # a clock that was wrong
    assert uses[use]() and os.stat(path).st_mtime == now[0]
    disk.close()


def test_what_was_used_since_it_was_listed_is_not_deleted(tmp_path: Path) -> None:
    now = [1_000_000_000.0]
    disk = DiskBlobs(tmp_path / "c", lambda e: None, clock=lambda: now[0])
    digest = disk.put(PICTURE)
    os.utime(disk.path_of(digest), (1, 1))
    [listed] = disk.all()
    assert disk.has(digest, len(PICTURE))
    assert not disk.delete(digest, listed.used) and disk.get(digest) == PICTURE
    [listed] = disk.all()
    assert disk.delete(digest, listed.used) and disk.get(digest) is None
    assert not disk.delete(digest, listed.used)
    disk.close()


def test_memory_answers_without_the_disk_and_stays_small(disk: DiskBlobs) -> None:
    memory = MemoryBlobs(disk, 80_000)
    digests = [memory.put(bytes([n]) * 9_000) for n in range(20)]
    for digest in digests:
        disk.delete(digest)
    held = [d for d in digests if memory.get(d) is not None]
    assert held == digests[-8:], "what was used last fits into 80,000 bytes"


def test_reading_only_writes_nothing(tmp_path: Path) -> None:
    disk = DiskBlobs(tmp_path / "none", lambda e: None, read_only=True)
    assert disk.get(digest_of(b"x")) is None and not (tmp_path / "none").exists()
    with pytest.raises(Fault, match="reading only"):
        disk.put(b"x")


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=300), max_size=10))
def test_any_bytes_survive(tmp_path_factory: pytest.TempPathFactory, many: list[bytes]) -> None:
    disk = DiskBlobs(tmp_path_factory.mktemp("c"), lambda e: None)
    assert [disk.get(disk.put(data)) for data in many] == many
    assert {Digest(b.digest) for b in disk.all()} == {digest_of(data) for data in many}
    disk.close()
