"""Folders for half-written files that die with their owner. Knows nothing about what is written.

A folder belongs to whoever holds the flock on its lock file. The kernel lets go of that lock when the owner
dies, however it dies, so what lies in a folder whose lock is free is nobody's and may be removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from pathlib import Path


class Scratch:
    """A folder of this opener's own below `root`."""

    def __init__(self, root: Path) -> None:
        """Also removes the folders of dead owners. Raises OSError."""
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._turn = itertools.count()
        self.folder, self._fd = _own(root)
        self._prefix = f"{self.folder}/"
        sweep(root)

    def path(self) -> str:
        """A name that nobody has used."""
        return f"{self._prefix}{next(self._turn)}"

    def close(self) -> None:
        """Remove the folder; harmless twice."""
        if self._fd >= 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._fd)
            self._fd = -1


def _own(root: Path) -> tuple[Path, int]:
    while True:
        # with a random part: in two containers all processes may have the same number
        folder = root / f"{os.getpid()}-{os.urandom(4).hex()}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        try:
            fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # swept between mkdir and here
            continue
        fcntl.flock(fd, fcntl.LOCK_EX)
        # swept between open and flock: then we hold a lock that nobody else can find
        if _inode(folder / "lock") == os.fstat(fd).st_ino:
            return folder, fd
        os.close(fd)


def sweep(root: Path) -> int:
    """Remove what dead owners left. Returns the bytes that came free."""
    if not root.is_dir():
        return 0
    return sum(_reclaim(folder) for folder in list(root.iterdir()))


def _reclaim(folder: Path) -> int:
    """Remove a folder whose owner is dead; one that lives keeps it, since its lock cannot be had."""
    if folder.is_symlink() or not folder.is_dir():
        return 0
    try:
        fd = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        # no lock file: killed just after mkdir (then it is empty), or about to be made
        with contextlib.suppress(OSError):
            folder.rmdir()
        return 0
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        freed = sum(f.lstat().st_size for f in list(folder.iterdir()))
        shutil.rmtree(folder, ignore_errors=True)
        return freed
    except OSError:
        return 0
    finally:
        os.close(fd)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1
