"""What the core costs per stage, beside what people write by hand that keeps the same bytes.

    python tests/bench/bench_overhead.py [--quick] [--told]

Four stages that do nothing (noop.py), 64 KiB each, everything kept, 64 threads, 10,000 rows that share
nothing. Whole processes, start to exit, taken in turn; medians of three.
    files       ThreadPoolExecutor, each blob written and renamed; no index, no journal, nothing verified
    diskcache   ThreadPoolExecutor and diskcache.Cache.set, as from its tutorial
    tryon       Batch, Scheduler, ThreadWorkers, work.perform, Store, Journal
--told: tryon with the listeners that count and log, too. Then the scheduler alone: instant work, no store.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

GOALS = {"files": 2.0, "diskcache": 0.8}
"""tryon may take this many times their time."""


def chains(keep: object, count: int, workers: int) -> None:
    """The peers: a chain per pair, each stage's blob kept under a name made of its inputs' names."""
    from hashlib import sha256

    from noop import blob_of
    from peers import chain_per_pair

    def call(stage: str, inputs: tuple[str, ...]) -> str:
        name = sha256("\0".join((stage, *inputs)).encode()).hexdigest()
        keep(name, blob_of(name))  # type: ignore[operator]
        return name

    chain_per_pair([(f"h{n}", f"g{n}") for n in range(count)], call, workers)


def one(kind: str, folder: Path, count: int, workers: int) -> None:
    """One run, in this process."""
    if kind == "files":
        from peers import Files

        chains(Files(folder / "blobs").keep, count, workers)
    elif kind == "diskcache":
        from diskcache import Cache

        with Cache(str(folder / "cache"), size_limit=2**40) as cache:
            chains(cache.set, count, workers)
    else:
        ours(folder, count, workers, told=kind == "told")


def ours(folder: Path, count: int, workers: int, told: bool) -> None:
    from noop import harness, pairs, under_cron

    from tryon_cli.listeners.bus import Bus

    with (
        under_cron(folder) if told else contextlib.closing(Bus([])) as bus,
        harness(folder, workers, bus.tell) as run,
    ):
        assert run(lambda: pairs(count), count) == count


def seconds_of(kind: str, folder: Path, count: int, workers: int) -> float:
    folder.mkdir()
    command = [sys.executable, __file__, "--one", kind, str(folder), str(count), str(workers)]
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def kept(kinds: Sequence[str], count: int, workers: int, rounds: int) -> None:
    """The peers and tryon in turn."""
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    # nothing is deleted in between: ext4 makes files at a third of its speed for minutes after a mass delete
    with tempfile.TemporaryDirectory(prefix="tryon-bench-") as place:
        for n in range(rounds):
            for kind in kinds:
                seconds[kind].append(seconds_of(kind, Path(place, f"{kind}{n}"), count, workers))
    print(f"{count:,} rows x 4 stages, {BLOB_KIB} KiB each, {workers} threads; whole process")
    medians = {kind: statistics.median(found) for kind, found in seconds.items()}
    for kind, median in medians.items():
        each = " ".join(f"{s:.2f}" for s in seconds[kind])
        print(f"  {kind:<10} {median:6.2f} s  {median / count / 4 * 1e6:6.0f} us a stage   ({each})")
    for peer, goal in GOALS.items():
        print(f"  tryon / {peer:<10} {medians['tryon'] / medians[peer]:.2f}   (goal: at most {goal})")


BLOB_KIB = 64


def alone(count: int) -> None:
    """The scheduler without a store: work that is over at once."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
    from bench_latency import Silent
    from simulate import diamond, digests, make

    from tryon_cli.engine.asks import Ask
    from tryon_cli.engine.plan import Plan
    from tryon_cli.engine.scheduler import Scheduler
    from tryon_cli.engine.threads import ThreadWorkers
    from tryon_cli.model.outcome import Outcome, State

    print(f"the scheduler alone, {count:,} rows x 4 stages, instant work (goal: at most 20 us a stage)")
    for threads in (1, 8, 64):
        plan = Plan(threads)
        shape = diamond(plan, threads)
        asks = [Ask(n, shape, digests(f"h{n}", f"g{n}"), ("", "")) for n in range(count)]
        scheduler = Scheduler(plan, lambda keys: {}, Silent())
        began = time.perf_counter()
        workers = ThreadWorkers(scheduler, lambda step: Outcome(State.MADE, make(step)), threads)
        for at in range(0, count, 128):
            scheduler.admit(asks[at : at + 128])
        scheduler.wait_idle(1)
        took = time.perf_counter() - began
        scheduler.close()
        workers.join(5)
        print(f"  {threads:>3} threads  {took / count / 4 * 1e6:6.1f} us a stage")


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
        return
    quick = "--quick" in sys.argv
    told = ("told",) if "--told" in sys.argv else ()
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 36 << 30:
        print(f"only {free >> 30} GiB free in {tempfile.gettempdir()}: 1,000 rows instead of 10,000")
    small = quick or free < 36 << 30
    kept(("files", "tryon", "diskcache", *told), 1_000 if small else 10_000, 64, 1 if quick else 3)
    alone(1_000 if quick else 10_000)


if __name__ == "__main__":
    main()
