"""What the live screen looks like. The frames lie in frames/; TRYON_WRITE_FRAMES=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import HOSTILE, T, ended, every, midway, row, started

from tryon_cli.listeners.cells import width_of
from tryon_cli.listeners.frame import frame
from tryon_cli.listeners.tally import Tally
from tryon_cli.model.events import ProviderTurned, Saved, StagePlanned, Stopping
from tryon_cli.model.outcome import RowState

FRAMES = Path(__file__).parent / "frames"
NOW = T + 436.4
STOP = Stopping(T + 436, "signal", "asked to stop (Ctrl-C)", 6)
DOWN = ProviderTurned(T + 380, "fashn", False, "no answer", 80.0)
END = ended(130, "interrupted", "asked to stop (Ctrl-C)", made=283, cached=412, flagged=5, failed=2, left=498)


def tally_of(*more) -> Tally:
    tally = Tally()
    tally.hear([*midway(), *more])
    return tally


def text_of(tally: Tally, width: int = 80, height: int = 24, now: float = NOW, **more) -> str:
    lines = frame(tally, now, width, height, **more)
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


@pytest.mark.parametrize(
    "name, width, height, more, ascii_only",
    [
        ("80x24", 80, 24, (), False),
        ("80x24-ascii", 80, 24, (), True),
        ("60x24", 60, 24, (), False),
        ("80x10", 80, 10, (), False),
        ("80x10-stopping", 80, 10, (STOP,), False),
        ("80x24-stopping", 80, 24, (STOP,), False),
        ("60x24-stopping", 60, 24, (STOP,), False),
        ("80x24-down", 80, 24, (DOWN,), False),
        ("80x24-ended", 80, 24, (STOP, END), False),
    ],
)
def test_the_screen_is_drawn_as_it_was_agreed(name, width, height, more, ascii_only):
    found = text_of(tally_of(*more), width, height, unicode=not ascii_only)
    path = FRAMES / f"{name}.txt"
    if os.environ.get("TRYON_WRITE_FRAMES"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
    if ascii_only:
        assert found.isascii()


@pytest.mark.parametrize("width", [20, 40, 60, 61, 72, 80, 200])
@pytest.mark.parametrize("height", [2, 5, 10, 15, 16, 24, 60])
def test_every_window_is_kept_to(width, height):
    for more in ((), (STOP,), (DOWN,), (STOP, END)):
        lines = frame(tally_of(*more), NOW, width, height)
        assert 1 <= len(lines) < height
        assert all(width_of(line) < width or width_of(line) <= 20 for line in lines)


def test_more_stages_than_fit_leave_rows_and_cost_on_screen():
    found = text_of(tally_of(*(StagePlanned(T, f"extra-{i}", "local", 1) for i in range(40))))
    assert "1,200" in found and "cost" in found and "tryon resume" in found


@pytest.mark.parametrize("width", [60, 66, 80, 100])
def test_how_to_go_on_is_never_cut_off(width):
    shown = text_of(tally_of(), width)
    assert "tryon resume\n" in shown
    long = "tryon resume shoots/2026/spring/women"
    assert long in text_of(tally_of(), width, resume=long)


def test_the_age_of_the_last_save_is_told():
    assert "(saved 0.4 s ago)" in text_of(tally_of())
    assert "(saved 0.0 s ago)" in text_of(tally_of(Saved(NOW + 3)))  # another thread's clock reading


def test_why_it_stops_is_told_in_every_window():
    assert "stopping: asked to stop (Ctrl-C)" in text_of(tally_of(STOP))
    assert "stopping (signal)" in text_of(tally_of(STOP), 60)
    assert "stopping" in text_of(tally_of(STOP), 80, 10)
    one_line = STOP._replace(text="Stopped at the budget.\nRaise --max-cost.")
    assert "stopping: Stopped at the budget · " in text_of(tally_of(one_line))


def test_no_two_empty_lines_follow_each_other():
    for more in ((), (STOP,), (STOP, END), (END,)):
        for height in (10, 16, 18, 20, 24, 40):
            assert "\n\n\n" not in text_of(tally_of(*more), height=height)


def test_rows_that_are_still_being_counted_have_no_bar_and_no_percent():
    tally = Tally()
    tally.hear([started(None, None), row(1), row(2, RowState.FAILED, code="E", text="t")])
    found = text_of(tally)
    assert "2 so far" in found and "counting rows" in found and "%" not in found and "cost" not in found


def test_a_provider_that_is_down_pauses_only_stages_that_have_work_left():
    found = text_of(tally_of(DOWN))
    assert "try-on        PAUSED fashn down 56s, probe in 24s, no answer" in found
    assert "stylize            20/20     done" in found and "down      fashn: no answer" in found
    back = text_of(tally_of(DOWN, ProviderTurned(T + 400, "fashn", True)))
    assert "PAUSED" not in back and "back      fashn" in back


def test_a_narrow_window_drops_whole_phrases():
    lines = text_of(tally_of(), 60).splitlines()
    assert lines[1] == "plan  412 cached · 788 to make · 849 paid calls"
    assert text_of(tally_of(), 40).count("$24.00 of $60.00\n") == 1


def test_hundred_percent_are_never_shown_while_one_row_is_missing():
    tally = Tally()
    tally.hear([started(10_000), *(row(n) for n in range(9_999))])
    assert "99%" in text_of(tally) and "100%" not in text_of(tally)


def test_failures_stand_beside_a_full_bar():
    tally = Tally()
    tally.hear([started(3), row(1), row(2, RowState.FAILED, code="E"), row(3, RowState.MAYBE_PAID)])
    found = text_of(tally)
    assert "100%" in found and "1 ok · 1 failed · 1 maybe paid" in found


def test_repeats_of_one_cause_are_one_line_with_a_count():
    assert text_of(tally_of()).count("too many at once") == 1
    assert "(×5)" in text_of(tally_of())


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width, height", [(60, 24), (80, 10)])
def test_hostile_names_do_not_widen_a_line(name, width, height):
    tally = Tally()
    tally.hear(every(name, name)[:-1])
    lines = frame(tally, T + 9, width, height)
    assert len(lines) < height and all(width_of(line) < width for line in lines)


@given(st.text(max_size=80), st.integers(20, 120), st.integers(2, 40), st.booleans())
def test_any_name_fits_any_window(name, width, height, unicode):
    tally = Tally()
    tally.hear(every(name, name)[:-1])
    lines = frame(tally, T + 9, width, height, unicode, f"tryon resume {name}")
    assert all(width_of(line) <= max(20, width - 1) for line in lines)
    assert len(lines) <= max(1, height - 1)
