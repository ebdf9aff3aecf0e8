"""Waiting for a job that is out, and fetching its picture. Nothing here sends a paid request."""

from __future__ import annotations

from ..ledger.budget import usd
from ..ledger.states import Event, State
from ..model.crash import crashpoint
from ..model.digest import Digest
from ..model.errors import Fault, FaultKind
from ..model.ports import Done
from ..model.remote import Pending
from . import words
from .hand import PASSING, back_off
from .receipt import PaidReceipt
from .sending import Sending

ASKED = 20
"""Failed questions about a job in a row until it is left waiting."""

FETCHES = 6
"""Failed downloads in a row until it is left to the next run."""

LAGS = 2
"""How often "unknown job" is not believed: a copy of the service may lag behind."""


class Collecting(Sending):
    """A call that was taken."""

    def watch(self) -> None:
        """Until it is made, or our patience ends."""
        clock, patience = self.ledger.clock, self.terms.patience
        until = clock.up() + patience
        failed = 0
        while True:
            try:
                for state in self.remote.watch(self.ticket()):
                    failed = 0
                    if isinstance(state, Done):
                        self.finished(state)
                        return
                    crashpoint("paid-K5")
                    self.may_go_on(until, patience)
                fault = Fault(FaultKind.TRANSIENT, f"{self.unit.provider} stopped telling about a job")
            except Fault as caught:
                fault = caught
            if not self.ask_again(fault, failed):
                return
            failed += 1
            self.may_go_on(until, patience)
            self.purse.pause(back_off(failed, fault.wait))

    def may_go_on(self, until: float, patience: float) -> None:
        """Raises Fault(WAITING) after our patience, Fault(STOPPED) when the run has to leave."""
        if self.purse.leaving():
            raise Fault(FaultKind.STOPPED, "left at the service; resume collects it")
        if self.ledger.clock.up() >= until:
            self.park(words.waiting(self.unit, patience))

    def park(self, fault: Fault) -> None:
        if self.unit.state in (State.ACCEPTED, State.WAITING):
            self.note(Event.PARK, text=fault.text)
        raise fault

    def ask_again(self, fault: Fault, failed: int) -> bool:
        """What a failed question means. False: the call has moved on; raises what ends this go."""
        if self.unit.state not in (State.ACCEPTED, State.WAITING):
            raise fault  # it is made, and the ledger could not be written
        if fault.final or fault.kind in (FaultKind.INPUT, FaultKind.CONTENT):
            self.fail(fault)
        if fault.kind is FaultKind.LOST:
            return not self.is_lost(fault, failed)
        if fault.kind not in PASSING:
            raise fault  # a stop, the key, our disk, a bug: the ticket stays where it is
        if failed >= ASKED:
            self.park(words.not_fetched(self.unit, fault))
        return True

    def is_lost(self, fault: Fault, failed: int) -> bool:
        """The service does not know the job. Believed late: what it took it may know only a while later."""
        age = self.ledger.clock.age(self.unit.sent_at)
        if failed < LAGS or (age is not None and age < self.terms.grace):
            return False
        self.note(Event.EXPIRE, text=fault.text)
        return True

    # ------------------------------------------------------------------ fetching it
    def early(self) -> Done | None:
        """The picture, if it is made by now; asks once, sends nothing. None: it is not, or it is gone."""
        if self.unit.state in (State.ACCEPTED, State.WAITING):
            state = self.remote.poll(self.ticket())
            if isinstance(state, Done):
                self.finished(state)
        return self.collect() if self.unit.state is State.READY else None

    def collect(self) -> Done | None:
        """The picture of a call that is made. None: it is gone."""
        done = self.done or Done(url=self.unit.url)
        fresh = False
        failed = 0
        while True:
            try:
                if not (done.url or done.image):
                    fresh = True
                    done = self.address()
                return self.paid(done, done.image or self.remote.fetch(done))
            except Fault as fault:
                if fault.kind is FaultKind.LOST and not fresh:
                    done = Done()  # its address has expired: a new one is asked for, once
                    continue
                if fault.kind is FaultKind.LOST:
                    self.note(Event.EXPIRE, text=fault.text)
                    return None
                if fault.kind not in PASSING:
                    raise
                failed += 1
                if failed >= FETCHES or self.purse.leaving():
                    raise words.not_fetched(self.unit, fault) from fault
                self.purse.pause(back_off(failed, fault.wait))

    def address(self) -> Done:
        """Where the picture is, asked anew. Raises Fault(LOST) when nobody knows."""
        if not self.unit.ticket:
            why = "our cache lost it" if self.unit.digest else "we died before it was on our disk"
            raise Fault(FaultKind.LOST, f"it came within the answer, and {why}")
        state = self.remote.poll(self.ticket())
        if isinstance(state, Pending) or not (state.url or state.image):
            raise Fault(FaultKind.TRANSIENT, f"{self.unit.provider} says it is not made yet", wait=2.0)
        return state

    def paid(self, done: Done, image: bytes) -> Done:
        receipt = PaidReceipt(self.ledger, self.unit, self.claim, image)
        notes = done.notes
        if row := self.purse.twin(receipt.digest, self.unit):
            notes = (*notes, f"{self.unit.provider} gave row {row} the very same picture")
        cost = usd(words.cost(self.unit))
        return Done(image, notes, cost, provider=done.provider, receipt=receipt, seconds=self.seconds)

    def restore(self) -> Done | None:
        """It was on our disk once. Never bought again for our own loss: looked for, then fetched anew."""
        if self.purse.blobs is not None and self.unit.digest:
            image = self.purse.blobs.get(Digest(self.unit.digest))
            if image is not None:
                return self.paid(Done(), image)
        self.note(Event.FINISH)
        return None
