"""Which bytes a file of the user's has, remembered by its size and times. Knows no pictures."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable
from typing import Any

from ..model.digest import Digest
from ..model.errors import Fault, FaultKind
from .table import Table

RACY = 2.0
"""Seconds. A file changed this shortly before it was hashed may change again without a new time."""


class FileMemo:
    """path -> digest, hashed once for each (size, time of change, inode)."""

    def __init__(self, table: Table | None, *, clock: Callable[[], float] = time.time) -> None:
        """table: where it is remembered between runs; None: nowhere."""
        self._table = table
        self._clock = clock
        self._new: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def digest(self, path: str) -> tuple[Digest, int]:
        """Digest and size in bytes of a regular file. Raises Fault(INPUT, M-FILE or M-CHANGED)."""
        found = _look(path)
        mark = _mark(found)
        name = hashlib.sha256(b"file\0" + os.fsencode(path)).hexdigest()
        known = self._new.get(name)
        if known is None and self._table is not None:
            known = self._table.find([name]).get(name)
        if known is not None and known[32:] == mark and len(known) > 32:
            return Digest(known[:32].hex()), found.st_size
        data = _read(path)
        digest = Digest(hashlib.sha256(data).hexdigest())
        if self._clock() - found.st_mtime > RACY and self._clock() >= found.st_mtime:
            with self._lock:
                self._new[name] = bytes.fromhex(digest) + mark
        return digest, len(data)

    def read(self, path: str, expected: Digest) -> bytes:
        """The bytes of that name. Raises Fault(INPUT) when the file has others by now."""
        data = _read(path)
        if hashlib.sha256(data).hexdigest() != expected:
            raise _changed(path)
        return data

    def flush(self) -> None:
        """Remember what was learned. Raises Fault(STORAGE)."""
        with self._lock:
            new, self._new = self._new, {}
        if self._table is not None and new:
            names = list(new)
            for at in range(0, len(names), 2000):
                self._table.write({name: new[name] for name in names[at : at + 2000]})


def _look(path: str) -> os.stat_result:
    try:
        found = os.stat(path)  # noqa: PTH116 - a million times
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise Fault(
            FaultKind.INPUT, f"{path} is not a regular file", code="M-FILE", fix="name a picture file"
        )
    return found


def _mark(found: os.stat_result) -> bytes:
    return b"%d %d %d" % (found.st_size, found.st_mtime_ns, found.st_ino)


def _read(path: str) -> bytes:
    """All bytes, and the certainty that nobody wrote meanwhile. O_NONBLOCK: a pipe must not hold us."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise Fault(FaultKind.INPUT, f"{path} is not a regular file", code="M-FILE")
        with os.fdopen(os.dup(fd), "rb") as file:
            data = file.read()
        if _mark(before) != _mark(os.fstat(fd)) or len(data) != before.st_size:
            raise _changed(path)
        return data
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(fd)


def _unreadable(path: str, error: OSError) -> Fault:
    reason: Any = (error.strerror or str(error)).lower()
    text = f"cannot read {path}: {reason}"
    return Fault(FaultKind.INPUT, text, code="M-FILE", fix="put the file there, then: tryon resume")


def _changed(path: str) -> Fault:
    text = f"{path} changed during the run"
    return Fault(FaultKind.INPUT, text, code="M-CHANGED", fix="run again when nobody writes it")
