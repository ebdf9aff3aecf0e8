"""The ladder for calls of which nobody knows whether they were taken: same token, look-up, human."""

from __future__ import annotations

from ..ledger.states import Event
from ..model.errors import Fault, FaultKind
from . import words
from .hand import PASSING, back_off
from .sending import Sending

RESENDS = 3
"""How often the same token is sent again in one go."""

QUESTIONS = 6
"""Failed look-ups in a row until it is left to the next run."""

REQUEST = 180.0
"""Seconds that one request may be on its way at most."""

MARGIN = 0.9
"""Part of a token's life that is used: the rest is for the way there and for clocks that disagree."""


class Doubting(Sending):
    """A call that may have been taken."""

    def doubt(self) -> None:
        """Whoever wrote this intent is dead, since its claim was free: nobody knows how far it came."""
        self.note(Event.DOUBT)

    def climb(self) -> None:
        """In this order, and never a plain repeat."""
        if self.replayable() and self.resends < RESENDS and self.resend():
            return
        if self.terms.lookup:
            self.look_up()
        elif not self.costs:
            self.note(Event.REFUSE, text="nobody knows, and it costs nothing")
        elif self.resends and self.replayable():
            raise words.unanswered(self.unit, self.unit.text)
        else:
            self.note(Event.HOLD, text=self.unit.text)

    def replayable(self) -> bool:
        """Is the token still one that the service remembers?"""
        if not self.terms.replay:
            return False
        age = self.ledger.clock.age(self.unit.sent_at)
        return age is not None and age < self.terms.replay * MARGIN

    def resend(self) -> bool:
        """The same token and the same bytes: harmless there. False: the bytes would be others."""
        request = self.remote.prepare(self.job, self.unit.token)
        if request.fingerprint != self.unit.fingerprint:
            return False
        # not at once after a failure just seen; at once for what an earlier process left
        self.purse.wait(0.0 if self.doubted is None else back_off(self.resends + 1, None))
        self.resends += 1
        self.send(request)
        return True

    def look_up(self) -> None:
        """Ask by our token until it is found, or until "unknown" can be believed."""
        wait, failed = 0.5, 0
        while True:
            left = self.grace_left()  # before the question: what it says counts for the time it was asked
            try:
                found = self.remote.find(self.unit.token)
            except Fault as fault:
                failed += 1
                if fault.kind not in PASSING or failed > QUESTIONS:
                    raise
                self.purse.wait(back_off(failed, fault.wait))
                continue
            if found is not None:
                self.accept(found)
                return
            if left <= 0:
                self.never_came()
                return
            failed = 0
            self.purse.wait(min(wait, left))
            wait = min(wait * 2, 10.0)

    def never_came(self) -> None:
        """It is not known there. Believed only while the service still knows what it took then."""
        age = self.ledger.clock.age(self.unit.sent_at)
        if not self.costs or (age is not None and age < self.terms.kept):
            self.note(Event.REFUSE, text="the service never got it")
        else:
            self.note(Event.HOLD, text="it is not known there (any more)")

    def grace_left(self) -> float:
        """Seconds until a look-up's "unknown" counts: services take a while to know what they have taken."""
        clock = self.ledger.clock
        if self.doubted is None:
            age = clock.age(self.unit.sent_at)
            long_ago = REQUEST + self.terms.grace
            # the process that sent it may have died only now, with its last byte on the way
            self.doubted = clock.up() - (long_ago if age is not None and age > long_ago else 0.0)
        return self.doubted + self.terms.grace - clock.up()

    def outside(self, fault: Fault) -> Fault:
        """A fault of a call that is out says so: nobody above may send it elsewhere, or to another service."""
        if fault.kind in SAYS_SO:
            return fault
        return words.unanswered(self.unit, fault.text)


SAYS_SO = frozenset(
    {FaultKind.AMBIGUOUS, FaultKind.WAITING, FaultKind.STOPPED, FaultKind.STORAGE, FaultKind.INTERNAL}
)
"""Kinds after which nothing above tries the same job once more."""
