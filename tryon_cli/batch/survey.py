"""What a run would do, without doing it: the same questions, asked of the index only.

A step whose inputs are not made yet has no key; its question is named after the questions before it, so
that shared work is counted exactly even where nobody knows the pictures yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..engine.shape import Shape
from ..manifest import Invalid
from ..model.digest import Digest, Key, key_of
from ..model.errors import Complaint
from ..model.outcome import Answer
from ..model.pair import Pair
from .asking import Asker, Question, Wrong

Find = Callable[[Sequence[Key]], dict[Key, Answer]]


@dataclass
class Line:
    """One stage of the plan."""

    provider: str
    calls: int = 0
    """Steps that have to be done."""
    unshared: int = 0
    """Steps that would be done without sharing and without a cache."""
    known: int = 0
    """Distinct steps whose answer is known."""
    price: float = 0.0
    """USD a call."""


@dataclass
class Survey:
    """What a run would do."""

    rows: int = 0
    valid: int = 0
    complete: int = 0
    """Rows whose every step is known."""
    skipped: int = 0
    invalid: list[Complaint] = field(default_factory=list)
    bad_rows: int = 0
    people: set[Digest] = field(default_factory=set)
    garments: set[Digest] = field(default_factory=set)
    stages: dict[str, Line] = field(default_factory=dict)
    needed: set[Digest] = field(default_factory=set)
    """Digests of the answers that are known: what a cleaning of the cache must not take."""
    decisions: Counter[str] = field(default_factory=Counter)


class Surveyor:
    """Walks rows through their shapes."""

    def __init__(
        self, asker: Asker, find: Find, *, decide: Callable[[Pair, str], None] | None = None
    ) -> None:
        """decide: told "make" or "cached" for each valid row."""
        self._asker = asker
        self._find = find
        self._decide = decide
        self._answers: dict[Key, Digest | None] = {}

    def survey(self, rows: Iterable[Pair | Invalid]) -> Survey:
        """Look at every row. Opens the pictures only to name them."""
        seen = Survey()
        for row in rows:
            seen.rows += 1
            if isinstance(row, Invalid):
                seen.bad_rows += 1
                seen.invalid += row.complaints
            elif row.skip:
                seen.skipped += 1
            else:
                self._pair(row, seen)
        return seen

    def _pair(self, pair: Pair, seen: Survey) -> None:
        try:
            question = self._asker.ask(pair)
        except Wrong as wrong:
            seen.bad_rows += 1
            seen.invalid.append(wrong.complaint(pair.row))
            return
        seen.valid += 1
        seen.people.add(question.digests[0])
        seen.garments.update(question.digests[1:])
        complete = self._steps(question, seen)
        seen.complete += complete
        if self._decide is not None:
            self._decide(pair, "cached" if complete else "make")

    def _steps(self, question: Question, seen: Survey) -> bool:
        complete = True
        for shape, i, digest, fresh in self._walk(question):
            node = shape.nodes[i]
            line = seen.stages.setdefault(node.lane.stage, Line(node.lane.label))
            line.unshared += 1
            if digest is None:
                complete = False
                line.calls += fresh
            else:
                seen.needed.add(digest)
                line.known += fresh
        return complete

    def _walk(self, question: Question) -> Iterator[tuple[Shape, int, Digest | None, bool]]:
        shape = question.shape
        slots: list[str] = list(question.digests)
        for i, node in enumerate(shape.nodes):
            inputs = [slots[s] for s in node.inputs]
            key = key_of(node.salt, inputs)
            fresh = key not in self._answers
            if fresh:
                real = all(not name.startswith("?") for name in inputs)
                found = self._find([key]).get(key) if real else None
                self._answers[key] = found.digest if found else None
            digest = self._answers[key]
            slots.append(digest or f"?{key}")
            yield shape, i, digest, fresh
