"""Rates, quantiles and the time that is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import T, row, started

from tryon_cli.listeners.measure import Durations, Rate
from tryon_cli.listeners.tally import Tally
from tryon_cli.model.events import RowsKept, StepEnded, StepQueued, StepStarted
from tryon_cli.model.outcome import RowState, State


def steps(tally: Tally, n: int, pause: float, state: State = State.MADE) -> None:
    """n steps that began together and ended one after the other."""
    for i in range(n):
        tally.hear(
            [
                StepStarted(T, "try-on", str(i), "1"),
                StepEnded(T + (i + 1) * pause, "try-on", str(i), "1", state),
            ]
        )


def test_a_rate_is_what_came_lately():
    rate = Rate()
    rate.begin(T)
    for n in range(1, 1001):
        rate.add(T + n * 1.5)
    assert rate.per_minute(T + 1500) == pytest.approx(40, rel=0.03)
    for n in range(1, 301):
        rate.add(T + 1500 + n * 3)
    assert rate.per_minute(T + 2400) == pytest.approx(20, rel=0.03)  # the faster past is forgotten


def test_a_rate_goes_down_to_nothing_while_nothing_comes():
    rate = Rate()
    for n in range(100):
        rate.add(T + n)
    assert rate.per_minute(T + 150) < 60 and rate.per_minute(T + 400) == 0.0


@given(st.lists(st.floats(0.001, 20_000.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 1.0]))
def test_quantiles_are_within_a_fortieth(seconds, q):
    durations = Durations()
    for one in seconds:
        durations.add(one)
    exact = sorted(seconds)[max(1, -(-int(q * 100) * len(seconds) // 100)) - 1]
    assert durations.quantile(q) == pytest.approx(exact, rel=0.026)


def test_no_time_left_is_told_before_twenty_results_or_a_tenth():
    tally = Tally()
    tally.hear([started(1000), StepQueued(T, "try-on", 1000)])
    steps(tally, 19, 6.0)
    assert tally.eta(T + 114) is None
    steps(tally, 1, 120.0)
    assert tally.eta(T + 120) == pytest.approx(980 * 6.0, rel=0.02)


def test_a_tenth_is_enough_of_a_small_run():
    tally = Tally()
    tally.hear([started(30), StepQueued(T, "try-on", 30)])
    steps(tally, 3, 10.0)
    assert tally.eta(T + 30) == pytest.approx(27 * 10.0, rel=0.02)


def test_the_slowest_stage_decides():
    tally = Tally()
    tally.hear([started(100), StepQueued(T, "try-on", 100), StepQueued(T, "cut", 100)])
    steps(tally, 20, 5.0)
    for i in range(20):
        tally.hear(
            [StepStarted(T, "cut", f"c{i}", "1"), StepEnded(T + 1 + i * 0.1, "cut", f"c{i}", "1", State.MADE)]
        )
    assert tally.eta(T + 100) == pytest.approx(400.0, rel=0.02)


def test_rows_that_were_known_make_no_rate():
    tally = Tally()
    tally.hear([started(1000), RowsKept(T, 400), *(row(n, RowState.CACHED, T + n / 100) for n in range(300))])
    assert tally.per_minute(T + 3) == 0.0 and tally.eta(T + 3) is None and tally.left == 300


def test_the_end_is_zero_seconds_away():
    tally = Tally()
    tally.hear([started(2), row(1), row(2)])
    assert tally.eta(T + 9) == 0.0 and tally.left == 0


def test_money_ahead_goes_by_the_rows_so_far():
    tally = Tally()
    tally.hear([started(100)])
    for n in range(20):
        tally.hear(
            [
                StepStarted(T, "s", str(n), "1"),
                StepEnded(T + n, "s", str(n), "1", State.MADE, cost=0.05),
                row(n),
            ]
        )
    assert tally.spent == pytest.approx(1.0) and tally.cost_ahead() == pytest.approx(4.0)
