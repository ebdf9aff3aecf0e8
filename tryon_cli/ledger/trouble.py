"""Words for a ledger that cannot be read or written. Knows errors, not what was to be written."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from ..model.errors import Exit, Fault, FaultKind, TryonError
from ..store import trouble as disk

NEEDED = 4 << 20
"""Bytes that should be free beside the ledger."""


def is_full(error: BaseException) -> bool:
    """Is there no room left on the disk?"""
    return disk.is_full(error)


def is_damage(error: BaseException) -> bool:
    """Is it the ledger itself that is wrong, not the disk below it?"""
    return disk.is_damage(error)


def cannot_write(path: Path, error: BaseException) -> Fault:
    """One line for a person: which file, why, how much room is missing."""
    if disk.is_full(error):
        free = ""
        with contextlib.suppress(OSError):
            free = f", {shutil.disk_usage(path.parent).free / 1e6:,.1f} MB free"
        text = f"the disk of the ledger is full: {path} ({NEEDED / 1e6:,.0f} MB needed{free})"
    elif isinstance(error, sqlite3.Error) and disk.is_busy(error):
        text = f"the ledger {path} is locked by another program (a backup?)"
    else:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        text = f"cannot write the ledger {path}: {said.lower()}"
    return Fault(
        FaultKind.STORAGE, text, code="E-LEDGER",
        fix="nothing that was paid for is lost; look after that disk, then: tryon resume",
    )  # fmt: skip


def gone(path: Path) -> Fault:
    """Somebody took the state folder away under us."""
    return Fault(
        FaultKind.STORAGE, f"the ledger {path} was removed or replaced while running", code="E-LEDGER-GONE",
        fix="put the state folder back, then: tryon resume",
    )  # fmt: skip


def damaged(path: Path, why: str) -> TryonError:
    """A ledger that cannot be trusted: nothing is bought beside it."""
    return TryonError(
        Exit.STORAGE,
        f"the ledger of paid calls is damaged: {path}",
        details=(
            f"why   {why}",
            "Nothing was sent: without it a call that is already paid for could be paid again.",
            "try   restore the file from a backup",
            "or    run again with --rebuild: it is set aside, what can be read of it is kept, services that can",
            "      be asked are asked about every call, and only calls that were out may be paid again",
        ),
        code="E-LEDGER-DAMAGED",
    )


def lost(path: Path, folder: Path) -> TryonError:
    """The ledger is not the one that this output folder's last run has written into."""
    return TryonError(
        Exit.STORAGE,
        f"the ledger that the unfinished run in {folder} has written into is not {path}.",
        details=(
            "Nothing was sent: calls that are out would be unknown, and could be paid again.",
            "try   the --state-dir and the user of that run, or restore its state folder",
            "or    run again with --rebuild: services that can be asked are asked about every call, and only",
            "      calls that were out may be paid again",
        ),
        code="E-LEDGER-LOST",
    )


def newer(path: Path, found: int, known: int) -> TryonError:
    return TryonError(
        Exit.USAGE,
        f"{path} has format {found}, this tryon knows {known}",
        details=("upgrade tryon, or set another --state-dir; nothing was touched",),
    )
