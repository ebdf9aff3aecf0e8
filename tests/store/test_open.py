"""The whole store: its format, what reading only leaves alone, and how its parts work together."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from indexes import answer, key

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Exit, TryonError
from tryon_cli.model.events import Event, Warned
from tryon_cli.model.outcome import Answer
from tryon_cli.store.open import FORMAT, open_store


def nobody(event: Event) -> None:
    pass


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("found", ["99", "nonsense", "\udcff"])
def test_another_format_is_refused_untouched(tmp_path: Path, found: str) -> None:
    (tmp_path / "FORMAT").write_bytes(os.fsencode(found))
    before = tree(tmp_path)
    with pytest.raises(TryonError, match="has format") as caught:
        open_store(tmp_path, nobody)
    assert caught.value.exit_code is Exit.USAGE and "nothing was touched" in caught.value.details[0]
    assert tree(tmp_path) == before and len(list(tmp_path.iterdir())) == 1


def test_the_format_is_written_and_a_kill_before_its_writing_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").touch()
    open_store(tmp_path, nobody).close()
    assert (tmp_path / "FORMAT").read_text().strip() == FORMAT


def test_reading_only_leaves_every_byte(tmp_path: Path) -> None:
    root, picture = tmp_path / "c", tmp_path / "p.jpg"
    picture.write_bytes(b"p")
    with open_store(root, nobody) as store:
        digest = store.blobs.put(b"picture")
        bad = store.blobs.put(b"another")
        store.index.record(key(1), Answer(digest, 7))
    os.utime(store.disk.path_of(digest), (1, 1))
    Path(store.disk.path_of(bad)).write_bytes(b"damaged")
    before = tree(root)
    with open_store(root, nobody, read_only=True) as store:
        assert store.index.find([key(1), key(2)]) == {key(1): Answer(digest, 7)}
        assert store.blobs.get(digest) == b"picture" and store.blobs.get(bad) is None
        assert store.memo.digest(str(picture)) == (digest_of(b"p"), 1)
        store.flush()
    assert tree(root) == before


def test_reading_only_takes_no_cache_for_an_empty_one(tmp_path: Path) -> None:
    with open_store(tmp_path / "none", nobody, read_only=True) as store:
        assert store.index.find([key(1)]) == {} and not list(store.disk.all())
    assert not (tmp_path / "none").exists()


def test_a_damaged_picture_is_found_told_and_asked_again(tmp_path: Path) -> None:
    heard: list[Event] = []
    with open_store(tmp_path, heard.append, memory=0) as store:
        digest = store.blobs.put(b"picture")
        store.index.record(key(1), Answer(digest, 7))
        store.flush()
        Path(store.disk.path_of(digest)).write_bytes(b"PICTURE")
        assert store.index.find([key(1)]), "a look does not read"
        assert store.blobs.get(digest) is None
        assert store.index.find([key(1)]) == {}, "so it is made again"
        store.blobs.put(b"picture")
        assert store.index.find([key(1)]) == {key(1): Answer(digest, 7)}
    assert [e.code for e in heard if isinstance(e, Warned)] == ["S-DAMAGED"]


def test_a_run_waits_for_a_cleaning_and_leaves_no_lock_behind(tmp_path: Path) -> None:
    open_store(tmp_path, nobody).close()
    fd = os.open(tmp_path / "in-use", os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    opened = threading.Event()

    def run() -> None:
        with open_store(tmp_path, nobody):
            opened.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert not opened.wait(0.1)
    os.close(fd)
    assert opened.wait(20)
    thread.join()
    fd = os.open(tmp_path / "in-use", os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(fd)


def test_what_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(b"a file where a folder should be")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(TryonError) as caught:
        open_store(tmp_path, nobody)
    assert caught.value.exit_code is Exit.STORAGE and str(tmp_path) in caught.value.what
    assert len(os.listdir("/proc/self/fd")) == before and not list((tmp_path / "tmp").iterdir())


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "ro"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"cannot mount a read-only disk here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_read_only_disk_is_said_before_anything_is_paid(read_only_disk: Path) -> None:
    with pytest.raises(TryonError, match="read-only") as caught:
        open_store(read_only_disk / "cache", nobody)
    assert caught.value.exit_code is Exit.STORAGE
    assert str(read_only_disk) in caught.value.what and "--cache-dir" in caught.value.details[0]


def test_looking_things_up_loads_no_diskcache(tmp_path: Path) -> None:
    """A run that knows every answer does not pay for opening the database for writing."""
    with open_store(tmp_path, nobody) as store:
        store.index.record(key(1), answer()._replace(digest=store.blobs.put(b"x" * 17)))
    code = (
        "import sys; from pathlib import Path; from tryon_cli.store.open import open_store\n"
        "from tryon_cli.model.digest import Key\n"
        f"with open_store(Path({str(tmp_path)!r}), print) as s: assert s.index.find([Key({key(1)!r})])\n"
        "assert 'diskcache' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
