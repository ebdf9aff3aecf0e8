"""Sending one paid request, and what its end says about the money. The order of the records is what counts."""

from __future__ import annotations

import sys

from ..ledger.budget import micro
from ..ledger.ledger import Known
from ..ledger.states import Event, State
from ..model.crash import crashpoint
from ..model.errors import Fault, FaultKind
from ..model.ports import DEARER, Done
from ..model.remote import Call, Ticket
from . import words
from .hand import Hand

BUYS = 3
"""How often a call that is known not to have been taken is sent in one go."""

NOT_TAKEN = frozenset(
    {FaultKind.THROTTLED, FaultKind.TRANSIENT, FaultKind.INPUT, FaultKind.CONTENT, FaultKind.ACCOUNT,
     FaultKind.CONFIG, FaultKind.LOST, FaultKind.BUDGET}
)  # fmt: skip
"""A first send that ends so was not taken. After any other end nobody knows."""


class Sending(Hand):
    """A call on its way out."""

    def buy(self) -> None:
        """Prepare, reserve, write down, send: the one place where money is spent."""
        if self.purse.stop.is_set():
            raise Fault(FaultKind.STOPPED, "stopped before it was sent")
        if self.buys >= BUYS:
            raise Fault(
                FaultKind.TRANSIENT, f"{self.unit.provider} lost this {self.unit.task} {BUYS} times",
                code="E-PROV-LOSES",
            )  # fmt: skip
        if (not self.looked and self.begun()) or (self.unasked and self.known()):
            return
        said = self.purse.refusal
        if said is not None and self.price >= self.purse.refused:
            # no upload for a call that cannot be paid
            raise Fault(FaultKind.BUDGET, said.text, code=said.code, fix=said.fix)
        token = self.token()
        request = self.request(token)
        crashpoint("paid-K0")
        if request is None or not self.intend(token, request.fingerprint):
            return
        self.buys += 1
        if self.costs and not self.price:
            self.purse.price(words.unpriced(self.unit), self.unit)
        crashpoint("paid-K1")
        self.send(request)

    def begun(self) -> bool:
        """Has this call gone out before? Asked beforehand only where the answer saves something, an upload, a
        refusal or a question; else the intent itself finds out, and the call waits for one commit less."""
        purse = self.purse
        if self.terms.ahead or purse.assets is not None or purse.refusal is not None or purse.ledger.rebuilt:
            self.look()
        return self.unit.state is not State.PLANNED

    def look(self) -> None:
        """Take the call up where the ledger has it."""
        self.looked = True
        found = self.ledger.find(self.unit.call)
        self.unit = found or self.unit
        self.unasked = found is None and bool(self.ledger.rebuilt)

    def request(self, token: str) -> Call | None:
        """What is to be sent. None: no need, it has gone out before."""
        try:
            return self.remote.prepare(self.job, token)
        except Fault:
            # what cannot be sent now may have been sent then
            if not self.looked:
                self.look()
            if self.unit.state is State.PLANNED:
                raise
            return None

    def intend(self, token: str, fingerprint: str) -> bool:
        """Written down. False: it was begun before, and goes on from there."""
        limit = None if self.job.limit is None else micro(self.job.limit)
        planned = self.unit._replace(price=self.price, token=token, fingerprint=fingerprint, row=self.job.row)
        self.looked = True
        try:
            self.unit = self.ledger.intend(planned, self.purse.limits, limit)
        except Known as known:
            self.unit = known.unit
            return False
        except Fault as fault:
            if fault.kind is FaultKind.BUDGET and limit is None:
                self.purse.refusal = fault
                self.purse.refused = min(self.purse.refused, self.price)
            raise
        return True

    def known(self) -> bool:
        """An earlier ledger was lost: does the service know this call although we do not?"""
        self.unasked = False
        found = self.remote.find(self.token()) if self.terms.lookup else None
        if found is not None:
            self.intend(self.token(), "")
            self.accept(found)
        return found is not None

    def send(self, request: Call) -> None:
        """Exactly one request."""
        first = self.unit.state is State.INTENT
        self.asked = self.ledger.clock.up()
        try:
            answer = self.remote.submit(request)
        except Fault as fault:
            self.doubted = self.ledger.clock.up()
            self.not_accepted(fault, request, first)
        except BaseException as error:
            self.doubted = self.ledger.clock.up()
            self.note(Event.DOUBT, text=f"{type(error).__name__}: {error}")
            if not isinstance(error, Exception):
                raise
        else:
            crashpoint("paid-K3")
            if isinstance(answer, Ticket):
                self.accept(answer)
            else:
                self.finished(answer)

    def not_accepted(self, fault: Fault, request: Call, first: bool) -> None:
        """Nothing was taken, or nobody knows."""
        if fault.final:
            self.fail(fault)
        if not first or fault.kind not in NOT_TAKEN:
            # a refusal of the second send says nothing about the first
            self.note(Event.DOUBT, text=fault.text)
            if fault.kind in (FaultKind.STOPPED, FaultKind.STORAGE):
                raise fault
            return
        self.note(Event.REFUSE, text=fault.text)
        if fault.kind is FaultKind.LOST and request.uploads and self.buys == 1:
            # it no longer has a picture that we uploaded: once more, with the picture
            for digest in request.uploads:
                self.purse.references.forget(self.unit.provider, self.unit.account, digest)
            return
        raise fault

    def fail(self, fault: Fault) -> None:
        """The service took it and could not do it. Always raises."""
        self.note(Event.FAIL, billed=None if self.terms.charges_failures else 0, text=fault.text)
        raise fault

    def accept(self, ticket: Ticket) -> None:
        """The ticket is on the disk before anybody asks about it, or says that it was sent."""
        try:
            self.note(Event.ACCEPT, ticket=ticket.to_json(), text="")
        except Fault as fault:
            raise self.said(ticket.id, fault) from fault
        crashpoint("paid-K4")

    def finished(self, done: Done) -> None:
        """It is made, and so it is paid for."""
        crashpoint("paid-K6")
        if self.asked is not None:
            self.seconds = self.ledger.clock.up() - self.asked
        kept = done.kept if done.kept is not None else self.terms.kept
        expiry = self.ledger.clock.now().wall + kept if done.url else None
        billed = None if done.cost is None else micro(done.cost)
        if billed is not None and billed > self.price * DEARER:
            self.purse.price(words.dearer(self.unit, billed), self.unit)
        self.done = done
        try:
            if done.image and not done.url and not self.unit.ticket:
                # it is here, and nowhere else: nobody has to wait until that is written, since the next thing to
                # be written says that it is safe, or that it is not
                self.ledger.tell(self.unit, Event.FINISH, billed=billed, text="")
                self.unit = self.unit._replace(state=State.READY, billed=billed, text="")
            else:
                self.note(Event.FINISH, url=done.url, expiry=expiry, billed=billed, text="")
        except Fault as fault:
            raise self.said(done.url or "(its picture came in the answer)", fault) from fault
        crashpoint("paid-K7")

    def said(self, name: str, fault: Fault) -> Fault:
        """The disk does not take the name of a paid job: then the screen does."""
        lost = words.not_written(self.unit, name, fault)
        print(lost.text, file=sys.stderr, flush=True)
        return lost
