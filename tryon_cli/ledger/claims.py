"""Who is at a call now: the kernel's lock, which dies with its owner. Never a time-out, never a heartbeat.

One file for all calls; a call is one byte of it. A paused laptop is not a dead process, and a dead process
holds nothing.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from ..model.errors import Fault, FaultKind


class Claim:
    """A call in hand. let_go() may be called any number of times, from any thread."""

    def __init__(self, claims: Claims, spot: int) -> None:
        self._claims = claims
        self._spot = spot
        self.held = True

    def rest(self) -> None:
        """Keep others off, but let this process take it up again: the picture is on its way to the disk."""
        self._claims.rest(self._spot)

    def let_go(self) -> None:
        if self.held:
            self.held = False
            self._claims.let_go(self._spot)


class Claims:
    """The calls that this process is at. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._lock = threading.Condition()
        self._busy: dict[int, bool] = {}
        """Spot -> is a thread at it (True), or is its picture on its way to the disk (False)?"""
        self._leaving: set[int] = set()
        """Being unlocked just now."""
        self._closed = False

    def take(self, call: str, stop: threading.Event, told: Callable[[], None] = lambda: None) -> Claim:
        """Wait until nobody else is at this call. told: called once when there is somebody.

        Raises Fault(STOPPED) when the run stops first.
        """
        spot = int(call[:15], 16)
        with self._lock:
            if self._busy.get(spot):
                told()
            # notified at every end of a claim; the time-out only lets a stop through
            while self._busy.get(spot):
                if stop.is_set():
                    raise _stopped()
                self._lock.wait(0.5)
            if spot in self._busy:
                self._busy[spot] = True
                return Claim(self, spot)
            self._busy[spot] = True
        try:
            if not self._try(spot):
                told()
                self._wait(spot, stop)
        except BaseException:
            with self._lock:
                self._busy.pop(spot, None)
                self._lock.notify_all()
            raise
        return Claim(self, spot)

    def _try(self, spot: int) -> bool:
        try:
            fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, _at(spot, fcntl.F_WRLCK))
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _wait(self, spot: int, stop: threading.Event) -> None:
        """The kernel wakes us when the other one is done or dead. In a thread: nothing else can end that wait."""
        bell = threading.Event()
        guard = threading.Lock()
        given_up = False

        def sleep() -> None:
            try:
                fcntl.fcntl(self._fd, fcntl.F_OFD_SETLKW, _at(spot, fcntl.F_WRLCK))
            except OSError:
                return
            with guard:
                if given_up:
                    self._unlock(spot)
                else:
                    bell.set()

        threading.Thread(target=sleep, name="tryon-claim", daemon=True).start()
        while not bell.wait(0.5):
            if stop.is_set():
                with guard:
                    if not bell.is_set():
                        given_up = True
                        raise _stopped()

    def rest(self, spot: int) -> None:
        with self._lock:
            if spot in self._busy:
                self._busy[spot] = False
                self._lock.notify_all()

    def let_go(self, spot: int) -> None:
        with self._lock:
            if spot not in self._busy or spot in self._leaving:
                return
            self._busy[spot] = True  # nobody of ours takes it up before it is over
            self._leaving.add(spot)
        try:
            # without the lock: the kernel is asked, and meanwhile every thread would queue up here
            self._unlock(spot)
        finally:
            with self._lock:
                self._busy.pop(spot, None)
                self._leaving.discard(spot)
                self._lock.notify_all()

    def _unlock(self, spot: int) -> None:
        if not self._closed:
            fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, _at(spot, fcntl.F_UNLCK))

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            while self._leaving:
                self._lock.wait()
            self._busy.clear()
            self._closed = True
            os.close(self._fd)


def alive(path: Path, call: str) -> bool:
    """Is some process at this call now? Takes nothing."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        found = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _at(int(call[:15], 16), fcntl.F_WRLCK))
        return bool(struct.unpack(_LAYOUT, found)[0] != fcntl.F_UNLCK)
    finally:
        os.close(fd)


_LAYOUT = "hhqqi4x"
"""struct flock: type, whence, start, length, pid."""


def _at(spot: int, kind: int) -> bytes:
    return struct.pack(_LAYOUT, kind, os.SEEK_SET, spot, 1, 0)


def _stopped() -> Fault:
    return Fault(FaultKind.STOPPED, "stopped while another run was at the same call")
