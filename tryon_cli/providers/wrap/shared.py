"""What all processes of this machine share of one account: calls in flight, calls a minute. Knows no provider.

A permit is the kernel's lock on a small file, so it dies with its owner: nothing here has a time-out, and
nobody ever unlocks by hand. Where the folder cannot be written each process keeps the limits for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MINUTE = 60.0


def folder_of(state: Path, provider: str, account: str) -> Path:
    """Where the limits of this account lie. The account's label is not shown in the name."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", provider)[:40] or "_"
    mark = hashlib.sha256(f"{provider}\0{account}".encode()).hexdigest()[:12]
    return state / "limits" / f"{name}-{mark}"


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:  # made when it is needed: a dry run leaves no trace
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, flags, 0o600)


class Slots:
    """Permits numbered from 0; a process that allows fewer than another uses the first ones only."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._free = list(range(count - 1, -1, -1))
        """Not ours now; the last one, given back just now, is tried first: its file is open and likely free."""
        self._files: dict[int, int] = {}
        """Open files by number. Held is what is locked: an open file alone keeps nobody off."""
        self._lock = threading.Lock()

    def take(self) -> int | None:
        """A permit, to be given back; None: all are held, here or by other processes. Raises OSError."""
        for n in self._mine():
            try:
                if n not in self._files:
                    self._files[n] = _opened(self._folder / f"slot-{n}")
                fcntl.flock(self._files[n], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._back(n)
            except OSError:
                self._back(n)
                raise
            else:
                return n
        return None

    def _mine(self) -> Iterator[int]:
        """Each number that this process does not hold, once; no other thread tries it meanwhile."""
        tried: set[int] = set()
        while True:
            with self._lock:
                at = next((i for i in range(len(self._free) - 1, -1, -1) if self._free[i] not in tried), None)
                if at is None:
                    return
                n = self._free.pop(at)
            tried.add(n)
            yield n

    def _back(self, n: int) -> None:
        with self._lock:
            self._free.append(n)

    def give(self, permit: int) -> None:
        """Give a permit back."""
        fcntl.flock(self._files[permit], fcntl.LOCK_UN)
        self._back(permit)

    def __del__(self) -> None:
        for file in self._files.values():
            os.close(file)


class Minute:
    """At most `count` calls begin in any 60 seconds, counted over all processes."""

    def __init__(self, folder: Path, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds that all processes of this machine read alike, as the monotonic clock's are here."""
        self._path = folder / "minute"
        self._count = count
        self._clock = clock

    def take(self) -> float:
        """0.0: a call may begin now, and is counted; else seconds until one may. Raises OSError."""
        fd = _opened(self._path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            now = self._clock()
            data = os.pread(fd, 8 * 100_000, 0)
            data = data[: len(data) // 8 * 8]
            # later than now: written before this machine was started anew
            times: list[float] = sorted(
                t for (t,) in struct.iter_unpack("<d", data) if now - MINUTE < t <= now
            )
            if len(times) >= self._count:
                return max(0.001, times[0] + MINUTE - now)
            times.append(now)
            data = struct.pack(f"<{len(times)}d", *times)
            os.pwrite(fd, data, 0)  # before it is cut: a kill in between leaves too much, never too little
            os.ftruncate(fd, len(data))
            return 0.0
        finally:
            os.close(fd)


class OwnSlots:
    """The same for this process alone."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    def take(self) -> int | None:
        return 0 if self._free.acquire(blocking=False) else None

    def give(self, permit: int) -> None:
        self._free.release()


class OwnMinute:
    """The same for this process alone."""

    def __init__(self, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._clock = clock
        self._times: list[float] = []
        self._lock = threading.Lock()

    def take(self) -> float:
        with self._lock:
            now = self._clock()
            self._times = [t for t in self._times if t > now - MINUTE]
            if len(self._times) >= self._count:
                return max(0.001, self._times[0] + MINUTE - now)
            self._times.append(now)
            return 0.0
