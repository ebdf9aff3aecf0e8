"""Four stages that do nothing, in the graph of the real ones: what is left is the core.

    harness(...)      rows through the real Batch, Scheduler, ThreadWorkers, work.perform, Store and Journal

Each stage gives BLOB bytes that nobody else gives, in the cheapest way there is: a stamp before a constant.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from tryon_cli.batch.asking import Question
from tryon_cli.batch.batch import Batch
from tryon_cli.batch.brake import Brake
from tryon_cli.batch.out import Out
from tryon_cli.batch.rows import Rows
from tryon_cli.engine.asks import Step
from tryon_cli.engine.limits import Pool
from tryon_cli.engine.plan import Plan
from tryon_cli.engine.scheduler import Scheduler
from tryon_cli.engine.shape import Lane, Node, Shape
from tryon_cli.engine.threads import ThreadWorkers
from tryon_cli.journal.journal import Journal
from tryon_cli.journal.table import RunRecord
from tryon_cli.listeners.bus import Bus, Ear
from tryon_cli.listeners.jsonl import FileLog
from tryon_cli.listeners.plain import PlainLog
from tryon_cli.listeners.snapshot import Snapshot
from tryon_cli.model.digest import Digest, Key, digest_of, salt_of
from tryon_cli.model.outcome import Answer, Outcome
from tryon_cli.model.pair import Pair, Recipe
from tryon_cli.model.ports import Blobs, Done, Tell
from tryon_cli.model.step import Errand, Order
from tryon_cli.stages.table import STAGES, Render, Stage, Wish
from tryon_cli.store.open import Store
from tryon_cli.work import Worker, perform

BLOB = 64 << 10
TAIL = bytes(range(256)) * (BLOB // 256)
GRAPH: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "noop-stylize": ((0,), ("human",)),
    "noop-extract-face": ((0,), ("human",)),
    "noop-try-on": ((2, 1), ("styled",)),
    "noop-face-swap": ((4, 3), ("dressed", "face")),
}
"""stage -> slots it needs (0 person, 1 garment, then the stages), roles of those whose bytes it reads."""


def blob_of(stamp: str) -> bytes:
    """BLOB bytes of its own for each stamp."""
    head = stamp.encode()
    return head + TAIL[len(head) :]


def run(wish: Wish, render: Render) -> Done:
    """The stage: reads nothing, makes BLOB bytes."""
    return Done(blob_of(wish.key))


class NoSources:
    """People and garments that are no files."""

    def digest(self, path: str) -> tuple[Digest, int]:
        return digest_of(path.encode()), len(path)

    def read(self, path: str, expected: Digest) -> bytes:
        return b""


class NoIndex:
    """Knows nothing, remembers nothing."""

    def find(self, keys: object) -> dict[Key, Answer]:
        return {}


class Asker:
    """The same shape for every row; looks at each file once, as the real one does."""

    def __init__(self, shape: Shape, digest: Callable[[str], tuple[Digest, int]]) -> None:
        self._shape, self._digest, self._known = shape, digest, dict[str, Digest]()

    def ahead(self, pairs: object) -> None:
        """Nothing lies far away."""

    def ask(self, pair: Pair) -> Question:
        sources = (pair.human, *pair.garments)
        digests = tuple([self._known.get(path) or self._look(path) for path in sources])
        return Question(self._shape, sources, digests, self._shape.question(digests), RECIPE)

    def _look(self, path: str) -> Digest:
        return self._known.setdefault(path, self._digest(path)[0])


RECIPE = Recipe()


def diamond(plan: Plan, slots: int) -> Shape:
    """The graph in one pool of `slots`; also makes the stages known to work.perform."""
    pool = Pool("all", slots)
    nodes = []
    for name, (inputs, roles) in GRAPH.items():
        cast(dict[str, Stage], STAGES)[name] = Stage(name, "1", "", __name__)
        order = Order(name, "", {}, roles)
        lane = plan.lane(Lane(name, "", [pool]))
        nodes.append(Node(lane, salt_of(name, "1", "", {}), inputs, order, inputs == (0,)))
    return Shape(2, nodes, finals=[5])


@contextlib.contextmanager
def harness(
    folder: Path, workers: int, tell: Tell, *, stored: bool = True, window: int = 1024
) -> Iterator[Callable[[Callable[[], Iterable[Any]], int], int]]:
    """Gives run(manifest, total) -> rows that ended. stored: False keeps no bytes and does no stage at all."""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(Store(folder / "cache", tell))
        (folder / "out" / ".tryon").mkdir(parents=True)
        journal = Journal(folder / "out")
        stack.callback(journal.close)
        journal.begin(RunRecord("run", time.time(), "m", "", "{}", 0, 0, ""))
        plan = Plan(workers)
        names: Any = store.memo if not stored else NoSources()
        asker: Any = Asker(diamond(plan, workers), names.digest)
        brake = Brake(tell, time.time)
        rows = Rows(tell, journal, lambda row: {}, time.time)
        blobs: Blobs = store.blobs
        out = Out(rows, blobs, None, tell, brake.halt, time.time)
        scheduler = Scheduler(plan, store.index.find if stored else NoIndex().find, out, window)
        brake.watch(scheduler)
        worker = Worker(blobs, store.index, NoSources(), {})
        work = _performing(worker) if stored else _instant
        batch = Batch(
            asker, scheduler, ThreadWorkers(scheduler, work, workers), rows, brake, journal, None
        )  # fmt: skip

        def go(manifest: Callable[[], Iterable[Any]], total: int) -> int:
            ending = batch.run(manifest, (), total)
            store.flush()
            journal.end(time.time(), int(ending.exit), "", True)
            return total - ending.counts["left"]  # type: ignore[index]

        yield go


@contextlib.contextmanager
def under_cron(folder: Path) -> Iterator[Bus]:
    """The bus with the listeners of a run that nobody watches; the lines go nowhere."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        bus = Bus(
            [
                Ear("the summary", Snapshot()),  # counts, as the summary's listener does
                Ear("the run's log file", FileLog(folder / "log.jsonl")),
                Ear("the status", Snapshot(), lossless=False, bound=100_000),
                Ear("the log lines", PlainLog(nowhere)),
            ]
        )
        try:
            yield bus
        finally:
            bus.close(60.0)


def _performing(worker: Worker) -> Callable[[Step], Outcome]:
    return lambda step: perform(worker, Errand(step.key, step.inputs, step.node.order, step.source))


def _instant(step: Step) -> Outcome:
    from tryon_cli.model.outcome import State

    return Outcome(State.MADE, Answer(Digest(step.key), 1))


def pairs(count: int) -> Iterator[Pair]:
    """Rows that share nothing: four stages each."""
    for n in range(count):
        yield Pair(str(n + 1), f"row{n}", f"h{n}", (f"g{n}",), ("upper",), f"{n}.jpg")
