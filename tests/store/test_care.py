"""Looking after a cache: what is checked, what may go, and what never does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tryon_cli.model.digest import Digest, Key, digest_of
from tryon_cli.model.outcome import Answer
from tryon_cli.store import care
from tryon_cli.store.disk import DAY
from tryon_cli.store.open import Store, open_store

NOW = 2_000_000_000.0


def fill(store: Store, count: int = 10, size: int = 1000) -> list[Digest]:
    """Pictures used one day apart, the first longest ago."""
    digests = []
    for n in range(count):
        digest = store.blobs.put(bytes([n]) * size)
        store.index.record(Key(digest_of(b"%d" % n)), Answer(digest, size))
        used = NOW - (count - n) * DAY
        os.utime(store.disk.path_of(digest), (used, used))
        digests.append(digest)
    store.flush()
    return digests


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "c", lambda e: None, memory=0, caring=True) as one:
        yield one


def there(store: Store) -> set[Digest]:
    return {blob.digest for blob in store.disk.all()}


def test_counting(store: Store) -> None:
    fill(store)
    seen = care.stats(store)
    assert (seen.blobs, seen.bytes, seen.answers, seen.damaged) == (10, 10_000, 10, 0)


def test_what_was_used_longest_ago_goes_first(store: Store) -> None:
    digests = fill(store)
    done = care.gc(store, 4_000, set(), now=NOW)
    assert (done.blobs, done.bytes, done.left) == (6, 6_000, 4_000)
    assert there(store) == set(digests[6:])
    assert {a.digest for _, a in store.index.items()} == set(digests[6:])


def test_what_an_unfinished_run_needs_stays(store: Store) -> None:
    digests = fill(store)
    done = care.gc(store, 0, set(digests[:3]), now=NOW)
    assert there(store) == set(digests[:3]) and done.kept == 3


def test_a_dry_run_removes_nothing(store: Store) -> None:
    digests = fill(store)
    assert care.gc(store, 0, set(), dry_run=True, now=NOW).blobs == 10
    assert there(store) == set(digests)


def test_while_a_run_uses_the_cache_only_old_pictures_go(tmp_path: Path, store: Store) -> None:
    digests = fill(store)
    fresh = digests[-1]
    os.utime(store.disk.path_of(fresh), (NOW - 60, NOW - 60))
    with open_store(tmp_path / "c", lambda e: None) as user:
        care.gc(store, 0, set(), now=NOW)
        assert user.blobs.get(fresh) is not None
    assert there(store) == {fresh}
    care.gc(store, 0, set(), now=NOW)
    assert not there(store)


def test_verify_finds_every_flipped_byte_and_every_loss(store: Store) -> None:
    digests = fill(store)
    for n in (2, 5):
        path = Path(store.disk.path_of(digests[n]))
        data = bytearray(path.read_bytes())
        data[n] ^= 1
        path.write_bytes(data)
    store.disk.delete(digests[7])
    orphan = store.blobs.put(b"nobody asks for this")
    found = care.verify(store)
    assert set(found.bad) == {digests[2], digests[5]}
    assert (found.blobs, found.dangling, found.orphans) == (8, 3, 1)
    assert orphan in there(store), "an orphan may be needed by a run that was killed"
    again = care.verify(store)
    assert (again.bad, again.dangling) == ((), 0)


def test_what_a_run_makes_during_a_check_is_not_forgotten(store: Store) -> None:
    fill(store, 100, 10)
    made: list[Key] = []

    def meanwhile(done: int) -> None:
        made.append(Key(digest_of(b"made meanwhile")))
        store.index.record(made[0], Answer(store.blobs.put(b"made meanwhile"), 14))
        store.flush()

    assert care.verify(store, meanwhile).dangling == 0
    assert made and store.index.find(made)


def test_a_picture_without_an_answer_goes_after_a_day(store: Store) -> None:
    digests = fill(store)
    old, young = store.blobs.put(b"left by a kill"), store.blobs.put(b"just made: its answer follows")
    os.utime(store.disk.path_of(old), (NOW - 2 * DAY, NOW - 2 * DAY))
    os.utime(store.disk.path_of(young), (NOW - 60, NOW - 60))
    care.gc(store, 10**9, set(), now=NOW)
    assert there(store) == {*digests, young}


def test_what_was_set_aside_goes_after_a_week(store: Store, tmp_path: Path) -> None:
    [digest] = fill(store, 1)
    Path(store.disk.path_of(digest)).write_bytes(b"x")
    assert store.disk.get(digest) is None
    aside = tmp_path / "c" / "damaged" / digest
    since = aside.stat().st_ctime
    care.gc(store, 10**9, set(), now=since + 6 * DAY)
    assert aside.exists()
    care.gc(store, 10**9, set(), now=since + 8 * DAY)
    assert not aside.exists()


BUSY = """
import sys
from pathlib import Path
from tryon_cli.model.digest import Key, digest_of
from tryon_cli.model.outcome import Answer
from tryon_cli.store.open import open_store
with open_store(Path(sys.argv[1]), print, memory=0) as store:
    print("open", flush=True)
    for n in range(400):
        data = b"%d" % (n % 40) * 500
        digest = store.blobs.put(data)
        store.index.record(Key(digest_of(b"busy %d" % n)), Answer(digest, len(data)))
        if store.blobs.get(digest) != data:
            sys.exit(f"{n} was taken away")
    store.flush()
"""


def test_cleaning_and_checking_while_a_run_writes_takes_nothing_from_it(store: Store, tmp_path: Path) -> None:
    """The run asks again for pictures that were used last ten years ago: their time says remove."""
    for n in range(40):
        digest = store.blobs.put(b"%d" % n * 500)
        os.utime(store.disk.path_of(digest), (NOW - 3650 * DAY, NOW - 3650 * DAY))
    command = [sys.executable, "-c", BUSY, str(tmp_path / "c")]
    with (
        open_store(tmp_path / "c", lambda e: None),  # so that no cleaning falls after the other's end
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as other,
    ):
        assert other.stdout is not None and other.stderr is not None
        assert other.stdout.readline() == b"open\n"
        rounds = 0
        while other.poll() is None:
            care.gc(store, 0, set())
            assert not care.verify(store).bad
            rounds += 1
        assert (other.returncode, other.stderr.read()) == (0, b"") and rounds
    assert sum(1 for _ in store.index.items()) == 400
    assert care.verify(store).dangling == 0
