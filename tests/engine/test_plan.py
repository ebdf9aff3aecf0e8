"""The plan without threads and clocks: single flight, limits, order, failures, window."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate import MEANS, Run, diamond, digests, jitter, make, simulate

from tryon_cli.engine.asks import AGEING, Ask, Step
from tryon_cli.engine.limits import Pool
from tryon_cli.engine.plan import Plan
from tryon_cli.engine.shape import Lane, Node, Shape
from tryon_cli.model.digest import salt_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.outcome import Answer


def row(shape: Shape, human: str, garment: str, n: int = 0, priority: int = 5) -> Ask:
    return Ask(n, shape, digests(human, garment), (human, garment), priority)


def run_rows(pairs: list[tuple[str, str]], **changes: object) -> tuple[Run, Plan, list[Ask]]:
    plan = Plan()
    shape = diamond(plan)
    rows = [row(shape, h, g, n) for n, (h, g) in enumerate(pairs)]
    return simulate(plan, rows, jitter(0), **changes), plan, rows  # type: ignore[arg-type]


names = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("vwxyz")), max_size=40)


@given(names, st.integers(1, 50), st.integers(1, 12))
def test_equal_work_is_done_once_whatever_the_window(
    pairs: list[tuple[str, str]], window: int, workers: int
) -> None:
    run, plan, rows = run_rows(pairs, window=window, workers=workers)
    assert len(run.over) == len(rows)
    assert all(ask.lacks == 0 and ask.fault is None for ask in rows)
    assert set(run.made.values()) <= {1}
    humans, both = {h for h, _ in pairs}, set(pairs)
    assert len(run.made) == 2 * len(humans) + 2 * len(both)
    assert run.peak_open <= max(window, 1)
    assert not plan.steps and plan.open == 0 and plan.running == 0
    assert all(pool.busy == 0 for lane in plan.lanes for pool in lane.pools)


@given(names, st.integers(1, 5), st.integers(1, 9))
def test_no_pool_is_ever_overdrawn(pairs: list[tuple[str, str]], tryons: int, slots: int) -> None:
    plan = Plan()
    shape = diamond(plan, slots, tryons)
    run = simulate(plan, [row(shape, h, g) for h, g in pairs], jitter(1))
    assert run.peak["try-on"] <= tryons and run.peak["all"] <= slots
    if len(set(pairs)) >= slots and pairs:
        assert run.peak["all"] > 0


@given(names)
def test_a_second_run_over_what_is_known_makes_nothing(pairs: list[tuple[str, str]]) -> None:
    known: dict[str, Answer] = {}
    _, _, rows = run_rows(pairs, known=known)
    again, _, rows2 = run_rows(pairs, known=known)
    assert not again.made
    assert [a.digests for a in rows] == [b.digests for b in rows2]
    assert all(ask.made == 0 for ask in rows2)


@given(names, st.sets(st.sampled_from("abcde")))
def test_a_failure_reaches_the_rows_behind_it_and_no_other(
    pairs: list[tuple[str, str]], bad: set[str]
) -> None:
    fault = Fault(FaultKind.INPUT, "no person")
    broken = {digests(h)[0] for h in bad}

    def breaks(step: object) -> Fault | None:
        node = step.node  # type: ignore[attr-defined]
        return fault if node.order == "stylize" and step.inputs[0] in broken else None  # type: ignore[attr-defined]

    run, _, rows = run_rows(pairs, breaks=breaks)
    assert len(run.over) == len(rows)
    for ask, (human, _) in zip(rows, pairs, strict=True):
        assert (ask.fault is fault) == (human in bad)
        assert (ask.fault_stage == "stylize") == (human in bad)
    assert set(run.made.values()) <= {1}, "a failed step must not be tried again for later rows"


@given(names, st.sets(st.sampled_from("abcde")), st.integers(1, 6))
def test_nothing_begins_for_rows_that_have_failed(
    pairs: list[tuple[str, str]], bad: set[str], slots: int
) -> None:
    """A step that only failed rows asked for is dropped; one that another row needs, too, is done."""
    plan = Plan()
    shape = diamond(plan, slots)
    rows = [row(shape, h, g, n) for n, (h, g) in enumerate(pairs)]
    broken = {digests(h)[0] for h in bad}

    def begins(step: Step) -> float:
        assert any(ask.fault is None for ask, _ in step.waiting)
        return 1.0 if step.node.order == "stylize" else 3.0

    def breaks(step: Step) -> Fault | None:
        wrong = step.node.order == "stylize" and step.inputs[0] in broken
        return Fault(FaultKind.INPUT, "no person") if wrong else None

    run = simulate(plan, rows, begins, breaks=breaks)
    assert len(run.over) == len(rows) and not plan.steps and plan.running == 0
    assert all(pool.busy == 0 for lane in plan.lanes for pool in lane.pools)
    begun = {step.key for step in run.order}
    assert not {step.key for step in plan.dropped} & begun
    if slots == 1 and len({h for h, _ in pairs} & bad) > 1:
        assert plan.dropped, "faces of people whose look failed first"


@given(st.lists(st.sampled_from(["made", "refused", "failed"]), min_size=1, max_size=5), st.integers(1, 3))
def test_a_candidate_that_is_refused_does_not_end_its_row(ends: list[str], slots: int) -> None:
    """stylize, then a try-on and a finish for each candidate: the row goes on while one of them may come, and fails of
    what another run could do better."""
    plan = Plan()
    lane = plan.lane(Lane("any", "", [Pool("any", slots)]))
    nodes, finals = [Node(lane, salt_of("look", "1", "", {}), (0,), "look")], []
    for n, end in enumerate(ends):
        nodes.append(Node(lane, salt_of("wear", "1", str(n), {}), (2, 1), end))
        nodes.append(Node(lane, salt_of("finish", "1", "", {}), (2 + len(nodes) - 1,), "finish"))
        finals.append(2 + len(nodes) - 1)
    one = row(Shape(2, nodes, finals), "h", "g")
    kinds = {"refused": FaultKind.CONTENT, "failed": FaultKind.TRANSIENT}

    def breaks(step: Step) -> Fault | None:
        return Fault(kinds[step.node.order], "no") if step.node.order in kinds else None

    run = simulate(plan, [one], lambda step: 1.0, breaks=breaks)
    assert run.over == [one] and plan.open == 0 and not plan.steps
    if "failed" in ends or "made" not in ends:
        assert one.fault is not None
    else:
        assert one.fault is None and one.lacks == 0
        missing = {finals[n] for n, end in enumerate(ends) if end == "refused"}
        assert set(one.missing) == missing
        assert all((one.digests[slot] is None) == (slot in missing) for slot in finals)


def test_a_node_may_wait_for_what_it_does_not_use() -> None:
    """Nothing is rendered before all pictures of a row have passed; that changes no name of anything."""
    plan = Plan()
    lane = plan.lane(Lane("any", "", [Pool("any", 9)]))
    salts = [salt_of(name, "1", "", {}) for name in ("one", "two", "three")]
    nodes = [Node(lane, salts[0], (0,), ""), Node(lane, salts[1], (1,), ""), Node(lane, salts[2], (2,), "")]
    free = Shape(2, nodes, finals=[4])
    held = Shape(2, [*nodes[:2], nodes[2]._replace(after=(3, 2))], finals=[4])
    assert held.question(digests("h", "g")) == free.question(digests("h", "g"))
    one = row(held, "h", "g")
    first, second = plan.admit([one], [])
    for step in (first, second):
        plan.ready(step)
        assert plan.take() is step
    assert plan.known(first, make(first), []) == []
    (third,) = plan.known(second, make(second), [])
    assert third.node is held.nodes[2]
    with pytest.raises(ValueError, match="after it"):
        Shape(2, [nodes[0]._replace(after=(3,)), nodes[1]], finals=[3])


def test_urgent_rows_go_first() -> None:
    plan = Plan()
    shape = diamond(plan, slots=1)
    rows = [row(shape, f"h{n}", "g", n, priority=9 if n >= 5 else 5) for n in range(10)]
    run = simulate(plan, rows, lambda step: 1.0)
    assert [ask.row >= 5 for ask in run.over] == [True] * 5 + [False] * 5


def test_no_row_waits_for_ever_behind_urgent_ones() -> None:
    plan = Plan()
    shape = diamond(plan, slots=1)
    old = row(shape, "old", "g", -1, priority=5)
    assert old.rank == -5 * AGEING
    plan.admit([old], [])
    plan._admitted += 4 * AGEING + 1000  # so many rows came in since
    urgent = row(shape, "new", "g", 1, priority=9)
    for step in plan.admit([urgent], []):
        plan.ready(step)
    for step in list(plan.steps.values()):
        if step.phase == 0:
            plan.ready(step)
    first = plan.take()
    assert first is not None and first.row == -1


def test_a_shared_step_inherits_the_most_urgent_wish() -> None:
    plan = Plan()
    shape = diamond(plan, slots=1)
    late = [row(shape, "shared", "g1", 0, priority=0), row(shape, "other", "g2", 1, priority=4)]
    for ask in late:
        for step in plan.admit([ask], []):
            plan.ready(step)
    plan.admit([row(shape, "shared", "g3", 2, priority=9)], [])
    first = plan.take()
    assert first is not None and {ask.row for ask, _ in first.waiting} == {0, 2}


@pytest.mark.parametrize("tryons", [None, 16])
def test_the_order_of_steps_keeps_the_run_near_its_lower_bound(tryons: int | None) -> None:
    """300 rows, 64 slots, 200/50/150/100 ms +-30 %, in virtual time: no more than 9 % above the bound."""
    for seed in range(5):
        plan = Plan(64)
        shape = diamond(plan, 64, tryons)
        rows = [row(shape, f"h{n}", f"g{n}", n) for n in range(300)]
        run = simulate(plan, rows, jitter(seed))
        bound = max(run.busy_seconds / 64, sum(MEANS.values()) - MEANS["extract-face"])
        if tryons:
            narrow = sum(jitter(seed)(s) for s in run.order if s.node.order == "try-on")
            bound = max(bound, narrow / tryons + 0.7 * (MEANS["stylize"] + MEANS["face-swap"]))
        assert run.makespan <= 1.09 * bound


def test_ways_to_the_end_are_weighed_by_what_the_stages_take() -> None:
    """One stage that takes ten times as long: with stages only counted, runs take 1.066 of their bound."""
    ratios = []
    for seed in range(5):
        plan = Plan(64)
        shape = diamond(plan, 64)
        assert shape.remaining == (3.0, 2.0, 2.0, 1.0)
        usual = jitter(seed)
        rows = [row(shape, f"h{n}", f"g{n}", n) for n in range(300)]
        run = simulate(plan, rows, lambda s: usual(s) * (10 if s.node.order == "stylize" else 1))  # noqa: B023
        ratios.append(run.makespan / (run.busy_seconds / 64))
        assert shape.remaining[0] > 3.4 and shape.remaining[1] < 0.4
    assert sum(ratios) / len(ratios) <= 1.04


def test_weighing_keeps_every_waiting_step_and_its_priority() -> None:
    plan = Plan(4)
    shape = diamond(plan, slots=1)
    rows = [row(shape, f"h{n}", "g", n, priority=9 if n == 7 else 5) for n in range(9)]
    for ask in rows:
        for step in plan.admit([ask], []):
            plan.ready(step)
    plan.admit([row(shape, "h3", "g2", 9, priority=9)], [])  # raises h3's steps: their old entries are void
    for name, seconds in (("stylize", 3.0), ("extract-face", 1.0)):
        lane = next(lane for lane in plan.lanes if lane.stage == name)
        plan._learn(lane, seconds)
    plan._weigh()
    first = [plan.take()]
    while first[-1] is not None:
        plan.broken(first[-1], Fault(FaultKind.INPUT, ""), [])
        first.append(plan.take())
    taken = [step.row for step in first if step is not None]
    assert taken[:2] == [7, 3], "the urgent ones, in the order in which they became so"
    dropped = [step.row for step in plan.dropped]
    assert sorted(taken + dropped) == sorted([*range(9), *range(9)]), "two steps a row, each once"


def test_a_stage_must_come_after_what_it_needs() -> None:
    plan = Plan()
    lane = plan.lane(Lane("a", "x", [Pool("p", 1)]))
    with pytest.raises(ValueError, match="comes after"):
        Shape(1, [Node(lane, b"", (1,), "a")], finals=[1])
    with pytest.raises(ValueError, match="at least one"):
        Pool("p", 0)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_any_graph_comes_to_its_end_in_dependency_order(seed: int) -> None:
    rng = random.Random(seed)
    plan = Plan(8)
    pool = Pool("p", rng.randint(1, 4))
    nodes = []
    for i in range(rng.randint(1, 8)):
        lane = plan.lane(Lane(f"s{i}", "x", [pool]))
        slots = rng.sample(range(2 + i), rng.randint(1, min(3, 2 + i)))
        nodes.append(Node(lane, salt_of(f"s{i}", "1", "", {}), tuple(slots), i))
    shape = Shape(2, nodes, finals=[1 + len(nodes)])
    rows = [row(shape, str(rng.randint(0, 3)), str(rng.randint(0, 3)), n) for n in range(12)]
    ended: Counter[str] = Counter()

    def seconds(step: object) -> float:
        for digest in step.inputs:  # type: ignore[attr-defined]
            assert digest is not None
        ended[step.key] += 1  # type: ignore[attr-defined]
        return rng.random()

    run = simulate(plan, rows, seconds)
    assert len(run.over) == 12 and set(ended.values()) == {1}


def test_the_same_digest_answers_two_stages_of_one_row() -> None:
    """A row whose person and garment are the same file asks one question twice."""
    plan = Plan()
    lane = plan.lane(Lane("prepare", "", [Pool("p", 2)]))
    salt = salt_of("prepare", "1", "", {})
    both = plan.lane(Lane("join", "", [Pool("q", 2)]))
    shape = Shape(2, [Node(lane, salt, (0,), 0), Node(lane, salt, (1,), 1), Node(both, b"j", (2, 3), 2)], [4])
    ask = Ask(0, shape, digests("same", "same"), ("a", "b"))
    run = simulate(plan, [ask], lambda step: 1.0)
    assert len(run.made) == 2 and ask.lacks == 0
    assert ask.digests[2] == ask.digests[3] == make(run.order[0]).digest


def test_a_place_at_a_service_is_free_once_it_has_answered() -> None:
    """While the answer is looked at and kept the next step takes the place; the end frees it no second time."""
    plan = Plan()
    pool = Pool("p", 1)
    lane = plan.lane(Lane("try-on", "fashn", [pool], away=True))
    shape = Shape(1, [Node(lane, salt_of("try-on", "1", "", {}), (0,), 0)], [1])
    for step in plan.admit([Ask(n, shape, digests(str(n)), ("a",)) for n in range(3)], []):
        plan.ready(step)
    first = plan.take()
    assert first is not None and plan.take() is None
    plan.landed(first)
    plan.landed(first)
    second = plan.take()
    assert second is not None and (pool.busy, plan.running) == (1, 2)
    plan.known(first, make(first), [], made=True)
    assert (pool.busy, plan.running) == (1, 1)
    plan.broken(second, Fault(FaultKind.INPUT, ""), [])
    assert (pool.busy, plan.running) == (0, 0)
    plan.landed(second)
    assert pool.busy == 0, "news that comes late changes nothing"
