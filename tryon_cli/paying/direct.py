"""A provider of somebody's own that has a price, seen as a service: one request, answered with the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job, Offer, Provider
from ..model.remote import Call, Kit, Pending, Terms, Ticket


@dataclass(frozen=True, slots=True)
class OwnCall(Call):
    """The job itself: there is no request that we could see."""

    job: Any = None

    @property
    def fingerprint(self) -> str:
        return str(self.job.key)


class Direct:
    """Remote around a Provider. It gives no tickets, and unless it has `terms` of its own nobody can be asked."""

    def __init__(self, inner: Provider) -> None:
        self.inner = inner
        found = getattr(inner, "terms", None)
        self._terms = found if isinstance(found, Terms) else Terms(reattach=False, ahead=False)

    @property
    def offer(self) -> Offer:
        return self.inner.offer

    @property
    def terms(self) -> Terms:
        return self._terms

    def attach(self, kit: Kit) -> None:
        """It gets nothing from us."""

    def prepare(self, job: Job, token: str) -> Call:
        return OwnCall("", "", job=job)

    def submit(self, call: Call) -> Ticket | Done:
        if not isinstance(call, OwnCall):
            raise TypeError("a call of another provider")
        return self.inner.submit(call.job)

    def poll(self, ticket: Ticket) -> Pending | Done:
        raise Fault(FaultKind.LOST, "it gives no tickets")

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        yield self.poll(ticket)

    def fetch(self, done: Done) -> bytes:
        raise Fault(FaultKind.LOST, "it keeps no pictures")

    def find(self, token: str) -> Ticket | None:
        return None

    def cancel(self, ticket: Ticket) -> None:
        """Nothing."""
