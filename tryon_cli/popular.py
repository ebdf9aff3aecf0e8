"""Which pairs are asked for most, and whether that says anything about tomorrow. Pure; makes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .history import AskedPair, day_of
from .model.digest import Value
from .model.pair import Pair

HALF_LIFE = 30
"""Days after which a wish counts half: what was loved last summer is not what is asked for today."""

TESTED = 7
"""Days at the end that a back-test measures what was learned before on."""


class Wish(NamedTuple):
    """One pair was wanted so often on one day."""

    day: int
    """Since 1970."""
    often: float
    exact: bool = True
    """False: on this day or any time before."""


@dataclass
class Wished:
    """A pair and everything that is known of who wanted it."""

    pair: Pair
    wishes: list[Wish] = field(default_factory=list)


class Wanted(NamedTuple):
    """A pair and how much it is wanted."""

    pair: Pair
    weight: float
    """Wishes, whenever they were."""
    score: float
    """Wishes, the recent ones counting more: pairs are ranked by it."""


class BackTest(NamedTuple):
    """What the ranking of that time would have been worth in the days after it."""

    until: int
    """The last day that was measured."""
    wishes: float
    """In those days."""
    met: Sequence[float]
    """Wishes that the first 1, 2, 3 ... pairs of the ranking meet."""

    def rate(self, top: int) -> float:
        """Part of the wishes, 0 to 1, that the first `top` pairs would have met."""
        return self.met[min(top, len(self.met)) - 1] / self.wishes if top and self.met else 0.0


def gather(asked: Iterable[AskedPair], listed: Iterable[tuple[Pair, Wish]]) -> list[Wished]:
    """Everything about each pair in one place, in the order of first mention."""
    found: dict[tuple[object, ...], Wished] = {}

    def of(pair: Pair) -> Wished:
        name = (pair.human, pair.garments, pair.categories, pair.overrides)
        return found.setdefault(name, Wished(pair))

    for past in asked:
        known = of(_pair(past)).wishes
        known += [Wish(day, count) for day, count in past.days]
        undated = past.asked - sum(count for _, count in past.days)
        if undated > 0:
            known.append(Wish(past.days[0][0] if past.days else day_of(past.last), undated, exact=False))
    for pair, wish in listed:
        of(pair).wishes.append(wish)
    return list(found.values())


def rank(wished: Iterable[Wished], today: int) -> list[Wanted]:
    """Pairs by score, the most wanted first; ties keep the order they came in."""
    scored = []
    for one in wished:
        score = sum(w.often * 0.5 ** (max(0, today - w.day) / HALF_LIFE) for w in one.wishes)
        if score > 0:
            scored.append(Wanted(one.pair, sum(w.often for w in one.wishes), score))
    scored.sort(key=lambda wanted: -wanted.score)
    return [w._replace(pair=w.pair._replace(row=str(n), priority=0)) for n, w in enumerate(scored, 1)]


def share(wanted: Sequence[Wanted], top: int) -> float:
    """Part of all wishes, 0 to 1, that the first `top` pairs cover."""
    total = sum(w.weight for w in wanted)
    return sum(w.weight for w in wanted[:top]) / total if total else 0.0


def back_test(wished: Sequence[Wished], today: int) -> BackTest | None:
    """Rank by all but the last days, then count on those. None when either part is empty.

    A wish whose day is not known is learned from only when it is sure to be older than what is measured.
    """
    exact = [w.day for one in wished for w in one.wishes if w.exact and w.often > 0 and w.day <= today]
    if not exact:
        return None
    until = max(exact)
    first = until - TESTED + 1
    then: dict[int, float] = {}
    before = []
    for n, one in enumerate(wished):
        learned = [w for w in one.wishes if w.day < first]
        before.append(Wished(one.pair._replace(id=str(n)), learned))
        then[n] = sum(w.often for w in one.wishes if w.exact and first <= w.day <= until)
    ranked = rank(before, first - 1)
    total = sum(then.values())
    if not ranked or not total:
        return None
    return BackTest(until, total, list(itertools.accumulate(then[int(w.pair.id)] for w in ranked)))


def _pair(past: AskedPair) -> Pair:
    overrides: tuple[tuple[str, Value], ...] = tuple((name, value) for name, value in past.overrides)  # type: ignore[misc]
    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in (past.human, *past.garments)]
    return Pair("0", "__".join(stems), past.human, past.garments, past.categories, "", overrides)
