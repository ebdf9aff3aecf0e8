"""Looking after a cache: how big it is, whether it is whole, and making room. Knows no runs.

What must stay is said by whoever calls; nothing is removed while a run uses the cache, except what is old.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..model.digest import Digest
from .disk import DAY, Blob, DiskBlobs
from .open import Store
from .scratch import sweep


class Stats(NamedTuple):
    """What a cache holds."""

    blobs: int
    bytes: int
    answers: int
    damaged: int
    """Files that were set aside."""
    free: int
    """Bytes free on its disk."""


class Verified(NamedTuple):
    """What a check of every byte found."""

    blobs: int
    bad: tuple[Digest, ...]
    """Set aside; they are made again when somebody asks."""
    dangling: int
    """Answers whose picture is gone; forgotten."""
    orphans: int
    """Pictures that no answer names: left by a kill, taken up when the step is done again."""
    freed: int
    """Bytes of half-written files of dead runs that were removed."""


class Cleaned(NamedTuple):
    """What a cleaning removed, or would."""

    blobs: int
    bytes: int
    left: int
    """Bytes that stay."""
    kept: int
    """Blobs that would have gone, but unfinished runs need them."""


def stats(store: Store) -> Stats:
    """Count everything."""
    sizes = [blob.size for blob in store.disk.all()]
    damaged = store.root / "damaged"
    aside = sum(1 for _ in damaged.iterdir()) if damaged.is_dir() else 0
    answers = sum(1 for _ in store.index.items())
    there = store.root if store.root.exists() else store.root.parent
    free = shutil.disk_usage(there).free if there.exists() else 0
    return Stats(len(sizes), sum(sizes), answers, aside, free)


def verify(store: Store, progress: Callable[[int], None] = lambda done: None) -> Verified:
    """Read every byte again. progress: told the number of blobs read so far."""
    bad: list[Digest] = []
    good: set[Digest] = set()
    for n, blob in enumerate(list(store.disk.all()), 1):
        (good.add if store.disk.get(blob.digest) is not None else bad.append)(blob.digest)
        if n % 100 == 0:
            progress(n)
    answers = list(store.index.items())
    gone = [key for key, answer in answers if answer.digest not in good]
    store.index.forget(gone)
    store.index.flush()
    named = {answer.digest for _, answer in answers}
    freed = sweep(store.root / "tmp")
    return Verified(len(good), tuple(bad), len(gone), len(good - named), freed)


def gc(
    store: Store, most: int, keep: set[Digest], *, dry_run: bool = False, now: float | None = None
) -> Cleaned:
    """Remove what was used least recently until at most `most` bytes are left; never anything in `keep`.

    While another process uses the cache, what is younger than a day stays as well. Answers that name what
    was removed are forgotten.
    """
    blobs = sorted(store.disk.all(), key=lambda blob: blob.used)
    total = sum(blob.size for blob in blobs)
    now = time.time() if now is None else now
    removed: list[Blob] = []
    kept = 0
    with _alone(store.root) as alone:
        for blob in blobs:
            if total <= most:
                break
            if blob.digest in keep or not (alone or now - blob.used > DAY):
                kept += 1
                continue
            removed.append(blob)
            total -= blob.size
        if not dry_run:
            _remove(store.disk, removed)
            gone = {blob.digest for blob in removed}
            store.index.forget([key for key, answer in store.index.items() if answer.digest in gone])
            store.index.flush()
    return Cleaned(len(removed), sum(blob.size for blob in removed), total, kept)


def _remove(disk: DiskBlobs, blobs: list[Blob]) -> None:
    for blob in blobs:
        disk.delete(blob.digest)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[bool]:
    """True while no run holds the cache; runs that start meanwhile wait for us."""
    fd = os.open(root / "in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
    finally:
        os.close(fd)
