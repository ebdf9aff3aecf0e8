"""How long calls take beside others of their task, so many of them at a time. Knows no limits and no clock."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple


class Usual(NamedTuple):
    """What is known of a task."""

    seconds: float
    """Of a call when nobody waits."""
    calls: int
    """So many say so."""


class Round:
    """So many calls under one limit."""

    __slots__ = ("_left", "_tasks", "_wanted", "count", "seconds", "since")

    def __init__(self, since: float, size: int) -> None:
        self.since = since
        self._wanted = self._left = size
        self.count = 0
        self.seconds = 0.0
        """All together."""
        self._tasks: dict[str, tuple[int, float, float]] = {}
        """Calls, sum and sum of squares of their seconds."""

    def joined(self) -> bool:
        """A call begins: is it part of this round?"""
        self._wanted -= 1
        return self._wanted >= 0

    def left(self, task: str, seconds: float | None) -> None:
        """One of its calls has ended; None: its time says nothing."""
        self._left -= 1
        if seconds is not None:
            self.count += 1
            self.seconds += seconds
            calls, total, squares = self._tasks.get(task, (0, 0.0, 0.0))
            self._tasks[task] = calls + 1, total + seconds, squares + seconds * seconds

    def take(self, other: Round) -> None:
        """Count what another one has seen, too."""
        self.count += other.count
        self.seconds += other.seconds
        for task, seen in other._tasks.items():
            known = self._tasks.get(task, (0, 0.0, 0.0))
            calls, total, squares = (a + b for a, b in zip(known, seen, strict=True))
            self._tasks[task] = int(calls), total, squares

    @property
    def over(self) -> bool:
        return self._left == 0

    def beside(self, usual: Mapping[str, Usual]) -> tuple[float, float]:
        """How many times as long as usual its calls took, each compared with others of its task, and the standard
        error of that; (1.0, 0.0) when none of its tasks is known.

        Never their plain mean: a stylize of 20 s and a face of 2 s stand in the same queue, now more of the one and
        now more of the other.
        """
        known = [(usual[task], *seen) for task, seen in self._tasks.items() if task in usual]
        calls = sum(count for _, count, _, _ in known)
        if not calls:
            return 1.0, 0.0
        slower = sum(total / one.seconds for one, _, total, _ in known) / calls
        squares = sum(squares / one.seconds**2 for one, _, _, squares in known) / calls
        doubt = 1.0 / calls + sum((count / calls) ** 2 / one.calls for one, count, _, _ in known)
        return slower, math.sqrt(max(0.0, squares - slower * slower) * doubt)

    def learn(self, usual: dict[str, Usual], *, anew: bool) -> None:
        """Add to what is known of its tasks. anew: the service has changed, and all of them with it."""
        slower, _ = self.beside(usual)
        if anew:
            # by what all tasks say together: a few calls of each would be a matter of luck
            usual.update(
                {task: Usual(one.seconds * slower, min(one.calls, self.count)) for task, one in usual.items()}
            )
            self.meet(usual)
            return
        known = set(usual)
        self.meet(usual)
        for task in known & set(self._tasks):
            (count, total, _), (seconds, calls) = self._tasks[task], usual[task]
            usual[task] = Usual((seconds * calls + total) / (calls + count), calls + count)

    def meet(self, usual: dict[str, Usual]) -> None:
        """Learn of tasks that were never seen before, as they would be if nobody waited."""
        slower, _ = self.beside(usual)
        for task, (count, total, _) in self._tasks.items():
            if task not in usual:
                usual[task] = Usual(total / count / slower, count)
