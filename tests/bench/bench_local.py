"""What the local provider costs: CPU and wall per stage and pair, one thread against two, equal bytes.

Run it on purpose: python tests/bench/bench_local.py [rounds]
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

SAMPLES = Path(__file__).parents[2] / "samples"
sys.path.insert(0, str(Path(__file__).parents[2]))

from tryon_cli.model.ports import Job  # noqa: E402
from tryon_cli.providers.local.provider import LocalProvider  # noqa: E402

PAIRS = [
    (who, piece)
    for who in ("ana", "ben", "cleo", "dev")
    for piece in ("blouse-dots", "dress-teal", "trousers-denim", "tee-stripes")
]
CATEGORY = {"blouse-dots": "upper", "dress-teal": "dress", "trousers-denim": "lower", "tee-stripes": "upper"}
STAGES = ("stylize", "extract-face", "try-on", "face-swap")


class Cost(NamedTuple):
    """Milliseconds of this thread's CPU and of the wall clock."""

    cpu: float
    wall: float


def load(folder: str, name: str) -> bytes:
    (path,) = (SAMPLES / folder).glob(f"{name}.*")
    return path.read_bytes()


def pair(who: str, piece: str) -> tuple[dict[str, Cost], str]:
    """The whole chain of one pair by a provider that remembers nothing, and the digest of its picture."""
    provider = LocalProvider()
    human, garment = load("people", who), load("garments", piece)
    costs: dict[str, Cost] = {}

    def timed(job: Job) -> bytes:
        cpu, wall = time.thread_time(), time.perf_counter()
        image = provider.submit(job).image
        costs[job.task] = Cost(1e3 * (time.thread_time() - cpu), 1e3 * (time.perf_counter() - wall))
        return image

    settings = {"category": CATEGORY[piece], "style": "studio", "seed": None, "variant": 0}
    styled = timed(Job("stylize", {"human": human}, {"style": "studio"}))
    face = timed(Job("extract-face", {"human": human}, {}))
    dressed = timed(Job("try-on", {"human": styled, "garment": garment, "reference": human}, settings))
    final = timed(Job("face-swap", {"image": dressed, "face": face}, {}))
    return costs, hashlib.sha256(final).hexdigest()


def run(threads: int, rounds: int) -> tuple[float, list[dict[str, Cost]], list[str]]:
    """Wall seconds for all pairs, their costs and digests."""
    wanted = PAIRS * rounds
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        done = list(pool.map(lambda names: pair(*names), wanted))
    return time.perf_counter() - start, [costs for costs, _ in done], [digest for _, digest in done]


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    pair(*PAIRS[0])  # imports and cascades are not what is measured
    alone, costs, digests = run(1, rounds)
    together, _, again = run(2, rounds)
    print(f"{len(costs)} pairs of 768x1024, every one from nothing\n")
    print(f"{'stage':14}{'CPU ms':>10}{'wall ms':>10}{'worst CPU':>11}")
    for stage in STAGES:
        mine = [c[stage] for c in costs]
        cpu, wall = (statistics.median(c[i] for c in mine) for i in (0, 1))
        print(f"{stage:14}{cpu:10.0f}{wall:10.0f}{max(c.cpu for c in mine):11.0f}")
    whole = [sum(c.cpu for c in one.values()) for one in costs]
    wall = statistics.median(sum(c.wall for c in one.values()) for one in costs)
    print(f"{'pair':14}{statistics.median(whole):10.0f}{wall:10.0f}{max(whole):11.0f}\n")
    print(f"1 thread {alone:.2f} s, 2 threads {together:.2f} s: {alone / together:.2f} times as fast")
    print("bytes equal with 1 and 2 threads:", "yes" if digests == again else "NO")
    return 0 if digests == again else 1


if __name__ == "__main__":
    sys.exit(main())
