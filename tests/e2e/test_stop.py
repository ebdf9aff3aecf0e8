"""Stopping a run: signals, time limits, waits that end, and one run at a time in a folder."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tool import Tool, wait_for

ROWS, QUESTIONS = 12, 32
"""Of Tool.manifest() as it is: 4 people, 3 garments."""


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    made = Tool(tmp_path)
    made.manifest()
    return made


def ended(process: subprocess.Popen[str], seconds: float) -> tuple[int, str]:
    """Exit code and stderr of a process that must end within this time.

    Always far less than the waiting that it must not do, and far more than a machine under load needs.
    """
    began = time.monotonic()
    _, err = process.communicate(timeout=120)
    took = time.monotonic() - began
    assert took < seconds, f"it took {took:.1f} s to end\n{err}"
    return process.returncode, err


def finish(tool: Tool) -> None:
    """Resume to the end; nothing that was collected is asked for again."""
    tool.run("resume", "out")
    assert len(tool.images()) == ROWS
    assert len(tool.calls()) == QUESTIONS
    assert set(tool.calls().values()) == {1}
    assert tool.leftovers() == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_one_signal_collects_what_runs(tool: Tool, number: signal.Signals, code: int) -> None:
    process = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "0.4"})
    assert tool.wait_calls(6, process)
    process.send_signal(number)
    got, err = ended(process, 60)
    assert got == code, err
    asked = set(tool.asked())
    assert 6 <= len(asked) < QUESTIONS
    assert asked <= tool.answers(), "a call that was out when the signal came was thrown away"
    assert tool.leftovers() == []
    assert "resume" in err
    run = json.loads((tool.work / "out/run.json").read_text())
    assert run["exit"] == code
    finish(tool)


def test_two_signals_end_at_once(tool: Tool) -> None:
    process = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "60"})
    assert tool.wait_calls(4, process)
    process.send_signal(signal.SIGINT)
    assert wait_for(lambda: stopping(tool), process, 60)
    process.send_signal(signal.SIGINT)
    got, err = ended(process, 9)  # after one signal the calls would get 10 s
    assert got == 130, err
    tool.run("resume", "out")
    assert len(tool.images()) == ROWS


def stopping(tool: Tool) -> bool:
    """Has the run said that it stops?"""
    logs = (tool.work / "out/logs").glob("*.jsonl")
    return any('"stopping"' in log.read_text() for log in logs)


def test_a_call_that_never_ends_does_not_hold_the_process(tool: Tool) -> None:
    process = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "120"})
    assert tool.wait_calls(4, process)
    process.send_signal(signal.SIGTERM)
    got, err = ended(process, 60)
    assert got == 143, err
    tool.run("resume", "out")
    assert len(tool.images()) == ROWS


def test_a_wait_between_tries_ends_at_once(tool: Tool) -> None:
    fail = {"COUNTED_FAIL": "try-on:throttled", "COUNTED_WAIT": "120"}
    process = tool.start("run", "m.csv", env=fail)
    assert wait_for(lambda: any(line.startswith("try-on") for line in tool.calls()), process)
    process.send_signal(signal.SIGINT)
    got, err = ended(process, 60)
    assert got == 130, err
    before = tool.asked()
    tool.run("resume", "out")
    assert len(tool.images()) == ROWS
    again = {line for line, n in tool.calls().items() if n > 1}
    assert all(line.startswith("try-on") for line in again), "only what failed is asked for again"
    assert len(tool.asked()) == QUESTIONS >= len(before)


def test_time_limit(tool: Tool) -> None:
    ran = tool.run("run", "m.csv", "--max-duration", "1", expect=10, env={"COUNTED_SECONDS": "0.5"})
    assert "time limit" in ran.err
    assert 0 < sum(tool.calls().values()) < QUESTIONS
    finish(tool)


# ---------------------------------------------------------------------- one run at a time
def test_a_second_run_is_sent_away(tool: Tool) -> None:
    first = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "0.7"})
    try:
        assert tool.wait_calls(1, first)
        second = tool.run("run", "m.csv", expect=11)
        assert first.poll() is None, "it waited for the first one"
        assert f"pid {first.pid}" in second.err
        assert "--wait" in second.err
        quiet = tool.run("run", "m.csv", "--skip-if-running", "--quiet", expect=0)
        assert quiet.out == ""
        resumed = tool.run("resume", "out", expect=11)
        assert f"pid {first.pid}" in resumed.err
    finally:
        got, err = ended(first, 60)
    assert got == 0, err
    assert len(tool.images()) == ROWS
    assert set(tool.calls().values()) == {1}


def test_a_second_run_can_wait(tool: Tool) -> None:
    first = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "0.1"})
    assert tool.wait_calls(1, first)
    tool.run("run", "m.csv", "--wait", "60")
    assert ended(first, 1)[0] == 0, "the second run went ahead while the first one held the folder"
    assert set(tool.calls().values()) == {1}


def test_twenty_starts_at_once(tool: Tool) -> None:
    """Cron, a colleague and a shell loop: whoever comes first does the work, once."""
    runs = [tool.start("run", "m.csv", "--wait", "2m", "--quiet") for _ in range(20)]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in runs]
    assert [code for _, _, code in ends] == [0] * 20, ends
    assert sum(tool.calls().values()) == QUESTIONS
    assert len(tool.images()) == ROWS
    assert tool.leftovers() == []


def test_ten_folders_share_one_cache(tool: Tool) -> None:
    """Starts at the same instant into folders of their own: nobody sweeps away what another one writes."""
    env = {"COUNTED_SECONDS": "0.02"}
    runs = [tool.start("run", "m.csv", "--quiet", "-o", f"out{n}", env=env) for n in range(10)]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in runs]
    assert [code for _, _, code in ends] == [0] * 10, ends
    assert len({json.dumps(tool.images(f"out{n}")) for n in range(10)}) == 1
    assert set(tool.asked()) <= tool.answers()
    assert tool.leftovers() == []
