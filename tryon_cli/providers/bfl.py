"""Black Forest Labs: FLUX virtual try-on. Protocol: docs.bfl.ai, FLUX Tools virtual try-on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .http.client import Reply
from .http.faults import Words
from .http.pictures import raw_base64
from .http.service import Service
from .prompts import PROMPTS, prompt_for

CREDIT = 0.01
"""USD."""


class Bfl(Service):
    """`model`: vto-v2 (default) or vto-v1. The answer says what a call costs, in credits of one cent."""

    NAME = "bfl"
    BASE_URL = "https://api.bfl.ai"
    HOSTS = ("bfl.ai",)
    KEY_ENV = "BFL_API_KEY"
    ABOUT = "Black Forest Labs, FLUX virtual try-on"
    # the price is in the reply; until then this much is reserved
    PRICE = {"try-on": 0.10}
    SLOTS = 20
    WAIT = 1.0
    # a finished picture stays for about ten minutes: it is fetched before anything new is sent
    TERMS = Terms(kept=540.0, accepts=Accepts(("jpeg", "png", "webp"), 64, 2048, 10_000_000))
    WORDS = Words(
        kinds={
            "Request Moderated": FaultKind.CONTENT,
            "Content Moderated": FaultKind.CONTENT,
            "Error": FaultKind.TRANSIENT,
            "Task not found": FaultKind.LOST,
        },
        status={402: FaultKind.ACCOUNT, 403: FaultKind.ACCOUNT},
    )

    def take(self, options: dict[str, Any]) -> Terms:
        self.model = str(options.pop("model", "vto-v2"))
        self.tolerance = int(options.pop("safety_tolerance", 2))
        return super().take(options)

    def tasks(self) -> dict[str, str]:
        return {"try-on": f"{self.model}/{self.tolerance}/{PROMPTS}/1"}

    def headers(self) -> Mapping[str, str]:
        return {"x-key": self.secret.value}

    def put(self, data: bytes) -> str:
        return raw_base64(data)

    def prepare(self, job: Job, token: str) -> Call:
        body: dict[str, Any] = {
            "prompt": prompt_for("try-on", job.settings),
            "person": self.reference(job, "human"),
            "garment": self.reference(job, "garment"),
            "safety_tolerance": self.tolerance,
            "output_format": "png",
        }
        if (seed := job.settings.get("seed")) is not None:
            body["seed"] = seed
        return Call("POST", self.at(f"v1/flux-tools/{self.model}"), json=body)

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        body = reply.document()
        cost = body.get("cost")
        extra = {"cost": float(cost) * CREDIT} if isinstance(cost, int | float) else {}
        return Ticket(self.id_in(reply, "id"), str(body.get("polling_url") or ""), extra)

    def poll(self, ticket: Ticket) -> Pending | Done:
        # the address of the region that took the job; only where the reply had none it is built
        url = ticket.url or self.at("v1/get_result")
        body = self.get(url, query=None if ticket.url else {"id": ticket.id}).json()
        status = str(body.get("status", ""))
        if status == "Ready":
            return Done(url=str((body.get("result") or {}).get("sample", "")), cost=ticket.extra.get("cost"))
        if status in self.WORDS.kinds:
            if self.WORDS.kinds[status] is FaultKind.LOST:
                raise Fault(FaultKind.LOST, f"{self.name} does not know job {ticket.id}", code="E-PROV-LOST")
            raise self.fault(status, status)
        part = body.get("progress")
        return Pending(status.lower(), part if isinstance(part, float) else None, self.WAIT)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        return ("", "") if reply.status < 400 else ("", str(reply.document().get("detail") or ""))
