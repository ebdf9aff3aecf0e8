"""The numbers of one stage, folded from its steps. Knows no other stage, no rows and no clock."""

from __future__ import annotations

from collections import Counter

from ..model.events import StepEnded, StepStarted
from ..model.outcome import BAD, WORKED, State
from .measure import Durations, Rate


class StageTally:
    """One stage's numbers."""

    def __init__(self, name: str, provider: str = "", slots: int = 0) -> None:
        self.name = name
        self.provider = provider
        self.slots = slots
        self.queued = 0
        """Steps to be made, as far as known: more come while rows are read."""
        self.shared = 0
        """Wishes that were met by a step of another row."""
        self.ended: Counter[State] = Counter()
        self.retries = 0
        self.spent = 0.0
        self.rate = Rate()
        self.seconds = Durations()
        self._running: dict[str, tuple[int, str]] = {}

    @property
    def total(self) -> int:
        """Known steps, made or reused or still to do."""
        return max(self.queued + self.reused, self.done)

    @property
    def done(self) -> int:
        """Steps that have ended in any way."""
        return sum(self.ended.values())

    @property
    def reused(self) -> int:
        return self.ended[State.REUSED]

    @property
    def worked(self) -> int:
        """Steps that ended and were not simply known."""
        return sum(self.ended[state] for state in WORKED)

    @property
    def failed(self) -> int:
        return sum(self.ended[state] for state in BAD)

    @property
    def running(self) -> int:
        return sum(1 for n, _ in self._running.values() if n > 0)

    @property
    def taken(self) -> int:
        """Places that are taken: a step that only keeps its answer any more holds none."""
        return min(self.running, self.slots) if self.slots else self.running

    @property
    def left(self) -> int:
        return self.total - self.done

    def row_of(self, key: str) -> str:
        """The row that first asked for a running step; "" when it does not run."""
        return self._running.get(key, (0, ""))[1]

    def started(self, event: StepStarted) -> None:
        self.rate.begin(event.at)
        self._count(event.key, 1, event.row)

    def over(self, event: StepEnded) -> None:
        self.ended[event.state] += 1
        self.shared += max(0, event.wanted - 1)
        if event.state in WORKED:
            self.rate.add(event.at)
            self.seconds.add(event.seconds)
            self.spent += event.spent
            self._count(event.key, -1, event.row)
        elif self._running.get(event.key, (0, ""))[0] > 0:
            self._count(event.key, -1, event.row)

    def _count(self, key: str, by: int, row: str) -> None:
        """An end may be heard before its start: the sum is what counts."""
        n = self._running.get(key, (0, ""))[0] + by
        if n:
            self._running[key] = n, row
        else:
            self._running.pop(key, None)

    def eta(self, now: float) -> float | None:
        """Seconds for what is known to be left; None until 20 results or 10 % of them are in."""
        if not self.left:
            return 0.0
        per_minute = self.rate.per_minute(now)
        enough = self.worked >= 20 or self.worked * 10 >= self.worked + self.left
        return self.left * 60.0 / per_minute if enough and per_minute else None
