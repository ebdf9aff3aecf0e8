"""Words for a disk that does not do what it is asked. Knows errors, not what was to be written."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from pathlib import Path

from ..model.errors import Fault, FaultKind

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_HANDLES = {errno.EMFILE, errno.ENFILE}

_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}

_DAMAGE = {
    0,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_SCHEMA,
}

SPARE = 1 << 20
"""Bytes that a commit may need: said when the database cannot tell."""


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code, 0 when there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def cause_of(error: BaseException) -> OSError | sqlite3.Error | None:
    """What the disk said first: diskcache hides it behind its Timeout or behind a failed rollback."""
    found: OSError | sqlite3.Error | None = None
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, (OSError, sqlite3.Error)):
            found = at
        at = at.__context__
    return None if isinstance(error, Fault) else found


def is_damage(error: BaseException) -> bool:
    """Is it the database itself that is wrong, not the disk below it?"""
    return isinstance(error, sqlite3.Error) and code_of(error) in _DAMAGE


def is_full(error: BaseException) -> bool:
    """Is there no room left on the disk?"""
    if isinstance(error, sqlite3.Error):
        return code_of(error) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL


def is_busy(error: BaseException) -> bool:
    """Does another program hold the database?"""
    return isinstance(error, sqlite3.Error) and code_of(error) in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


def gone(root: Path) -> Fault:
    """Somebody took the cache away under us."""
    return Fault(
        FaultKind.STORAGE,
        f"the cache {root} was removed or replaced while running",
        code="S-GONE",
        fix="put it back or leave it away, then: tryon resume",
    )


def locked(folder: Path, seconds: float) -> Fault:
    """Another program held the database for longer than we wait."""
    return Fault(
        FaultKind.STORAGE,
        f"{folder} is locked by another program for {seconds:.0f} s (a backup?)",
        code="S-LOCKED",
        fix="end it or exclude the cache from it, then: tryon resume",
    )


def cannot_write(root: Path, error: OSError | sqlite3.Error, size: int = SPARE) -> Fault:
    """One line for a person: which folder, why, how much room is missing. size: bytes to be written."""
    number = error.errno if isinstance(error, OSError) else _SQLITE.get(code_of(error), 0)
    reason = os.strerror(number).lower() if number else str(error)
    fix = "look after the disk or set another --cache-dir, then: tryon resume"
    if number in _FULL:
        need = max(size, SPARE) / 1e6
        free = ""
        with contextlib.suppress(OSError):
            free = f", {shutil.disk_usage(root).free / 1e6:,.1f} MB free"
        reason = f"{reason} ({need:,.1f} MB needed{free})"
        fix = "make room (tryon cache gc --max 5GB) or set another --cache-dir, then: tryon resume"
    elif number in _READ_ONLY:
        fix = "make the folder writable or set another --cache-dir, then: tryon resume"
    elif number in _HANDLES:
        fix = "raise the limit of open files (ulimit -n 4096) or use fewer --workers, then: tryon resume"
    return Fault(FaultKind.STORAGE, f"cannot write to the cache {root}: {reason}", code="S-CACHE", fix=fix)
