"""A provider around one that costs money. Every paid request is on our disk before its first byte is sent.

Innermost of the wrappers: what stands above may repeat a call freely, since the same job is the same call here.
"""

from __future__ import annotations

from typing import Any

from ..ledger.budget import micro
from ..ledger.names import call_key
from ..ledger.states import HELD, OUT, State
from ..ledger.table import Unit
from ..model.events import Warned
from ..model.ports import Done, Job, Offer, Provider
from ..model.remote import Remote
from .case import Case
from .direct import Direct
from .purse import Purse

HERE = OUT | HELD | {State.STORED}
"""States in which money of ours lies with this provider's picture."""


class Paying:
    """offer and submit(job) -> Done, like every provider; the only one that talks to a Remote."""

    def __init__(self, inner: Provider | Remote, purse: Purse) -> None:
        """inner: a Remote, or a Provider whose offer has a price."""
        self.inner = inner
        self.remote: Any = inner if isinstance(inner, Remote) else Direct(inner)
        self._purse = purse
        self.remote.attach(purse.kit())

    @property
    def offer(self) -> Offer:
        return self.remote.offer  # type: ignore[no-any-return]

    def holds(self, job: Job) -> bool:
        """Was this job begun here, and may be paid for or not fetched? Then nobody else may do it.

        Raises Fault(STORAGE).
        """
        unit = self._purse.ledger.find(self._planned(job).call)
        return unit is not None and unit.state in HERE

    def submit(self, job: Job) -> Done:
        """The picture: bought now, collected from an earlier run, or found on our disk. At most one charge.

        Done.receipt must hear when the picture is stored. Raises Fault: THROTTLED, TRANSIENT, INPUT, CONTENT, ACCOUNT,
        CONFIG and LOST only when nothing of it is out any more; AMBIGUOUS for what may be paid, or is paid and gone;
        WAITING for what resume collects; BUDGET; STOPPED; STORAGE.
        """
        purse = self._purse
        planned = self._planned(job)

        def told() -> None:
            text = f"another run is at {planned.provider} for the same {planned.task}; waiting for its result"
            purse.tell(Warned(purse.ledger.clock.now().wall, "E-SHARED", text))

        claim = purse.claims.take(planned.call, purse.stop, told)
        try:
            done = Case(self.remote, purse, job, planned, claim, looked=False).go()
            claim.rest()
        except BaseException:
            claim.let_go()
            raise
        return done

    def collect(self, unit: Unit) -> None:
        """Fetch and keep the picture of a call that is made; what is not is left as it is. Raises Fault."""
        purse = self._purse
        claim = purse.claims.take(unit.call, purse.stop)
        try:
            now = purse.ledger.find(unit.call)
            job = Job(unit.task, {}, {}, unit.step, row=unit.row)
            done = None if now is None else Case(self.remote, purse, job, now, claim).early()
            if done is not None and done.receipt is not None and purse.blobs is not None:
                done.receipt.stored(purse.blobs.put(done.image, durable=True))
        finally:
            claim.let_go()

    def sold(self, unit: Unit) -> bool:
        """Is this call one of this provider, under this account?"""
        return (unit.provider, unit.account) == (self.offer.name, self.remote.terms.account)

    def _planned(self, job: Job) -> Unit:
        offer, account = self.offer, self.remote.terms.account
        call = call_key(offer.name, account, job.task, offer.tasks.get(job.task, ""), job.key)
        price = micro(offer.price.get(job.task, 0.0))
        return Unit(call, 0, State.PLANNED, offer.name, account, job.task, job.key, job.row, price=price)
