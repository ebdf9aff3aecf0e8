"""Looking after a cache: how big it is, whether it is whole, and making room. Knows no runs.

What must stay is said by whoever calls; nothing is removed while a run uses the cache, except what is old.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from ..model.digest import Digest, Key
from .disk import DAY, Blob
from .links import linked
from .open import Store
from .scratch import sweep

WEEK = 7 * DAY
"""Seconds."""


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
    """Pictures that no answer names: left by a kill, taken up when the step is done again, else by gc()."""
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
    store.index.flush()
    named = linked(store.index.commits)
    gone: list[Key] = []
    for key, answer in store.index.items():
        named.add(answer.digest)
        # looked at again: another process may have put it there since the list was made
        if answer.digest not in good and not store.disk.has(answer.digest, answer.size):
            gone.append(key)
    store.index.forget(gone)
    store.index.flush()
    freed = sweep(store.root / "tmp")
    return Verified(len(good), tuple(bad), len(gone), len(good - named), freed)


def gc(
    store: Store, most: int, keep: Collection[Digest], *, dry_run: bool = False, now: float | None = None
) -> Cleaned:
    """Remove what was used least recently until at most `most` bytes are left; never anything in `keep`.

    Pictures that no answer names go in any case once they are a day old. While another process uses the
    cache, whatever is younger than a day stays. Answers that name what was removed are forgotten.
    """
    now = time.time() if now is None else now
    with _alone(store.root) as alone:
        blobs = sorted(store.disk.all(), key=lambda blob: blob.used)
        named = {answer.digest for _, answer in store.index.items()} | linked(store.index.commits)
        total = sum(blob.size for blob in blobs)
        removed: list[Blob] = []
        kept = 0
        for blob in blobs:
            old = now - blob.used > DAY
            if total <= most and (blob.digest in named or not old):
                continue
            if blob.digest in keep or not (alone or old):
                kept += 1
                continue
            if dry_run or store.disk.delete(blob.digest, blob.used):
                removed.append(blob)
                total -= blob.size
        if not dry_run:
            _forget(store, {blob.digest for blob in removed})
            _clear_damaged(store.root / "damaged", now)
    return Cleaned(len(removed), sum(blob.size for blob in removed), total, kept)


def _forget(store: Store, removed: set[Digest]) -> None:
    if removed:
        store.index.forget([key for key, answer in store.index.items() if answer.digest in removed])
        store.index.flush()


def _clear_damaged(folder: Path, now: float) -> None:
    """What was set aside is kept for a week, for whoever wants to know what happened to it."""
    for path in list(folder.iterdir()) if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            if now - path.lstat().st_ctime > WEEK:
                path.unlink()


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
