"""A process of ours: ledger, claims and a service around one state folder."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from paid_script import NEITHER, Died, FakeClock, Service

from tryon_cli.ledger.budget import Limits, micro
from tryon_cli.ledger.claims import Claims
from tryon_cli.ledger.ledger import Ledger
from tryon_cli.ledger.references import Uploads
from tryon_cli.ledger.states import State
from tryon_cli.ledger.table import Unit
from tryon_cli.model.digest import Digest, digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job
from tryon_cli.model.remote import Terms
from tryon_cli.paying import Consents, Paying, Purse


class Blobs(dict[str, bytes]):
    """The user's cache."""

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        self[digest_of(data)] = data
        return digest_of(data)

    def has(self, digest: Digest, size: int) -> bool:
        return digest in self


class World:
    """A machine whose processes come and go; the service and the disk stay."""

    def __init__(self, folder: Path, terms: Terms = NEITHER) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.service = Service(terms, self.clock)
        self.service.on_death = self.die
        self.blobs = Blobs()
        self.journey = "j1"
        self.cost: float | None = None
        self.calls: int | None = None
        self.consents: dict[str, bool] = {}
        self.open: list[Purse] = []
        self.begin()

    def begin(self, **ledger: Any) -> Paying:
        """A process starts."""
        ledger_ = Ledger(self.folder, clock=self.clock, **ledger)
        cost = None if self.cost is None else micro(self.cost)
        self.purse = Purse(
            ledger_, Claims(self.folder / "claims"), Limits(self.journey, "r", cost, self.calls),
            Uploads(self.folder, clock=lambda: self.clock.wall), threading.Event(), lambda event: None,
            Consents(**self.consents), self.blobs, sleep=self.clock.pause, nap=self.clock.nap,
        )  # fmt: skip
        self.open.append(self.purse)
        self.paying = Paying(self.service, self.purse)
        return self.paying

    def die(self) -> None:
        """Every process of ours is gone; the kernel lets go of its locks."""
        for purse in self.open:
            purse.claims.close()
            purse.references.close()  # type: ignore[attr-defined]
            purse.ledger.close()
        self.open.clear()

    def again(self, **consents: bool) -> Paying:
        """All is ended, a new process starts."""
        self.die()
        self.consents = consents
        return self.begin()

    def make(self, job: Job) -> Done:
        """As work.py does it: ask, store, tell."""
        done = self.paying.submit(job)
        digest = self.blobs.put(done.image)
        assert done.receipt is not None
        done.receipt.stored(digest)
        return done

    def died(self, job: Job) -> None:
        """The process dies while it is at this job."""
        with pytest.raises((Died, Fault)) as caught:
            self.make(job)
        if isinstance(caught.value, Fault):  # what is written after death is not written
            assert caught.value.kind is FaultKind.STOPPED
        self.again()

    def unit(self) -> Unit:
        """The one call there is, in its newest generation."""
        return self.purse.ledger.units()[-1]

    def state(self) -> State:
        return self.unit().state

    @property
    def charged(self) -> int:
        return sum(self.service.charges.values())
