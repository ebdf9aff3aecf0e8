"""The client of paid_server.py: a Remote as small as one can be.

provider = "paid:Paid"     with this folder on PYTHONPATH, and the server's PAID_PORT and PAID_KIND
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from typing import Any

from tryon_cli.model.crash import crashpoint
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job, Offer
from tryon_cli.model.remote import Call, Kit, Pending, Terms, Ticket

PRICE = 0.05
KINDS = {
    "idempotent": Terms(replay=3600.0),
    "lookup": Terms(lookup=True, grace=float(os.environ.get("PAID_GRACE", "2"))),
    "neither": Terms(),
}


class Paid:
    """Costs 5 cents a picture."""

    offer = Offer(
        "paid", dict.fromkeys(("stylize", "try-on"), "1"), slots=int(os.environ.get("PAID_SLOTS", "6")),
        price={"stylize": PRICE, "try-on": PRICE}, about="for tests",
    )  # fmt: skip
    terms = KINDS[os.environ.get("PAID_KIND", "neither")]

    def attach(self, kit: Kit) -> None:
        self.kit = kit

    def prepare(self, job: Job, token: str) -> Call:
        return Call("POST", "/run", json={"key": job.key, "task": job.task, "token": token})

    def submit(self, call: Call) -> Ticket | Done:
        line = http.client.HTTPConnection("127.0.0.1", int(os.environ["PAID_PORT"]), timeout=30)
        try:
            line.connect()
        except OSError as error:
            raise Fault(FaultKind.TRANSIENT, f"cannot reach it: {error}") from error
        try:
            line.request("POST", call.url, json.dumps(call.json))
            crashpoint("paid-K2")
            answer = json.loads(line.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Fault(FaultKind.AMBIGUOUS, f"no answer: {type(error).__name__}") from error
        finally:
            line.close()
        return Ticket(answer["id"])

    def poll(self, ticket: Ticket) -> Pending | Done:
        status, answer = self._get(f"/jobs/{ticket.id}")
        if status == 404:
            raise Fault(FaultKind.LOST, f"unknown job {ticket.id}")
        if answer["state"] == "working":
            return Pending("working", wait=0.02)
        return Done(url=answer["url"])

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        while True:
            state = self.poll(ticket)
            yield state
            if isinstance(state, Done):
                return
            self.kit.sleep(state.wait)

    def fetch(self, done: Done) -> bytes:
        return bytes(self._get(done.url, raw=True)[1])

    def find(self, token: str) -> Ticket | None:
        status, answer = self._get(f"/find?token={token}")
        return Ticket(answer["id"]) if status == 200 else None

    def cancel(self, ticket: Ticket) -> None:
        """Cannot."""

    def _get(self, path: str, *, raw: bool = False) -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", int(os.environ["PAID_PORT"]), timeout=30)
        try:
            line.request("GET", path)
            reply = line.getresponse()
            data = reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise Fault(FaultKind.TRANSIENT, f"no answer: {error}") from error
        finally:
            line.close()
        return reply.status, data if raw else json.loads(data)
