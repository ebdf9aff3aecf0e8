"""A provider whose calls are counted for `tryon providers compare`. Changes nothing, knows no vendor."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...model.errors import Fault, FaultKind
from ...model.ports import Done, Job, Offer, Provider
from .breaker import Down
from .scores import Place, Scores, Tally

_COUNTED = {
    FaultKind.INPUT: "refused",
    FaultKind.CONTENT: "refused",
    FaultKind.AMBIGUOUS: "unclear",
    FaultKind.WAITING: "unclear",
    FaultKind.TRANSIENT: "failed",
    FaultKind.THROTTLED: "failed",
    FaultKind.LOST: "failed",
    FaultKind.ACCOUNT: "failed",
}
"""What stopped ourselves is not counted."""


class Measured:
    """The inner provider, with every call counted. name: as the settings call it."""

    def __init__(
        self,
        inner: Provider,
        scores: Scores,
        scope: str = "",
        *,
        name: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._scores = scores
        self._scope = scope
        self._name = name or inner.offer.name
        self._monotonic = monotonic

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    def holds(self, job: Job) -> bool:
        """Was this job begun at the inner one, and is its end not known?"""
        holds = getattr(self._inner, "holds", None)
        return bool(holds is not None and holds(job))

    def submit(self, job: Job) -> Done:
        """As the inner one."""
        began = self._monotonic()
        try:
            done = self._inner.submit(job)
        except Fault as fault:
            name = "" if isinstance(fault, Down) else _COUNTED.get(fault.kind, "")
            if name:
                tally = Tally()
                setattr(tally, name, 1)
                self._note(job, tally)
            raise
        price = self.offer.price.get(job.task, 0.0)
        cost = price if done.cost is None else done.cost
        tally = Tally(good=1, flagged=int(bool(done.notes)), cost=cost, offered=price)
        tally.took(self._monotonic() - began)
        self._note(job, tally)
        return done

    def _note(self, job: Job, tally: Tally) -> None:
        version = self.offer.tasks.get(job.task, "")
        self._scores.note(Place(self._scope, self._name, job.task, version), tally)
