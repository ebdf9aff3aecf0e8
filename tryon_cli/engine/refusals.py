"""How many calls are refused under which limit: for too many at once? Knows no limits of its own and no clock.

Where more than C calls at once are refused, L of them at once lose a part of 1 - C / L, which ends when fewer are
made. A service that is short for other reasons, as where all its customers share what there is, refuses the same part
whatever we do: to go down further would only lose time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

SURE = 1.5
"""Standard errors by which fewer calls were refused than too many at once would explain."""

SPREAD = 2.5
"""Standard errors above the usual part that are chance; one refusal more is."""

LUCK = 0.02
"""Probability up to which it is no luck that none is refused any more."""

MEMORY = 400.0
"""Calls that the usual part is taken from. Less than one of them is none."""


class Stay(NamedTuple):
    """A time under one limit."""

    limit: int
    begun: int
    refused: int


class Refusals:
    """Which part of the calls is refused under any limit, and what was seen since one had to be left for it."""

    __slots__ = ("_begun", "_calm", "_now_begun", "_now_refused", "_refused", "_seen")

    def __init__(self) -> None:
        self._now_begun = self._now_refused = 0
        """Since next()."""
        self._seen: list[Stay] = []
        """Since a limit was left for too many refusals, until it is sure that this has helped."""
        self._calm = 0
        """Calls begun since the last of them was left."""
        self._begun, self._refused = 1.0, 0.0
        """Calls that stand for what is usual."""

    def next(self) -> None:
        """Another limit, or another round of it."""
        self._now_begun = self._now_refused = 0

    def began(self) -> None:
        """A call starts."""
        self._now_begun += 1

    def too_many(self, *, late: bool) -> bool:
        """A call was refused: too many of them by now? The first one is, where none are usual.

        late: it began under the limit that was left last.
        """
        if late:
            if self._seen:
                last = self._seen[-1]
                self._seen[-1] = last._replace(refused=last.refused + 1)
            return False
        self._now_refused += 1
        usual = self._refused / self._begun
        if usual * MEMORY < 1.0:
            return True
        chance = usual * self._now_begun
        return self._now_refused > 1.0 + chance + SPREAD * math.sqrt(chance)

    def passed(self, limit: int) -> None:
        """A round was full and the limit is kept: so many refusals are usual."""
        stay = Stay(limit, self._now_begun, self._now_refused)
        self._learn(stay)
        if not self._seen:
            return
        self._calm += stay.begun
        part = sum(one.refused for one in self._seen) / sum(one.begun for one in self._seen)
        if not stay.refused and (1.0 - part) ** self._calm > LUCK:
            self._seen.append(stay)
        else:
            self._seen.clear()

    def left_for_nothing(self, limit: int) -> int | None:
        """A limit is left for too many refusals. The one to go back to, if calls are refused whatever we do; None:
        it helps, or nobody can say yet."""
        self._calm = 0
        self._seen.append(Stay(limit, self._now_begun, self._now_refused))
        before = [one for one in self._seen if one.limit > limit]
        # it is refused here, too: so no more than this are borne, and those before lost at least so many
        least = sum(one.begun * (1.0 - limit / one.limit) for one in before)
        if not before or least - sum(one.refused for one in before) < SURE * math.sqrt(least):
            return None
        for one in self._seen:
            if one.refused:  # else it is counted already
                self._learn(one)
        self._seen.clear()
        return max(one.limit for one in before)

    def _learn(self, seen: Stay) -> None:
        self._begun += seen.begun
        self._refused += seen.refused
        if self._begun > MEMORY:
            self._refused *= MEMORY / self._begun
            self._begun = MEMORY
