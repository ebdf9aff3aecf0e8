"""What was paid for a picture, waiting to hear that the picture is safe."""

from __future__ import annotations

import hashlib

from ..ledger.claims import Claim
from ..ledger.ledger import Ledger
from ..ledger.states import Event, State
from ..ledger.table import Unit
from ..model.crash import crashpoint
from ..model.digest import Digest
from ..model.errors import Fault, FaultKind


class PaidReceipt:
    """model.ports.Receipt of one call."""

    def __init__(self, ledger: Ledger, unit: Unit, claim: Claim, image: bytes) -> None:
        self._ledger = ledger
        self._unit = unit
        self._claim = claim
        self.digest = hashlib.sha256(image).hexdigest()
        """Of what the service made."""

    def stored(self, digest: Digest) -> None:
        """The bytes survive a power cut. Raises Fault(STORAGE)."""
        crashpoint("paid-K8")
        try:
            # a stage may have changed the picture: then what lies there is not what the service made
            kept = str(digest) if digest == self.digest else ""
            self._ledger.change(self._unit, Event.STORE, digest=kept, billed=self._unit.billed)
        finally:
            self._claim.let_go()
        crashpoint("paid-K9")

    def spoiled(self, fault: Fault) -> None:
        """Paid for and of no use. A fault of our own machine says nothing about the picture."""
        try:
            if fault.kind not in (FaultKind.STORAGE, FaultKind.STOPPED, FaultKind.INTERNAL):
                self._ledger.change(self._unit, Event.FAIL, text=fault.text, billed=self._unit.billed)
            elif self._unit.state is State.READY and not (self._unit.url or self._unit.ticket):
                # it came within the answer, and that it is made was only on its way to the ledger
                self._ledger.change(self._unit, Event.FINISH, billed=self._unit.billed)
        finally:
            self._claim.let_go()
