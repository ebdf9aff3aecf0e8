"""Limits of an account, shared by all processes of a machine; what a dead one held is free at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Clock

from tryon_cli.providers.wrap.shared import Minute, OwnMinute, OwnSlots, Slots, folder_of

HOLD = """
import sys
from pathlib import Path
from tryon_cli.providers.wrap.shared import Slots
slots = Slots(Path(sys.argv[1]), 4)
held = [slots.take() for _ in range(int(sys.argv[2]))]
print(sum(h is not None for h in held), flush=True)
sys.stdin.read()
"""


def holder(folder: Path, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == str(min(count, 4))
    return process


def test_permits_are_counted_over_processes_and_die_with_their_owner(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 4)
    process = holder(tmp_path, 3)
    try:
        mine = slots.take()
        assert mine is not None and slots.take() is None
        slots.give(mine)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        held = [slots.take() for _ in range(5)]
        assert [permit is None for permit in held] == [False] * 4 + [True]
    finally:
        process.kill()
        process.communicate()


def test_threads_of_one_process_count_too(tmp_path: Path) -> None:
    slots, got = Slots(tmp_path, 3), []
    threads = [threading.Thread(target=lambda: got.append(slots.take())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(permit is not None for permit in got) == 3
    for permit in got:
        if permit is not None:
            slots.give(permit)
    assert slots.take() is not None


def test_a_process_that_allows_fewer_uses_the_same_ones(tmp_path: Path) -> None:
    wide, narrow = Slots(tmp_path, 4), Slots(tmp_path, 2)
    held = [wide.take() for _ in range(4)]
    assert narrow.take() is None
    for permit in held:
        assert permit is not None
        wide.give(permit)
    assert narrow.take() is not None and narrow.take() is not None and narrow.take() is None


@pytest.mark.parametrize("shared", [True, False])
@given(st.lists(st.floats(0.0, 30.0), max_size=60), st.integers(1, 6))
def test_no_minute_sees_more_calls_than_allowed(
    tmp_path_factory: pytest.TempPathFactory, shared: bool, gaps: list[float], count: int
) -> None:
    clock = Clock()
    folder = tmp_path_factory.mktemp("minute")
    minutes = [Minute(folder, count, clock) for _ in range(2)] if shared else [OwnMinute(count, clock)] * 2
    begun: list[float] = []
    for n, gap in enumerate(gaps):
        clock.now += gap
        wait = minutes[n % 2].take()
        if wait > 0.0:
            assert len([t for t in begun if t > clock.now - 60.0]) >= count
            clock.now += wait
            while (rest := minutes[n % 2].take()) > 0.0:
                assert rest <= 0.001, "it says when"
                clock.now += rest
        begun.append(clock.now)
        assert len([t for t in begun if t > clock.now - 60.0]) <= count


def test_times_of_before_a_restart_of_the_machine_count_for_nothing(tmp_path: Path) -> None:
    clock = Clock(9_000.0)
    assert Minute(tmp_path, 1, clock).take() == 0.0
    clock.now = 5.0
    assert Minute(tmp_path, 1, clock).take() == 0.0


def test_a_file_that_was_damaged_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "minute").write_bytes(b"\xff" * 37)
    assert Minute(tmp_path, 1, Clock()).take() == 0.0


def test_accounts_have_folders_of_their_own_that_do_not_show_them(tmp_path: Path) -> None:
    folders = {folder_of(tmp_path, "../fal", account) for account in ("shop", "other")}
    assert len(folders) == 2 and all(f.parent == tmp_path / "limits" for f in folders)
    assert not any("shop" in str(f.relative_to(tmp_path)) for f in folders)
    Slots(next(iter(folders)), 1).take()
    assert (next(iter(folders)) / "slot-0").stat().st_mode & 0o077 == 0


def test_own_slots() -> None:
    own = OwnSlots(1)
    permit = own.take()
    assert permit is not None and own.take() is None
    own.give(permit)
    assert own.take() is not None
