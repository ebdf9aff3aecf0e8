"""Makespan when stages wait: 300 pairs, 64 slots, 200/50/150/100 ms +-30 %, against scripts written by hand.

    python tests/bench/bench_latency.py [rounds]

The lower bound is max(total / 64, longest chain); with try-on limited to 16 also what those 16 slots need,
with the shortest way in and out. All runs of a round use the same durations and follow each other.
"""

from __future__ import annotations

import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).parent))

from peers import PEERS, Pair
from simulate import MEANS, diamond, digests, make

from tryon_cli.engine.asks import Ask, Step
from tryon_cli.engine.plan import Plan
from tryon_cli.engine.scheduler import Scheduler
from tryon_cli.engine.threads import ThreadWorkers
from tryon_cli.model.outcome import Outcome, State

PAIRS, SLOTS = 300, 64
GOAL = 1.09
Seconds = Callable[[str, int], float]


class Silent:
    """Hooks that tell nobody."""

    def queued(self, step: Step) -> None: ...

    def reused(self, step: Step, answer: Any) -> None: ...

    def started(self, step: Step) -> None: ...

    def ended(self, step: Step, outcome: Outcome) -> None: ...

    def dropped(self, step: Step) -> None: ...

    def over(self, asks: Sequence[Ask]) -> None: ...


def durations(seed: int) -> Seconds:
    table = {
        (stage, n): mean * random.Random(f"{seed}{stage}{n}").uniform(0.7, 1.3)
        for stage, mean in MEANS.items()
        for n in range(PAIRS)
    }
    return lambda stage, n: table[stage, n]


def ours(seconds: Seconds, tryons: int | None) -> None:
    plan = Plan(SLOTS)
    shape = diamond(plan, SLOTS, tryons)

    def work(step: Step) -> Outcome:
        began = time.perf_counter()
        time.sleep(seconds(step.node.order, step.row))
        return Outcome(State.MADE, make(step)._replace(seconds=time.perf_counter() - began))

    scheduler = Scheduler(plan, lambda keys: {}, Silent())
    workers = ThreadWorkers(scheduler, work, SLOTS)
    rows = [Ask(n, shape, digests(f"h{n}", f"g{n}"), ("", "")) for n in range(PAIRS)]
    at, size = 0, 8
    while at < PAIRS:  # as Batch feeds them: the first chunks are smaller, so that work starts sooner
        scheduler.admit(rows[at : at + size])
        at, size = at + size, min(size * 2, 128)
    scheduler.wait_idle(1)
    scheduler.close()
    workers.join(5)


def peer(run: Callable[..., None], seconds: Seconds, tryons: int | None) -> None:
    gate = threading.Semaphore(tryons) if tryons else None
    number = {f"h{n}": n for n in range(PAIRS)} | {f"g{n}": n for n in range(PAIRS)}

    def call(stage: str, inputs: tuple[Any, ...]) -> Any:
        n = number[inputs[0]] if stage in ("stylize", "extract-face") else inputs[0]
        if stage == "try-on" and gate is not None:
            with gate:
                time.sleep(seconds(stage, n))
        else:
            time.sleep(seconds(stage, n))
        return n

    pairs: list[Pair] = [(f"h{n}", f"g{n}") for n in range(PAIRS)]
    run(pairs, call, SLOTS)


def bound(seconds: Seconds, tryons: int | None) -> float:
    total = sum(seconds(stage, n) for stage in MEANS for n in range(PAIRS))
    chain = max(sum(seconds(s, n) for s in ("stylize", "try-on", "face-swap")) for n in range(PAIRS))
    least = max(total / SLOTS, chain)
    if tryons:
        ends = min(seconds("stylize", n) for n in range(PAIRS)) + min(
            seconds("face-swap", n) for n in range(PAIRS)
        )
        least = max(least, sum(seconds("try-on", n) for n in range(PAIRS)) / tryons + ends)
    return least


def timed(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main(rounds: int) -> None:
    for tryons in (None, 16):
        ratios: dict[str, list[float]] = {name: [] for name in ("tryon", *PEERS)}
        for seed in range(rounds):
            seconds = durations(seed)
            least = bound(seconds, tryons)
            ratios["tryon"].append(timed(partial(ours, seconds, tryons)) / least)
            for name, run in PEERS.items():
                ratios[name].append(timed(partial(peer, run, seconds, tryons)) / least)
        how = f"limited to {tryons}" if tryons else "not limited"
        print(f"\n{PAIRS} pairs, {SLOTS} slots, try-on {how}: makespan / lower bound")
        for name, values in sorted(ratios.items(), key=lambda item: statistics.median(item[1])):
            goal = f"   (goal: at most {GOAL}, and the first of these)" if name == "tryon" else ""
            print(
                f"  {name:<16} {statistics.median(values):.3f}   ({min(values):.3f} to {max(values):.3f}){goal}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
