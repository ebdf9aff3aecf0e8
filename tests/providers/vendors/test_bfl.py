"""Black Forest Labs: the contract, the regional address and the cost in the reply."""

from __future__ import annotations

from typing import Any

from remote import GARMENT, HUMAN, TOKEN, RemoteContract, Told, job
from vendors.server import Vendor, instead

from tryon_cli.model.errors import FaultKind as K
from tryon_cli.model.ports import Done
from tryon_cli.model.remote import Remote, Ticket
from tryon_cli.providers.bfl import Bfl

ROUTE = "POST /v1/flux-tools/{model}"
LOST = instead(200, {"status": "Task not found"})


class TestBfl(RemoteContract):
    vendor = "bfl"
    jobs = (job("try-on", human=HUMAN, garment=GARMENT, category="dress", seed=3),)
    told = (
        Told(
            "key", K.ACCOUNT, lambda v: v.next(ROUTE, instead(403, {"detail": "no"})), "submit", billed=False
        ),
        Told(
            "credits",
            K.ACCOUNT,
            lambda v: v.next(ROUTE, instead(402, {"detail": "no"})),
            "submit",
            billed=False,
        ),
        Told(
            "busy",
            K.THROTTLED,
            lambda v: v.next(ROUTE, instead(429, {"detail": "tasks"})),
            "submit",
            billed=False,
        ),
        Told(
            "field", K.INPUT, lambda v: v.next(ROUTE, instead(422, {"detail": "bad"})), "submit", billed=False
        ),
        Told("moderated", K.CONTENT, lambda v: v.end_with("Content Moderated"), "watch"),
        Told("request moderated", K.CONTENT, lambda v: v.end_with("Request Moderated"), "watch"),
        Told("their trouble", K.TRANSIENT, lambda v: v.end_with("Error"), "watch"),
        Told("gone", K.LOST, lambda v: v.always("GET /eu2/v1/get_result", LOST), "watch"),
    )

    def make(self, fake: Vendor, name: str = "mine", **options: Any) -> Remote:
        return Bfl(name, base_url=fake.url, **options)

    def test_the_reply_says_what_it_costs(self, remote: Remote) -> None:
        ticket = remote.submit(remote.prepare(self.jobs[0], TOKEN))
        assert isinstance(ticket, Ticket) and "/eu2/" in ticket.url
        *_, done = remote.watch(ticket)
        assert isinstance(done, Done) and done.cost == 0.06

    def test_another_model_is_another_question(self, fake: Vendor) -> None:
        versions = {self.make(fake, model=m).offer.tasks["try-on"] for m in ("vto-v1", "vto-v2")}
        assert len(versions) == 2
