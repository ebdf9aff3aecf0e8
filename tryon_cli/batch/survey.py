"""What a run would do, without doing it: the same questions, asked of the index only.

A step whose inputs are not made yet has no key; its question is named after the questions before it, so
that shared work is counted exactly even where nobody knows the pictures yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..engine.shape import Shape
from ..manifest import Invalid
from ..model.digest import Digest, Key, key_of
from ..model.errors import Complaint
from ..model.outcome import Answer
from ..model.pair import Pair
from .asking import Asker, Question, Wrong
from .decision import Decision, invalid, left_out

Find = Callable[[Sequence[Key]], dict[Key, Answer]]
Price = Callable[[str, str], float]
"""USD for one call, by stage and provider."""


@dataclass
class Line:
    """One stage at one provider."""

    stage: str
    provider: str
    """ "here" for what no provider renders."""
    price: float = 0.0
    """USD a call."""
    unpriced: bool = False
    """Nobody said what a call costs."""
    calls: int = 0
    """Steps that have to be done."""
    unshared: int = 0
    """Steps that would be done without sharing and without a cache."""
    known: int = 0
    """Distinct steps whose answer is known."""
    took: float = 0.0
    """Seconds that the known ones took when they were made."""
    slots: int = 1
    """Calls at once."""

    @property
    def cost(self) -> float:
        """USD for all calls."""
        return self.calls * self.price

    @property
    def seconds(self) -> float | None:
        """Time for all calls, as the known ones took; None: nothing is known of them."""
        if not self.calls:
            return 0.0
        return self.calls * self.took / self.known / self.slots if self.known and self.took else None


@dataclass
class Sent:
    """Pictures of the user's that services need."""

    files: dict[Digest, int] = field(default_factory=dict)
    """Bytes of each."""
    unshared: int = 0
    """Pictures that would be sent if each row sent its own."""
    unshared_bytes: int = 0

    @property
    def bytes(self) -> int:
        return sum(self.files.values())


@dataclass
class Survey:
    """What a run would do."""

    rows: int = 0
    valid: int = 0
    complete: int = 0
    """Rows whose every step is known."""
    skipped: int = 0
    """Rows with skip = true."""
    merged: int = 0
    """Rows that repeat an earlier one."""
    invalid: list[Complaint] = field(default_factory=list)
    bad_rows: int = 0
    people: set[Digest] = field(default_factory=set)
    garments: set[Digest] = field(default_factory=set)
    stages: dict[tuple[str, str], Line] = field(default_factory=dict)
    """By stage and provider, in the order in which rows run through them."""
    sent: Sent = field(default_factory=Sent)
    needed: set[Digest] = field(default_factory=set)
    """Digests of the answers that are known: what a cleaning of the cache must not take."""

    @property
    def calls(self) -> int:
        """Calls to providers."""
        return sum(line.calls for line in self.stages.values() if line.provider != HERE)

    @property
    def cost(self) -> float:
        """USD for all of them."""
        return sum(line.cost for line in self.stages.values())


HERE = "here"


class Surveyor:
    """Walks rows through their shapes."""

    def __init__(
        self,
        asker: Asker,
        find: Find,
        price: Price,
        *,
        decide: Callable[[Decision], None] | None = None,
        elsewhere: Callable[[str], bool] = lambda provider: False,
    ) -> None:
        """decide: told what would become of each row; elsewhere: is a provider a service that pictures go to?"""
        self._asker = asker
        self._elsewhere = elsewhere
        self._find = find
        self._price = price
        self._decide = decide
        self._first: dict[Key, str] = {}
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
                seen.merged += bool(row.same_as)
                seen.skipped += not row.same_as
            else:
                self._pair(row, seen)
                continue
            if self._decide is not None:
                self._decide(left_out(row))
        return seen

    def _pair(self, pair: Pair, seen: Survey) -> None:
        try:
            question = self._asker.ask(pair)
        except Wrong as wrong:
            seen.bad_rows += 1
            seen.invalid.append(wrong.complaint(pair.row))
            if self._decide is not None:
                self._decide(invalid(pair.row, pair.id, [wrong.complaint(pair.row)]))
            return
        seen.valid += 1
        seen.people.add(question.digests[0])
        seen.garments.update(question.digests[1:])
        complete, cost, calls, away = self._steps(question, seen)
        seen.complete += complete
        if away:
            _send(question, seen.sent)
        if self._decide is not None:
            first = self._first.setdefault(question.name, pair.row)
            why = f"shares all work with row {first}" if first != pair.row and not complete else ""
            what = "cached" if complete else "make"
            self._decide(Decision(pair.row, pair.id, what, why, cost, calls, question.name))

    def _steps(self, question: Question, seen: Survey) -> tuple[bool, float, int, bool]:
        """Is every step known? What do the calls cost that nobody before needs, how many are they, and is any sent?"""
        complete, cost, calls, away = True, 0.0, 0, False
        for shape, i, digest, fresh, took in self._walk(question):
            node = shape.nodes[i]
            line = self._line(seen, node.lane.stage, node.lane.label)
            line.unshared += 1
            if digest is None:
                complete = False
                line.calls += fresh
                cost += fresh * line.price
                calls += fresh and line.provider != HERE
                away = away or self._elsewhere(line.provider)
            else:
                seen.needed.add(digest)
                line.known += fresh
                line.took += took
        return complete, cost, calls, away

    def _line(self, seen: Survey, stage: str, provider: str) -> Line:
        line = seen.stages.get((stage, provider))
        if line is None:
            line = Line(stage, provider or HERE, self._price(stage, provider))
            seen.stages[stage, provider] = line
        return line

    def _walk(self, question: Question) -> Iterator[tuple[Shape, int, Digest | None, bool, float]]:
        shape = question.shape
        slots: list[str] = list(question.digests)
        for i, node in enumerate(shape.nodes):
            inputs = [slots[s] for s in node.inputs]
            key = key_of(node.salt, inputs)
            fresh, took = key not in self._answers, 0.0
            if fresh:
                real = all(not name.startswith("?") for name in inputs)
                found = self._find([key]).get(key) if real else None
                self._answers[key] = found.digest if found else None
                took = found.seconds if found else 0.0
            digest = self._answers[key]
            slots.append(digest or f"?{key}")
            yield shape, i, digest, fresh, took


def _send(question: Question, sent: Sent) -> None:
    """Note the pictures of a row that goes to a service. Those behind an address have no size here."""
    for digest, source in zip(question.digests, question.sources, strict=True):
        if digest not in sent.files:
            try:
                sent.files[digest] = os.stat(source).st_size  # noqa: PTH116 - a million of them
            except OSError:
                sent.files[digest] = 0
        sent.unshared += 1
        sent.unshared_bytes += sent.files[digest]
