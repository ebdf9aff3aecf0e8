"""The log of a run without a terminal: heartbeats, errors once, the end, quiet."""

from __future__ import annotations

import io
import json
import re

import pytest
from told import T, ended, every, midway, row, started

from tryon_cli.listeners.plain import MOST, PlainLog
from tryon_cli.model.errors import Complaint, Level
from tryon_cli.model.events import Complained, Event, Planned, RowEnded, Saved, Warned
from tryon_cli.model.outcome import RowState


def log(*batches: list[Event], **options) -> list[str]:
    stream = io.StringIO()
    plain = PlainLog(stream, **options)
    for batch in batches:
        plain.hear(batch)
    plain.close()
    return stream.getvalue().splitlines()


def bad(n: int, code: str = "E-IMG-DECODE", **more: str) -> RowEnded:
    return row(n, RowState.FAILED, code=code, text="cannot be read", fix="replace it", **more)


def beats(rows: int | None, every_seconds: float, count: int) -> list[tuple[str, str]]:
    """Time and counter of each heartbeat of a run in which a row ends every so many seconds."""
    ends = [[row(n, at=T + n * every_seconds)] for n in range(1, count + 1)]
    lines = log([started(rows)], *ends)
    found = [re.match(r"(\S+) (\d+)(/\d+ \d+%)? ok=", line) for line in lines]
    return [(match[1], match[2]) for match in found if match]


def test_a_whole_run_reads_like_this():
    end = ended(3, "partial", made=785, cached=412, failed=3)
    plan = Planned(T, 1200, 412, 788, 849, 727, 56.08)
    lines = log([started(), plan], [bad(522, value="humans/p031.jpg"), bad(523)], [end], out="out")
    assert lines == [
        "14:00:00Z run 1123-1412-k7q2 spring.csv -> out/ rows=1200 pid=41822",
        "14:00:00Z plan cached=412 make=788 calls=849 shared=727 est=56.08 budget=60.00",
        "14:08:42Z error E-IMG-DECODE first=522 humans/p031.jpg cannot be read (replace it)",
        "14:19:40Z done partial made=785 cached=412 failed=3 flagged=0 spent=0.00 19m40s",
        "14:19:40Z failed: E-IMG-DECODE=2 -> out/failed.csv",
        "14:19:40Z exit 3 partial 1197/1200 spent=0.00 next: tryon run out/failed.csv",
    ]


def test_a_fast_run_beats_every_five_minutes():
    assert beats(1000, 1.0, 1000) == [("14:05:00Z", "300"), ("14:10:00Z", "600"), ("14:15:00Z", "900")]


def test_a_slow_run_beats_at_every_tenth():
    found = beats(100, 60.0, 99)
    assert [n for _, n in found] == ["10", "20", "30", "40", "50", "60", "70", "80", "90"]


def test_a_very_slow_run_beats_every_hour():
    assert beats(1000, 600.0, 18) == [("15:00:00Z", "6"), ("16:00:00Z", "12"), ("17:00:00Z", "18")]


@pytest.mark.parametrize("rows", [10_000, None])
def test_no_run_beats_more_than_thirty_times(rows):
    assert len(beats(rows, 900.0, 9_000)) == MOST == 30


def test_a_beat_tells_rate_and_time_left():
    lines = log([started(1000)], [row(n, at=T + n * 2) for n in range(1, 201)])
    assert re.fullmatch(
        r"14:06:40Z 200/1000 20% ok=200 failed=0 flagged=0 spent=0.00 30/min eta=26m\d\ds", lines[-1]
    )


def test_each_distinct_error_is_said_once():
    events = [bad(n, code=f"E-{n % 3}") for n in range(1, 100)]
    lines = log([started(None)], events)
    assert [line.split()[1:4] for line in lines if " error " in line] == [
        ["error", "E-1", "first=1"], ["error", "E-2", "first=2"], ["error", "E-0", "first=3"],
    ]  # fmt: skip


def test_a_flood_of_different_errors_is_not_said():
    lines = log([started(None)], [bad(n, code=f"E-{n}") for n in range(5_000)])
    assert len([line for line in lines if " error " in line]) == 201
    lines = log([started(None)], [Warned(T, f"W-{n}", "odd") for n in range(5_000)])
    assert len([line for line in lines if " warning " in line]) == 201


def test_each_warning_and_complaint_is_said_once_and_row_complaints_are_left_to_the_rows():
    said = [Warned(T, "W-DISK", "disk is nearly full"), Warned(T + 1, "W-DISK", "disk is nearly full")]
    complaints = [
        Complained(T, Complaint(level, f"M-{level}", "odd", row="7")) for level in Level for _ in range(2)
    ]
    lines = log([*said, *complaints])
    assert lines == [
        "14:00:00Z warning W-DISK disk is nearly full",
        "14:00:00Z error M-file row=7 odd",
        "14:00:00Z warning M-warning row=7 odd",
    ]


def test_a_clean_run_ends_with_exit_0():
    assert log([started(3)], [ended(0, "ok", made=2, cached=1)])[1:] == [
        "14:19:40Z done ok made=2 cached=1 failed=0 flagged=0 spent=0.00 19m40s",
        "14:19:40Z exit 0",
    ]


def test_a_stopped_run_says_why_and_how_to_go_on():
    end = ended(10, "budget", "Stopped at the budget.\nRaise --max-cost.", made=2, left=8)
    lines = log([started(10), end], out="shoot")
    assert [line.split(" ", 1)[1] for line in lines[2:]] == [
        "stopped: Stopped at the budget.",
        "stopped: Raise --max-cost.",
        "exit 10 budget 2/10 spent=0.00 next: tryon resume shoot",
    ]


def test_money_comes_from_the_steps_when_the_end_does_not_know_it():
    lines = log(midway(), [ended(3, "partial", made=1199, failed=1)])
    assert lines[-1].endswith("1199/1200 spent=24.00 next: tryon run out/failed.csv")


def test_quiet_is_silent_when_all_went_well():
    fine = [event for event in midway() if getattr(event, "code", "") == ""]
    assert log(fine, [ended(0, "ok", made=1200)], quiet=True) == []


def test_quiet_tells_the_last_block_otherwise():
    lines = log(midway(), [ended(3, "partial", made=1198, failed=2)], quiet=True)
    assert [line.split()[1] for line in lines] == ["done", "failed:", "exit"]


def test_the_ending_can_be_left_to_somebody_else():
    lines = log([started(3)], [ended(3, "partial", made=2, failed=1)], ending=False)
    assert len(lines) == 1


def test_logfmt_and_json_say_the_same():
    logfmt, objects = (log(midway(), every(), form=form) for form in ("logfmt", "json"))
    assert len(logfmt) == len(objects) > 5
    for line, text in zip(logfmt, objects, strict=True):
        fields = json.loads(text)
        assert line.startswith(f"t={fields['t']} event={fields['event']}")
        for name, value in fields.items():
            assert value in (None, "") or f" {name}=" in f" {line}"


def test_what_nobody_needs_to_know_is_not_said():
    assert log([Saved(T)], [row(1)]) == []
