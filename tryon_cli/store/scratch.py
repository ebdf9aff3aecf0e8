"""Folders for half-written files that die with their owner. Knows nothing about what is written."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import socket
from pathlib import Path


class Scratch:
    """A folder of this process's own below `root`, with a lock file whose flock says that we live."""

    def __init__(self, root: Path) -> None:
        """Also removes the folders whose owners are dead: their lock is free. Raises OSError."""
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._turn = itertools.count()
        for n in itertools.count():
            folder = root / f"{socket.gethostname()}-{os.getpid()}-{n}"
            try:
                folder.mkdir(mode=0o700)
                break
            except FileExistsError:
                continue
        self.folder = folder
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(folder / "lock", flags, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        self._prefix = f"{folder}/"
        sweep(root, keep=folder)

    def path(self) -> str:
        """A name that nobody has used."""
        return f"{self._prefix}{next(self._turn)}"

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._fd)


def sweep(root: Path, keep: Path | None = None) -> int:
    """Remove what dead owners left. Returns the bytes that came free."""
    freed = 0
    for folder in root.iterdir() if root.is_dir() else ():
        if folder == keep or not folder.is_dir():
            continue
        if not _dead(folder):
            continue
        freed += sum(f.stat().st_size for f in folder.iterdir() if f.is_file())
        shutil.rmtree(folder, ignore_errors=True)
    return freed


def _dead(folder: Path) -> bool:
    try:
        fd = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # between mkdir and the lock file, or killed there: an empty folder does no harm
        return False
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
