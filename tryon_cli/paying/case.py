"""One paid call, from where the ledger says it stands to its picture.

Each state has one method; it moves the call on, or returns the picture, or raises. Whatever dies in between,
the next one who comes finds the state and goes on there.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ledger.states import OUT, Event, State
from ..ledger.table import Unit
from ..model.errors import Fault, FaultKind
from ..model.ports import Done
from . import words
from .collecting import Collecting
from .doubting import Doubting

ROUNDS = 40
"""Moves at most in one go: no service can keep us busy for ever."""


class Case(Doubting, Collecting):
    """Where every state goes on."""

    def go(self) -> Done:
        """Move on until there is a picture. Raises Fault."""
        moves: dict[State, Callable[[], Done | None]] = {
            State.PLANNED: self.buy,
            State.INTENT: self.doubt,
            State.UNKNOWN: self.climb,
            State.ACCEPTED: self.watch,
            State.WAITING: self.watch,
            State.READY: self.collect,
            State.STORED: self.restore,
            State.MAYBE_PAID: self.held,
            State.EXPIRED: self.gone,
            State.FAILED: self.failed,
            State.CANCELLED: self.cancelled,
        }
        try:
            for _ in range(ROUNDS):
                done = moves[self.unit.state]()
                if done is not None:
                    return done
        except Fault as fault:
            if self.unit.state in OUT:
                raise self.outside(fault) from fault
            raise
        text = f"call {self.unit.call[:12]} of {self.unit.provider} went round in circles"
        raise Fault(FaultKind.INTERNAL, text, code="E-LEDGER-LOOP", fix="tryon ledger --open")

    # ------------------------------------------------------------------ what a human decides
    def held(self) -> None:
        """It may be paid."""
        consents = self.purse.consents
        if consents.unpaid and not self.buys:
            self.note(Event.REFUSE, text="not charged, says the user")
        elif consents.resubmit and not self.buys:
            self.renew()
        else:
            raise words.maybe_paid(self.unit)

    def gone(self) -> None:
        """It was paid, and is nowhere."""
        if self.costs and not (self.purse.consents.remake and not self.buys):
            raise words.expired(self.unit)
        self.renew()

    def failed(self) -> None:
        """What was not charged is bought again by whoever asks again; what was charged only with consent."""
        if words.cost(self.unit) and not self.purse.consents.remake:
            raise words.spoiled(self.unit)
        self.renew()

    def cancelled(self) -> None:
        """The user gave it up."""
        if not self.purse.consents.remake:
            raise words.cancelled(self.unit)
        self.renew()

    def renew(self) -> None:
        """Another generation: a call of its own, with a token of its own."""
        fresh = Unit(*self.unit[:8])
        self.unit = fresh._replace(generation=self.unit.generation + 1, state=State.PLANNED)
        self.done = self.doubted = None
