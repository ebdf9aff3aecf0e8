"""The lock of an output folder dies with its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tryon_cli.lock import FolderLock, holder, in_use
from tryon_cli.model.errors import Exit

HOLD = """
import sys, time
from pathlib import Path
from tryon_cli.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("taken" if lock.take("run-1") else "refused", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".tryon").mkdir()
    return tmp_path


def test_one_owner_at_a_time_and_freed_by_sigkill(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "taken\n"
        mine = FolderLock(folder)
        assert not mine.take("run-2")
        who = holder(folder)
        assert who is not None and (who.pid, who.run) == (other.pid, "run-1")
        assert f"pid {other.pid}" in in_use(folder, who).what and in_use(folder, who).exit_code is Exit.LOCKED
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert holder(folder) is None, "a dead owner holds nothing, whatever the file says"
    assert mine.take("run-3")
    mine.release()


def test_waiting_tries_again_until_the_time_is_over(folder: Path) -> None:
    first, second = FolderLock(folder), FolderLock(folder)
    assert first.take("a")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            first.release()

    assert second.take("b", wait=10, pause=pause) and len(pauses) == 3
    pauses.clear()
    assert not FolderLock(folder).take("c", wait=1, pause=lambda s: pauses.append(s))
    assert sum(pauses) == pytest.approx(1)
    second.release()


def test_no_lock_no_holder(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
