"""Opening the store: its format, its tiers, its closing. The one place that knows how they fit together."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from ..model.errors import Exit, Fault, FaultKind, TryonError
from ..model.ports import Blobs, Tell
from .disk import DiskBlobs
from .index import DiskIndex
from .memo import FileMemo
from .memory import SIZE, MemoryBlobs
from .table import Table

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
        _check_format(root, read_only)
        self._lock = -1 if read_only or caring else _share(root)
        self.disk = DiskBlobs(root, tell, read_only=read_only)
        self.blobs: Blobs = MemoryBlobs(self.disk, memory) if memory else self.disk
        self.index = DiskIndex(root / "index", tell, read_only=read_only)
        self._files = Table(root / "files", read_only=read_only)
        self.memo = FileMemo(self._files)
        self._read_only = read_only

    def flush(self) -> None:
        """Everything recorded is on disk when this returns. Raises Fault(STORAGE)."""
        self.index.flush()
        if not self._read_only:
            self.memo.flush()

    def close(self) -> None:
        """Save what is left and let go of every file."""
        for part in (self.index.close, self._files.close, self.disk.close):
            _quietly(part)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

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


def _check_format(root: Path, read_only: bool) -> None:
    path = root / "FORMAT"
    try:
        found = path.read_text().strip() if path.exists() else ""
        if found and found != FORMAT:
            raise TryonError(
                Exit.USAGE,
                f"the cache {root} has format {found[:20]}, this tryon knows {FORMAT}",
                details=("upgrade tryon, or set another --cache-dir; nothing was touched",),
            )
        if not found and not read_only:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(FORMAT + "\n")
            path.chmod(0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Fault(
            FaultKind.STORAGE,
            f"cannot use the cache {root}: {reason}",
            code="S-CACHE",
            fix="set another --cache-dir",
        ) from error


def _share(root: Path) -> int:
    """Say that somebody uses the cache, as long as this process lives: cleaning waits for its end."""
    fd = os.open(root / "in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_SH)
    return fd


def _quietly(close: Callable[[], None]) -> None:
    with contextlib.suppress(Fault):  # was told when it happened
        close()
