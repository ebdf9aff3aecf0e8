"""A service that answers nothing but 503: how many requests it gets from 500 jobs, with and without what protects it.

    python tests/bench/bench_overload.py [--quick]

Goal: at most max(10, 10 %) extra requests before the breaker opens, then one a probe. Virtual time, real threads.
"""

from __future__ import annotations

import heapq
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "fakes"))

from scripted import GOOD, Scripted, job, no

from tryon_cli.model.errors import Fault
from tryon_cli.providers.wrap.breaker import Breaker, Down
from tryon_cli.providers.wrap.budget import Budget
from tryon_cli.providers.wrap.retrying import Retrying

JOBS = 500


class Together:
    """Seconds that pass when every thread waits: then it is as late as the first of them wants it to be."""

    def __init__(self, threads: int) -> None:
        self.now = 1000.0
        self._awake = threads
        self._wakes: list[float] = []
        self._turn = threading.Condition()

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        with self._turn:
            wake = self.now + seconds
            heapq.heappush(self._wakes, wake)
            self._rest()
            self._turn.wait_for(lambda: self.now >= wake)

    def leave(self) -> None:
        """A thread has ended."""
        with self._turn:
            self._rest()

    def _rest(self) -> None:
        self._awake -= 1
        if not self._awake and self._wakes:
            self.now = self._wakes[0]
            while self._wakes and self._wakes[0] <= self.now:
                heapq.heappop(self._wakes)
                self._awake += 1
            self._turn.notify_all()


def outage(slots: int, before: int, *, protected: bool) -> tuple[int, int, int]:
    """before: good calls first. Returns jobs begun before it opened, requests before it opened, requests in all."""
    clock, stop = Together(slots), threading.Event()
    inner = Scripted(*[GOOD] * before, then=lambda job: no("transient", "HTTP 503"))
    budget = Budget(clock=clock) if protected else Budget(least=10**9, clock=clock)
    retrying: Any = Retrying(inner, lambda event: None, stop, budget=budget, pause=clock.pause)
    provider = (
        Breaker(retrying, lambda event: None, budget=budget, monotonic=clock) if protected else retrying
    )
    for n in range(before):
        provider.submit(job(f"good {n}"))
    todo = list(range(JOBS))
    lock = threading.Lock()
    begun = opened = 0

    def work() -> None:
        nonlocal begun, opened
        while True:
            with lock:
                if not todo:
                    clock.leave()
                    return
                n = todo.pop()
                if not opened:
                    begun += 1
            try:
                provider.submit(job(str(n)))
            except Down:
                with lock:
                    opened = opened or inner.calls - before
                clock.pause(1.0)
            except Fault:
                pass

    threads = [threading.Thread(target=work) for _ in range(slots)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return begun, opened or inner.calls - before, inner.calls - before


def main(quick: bool) -> int:
    missed = False
    print(f"{JOBS} jobs, every request is answered with 503; 4 attempts a job")
    print(
        f"  {'slots':>5} {'good before':>12}   {'without':>8}   {'before it opened':>17} {'extra':>6} {'in all':>7}"
    )
    for slots in (1, 6) if quick else (1, 6, 24, 64):
        for before in (0, 400):
            _, _, bare = outage(slots, before, protected=False)
            begun, opened, whole = outage(slots, before, protected=True)
            extra = opened - begun
            missed = missed or extra > max(10, before // 10)
            print(f"  {slots:>5} {before:>12}   {bare:>8}   {opened:>17} {extra:>6} {whole:>7}")
    print("goal missed" if missed else "extra requests: at most max(10, 10 %) everywhere")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
