"""One paid call in hand: where it stands, and how that is written down. Knows neither sending nor fetching."""

from __future__ import annotations

from typing import Any

from ..ledger.budget import micro
from ..ledger.claims import Claim
from ..ledger.names import token_of
from ..ledger.states import Event
from ..ledger.table import Unit
from ..model.errors import FaultKind
from ..model.ports import Done, Job
from ..model.remote import Remote, Ticket
from .purse import Purse

PASSING = frozenset({FaultKind.THROTTLED, FaultKind.TRANSIENT, FaultKind.AMBIGUOUS})
"""A question about a job that ends so may simply be asked again: questions are free."""


class Hand:
    """A call and everything about it; its claim is held."""

    def __init__(
        self, remote: Remote, purse: Purse, job: Job, unit: Unit, claim: Claim, *, looked: bool = True
    ) -> None:
        """looked: the unit is as the ledger has it; else it is as planned, and the ledger may know more of it."""
        self.remote = remote
        self.purse = purse
        self.ledger = purse.ledger
        self.job = job
        self.unit = unit
        self.claim = claim
        self.terms = remote.terms
        self.price = micro(remote.offer.price.get(job.task, 0.0))
        self.looked = looked
        self.unasked = False
        """An earlier ledger was lost, and the service has not been asked whether it knows this call."""
        self.done: Done | None = None
        """What the service said in this go; a picture that has no address is only here."""
        self.doubted: float | None = None
        """When the last byte can have left, by the clock that only goes forward; None: by an earlier process."""
        self.buys = self.resends = 0
        self.asked: float | None = None
        """When it was sent in this go, by the clock that only goes forward."""
        self.seconds = 0.0
        """What the service took for it, where it was sent in this go."""

    def note(self, event: Event, **fields: Any) -> None:
        """Write down what happened; on the disk when this returns. Raises Fault(STORAGE)."""
        self.unit = self.ledger.change(self.unit, event, **fields)

    @property
    def costs(self) -> bool:
        """May money have been spent on it?"""
        return self.unit.price > 0 or self.unit.task in self.remote.offer.unpriced

    def token(self) -> str:
        return token_of(self.ledger.installation, self.unit.call, self.unit.generation)

    def ticket(self) -> Ticket:
        return Ticket.from_json(self.unit.ticket)


def back_off(failed: int, asked: float | None) -> float:
    """Seconds before a question is asked again."""
    return asked if asked is not None else min(0.25 * 2.0**failed, 10.0)
