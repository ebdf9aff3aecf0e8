"""Calls at once: found out against services with a hidden knee, in virtual time, without tuning."""

from __future__ import annotations

import statistics
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services import (
    PHASES,
    SERVICES,
    UNEVEN,
    Even,
    Fixed,
    Hard,
    Limit,
    Moody,
    Phased,
    Queue,
    Uneven,
    Went,
    ask,
    steady,
)

from tryon_cli.engine.adaptive import AdaptivePool, Gauge
from tryon_cli.engine.limiter import START, Limiter
from tryon_cli.engine.plan import Plan
from tryon_cli.engine.rounds import Higher, Round, Usual
from tryon_cli.engine.shape import Lane

FIXED = (20, 22, 23, 24, 25, 26, 28, 32, 64)
KNEES = ("queue", "hard 429", "thrash")


def went(name: str, seed: int) -> tuple[Went, int]:
    """How it went, and what the best fixed number of calls at once would have done."""
    best = max(ask(SERVICES[name](seed), Fixed(n), seed=seed).done for n in FIXED)
    return ask(SERVICES[name](seed), Limiter(64), seed=seed), best


@pytest.mark.parametrize("name", KNEES)
def test_within_a_tenth_of_the_best_fixed_number(name: str) -> None:
    """Five minutes from the first call on, the way up included; the same numbers for every service."""
    shares = []
    for seed in range(4):
        ours, best = went(name, seed)
        shares.append(ours.done / best)
        assert ours.share_refused < 0.03
        assert ours.seconds < 2.0 * 1.35, "calls wait for each other"
    assert statistics.mean(shares) >= 0.9 and min(shares) > 0.75


@pytest.mark.parametrize(
    ("name", "least"), [("queue 24->8->48", 0.7), ("hard 24->8->48", 0.7), ("bucket 10/s", 0.85)]
)
def test_what_has_no_fixed_knee_is_followed(name: str, least: float) -> None:
    """A knee that moves; so many calls a second, whatever is in flight."""
    shares = []
    for seed in range(4):
        ours, best = went(name, seed)
        shares.append(ours.done / best)
        assert ours.share_refused < 0.05
    assert statistics.mean(shares) >= least


@pytest.mark.parametrize("knee", [2, 8, 16, 48, 64])
def test_any_knee_is_found(knee: int) -> None:
    for service in (Queue, Hard):
        best = max(ask(service(steady(knee)), Fixed(n)).done for n in {max(1, knee - 1), knee, knee + 1})
        assert ask(service(steady(knee)), Limiter(64)).done >= 0.8 * best


@pytest.mark.parametrize("part", [0.01, 0.02, 0.05, 0.1])
@pytest.mark.parametrize(("most", "least"), [(16, 0.93), (64, 0.85)])
def test_refusals_for_another_reason_are_no_knee(part: float, most: int, least: float) -> None:
    """Fewer calls at once would be refused as often, so there are not fewer for long."""
    shares = []
    for seed in range(6):
        best = ask(Moody(part, seed), Fixed(most), seed=seed)
        shares.append(ask(Moody(part, seed), Limiter(most), seed=seed).done / best.done)
    assert statistics.mean(shares) >= least and min(shares) > 0.7


@pytest.mark.parametrize("part", [0.02, 0.05])
def test_a_knee_is_found_among_refusals_for_another_reason(part: float) -> None:
    shares, refused = [], []
    for seed in range(6):
        best = max(ask(Moody(part, seed, knee=24), Fixed(n), seed=seed).done for n in FIXED)
        ours = ask(Moody(part, seed, knee=24), Limiter(64), seed=seed)
        shares.append(ours.done / best)
        refused.append(ours.share_refused)
    assert statistics.mean(shares) >= 0.85 and min(shares) > 0.7
    assert statistics.mean(refused) < part + 0.035


@pytest.mark.parametrize("name", list(UNEVEN))
@pytest.mark.parametrize(("most", "knee"), [(8, 1000), (16, 1000), (64, 1000), (64, 24)])
def test_calls_that_differ_a_lot_do_not_mislead(name: str, most: int, knee: int) -> None:
    """A few rounds of slow ones look like a crowd."""
    shares = []
    for seed in range(6):
        best = ask(Uneven(UNEVEN[name], seed, knee=knee), Fixed(most), seed=seed)
        shares.append(ask(Uneven(UNEVEN[name], seed, knee=knee), Limiter(most), seed=seed).done / best.done)
    assert statistics.mean(shares) >= 0.88 and min(shares) > 0.7


@given(
    st.integers(1, 300),
    st.lists(
        st.tuples(st.floats(0.0, 5.0), st.floats(0.01, 60.0), st.booleans(), st.booleans()), max_size=300
    ),
)
def test_the_number_stays_between_one_and_what_is_allowed(
    most: int, calls: list[tuple[float, float, bool, bool]]
) -> None:
    limiter, now = Limiter(most), 0.0
    out: list[tuple[float, object, float, bool, bool]] = []
    for gap, seconds, refused, counts in calls:
        now += gap
        while len(out) < int(limiter.limit):
            out.append((now, limiter.began(now), seconds, refused, counts))
        began, part, seconds, refused, counts = out.pop(0)
        now = max(now, began + seconds)
        limiter.ended(now, seconds, part, counts=counts and not refused, refused=refused)  # type: ignore[arg-type]
        assert 1.0 <= limiter.limit <= most
        assert limiter._running == len(out)


def test_it_starts_with_few_and_never_stays_there() -> None:
    """The trap: a limit of 4.5 is never full with 4 in flight, and stays for ever."""
    assert Limiter(64).limit == START
    limiter = Limiter(16)
    limiter.limit = 4.5
    assert ask(Queue(steady(16)), limiter).done > 0.9 * ask(Queue(steady(16)), Fixed(16)).done


def test_without_work_nothing_is_concluded() -> None:
    """Three calls at a time where ten may be: good times of them say nothing about eleven."""
    limiter, now = Limiter(64), 0.0
    limiter.limit = 10.0
    for _ in range(400):
        parts = [limiter.began(now) for _ in range(3)]
        now += 1.0
        for part in parts:
            limiter.ended(now, 1.0, part, counts=True, refused=False)
    assert limiter.limit == 10.0


@pytest.mark.parametrize(("most", "least"), [(6, 1.0), (16, 1.0), (64, 0.78)])
@pytest.mark.parametrize("tasks", ["waves", "drifting"])
def test_the_way_up_is_short(tasks: str, most: int, least: float) -> None:
    """What is done in the first ten call lengths, beside all at once."""
    shares = []
    for seed in range(6):
        limits = Limiter(most), Fixed(most)
        ours, best = (ask(Phased(PHASES[tasks], seed, loading=1.0), one, 20.0, seed) for one in limits)
        shares.append(ours.done / best.done)
    assert statistics.mean(shares) >= least


@pytest.mark.parametrize("most", [5, 8, 16, 64])
@pytest.mark.parametrize("stalls", [False, True])
def test_a_service_that_bears_all_is_used_whole(most: int, stalls: bool) -> None:
    """Four tasks of different lengths, now more of the one and now more of the other; the first calls are slow; now
    and then everything stands still for a moment. None of that is a knee."""
    shares = []
    for seed in range(6):
        best = ask(Even(seed, stalls), Fixed(most), seed=seed)
        shares.append(ask(Even(seed, stalls), Limiter(most), seed=seed).done / best.done)
    assert statistics.mean(shares) >= 0.93 and min(shares) > 0.8


@pytest.mark.parametrize(
    ("most", "loading", "change"),
    [(64, 2.0, 1.0), (16, 5.0, 1.0), (64, 2.0, 3.0), (16, 0.0, 3.0), (64, 2.0, 0.3)],
)
@pytest.mark.parametrize("name", list(PHASES))
def test_what_is_slow_for_another_reason_is_not_taken_for_a_knee(
    name: str, most: int, loading: float, change: float
) -> None:
    """Stretches of one task, a slow beginning of our own, a service that takes three times as long from now on: fewer
    calls at once would not be faster, so there are not fewer for long."""

    def done(limit: Limit) -> int:
        return ask(Phased(PHASES[name], loading=loading, change=change), limit, until=200.0).done

    assert done(Limiter(most)) >= 0.8 * done(Fixed(most))


def test_fewer_that_are_as_slow_as_before_are_more_again() -> None:
    """What is usual was learned on a day that was three times as fast."""
    higher = Higher()
    assert higher.left_for_nothing(64.0, seen(*[("try-on", 3.0)] * 64)) is None
    assert higher.left_for_nothing(60.0, seen(*[("try-on", 3.0)] * 64)) is None, "too near to say anything"
    assert higher.left_for_nothing(32.0, seen(*[("swap", 3.0)] * 64)) is None, "nobody knows that task"
    assert higher.left_for_nothing(32.0, seen(*[("try-on", 2.9)] * 30)) == 60.0
    assert higher.left_for_nothing(64.0, seen(*[("try-on", 3.0)] * 64)) is None
    assert higher.left_for_nothing(32.0, seen(*[("try-on", 1.5)] * 30)) is None, "that has helped"
    assert higher.left_for_nothing(16.0, seen(*[("try-on", 1.4)] * 30)) == 32.0


def seen(*calls: tuple[str, float]) -> Round:
    made = Round(0.0, len(calls))
    for task, seconds in calls:
        made.joined()
        made.left(task, seconds)
    return made


def test_calls_are_compared_with_others_of_their_task() -> None:
    usual: dict[str, Usual] = {}
    first = seen(("stylize", 18.0), ("stylize", 22.0), ("face-swap", 2.0))
    assert first.beside(usual) == (1.0, 0.0), "nothing to compare with"
    first.learn(usual, anew=True)
    assert usual["stylize"].seconds == pytest.approx(20.0) and usual["face-swap"].seconds == pytest.approx(
        2.0
    )
    slower, error = seen(*[("face-swap", 3.0)] * 9, ("stylize", 30.0)).beside(usual)
    assert slower == pytest.approx(1.5) and error == pytest.approx(0.0, abs=1e-6)


def test_a_task_that_is_met_while_all_is_slow_is_not_thought_slow_by_itself() -> None:
    usual = {"stylize": Usual(20.0, 10)}
    seen(("stylize", 40.0), ("try-on", 30.0), ("try-on", 50.0)).meet(usual)
    assert usual["try-on"] == Usual(20.0, 2)
    seen(("stylize", 10.0), ("stylize", 10.0)).learn(usual, anew=True)
    assert usual == {"stylize": Usual(10.0, 2)}, "what a better day means for others they say themselves"


# --------------------------------------------------------------------------- in the plan
def gauge(most: int = 16) -> tuple[Gauge, Limiter]:
    limiter = Limiter(most)
    return Gauge(limiter, lambda: 0.0), limiter


def test_a_pool_follows_its_gauge() -> None:
    said, limiter = gauge(64)
    pool = AdaptivePool("fashn", said)
    lane = Plan().lane(Lane("try-on", "fashn", [pool]))
    assert (pool.depth, pool.most) == (START, 64)
    pool.busy = START
    assert not lane.room()
    limiter.limit = START + 2.7
    assert pool.depth == START + 2 and lane.room()
    pool.busy = START + 2
    limiter.limit = 3.0
    assert not lane.room(), "what runs ends in peace, nothing new starts"
    pool.busy = 2
    assert lane.room()


def test_nobody_else_moves_it() -> None:
    said, _ = gauge()
    pool = AdaptivePool("fashn", said)
    pool.depth = 100
    assert pool.depth == START


def test_calls_tell_from_any_thread() -> None:
    said, limiter = gauge()

    def work() -> None:
        for _ in range(500):
            part = said.began()
            said.ended(part, "try-on", 1.0, refused=False, counts=True)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert limiter._running == 0 and 1.0 <= limiter.limit <= 16.0
