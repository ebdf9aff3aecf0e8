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
        self._billed: dict[str, int | None] = {}
        """What the ledger does not know yet of a picture that came within the answer."""
        if unit.state is State.READY and not (unit.url or unit.ticket):
            self._billed["billed"] = unit.billed
        self.digest = hashlib.sha256(image).hexdigest()
        """Of what the service made."""

    def stored(self, digest: Digest) -> None:
        """The bytes survive a power cut. Raises Fault(STORAGE)."""
        crashpoint("paid-K8")
        try:
            # a stage may have changed the picture: then what lies there is not what the service made
            kept = str(digest) if digest == self.digest else ""
            self._ledger.change(self._unit, Event.STORE, digest=kept, **self._billed)
        finally:
            self._claim.let_go()
        crashpoint("paid-K9")

    def spoiled(self, fault: Fault) -> None:
        """Paid for and of no use. A fault of our own machine says nothing about the picture."""
        try:
            if fault.kind not in (FaultKind.STORAGE, FaultKind.STOPPED, FaultKind.INTERNAL):
                self._ledger.change(self._unit, Event.FAIL, text=fault.text, **self._billed)
            elif self._billed:
                self._ledger.change(self._unit, Event.FINISH, **self._billed)
        finally:
            self._claim.let_go()
