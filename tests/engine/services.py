"""Services with a hidden knee, in virtual time, and whoever asks them: no threads, no sleeping, the same each time."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

SECONDS = 2.0
"""Of a call when nobody waits; each takes a quarter more or less by chance."""
REFUSED = 0.05
"""Seconds until a refusal is told."""


class Service(Protocol):
    """begin() -> seconds that the call takes, or None: refused."""

    def begin(self, now: float, running: int) -> float | None: ...


class Queue:
    """C calls are worked on, the rest waits."""

    def __init__(self, knee: Callable[[float], int], seed: int = 0) -> None:
        self.knee, self.rng, self.free = knee, random.Random(seed), [0.0] * 64

    def begin(self, now: float, running: int) -> float | None:
        width = self.knee(now)
        servers = sorted(self.free)[:width] if width < len(self.free) else self.free
        self.free = list(servers) + [now] * (width - len(servers))
        first = min(range(width), key=self.free.__getitem__)
        start = max(now, self.free[first])
        self.free[first] = start + noisy(self.rng)
        return self.free[first] - now


class Hard:
    """More than C at once are refused."""

    def __init__(self, knee: Callable[[float], int], seed: int = 0) -> None:
        self.knee, self.rng = knee, random.Random(seed)

    def begin(self, now: float, running: int) -> float | None:
        return None if running >= self.knee(now) else noisy(self.rng)


class Moody:
    """Refuses a part of the calls whatever is in flight, as where all customers share what there is; and above C."""

    def __init__(self, part: float, seed: int = 0, *, knee: int = 1000) -> None:
        self.part, self.knee, self.rng = part, knee, random.Random(seed)

    def begin(self, now: float, running: int) -> float | None:
        return None if self.rng.random() < self.part or running >= self.knee else noisy(self.rng)


UNEVEN: dict[str, Callable[[random.Random], float]] = {
    "long tail": lambda rng: SECONDS * math.exp(rng.gauss(0.0, 1.0) - 0.5),
    "any time": lambda rng: rng.expovariate(1.0 / SECONDS),
    "one in fifty hangs": lambda rng: noisy(rng) * (10.0 if rng.random() < 0.02 else 1.0),
    "two kinds": lambda rng: noisy(rng) * (5.0 if rng.random() < 0.2 else 1.0),
}
"""Seconds of calls that differ a lot for reasons that nobody tells."""


class Uneven:
    """Calls that take so long; above C they wait."""

    def __init__(self, seconds: Callable[[random.Random], float], seed: int = 0, *, knee: int = 1000) -> None:
        self.rng, self.seconds, self.free = random.Random(seed), seconds, [0.0] * knee

    def begin(self, now: float, running: int) -> float | None:
        ends = max(now, heapq.heappop(self.free)) + self.seconds(self.rng)
        heapq.heappush(self.free, ends)
        return ends - now


class Thrash:
    """Past C everything gets slower and slower: more at once is less in all."""

    def __init__(self, knee: Callable[[float], int], seed: int = 0) -> None:
        self.knee, self.rng = knee, random.Random(seed)

    def begin(self, now: float, running: int) -> float | None:
        return noisy(self.rng) * max(1.0, (running + 1) / self.knee(now)) ** 2


class Bucket:
    """So many calls a second, whatever is in flight."""

    def __init__(self, rate: float = 10.0, seed: int = 0) -> None:
        self.rate, self.rng, self.tokens, self.at = rate, random.Random(seed), rate, 0.0

    def begin(self, now: float, running: int) -> float | None:
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1.0:
            return None
        self.tokens -= 1.0
        return noisy(self.rng)


TASKS = {"stylize": 1.0, "extract-face": 0.25, "try-on": 0.75, "face-swap": 0.5}
"""What our own stages take, beside the first."""


class Even:
    """Bears whatever comes. Tasks of different lengths in waves, as a run has them: first stylize and faces, later
    what needs those; the first calls are slow, and now and then the whole line stands still for a moment."""

    task = ""

    def __init__(self, seed: int = 0, stalls: bool = True) -> None:
        self.rng, self.calls, self.stalls, self.stall = random.Random(seed), 0, stalls, 60.0

    def begin(self, now: float, running: int) -> float | None:
        self.calls += 1
        early = max(0.1, 1.0 - now / 200.0)
        weights = (early, early, 1.0, max(0.1, now / 200.0))
        (self.task,) = self.rng.choices(list(TASKS), weights)
        seconds = noisy(self.rng) * TASKS[self.task] * (3.0 if self.calls <= 8 else 1.0)
        while self.stalls and now > self.stall:
            self.stall += self.rng.expovariate(1 / 60.0)
        return seconds + (1.0 if self.stalls and now + seconds > self.stall else 0.0)


PHASES: dict[str, list[tuple[int, dict[str, int]]]] = {
    "waves": [
        (150, {"stylize": 1, "extract-face": 1}), (300, {"extract-face": 1}), (300, {"stylize": 1}),
        (300, {"try-on": 1}), (300, {"face-swap": 1}),
    ],
    "one after the other": [(n, {task: 1}) for task, n in zip(TASKS, (1500, 300, 1500, 1500), strict=True)],
    "in turn": [(40, {task: 1}) for task in TASKS],
    "drifting": [
        (200, {"stylize": 3, "extract-face": 1}), (200, {"stylize": 2, "extract-face": 2, "try-on": 1}),
        (200, {"stylize": 1, "try-on": 3}), (200, {"try-on": 2, "face-swap": 2}),
    ],
}  # fmt: skip
"""Calls, and how often each task is among them: again and again from the start."""


class Phased:
    """Bears whatever comes, too; long stretches of one task, then of another. We ourselves are slow in the beginning,
    and at some time the service gets slower or faster for good."""

    task = ""

    def __init__(
        self, phases: list[tuple[int, dict[str, int]]], seed: int = 0, *, loading: float = 0.0,
        change: float = 1.0,
    ) -> None:  # fmt: skip
        """loading: seconds in which calls take one more; change: factor of their seconds after 100 s."""
        self.rng, self.loading, self.change = random.Random(seed), loading, change
        self.coming = itertools.cycle([weights for count, weights in phases for _ in range(count)])

    def begin(self, now: float, running: int) -> float | None:
        weights = next(self.coming)
        (self.task,) = self.rng.choices(list(weights), list(weights.values()))
        seconds = noisy(self.rng) * TASKS[self.task] + (1.0 if now < self.loading else 0.0)
        return seconds * (self.change if now > 100.0 else 1.0)


def noisy(rng: random.Random) -> float:
    return max(0.2, SECONDS * rng.gauss(1.0, 0.25))


def steady(count: int) -> Callable[[float], int]:
    return lambda now: count


def moving(now: float) -> int:
    return 24 if now < 100.0 else 8 if now < 200.0 else 48


SERVICES: dict[str, Callable[[int], Service]] = {
    "queue": lambda seed: Queue(steady(24), seed),
    "hard 429": lambda seed: Hard(steady(24), seed),
    "thrash": lambda seed: Thrash(steady(24), seed),
    "bucket 10/s": lambda seed: Bucket(10.0, seed),
    "queue 24->8->48": lambda seed: Queue(moving, seed),
    "hard 24->8->48": lambda seed: Hard(moving, seed),
}


class Limit(Protocol):
    limit: float

    def began(self, now: float) -> Any: ...

    def ended(
        self, now: float, seconds: float, part_of: Any, *, task: str = "", counts: bool, refused: bool
    ) -> None: ...


class Fixed:
    """The same number all the time."""

    def __init__(self, limit: int) -> None:
        self.limit = float(limit)

    def began(self, now: float) -> Any: ...

    def ended(
        self, now: float, seconds: float, part_of: Any, *, task: str = "", counts: bool, refused: bool
    ) -> None: ...


class Went(NamedTuple):
    """How it went."""

    done: int
    refused: int
    seconds: float
    """Mean time of the calls that were done, without waits between tries."""
    reached: float
    """Seconds until 90 % of the final rate was seen."""

    @property
    def share_refused(self) -> float:
        return self.refused / max(1, self.done + self.refused)


def ask(service: Service, limit: Limit, until: float = 300.0, seed: int = 0) -> Went:
    """A queue of work that never ends, as many calls at once as the limit says, until a time.

    A refused call keeps its place while it waits to be tried again, as ours do: 1 s, doubled, full jitter.
    """
    rng = random.Random(seed + 1000)
    ends: list[tuple[float, int, str, float, int, Any, str]] = []
    now, number, places, running, done, refused, total = 0.0, 0, 0, 0, 0, 0, 0.0
    stamps: deque[float] = deque()

    def send(tries: int) -> None:
        nonlocal number, running
        number += 1
        seconds = service.begin(now, running)
        part_of = limit.began(now)
        running += 1
        if seconds is None:
            heapq.heappush(ends, (now + REFUSED, number, "refused", REFUSED, tries, part_of, ""))
        else:
            task = str(getattr(service, "task", ""))
            heapq.heappush(ends, (now + seconds, number, "done", seconds, tries, part_of, task))

    while now < until:
        while places < int(limit.limit):
            places += 1
            send(0)
        now, _, what, seconds, tries, part_of, task = heapq.heappop(ends)
        if what == "again":
            send(tries)
            continue
        running -= 1
        done_ = what == "done"
        limit.ended(now, seconds, part_of, task=task, counts=done_, refused=not done_)
        if what == "refused":
            refused += 1
            number += 1
            wait = rng.uniform(0.0, min(30.0, 2.0**tries))
            heapq.heappush(ends, (now + wait, number, "again", 0.0, tries + 1, None, ""))
        else:
            places -= 1
            done += 1
            total += seconds
            stamps.append(now)
    return Went(done, refused, total / max(1, done), _reached(list(stamps), until))


def _reached(stamps: list[float], until: float) -> float:
    """The first 10 s in which 90 % of the usual rate were done."""
    rate = len([t for t in stamps if t > until / 2]) / (until / 2)
    return next((t for i, t in enumerate(stamps) if i >= 10 and _rate(stamps, i) >= 0.9 * rate), until)


def _rate(stamps: list[float], i: int) -> float:
    first = max(0, i - 40)
    return (i - first) / max(1e-9, stamps[i] - stamps[first])


def best_fixed(make: Callable[[int], Service], seed: int, most: int = 64) -> tuple[int, Went]:
    """The fixed number that does most."""
    tried = [(n, ask(make(seed), Fixed(n), seed=seed)) for n in range(2, most + 1, 2)]
    return max(tried, key=lambda pair: pair[1].done)
