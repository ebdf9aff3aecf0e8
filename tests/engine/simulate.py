"""A run of a Plan in virtual time: no threads, no sleeping, the same every time."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tryon_cli.engine.asks import Ask, Step
from tryon_cli.engine.limits import Pool
from tryon_cli.engine.plan import Plan
from tryon_cli.engine.shape import Lane, Node, Shape
from tryon_cli.model.digest import Digest, Key, digest_of, salt_of
from tryon_cli.model.errors import Fault
from tryon_cli.model.outcome import Answer

NAMES = ("stylize", "extract-face", "try-on", "face-swap")


def diamond(plan: Plan, slots: int = 64, tryon_slots: int | None = None) -> Shape:
    """stylize beside extract-face, then try-on, then face-swap, in one pool of `slots`."""
    everything = Pool("all", slots)
    lanes = {}
    for name in NAMES:
        pools = [everything]
        if name == "try-on" and tryon_slots is not None:
            pools.append(Pool("try-on", tryon_slots))
        lanes[name] = plan.lane(Lane(name, "test", pools))
    inputs = {"stylize": (0,), "extract-face": (0,), "try-on": (2, 1), "face-swap": (4, 3)}
    nodes = [Node(lanes[n], salt_of(n, "1", "test", {}), inputs[n], n) for n in NAMES]
    return Shape(2, nodes, finals=[5])


def digests(*names: str) -> list[Digest]:
    return [digest_of(name.encode()) for name in names]


def make(step: Step) -> Answer:
    """What a perfectly honest worker answers."""
    return Answer(digest_of(b"made" + step.key.encode()), 4)


@dataclass
class Run:
    """What happened."""

    over: list[Ask] = field(default_factory=list)
    made: Counter[Key] = field(default_factory=Counter)
    order: list[Step] = field(default_factory=list)
    makespan: float = 0.0
    peak: Counter[str] = field(default_factory=Counter)
    peak_open: int = 0
    busy_seconds: float = 0.0


def simulate(
    plan: Plan,
    rows: Iterable[Ask],
    seconds: Callable[[Step], float],
    *,
    window: int = 1024,
    known: dict[Key, Answer] | None = None,
    breaks: Callable[[Step], Fault | None] = lambda step: None,
    workers: int = 10**9,
) -> Run:
    """Feed rows under a window, start whatever the plan gives out, end it after seconds(step)."""
    run, now, clock = Run(), 0.0, 0
    ends: list[tuple[float, int, float, Step]] = []
    known = {} if known is None else known
    waiting = iter(rows)
    held: Ask | None = next(waiting, None)

    def settle(fresh: Sequence[Step]) -> None:
        todo = list(fresh)
        while todo:
            step = todo.pop()
            if step.key in known:
                todo += plan.known(step, known[step.key], run.over)
            else:
                plan.ready(step)

    while True:
        while held is not None and plan.open < window:
            settle(plan.admit([held], run.over))
            held = next(waiting, None)
            run.peak_open = max(run.peak_open, plan.open)
        while len(ends) < workers and (step := plan.take()) is not None:
            clock += 1
            run.order.append(step)
            duration = seconds(step)
            run.busy_seconds += duration
            heapq.heappush(ends, (now + duration, clock, duration, step))
            for pool in step.node.lane.pools:
                run.peak[pool.name] = max(run.peak[pool.name], pool.busy)
        if not ends:
            break
        now, _, duration, step = heapq.heappop(ends)
        fault = breaks(step)
        run.made[step.key] += 1
        if fault is not None:
            plan.broken(step, fault, run.over)
        else:
            answer = make(step)._replace(seconds=duration)
            known[step.key] = answer
            settle(plan.known(step, answer, run.over, made=True))
    run.makespan = now
    return run


MEANS = {"stylize": 0.2, "extract-face": 0.05, "try-on": 0.15, "face-swap": 0.1}


def jitter(seed: int) -> Callable[[Step], float]:
    """200/50/150/100 ms, each 30 % up or down, by key: the same whatever the order is."""
    return lambda step: MEANS[step.node.order] * random.Random(step.key + str(seed)).uniform(0.7, 1.3)
