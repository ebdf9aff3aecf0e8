"""What people write by hand for the same graph: the scripts that the core is measured against.

Each takes the same pairs and the same stage function, shares equal work through a dict of futures where it
says so, and returns when every pair is finished.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

Pair = tuple[str, str]
Call = Callable[[str, tuple[Any, ...]], Any]
"""stage name, inputs -> output."""


def chain_per_pair(pairs: Sequence[Pair], call: Call, workers: int) -> None:
    """The first thing one writes: a pool, one function that does all four stages of a pair in a row."""

    def one(pair: Pair) -> None:
        human, garment = pair
        styled = call("stylize", (human,))
        face = call("extract-face", (human,))
        call("face-swap", (call("try-on", (styled, garment)), face))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, pairs))


def stage_by_stage(pairs: Sequence[Pair], call: Call, workers: int) -> None:
    """A pool and a barrier after each stage."""
    with ThreadPoolExecutor(workers) as pool:
        styled = pool.map(lambda p: call("stylize", (p[0],)), pairs)
        faces = pool.map(lambda p: call("extract-face", (p[0],)), pairs)
        heads = list(zip(styled, faces, strict=True))
        dressed = list(pool.map(lambda x: call("try-on", (x[0][0], x[1][1])), zip(heads, pairs, strict=True)))
        list(pool.map(lambda x: call("face-swap", (x[0], x[1][1])), zip(dressed, heads, strict=True)))


def futures_graph(pairs: Sequence[Pair], call: Call, workers: int) -> None:
    """The careful one: a step is submitted as soon as what it needs is there."""
    pool = ThreadPoolExecutor(workers)
    over = threading.Semaphore(0)

    def one(pair: Pair) -> None:
        human, garment = pair
        lock, parts = threading.Lock(), {}

        def join(name: str, future: Future[Any]) -> None:
            with lock:
                parts[name] = future.result()
                ready = len(parts) == 2
            if ready:
                pool.submit(call, "face-swap", (parts["dressed"], parts["face"])).add_done_callback(
                    lambda _: over.release()
                )

        styled = pool.submit(call, "stylize", (human,))
        styled.add_done_callback(
            lambda f: pool.submit(call, "try-on", (f.result(), garment)).add_done_callback(
                lambda d: join("dressed", d)
            )
        )
        pool.submit(call, "extract-face", (human,)).add_done_callback(lambda f: join("face", f))

    for pair in pairs:
        one(pair)
    for _ in pairs:
        over.acquire()
    pool.shutdown()


def bounded_futures(pairs: Sequence[Pair], call: Call, workers: int) -> None:
    """A chain per pair as futures, at most two windows of pairs open."""
    with ThreadPoolExecutor(workers) as pool, ThreadPoolExecutor(workers) as outer:

        def one(pair: Pair) -> None:
            human, garment = pair
            styled, face = pool.submit(call, "stylize", (human,)), pool.submit(call, "extract-face", (human,))
            dressed = pool.submit(call, "try-on", (styled.result(), garment))
            pool.submit(call, "face-swap", (dressed.result(), face.result())).result()

        wait([outer.submit(one, pair) for pair in pairs])


PEERS: dict[str, Callable[[Sequence[Pair], Call, int], None]] = {
    "chain per pair": chain_per_pair,
    "stage by stage": stage_by_stage,
    "futures graph": futures_graph,
    "bounded futures": bounded_futures,
}


class Files:
    """Writes each stage's blob with write and rename; no index, no journal, nothing verified."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        for i in range(256):
            (root / f"{i:02x}").mkdir()

    def keep(self, name: str, blob: bytes) -> None:
        part = f"{self.root}/{threading.get_ident()}.part"
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        os.write(fd, blob)
        os.close(fd)
        os.rename(part, f"{self.root}/{name[:2]}/{name[2:]}")
