"""A file that holds room back, so that a full disk can still take what is already known.

Answers and records of paid calls are small; pictures fill disks. When a commit finds the disk full the room is
let go, the commit is done after all, and the run stops.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SIZE = 4 << 20
"""Bytes: room for some ten thousand records."""


class Reserve:
    """Room held back beside a database. Used by the one thread that writes it."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size

    def hold(self) -> None:
        """Take the room if it is not taken yet. A disk that has none left says so at the next write."""
        with contextlib.suppress(OSError):
            if self._path.stat().st_size >= self._size:
                return
        with contextlib.suppress(OSError):
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.posix_fallocate(fd, 0, self._size)
            finally:
                os.close(fd)

    def let_go(self) -> bool:
        """Give the room back to the disk. False: there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
