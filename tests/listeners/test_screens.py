"""Who hears a run: by the settings and the streams."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import pty
import sys
import threading

import pytest
from told import ended, midway

from tryon_cli.journeys.screens import Screen
from tryon_cli.model.events import Event
from tryon_cli.settings import Settings

END = ended(3, "partial", made=1198, failed=2)
CLEAN = ended(0, "ok", made=1200)


def play(tmp_path, capsys, end=END, events: list[Event] | None = None, **changes) -> tuple[str, str]:
    """What a run without a terminal says on stdout and on stderr."""
    screen = Screen(dataclasses.replace(Settings(), **changes), tmp_path, "r1")
    assert screen.live is None
    for event in midway() if events is None else events:
        screen.bus.tell(event)
    screen.ended(end, ("out/images/a.jpg", "out/images/b.jpg"))
    assert screen.bus.broken == {}
    return capsys.readouterr()


def test_without_a_terminal_there_are_log_lines_and_nothing_on_stdout(tmp_path, capsys):
    out, err = play(tmp_path, capsys)
    assert out == "" and "\x1b" not in err
    assert err.splitlines()[-1].endswith(
        "exit 3 partial 1198/1200 spent=24.00 next: tryon run out/failed.csv"
    )


def test_force_color_changes_nothing_in_a_pipe(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in "".join(play(tmp_path, capsys, color="always"))


def test_json_is_all_there_is_on_stdout(tmp_path, capsys):
    out, err = play(tmp_path, capsys, json=True)
    found = [json.loads(line) for line in out.splitlines()]
    assert found[0]["type"] == "run_started" and found[-1]["type"] == "run_finished"
    assert found[-1]["spent"] == pytest.approx(24.0) and err == ""


def test_paths_are_all_there_is_on_stdout(tmp_path, capsys):
    out, _ = play(tmp_path, capsys, print="paths")
    assert out == "out/images/a.jpg\nout/images/b.jpg\n"


def test_quiet_says_nothing_when_all_went_well_and_the_end_otherwise(tmp_path, capsys):
    assert play(tmp_path, capsys, CLEAN, [], quiet=True) == ("", "")
    out, err = play(tmp_path, capsys, quiet=True)
    assert out == "" and [line.split()[1] for line in err.splitlines()] == ["done", "failed:", "exit"]


def test_every_run_has_its_log_file(tmp_path, capsys):
    play(tmp_path, capsys, quiet=True)
    last = json.loads((tmp_path / "logs" / "r1.jsonl").read_text().splitlines()[-1])
    assert last["type"] == "run_finished" and last["spent"] == pytest.approx(24.0)


def test_at_a_terminal_there_is_a_live_screen_that_loses_nothing_and_then_the_summary(tmp_path, monkeypatch):
    end, tty = pty.openpty()
    out = io.StringIO()
    read: list[bytes] = []

    def drain() -> None:
        try:
            while part := os.read(end, 65536):
                read.append(part)
        except OSError:  # the other side is closed
            return

    thread = threading.Thread(target=drain)
    with open(tty, "w", encoding="utf-8") as err:
        thread.start()
        monkeypatch.setattr(sys, "stderr", err)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setenv("TERM", "xterm")
        screen = Screen(Settings(), tmp_path, "r1")
        for event in midway():
            screen.bus.tell(event)
        screen.ended(END)
        screen.leave()
        assert screen.live is not None and screen.live.tally.heard == len(midway()) + 1
        assert screen.bus.dropped == {}
    thread.join(10)
    os.close(end)
    drawn = b"".join(read).decode()
    assert "in 19m 40s" in drawn and drawn.endswith("\x1b[?25h")
    assert out.getvalue().startswith("Done in 19m 40s: 1,198 of 1,200 rows have an image")
