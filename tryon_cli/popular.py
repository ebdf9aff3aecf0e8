"""Which pairs are asked for most: the history of runs, and a file of views or sales. Pure; makes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .history import AskedPair
from .model.digest import Value
from .model.pair import Pair

COUNTS = ("views", "view", "count", "sales", "sold", "orders", "quantity", "hits", "n")
"""Columns of a sales or view file that say how often a pair was asked for; without one each row counts once."""


class Wanted(NamedTuple):
    """A pair and how much it is wanted."""

    pair: Pair
    weight: float


def weight_of(pair: Pair) -> float:
    """How often this row of a sales or view file was asked for."""
    cells = {name.strip().lower(): cell for name, cell in pair.meta}
    for name in COUNTS:
        if name in cells:
            try:
                return max(0.0, float(cells[name].replace(",", "")))
            except ValueError:
                return 0.0
    return 1.0


def rank(asked: Iterable[AskedPair], listed: Iterable[Pair]) -> list[Wanted]:
    """Pairs by weight, the most wanted first; ties keep the order they came in."""
    weights: dict[tuple[object, ...], float] = {}
    pairs: dict[tuple[object, ...], Pair] = {}
    for past in asked:
        pair = _pair(past)
        _add(weights, pairs, pair, float(past.asked))
    for pair in listed:
        _add(weights, pairs, pair, weight_of(pair))
    ranked = sorted(weights.items(), key=lambda item: -item[1])
    return [
        Wanted(pairs[name]._replace(row=str(n), priority=0), weight)
        for n, (name, weight) in enumerate(ranked, 1)
        if weight > 0
    ]


def _add(
    weights: dict[tuple[object, ...], float], pairs: dict[tuple[object, ...], Pair], pair: Pair, weight: float
) -> None:
    name = (pair.human, pair.garments, pair.categories, pair.overrides)
    weights[name] = weights.get(name, 0.0) + weight
    pairs.setdefault(name, pair)


def _pair(past: AskedPair) -> Pair:
    overrides: tuple[tuple[str, Value], ...] = tuple((name, value) for name, value in past.overrides)  # type: ignore[misc]
    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in (past.human, *past.garments)]
    return Pair("0", "__".join(stems), past.human, past.garments, past.categories, "", overrides)


def share(wanted: list[Wanted], top: int) -> float:
    """Part of all wishes, 0 to 1, that the first `top` pairs cover."""
    total = sum(w.weight for w in wanted)
    return sum(w.weight for w in wanted[:top]) / total if total else 0.0
