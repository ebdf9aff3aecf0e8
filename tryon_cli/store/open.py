"""Opening the store: its format, its tiers, its closing. The one place that knows how they fit together."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path
from types import TracebackType

from ..model.errors import Exit, Fault, TryonError
from ..model.ports import Blobs, Tell
from . import trouble
from .disk import DiskBlobs
from .index import DiskIndex
from .memo import FileMemo
from .memory import SIZE, MemoryBlobs

FORMAT = "1"


class Store:
    """Blobs by digest, answers by key, and what is known about the user's files."""

    def __init__(
        self, root: Path, tell: Tell, *, read_only: bool = False, memory: int = SIZE, caring: bool = False
    ) -> None:
        """read_only: changes no byte, and takes a cache that is not there for an empty one.

        caring: opened to be looked after, not to be used, so that cleaning does not wait for itself.

        Raises TryonError(USAGE) for a newer format before anything is touched, Fault(STORAGE).
        """
        self.root = root
        with contextlib.ExitStack() as parts:
            _check_format(root, read_only)
            if not (read_only or caring):
                parts.callback(os.close, _share(root))
            self.disk = DiskBlobs(root, tell, read_only=read_only)
            parts.callback(self.disk.close)
            self.blobs: Blobs = MemoryBlobs(self.disk, memory) if memory else self.disk
            self.index = DiskIndex(root / "index", tell, read_only=read_only, holds=self.disk.has)
            parts.callback(self.index.close)
            self.memo = FileMemo(self.index.commits)
            self._parts = parts.pop_all()

    def flush(self) -> None:
        """Everything recorded is on disk when this returns. Raises Fault(STORAGE)."""
        self.index.flush()

    def close(self) -> None:
        """Save what is left and let go of every file. Never raises: flush() is what promises."""
        with contextlib.suppress(Fault):
            self._parts.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def open_store(
    root: Path, tell: Tell, *, read_only: bool = False, memory: int = SIZE, caring: bool = False
) -> Store:
    """Open the store at root. Raises TryonError: USAGE for a newer format, STORAGE when it cannot be used."""
    try:
        return Store(root, tell, read_only=read_only, memory=memory, caring=caring)
    except Fault as fault:
        raise TryonError(Exit.STORAGE, fault.text, details=(fault.fix,) if fault.fix else ()) from fault
    except (OSError, sqlite3.Error) as error:  # a disk mounted read-only since, a file of somebody else's
        said = trouble.cannot_write(root, error)
        raise TryonError(Exit.STORAGE, said.text, details=(said.fix,)) from error


def _check_format(root: Path, read_only: bool) -> None:
    """Looked at before anything is touched; written into a cache that has none. Raises OSError."""
    path = root / "FORMAT"
    found = path.read_text(errors="replace").strip() if path.exists() else ""
    if found and found != FORMAT:
        raise TryonError(
            Exit.USAGE,
            f"the cache {root} has format {found[:20]!r}, this tryon knows {FORMAT}",
            details=("upgrade tryon, or set another --cache-dir; nothing was touched",),
        )
    if not found and not read_only:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(FORMAT + "\n")


def _share(root: Path) -> int:
    """Say that somebody uses the cache, as long as this process lives: cleaning waits for its end."""
    fd = os.open(root / "in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_SH)
    return fd
