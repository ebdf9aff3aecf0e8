"""How long calls take beside others of their task, so many of them at a time. Knows no limits and no clock."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

APART = 1.15
"""Limits that differ by less say nothing about each other."""

DOUBT = 2.0
"""Standard errors by which fewer calls must be slower than hoped until more of them are made again."""


class Usual(NamedTuple):
    """What is known of a task."""

    seconds: float
    """Of a call when nobody waits."""
    calls: int
    """So many say so."""


class Round:
    """So many calls under one limit."""

    __slots__ = ("_left", "_wanted", "count", "seconds", "since", "tasks")

    def __init__(self, since: float, size: int) -> None:
        self.since = since
        self._wanted = self._left = size
        self.count = 0
        self.seconds = 0.0
        """All together."""
        self.tasks: dict[str, tuple[int, float, float]] = {}
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
            calls, total, squares = self.tasks.get(task, (0, 0.0, 0.0))
            self.tasks[task] = calls + 1, total + seconds, squares + seconds * seconds

    def take(self, other: Round) -> None:
        """Count what another one has seen, too."""
        self.count += other.count
        self.seconds += other.seconds
        for task, seen in other.tasks.items():
            known = self.tasks.get(task, (0, 0.0, 0.0))
            calls, total, squares = (a + b for a, b in zip(known, seen, strict=True))
            self.tasks[task] = int(calls), total, squares

    def mean(self, task: str) -> Usual:
        """Of one of its tasks, by now."""
        count, total, _ = self.tasks[task]
        return Usual(total / count, count)

    @property
    def over(self) -> bool:
        return self._left == 0

    def beside(self, usual: Mapping[str, Usual]) -> tuple[float, float]:
        """How many times as long as usual its calls took, each compared with others of its task, and the standard
        error of that; (1.0, 0.0) when none of its tasks is known.

        Never their plain mean: a stylize of 20 s and a face of 2 s stand in the same queue, now more of the one and
        now more of the other.
        """
        known = [(usual[task], *seen) for task, seen in self.tasks.items() if task in usual]
        calls = sum(count for _, count, _, _ in known)
        if not calls:
            return 1.0, 0.0
        slower = sum(total / one.seconds for one, _, total, _ in known) / calls
        squares = sum(squares / one.seconds**2 for one, _, _, squares in known) / calls
        doubt = 1.0 / calls + sum((count / calls) ** 2 / one.calls for one, count, _, _ in known)
        return slower, math.sqrt(max(0.0, squares - slower * slower) * doubt)

    def learn(self, usual: dict[str, Usual], *, anew: bool) -> None:
        """Add to what is known of its tasks. anew: only what was seen just now is believed."""
        if anew:
            usual.clear()
            self.meet(usual)
            return
        known = set(usual)
        self.meet(usual)
        for task in known & set(self.tasks):
            (count, total, _), (seconds, calls) = self.tasks[task], usual[task]
            usual[task] = Usual((seconds * calls + total) / (calls + count), calls + count)

    def meet(self, usual: dict[str, Usual]) -> None:
        """Learn of tasks that were never seen before, as they would be if nobody waited."""
        slower, _ = self.beside(usual)
        for task, (count, total, _) in self.tasks.items():
            if task not in usual:
                usual[task] = Usual(total / count / slower, count)


class Higher:
    """How long calls took under the limits that were stepped back from: has it helped?

    Where calls waited for each other, fewer of them are faster in the same measure. Where they are as slow as
    before, it is something else that is slow, and to go down further would only lose time.
    """

    __slots__ = ("_seen", "_unsure")

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, Round]] = {}
        """By task: the highest limit, and a round under it. That may have ended early: the slowest of its calls
        are counted by the time that they matter."""
        self._unsure: tuple[float, Round] | None = None

    def left_for_nothing(self, limit: float, round: Round) -> float | None:
        """The limit that was stepped back from though that does not help; None: it helps, or nobody can say."""
        first = self._unsure is None or self._unsure[0] != limit
        if self._unsure is not None and not first:
            round.take(self._unsure[1])
        self._unsure = None
        was = {
            task: higher
            for task, higher in self._seen.items()
            if task in round.tasks and higher[0] > APART * limit
        }
        if was:
            slower, error = round.beside({task: then.mean(task) for task, (_, then) in was.items()})
            # half way between "as slow as before" and "as many times faster as there are fewer"
            counts = {task: round.tasks[task][0] for task in was}
            hoped = sum(count * limit / was[task][0] for task, count in counts.items()) / sum(counts.values())
            middle = (1.0 + hoped) / 2.0
            if slower - (DOUBT * error if first else 0.0) > middle:
                self._seen.clear()
                return max(higher for higher, _ in was.values())
            if first and slower + error > middle:
                self._unsure = limit, round
                return None
        self._seen.update(dict.fromkeys(round.tasks, (limit, round)))
        return None

    @property
    def unsure(self) -> bool:
        """Nobody can say yet: another round under the same limit will, the likelier one of both then."""
        return self._unsure is not None
