"""Extra requests: never more than ten a minute or a tenth of what went well, whoever asks."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from scripted import Clock

from tryon_cli.providers.wrap.budget import SLICES, Budget


def ended(budget: Budget, good: bool | None) -> None:
    budget.began()
    budget.ended(good)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("good"), st.integers(1, 200)),
        st.tuples(st.just("bad"), st.integers(1, 50)),
        st.tuples(st.just("take"), st.integers(1, 40)),
        st.tuples(st.just("wait"), st.integers(0, 90)),
    ),
    max_size=40,
)


@given(STEPS)
def test_extra_requests_of_any_minute_stay_in_the_budget(steps: list[tuple[str, int]]) -> None:
    """At every extra request: those of the last minute are at most max(10, a tenth of recent successes)."""
    clock = Clock()
    budget = Budget(clock=clock)
    extras: list[float] = []
    goods: list[float] = []
    for what, count in steps:
        if what == "wait":
            clock.now += count
            continue
        for _ in range(count):
            if what == "take":
                if budget.take() == 0.0:
                    extras.append(clock.now)
                    recent = sum(t > clock.now - 60.0 for t in extras)
                    fine = sum(t > clock.now - 10.0 * SLICES for t in goods)
                    assert recent <= max(10, 0.1 * fine)
            else:
                ended(budget, what == "good")
                goods += [clock.now] * (what == "good")


@given(st.integers(0, 500))
def test_the_budget_is_used_up_to_its_end(goods: int) -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    for _ in range(goods):
        ended(budget, True)
    got = 0
    while budget.take() == 0.0:
        got += 1
    assert got == max(10, goods // 10)


def test_a_wait_for_an_extra_request_ends_when_it_says() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    for _ in range(10):
        assert budget.take() == 0.0
    ended(budget, True)
    wait = budget.take()
    assert 50.0 < wait <= 70.0
    clock.now += wait - 0.1
    assert budget.take() > 0.0
    clock.now += 0.1
    assert budget.take() == 0.0


def test_a_slow_outage_gets_no_new_extra_requests_each_minute() -> None:
    """Until something goes well again."""
    clock = Clock()
    budget = Budget(clock=clock)
    given = 0
    for _ in range(10):
        ended(budget, False)
        given += sum(budget.take() == 0.0 for _ in range(5))
        clock.now += 40.0
    assert given == 10 and budget.hopeless
    ended(budget, True)
    assert not budget.hopeless and budget.take() == 0.0


def test_a_sick_provider_gets_ten_extra_requests_and_then_none_that_are_waited_for() -> None:
    budget = Budget(clock=Clock())
    for _ in range(6):
        ended(budget, False)
    assert budget.sick and not budget.hopeless
    assert [budget.take() for _ in range(12)] == [0.0] * 10 + [math.inf] * 2
    assert budget.hopeless


def test_calls_that_still_run_are_believed_to_go_well() -> None:
    """Fast failures beside slow pictures are no outage."""
    budget = Budget(clock=Clock())
    for _ in range(20):
        budget.began()
    for _ in range(9):
        ended(budget, False)
    assert not budget.sick
    for _ in range(20):
        ended(budget, False)
    assert budget.sick


def test_ends_that_say_nothing_about_the_provider_count_for_nothing() -> None:
    budget = Budget(clock=Clock())
    for _ in range(50):
        ended(budget, None)
    assert not budget.sick
    assert sum(budget.take() == 0.0 for _ in range(20)) == 10


def test_while_it_is_down_there_are_none_and_after_that_the_outage_is_forgotten() -> None:
    budget = Budget(clock=Clock())
    for _ in range(20):
        ended(budget, False)
    budget.shut()
    assert budget.take() == math.inf and budget.hopeless
    budget.shut(False)
    assert not budget.sick and budget.take() == 0.0
