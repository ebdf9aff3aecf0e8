"""One run at a time in an output folder. The kernel's lock dies with its owner: nobody unlocks by hand."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .model.errors import Exit, TryonError


class Holder(NamedTuple):
    """Who holds an output folder; for messages only, the lock itself is what counts."""

    pid: int
    host: str
    run: str
    since: float
    """UTC seconds since 1970."""


class FolderLock:
    """flock on <folder>/.tryon/lock, held until release() or the end of the process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".tryon" / "lock"
        self._fd = -1

    def take(
        self,
        run: str,
        *,
        wait: float = 0.0,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> bool:
        """Take the lock, trying for `wait` seconds. False: somebody else holds it. Raises OSError."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        tries = int(wait * 4) + 1
        for turn in range(tries):
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if turn == tries - 1:
                    os.close(fd)
                    return False
                pause(0.25)
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "run": run, "since": clock()})
        os.ftruncate(fd, 0)
        os.pwrite(fd, text.encode(), 0)
        self._fd = fd
        return True

    def release(self) -> None:
        """Give it back; harmless when it is not held."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def holder(folder: Path) -> Holder | None:
    """Who holds the folder now; None when nobody alive does, whatever the file says."""
    path = folder / ".tryon" / "lock"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        values: dict[str, object] = {}
        with contextlib.suppress(ValueError):
            values = json.loads(os.pread(fd, 4096, 0) or b"{}")
        return Holder(
            int(str(values.get("pid", 0))),
            str(values.get("host", "?")),
            str(values.get("run", "?")),
            float(str(values.get("since", 0.0))),
        )
    finally:
        os.close(fd)
    return None


def in_use(folder: Path, who: Holder | None) -> TryonError:
    """The message for a folder that another run holds."""
    name = f"run {who.run} (pid {who.pid} on {who.host})" if who else "another run"
    return TryonError(
        Exit.LOCKED,
        f"{folder}/ is in use by {name}.",
        details=(
            f"wait for it:  --wait 20m     watch it:  tryon status {folder} --follow",
            "in cron:      --skip-if-running",
        ),
    )
