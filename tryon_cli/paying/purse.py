"""What all paid calls of a run share: the ledger, the limits, what the user decided, and how to wait."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..ledger.budget import Limits
from ..ledger.claims import Claims
from ..ledger.ledger import Ledger
from ..ledger.table import Unit
from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.ports import Blobs, References, Tell
from ..model.remote import Assets, Kit

COLLECT = 8.0
"""Seconds after a stop in which jobs that are out are still waited for; the run ends two seconds later."""


LATELY = 10_000
"""Bought pictures that are remembered, to see that a service gave the same one twice: some 3 MB."""


class Consents(NamedTuple):
    """What the user decided about calls that nobody can be asked about."""

    resubmit: bool = False
    """Buy again what may be paid already."""
    unpaid: bool = False
    """What may be paid was not charged: it is sent as if nothing had been."""
    remake: bool = False
    """Buy again what was paid and is gone, or was paid and is no picture."""


NO_CONSENTS = Consents()


@dataclass
class Purse:
    """Opened once per run, before anything is bought."""

    ledger: Ledger
    claims: Claims
    limits: Limits
    references: References
    stop: threading.Event
    """Set once nothing is to be sent any more."""
    tell: Tell
    consents: Consents = NO_CONSENTS
    blobs: Blobs | None = None
    """Where a picture may lie that the index has forgotten."""
    assets: Assets | None = None
    refused: float = math.inf
    """The least price (micro-USD) that the limits no longer covered: after that a run only ends what it has."""
    refusal: Fault | None = None
    """What was said then."""
    hurry: threading.Event | None = None
    """Set once jobs that are out are waited for a bounded time only. None: as stop."""
    sleep: Callable[[float], None] | None = None
    """Wait between two questions about a job. None: in time, cut short by a stop."""
    nap: Callable[[float], bool] | None = None
    """Wait so many seconds; True as soon as the run is to stop. None: stop.wait."""
    _stopped: list[float] = field(default_factory=list)
    _priced: set[tuple[str, str]] = field(default_factory=set)
    _pictures: OrderedDict[str, tuple[str, str]] = field(default_factory=OrderedDict)
    """What was bought lately: picture -> call and row."""

    @property
    def folder(self) -> Path:
        return self.ledger.folder

    def pause(self, seconds: float) -> None:
        """Wait between two questions about a job. After a stop never for longer than jobs are waited for."""
        if self.sleep is not None:
            self.sleep(seconds)
        elif (self.hurry or self.stop).wait(seconds):
            self.leaving()  # from now on it counts
            time.sleep(min(seconds, COLLECT / 4))

    def kit(self) -> Kit:
        """What a remote provider is lent."""
        return Kit(self.references, self.pause, time.time, self.assets)

    def twin(self, digest: str, unit: Unit) -> str:
        """The row of another call of this run that was answered with the same picture; "" when there is none.

        No model does that: the service has mixed up its answers, or sent a picture of ours back.
        """
        call, row = self._pictures.setdefault(digest[:16], (unit.call[:16], unit.row))
        if len(self._pictures) > LATELY:
            with suppress(KeyError):  # another thread did
                self._pictures.popitem(last=False)
        return "" if call == unit.call[:16] else row or "?"

    def price(self, text: str, unit: Unit) -> None:
        """Its offer says another price than it bills, or none: told once a run for each of its stages."""
        if (unit.provider, unit.task) not in self._priced:
            self._priced.add((unit.provider, unit.task))
            self.tell(Warned(self.ledger.clock.now().wall, "E-PRICE", text))

    def wait(self, seconds: float) -> None:
        """Wait before something that a stop forbids. Raises Fault(STOPPED)."""
        if (self.nap or self.stop.wait)(max(0.0, seconds)):
            raise Fault(FaultKind.STOPPED, "stopped; the call is in the ledger, resume goes on with it")

    def leaving(self) -> bool:
        """Has the run been stopping for so long that jobs are left to the next one?"""
        if not (self.hurry or self.stop).is_set():
            return False
        now = self.ledger.clock.up()
        if not self._stopped:
            self._stopped.append(now)
        return now - self._stopped[0] >= COLLECT
