"""A provider that answers from a list, and a clock that only moves when somebody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job, Offer

GOOD = Done(b"picture")
Answer = Done | Fault


def job(key: str = "k", task: str = "try-on", **settings: str) -> Job:
    return Job(task, {}, settings, key)


def no(kind: str | FaultKind, text: str = "no", **more: object) -> Fault:
    return Fault(FaultKind(kind), text, **more)  # type: ignore[arg-type]


class Clock:
    """Seconds that pass only by pause()."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Scripted:
    """Answers from a list, then by a function, then with GOOD. Remembers what it was asked."""

    def __init__(
        self,
        *answers: Answer,
        name: str = "scripted",
        then: Callable[[Job], Answer] | None = None,
        takes: Callable[[Job], float] | None = None,
        clock: Clock | None = None,
        begun: tuple[str, ...] = (),
        **offer: object,
    ) -> None:
        """takes, clock: seconds that a call lasts; begun: keys of jobs that were begun here before."""
        tasks = {"try-on": "1", "stylize": "1", "extract-face": "1", "face-swap": "1"}
        self.offer = Offer(name, **{"tasks": tasks, **offer})  # type: ignore[arg-type]
        self.answers = list(answers)
        self.then = then
        self.takes = takes
        self.clock = clock
        self.jobs: list[Job] = []
        self.lock = threading.Lock()
        self.begun = set(begun)

    @property
    def calls(self) -> int:
        return len(self.jobs)

    def holds(self, job: Job) -> bool:
        return job.key in self.begun

    def submit(self, job: Job) -> Done:
        with self.lock:
            self.jobs.append(job)
            answer: Answer = self.answers.pop(0) if self.answers else self.then(job) if self.then else GOOD
        if self.takes is not None and self.clock is not None:
            self.clock.now += self.takes(job)
        if isinstance(answer, Fault):
            raise answer
        return answer
