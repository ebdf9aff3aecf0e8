"""The same promises on our own threads and on executors of the standard library."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest
from simulate import diamond, digests, make

from tryon_cli.engine.asks import Ask, Step
from tryon_cli.engine.limits import Pool
from tryon_cli.engine.outside import LOST_TRIES, OutsideWorkers
from tryon_cli.engine.plan import Plan
from tryon_cli.engine.scheduler import RISING, Scheduler
from tryon_cli.engine.shape import Lane, Node, Shape
from tryon_cli.engine.threads import ThreadWorkers
from tryon_cli.model.digest import Key, salt_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.outcome import Answer, Outcome, State

Work = Callable[[Step], Outcome]


class Ears:
    """Hooks that remember."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.said: Counter[str] = Counter()
        self.asks: list[Ask] = []
        self.running: Counter[str] = Counter()
        self.peak: Counter[str] = Counter()

    def queued(self, step: Step) -> None:
        with self.lock:
            self.said["queued"] += 1

    def reused(self, step: Step, answer: Answer) -> None:
        with self.lock:
            self.said["reused"] += 1

    def started(self, step: Step) -> None:
        with self.lock:
            self.said["started"] += 1
            self.running[step.node.order] += 1
            self.peak[step.node.order] = max(self.peak[step.node.order], self.running[step.node.order])

    def ended(self, step: Step, outcome: Outcome) -> None:
        with self.lock:
            self.said[outcome.state] += 1
            self.running[step.node.order] -= 1

    def dropped(self, step: Step) -> None:
        with self.lock:
            self.said["dropped"] += 1

    def over(self, asks: Sequence[Ask]) -> None:
        with self.lock:
            self.asks += asks


def made(step: Step) -> Outcome:
    return Outcome(State.MADE, make(step))


class Bench:
    """A scheduler with workers of one kind."""

    def __init__(
        self, kind: str, work: Work, *, workers: int = 8, window: int = 64, known: Any = None
    ) -> None:
        self.plan, self.ears = Plan(workers), Ears()
        self.shape = diamond(self.plan, slots=max(2, workers // 2))
        self.known: dict[Key, Answer] = {} if known is None else known
        self.scheduler = Scheduler(self.plan, self.probe, self.ears, window)
        self.executor: Executor | None = None
        self.workers: ThreadWorkers | OutsideWorkers
        if kind == "threads":
            self.workers = ThreadWorkers(self.scheduler, work, workers)
        else:
            self.executor = ThreadPoolExecutor(workers)
            self.workers = OutsideWorkers(self.scheduler, self.executor, work, lambda step: step, workers)

    def probe(self, keys: Sequence[Key]) -> dict[Key, Answer]:
        return {key: self.known[key] for key in keys if key in self.known}

    def rows(self, count: int, humans: int = 10**9) -> list[Ask]:
        return [Ask(n, self.shape, digests(f"h{n % humans}", f"g{n}"), ("", "")) for n in range(count)]

    def finish(self) -> None:
        self.scheduler.close()
        assert self.workers.join(20)
        if self.executor is not None:
            self.executor.shutdown()


@pytest.fixture(params=["threads", "executor"])
def bench(request: pytest.FixtureRequest) -> Iterator[Callable[..., Bench]]:
    made_ones: list[Bench] = []

    def make_one(work: Work = made, **changes: Any) -> Bench:
        made_ones.append(Bench(request.param, work, **changes))
        return made_ones[-1]

    yield make_one
    for one in made_ones:
        one.finish()


def test_every_row_ends_once_and_equal_steps_run_once(bench: Callable[..., Bench]) -> None:
    runs: Counter[Key] = Counter()
    lock = threading.Lock()

    def work(step: Step) -> Outcome:
        outcome = made(step)
        assert outcome.answer is not None
        with lock:
            runs[step.key] += 1
            known[step.key] = outcome.answer
        return outcome

    known: dict[Key, Answer] = {}
    one = bench(work, known=known)
    rows = one.rows(400, humans=7)
    for at in range(0, 400, 16):
        assert one.scheduler.admit(rows[at : at + 16])
    assert one.scheduler.wait_idle(5)
    assert sorted(ask.row for ask in one.ears.asks) == list(range(400))
    assert set(runs.values()) == {1} and len(runs) == 2 * 7 + 2 * 400
    assert one.ears.said["started"] == one.ears.said[State.MADE] == one.ears.said["queued"] == len(runs)
    assert all(peak <= 4 for peak in one.ears.peak.values())


def test_what_is_known_takes_no_worker(bench: Callable[..., Bench]) -> None:
    known: dict[Key, Answer] = {}

    def work(step: Step) -> Outcome:
        outcome = made(step)
        assert outcome.answer is not None
        known[step.key] = outcome.answer
        return outcome

    first = bench(work)
    first.scheduler.admit(first.rows(50))
    assert first.scheduler.wait_idle(5)

    def never(step: Step) -> Outcome:
        raise AssertionError("nothing should run")

    second = bench(never, known=known)
    second.scheduler.admit(second.rows(50))
    assert second.scheduler.wait_idle(5)
    assert len(second.ears.asks) == 50 and second.ears.said["reused"] == 200


def test_a_failing_step_fails_its_rows_only(bench: Callable[..., Bench]) -> None:
    bad = digests("h3")[0]

    def work(step: Step) -> Outcome:
        if step.node.order == "extract-face" and step.inputs[0] == bad:
            return Outcome(State.REFUSED, fault=Fault(FaultKind.INPUT, "no face"))
        return made(step)

    one = bench(work)
    one.scheduler.admit(one.rows(40, humans=8))
    assert one.scheduler.wait_idle(5)
    wrong = sorted(ask.row for ask in one.ears.asks if ask.fault is not None)
    assert wrong == [n for n in range(40) if n % 8 == 3]
    assert len(one.ears.asks) == 40


def test_what_runs_for_a_failed_row_is_waited_for_and_nothing_else_begins(
    bench: Callable[..., Bench],
) -> None:
    """It may be paid. Every row is over: whoever waits is told so before it waits for what still runs."""
    inside, gate = threading.Event(), threading.Event()

    def work(step: Step) -> Outcome:
        if step.node.order == "stylize":
            assert inside.wait(20)
            return Outcome(State.REFUSED, fault=Fault(FaultKind.INPUT, "no person"))
        inside.set()
        assert gate.wait(20)
        return made(step)

    one = bench(work)
    one.scheduler.admit(one.rows(1))
    assert one.scheduler.wait_idle(0.01, gate.set)
    assert one.ears.said[State.MADE] == one.ears.said[State.REFUSED] == 1
    assert one.plan.running == 0 and one.ears.said["started"] == 2


def test_stop_starts_nothing_more_and_waits_for_what_runs(bench: Callable[..., Bench]) -> None:
    gate, inside = threading.Event(), threading.Semaphore(0)

    def work(step: Step) -> Outcome:
        inside.release()
        gate.wait(20)
        return made(step)

    one = bench(work, workers=4)
    one.scheduler.admit(one.rows(30))
    for _ in range(2):
        assert inside.acquire(timeout=20)
    running = one.scheduler.stop()
    assert running >= 2
    assert not one.scheduler.wait_idle(0.01), "two steps are still in their call"
    assert not one.scheduler.admit(one.rows(1)), "no rows after a stop"
    gate.set()
    assert one.scheduler.wait_idle(20)
    assert one.ears.said[State.MADE] == running == one.ears.said["started"]
    assert one.plan.open == 30


def test_a_full_window_holds_the_feeder_back(bench: Callable[..., Bench]) -> None:
    gate = threading.Event()
    one = bench(lambda step: (gate.wait(20), made(step))[1], window=8)
    fed: list[int] = []

    def feed() -> None:
        for ask in one.rows(30):
            one.scheduler.admit([ask])
            fed.append(ask.row)

    feeder = threading.Thread(target=feed)
    feeder.start()
    feeder.join(0.3)
    assert len(fed) <= 8 and one.plan.open <= 8
    gate.set()
    feeder.join(20)
    assert one.scheduler.wait_idle(5) and len(one.ears.asks) == 30


class Fragile(Executor):
    """Loses the worker under the first submissions of a step."""

    def __init__(self, deaths: int) -> None:
        self.inner, self.deaths, self.tries = ThreadPoolExecutor(4), deaths, Counter[Any]()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        step = args[0]
        self.tries[step.key] += 1
        if self.tries[step.key] <= self.deaths:
            future: Future[Any] = Future()
            future.set_exception(BrokenProcessPool("killed"))
            return future
        return self.inner.submit(fn, *args, **kwargs)


@pytest.mark.parametrize(("deaths", "good"), [(1, True), (LOST_TRIES - 1, True), (LOST_TRIES, False)])
def test_a_dead_worker_costs_a_step_some_tries_not_its_row(deaths: int, good: bool) -> None:
    plan, ears = Plan(4), Ears()
    shape = diamond(plan)
    scheduler = Scheduler(plan, lambda keys: {}, ears)
    executor = Fragile(deaths)
    workers = OutsideWorkers(scheduler, executor, made, lambda step: step, 4, (BrokenProcessPool,))
    scheduler.admit([Ask(0, shape, digests("h", "g"), ("", ""))])
    assert scheduler.wait_idle(5)
    scheduler.close()
    assert workers.join(20)
    executor.inner.shutdown()
    (ask,) = ears.asks
    assert (ask.fault is None) == good
    if not good:
        assert ask.fault is not None and ask.fault.code == "E-WORKER-LOST"


def test_workers_leave_at_once_when_there_is_nothing_to_do(bench: Callable[..., Bench]) -> None:
    one = bench()
    one.scheduler.close()
    assert one.workers.join(20)


class Chair:
    """Where nobody sits: remembers what it was given."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def give(self, step: Step | None) -> None:
        if step is not None:
            self.steps.append(step)


def test_idle_workers_are_woken_a_few_at_a_time() -> None:
    """Steps that are over at once: most workers stay asleep instead of fighting for Python's one lock."""
    plan = Plan(64)
    scheduler = Scheduler(plan, lambda keys: {}, Ears())
    shape = diamond(plan, slots=64)
    chairs = [Chair() for _ in range(64)]
    for chair in chairs:
        assert scheduler.next_step(chair) is None
    scheduler.admit([Ask(n, shape, digests(f"h{n}", f"g{n}"), ("", "")) for n in range(32)])

    def woken() -> list[Step]:
        return [step for chair in chairs for step in chair.steps]

    assert len(woken()) == RISING
    scheduler.started(woken()[0])
    assert len(woken()) == RISING + 1, "who is up wakes the next"


def test_steps_that_block_get_every_thread_there_is(bench: Callable[..., Bench]) -> None:
    together = threading.Barrier(16)
    one = bench(lambda step: (together.wait(20), made(step))[1], workers=16)
    one.shape = diamond(one.plan, slots=16)
    one.scheduler.admit(one.rows(16))  # 16 x 4 steps: as many rounds of 16
    assert one.scheduler.wait_idle(5) and len(one.ears.asks) == 16


def test_a_look_up_that_fails_leaves_its_rows_and_loses_no_worker(bench: Callable[..., Bench]) -> None:
    one = bench()
    probe, broken = one.scheduler._probe, Fault(FaultKind.STORAGE, "no disk")

    def fails(keys: Sequence[Key]) -> dict[Key, Answer]:
        raise broken

    one.scheduler._probe = fails
    with pytest.raises(Fault) as told:
        one.scheduler.admit(one.rows(3))
    assert told.value is broken
    one.scheduler._probe = lambda keys: fails(keys) if len(keys) == 1 else probe(keys)
    one.scheduler.admit(one.rows(3))  # their later steps are looked up by workers
    assert one.scheduler.wait_idle(5)
    one.scheduler._probe = probe
    one.scheduler.admit(one.rows(3))
    assert one.scheduler.wait_idle(5)
    faults = [ask.fault.kind if ask.fault else None for ask in one.ears.asks]
    assert faults == [FaultKind.STOPPED] * 6 + [None] * 3
    assert one.ears.said["queued"] == one.ears.said["started"] + one.ears.said["dropped"]


def test_the_next_call_starts_while_an_answer_is_still_kept() -> None:
    """One place at the service, three steps: each keeps its answer until all three were at the service."""
    plan, ears = Plan(4), Ears()
    lane = plan.lane(Lane("try-on", "fashn", [Pool("fashn", 1)], away=True))
    shape = Shape(1, [Node(lane, salt_of("try-on", "1", "", {}), (0,), "try-on")], [1])
    scheduler = Scheduler(plan, lambda keys: {}, ears, 64)
    all_there = threading.Barrier(3)

    def work(step: Step) -> Outcome:
        scheduler.landed(step)
        all_there.wait(60)
        return made(step)

    workers = ThreadWorkers(scheduler, work, 4)
    scheduler.admit([Ask(n, shape, digests(str(n)), ("a",)) for n in range(3)])
    assert scheduler.wait_idle(60)
    scheduler.close()
    assert workers.join(60)
    assert ears.said[State.MADE] == 3 and ears.peak["try-on"] == 3
