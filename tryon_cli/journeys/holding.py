"""The output folder is one run's: taken, waited for, or left to the run that has it. Knows no rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..lock import FolderLock, holder, in_use
from ..model.errors import Exit, TryonError

if TYPE_CHECKING:
    from ..settings import Settings


@contextlib.contextmanager
def held(folder: Path, settings: Settings, name: str) -> Iterator[bool]:
    """Hold the output folder. Yields False when somebody else does and that is fine."""
    try:
        (folder / ".tryon").mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder)
        taken = lock.take(name, wait=settings.wait or 0.0)
    except OSError as error:
        raise TryonError(
            Exit.STORAGE,
            f"cannot write to {folder}: {(error.strerror or str(error)).lower()}",
            details=("choose another folder with --output", "Nothing was sent."),
        ) from error
    if not taken and not settings.skip_if_running:
        raise in_use(folder, holder(folder))
    try:
        yield taken
    finally:
        lock.release()
