"""PiAPI: Kling try-on and face swap through one task route. Protocol: piapi.ai/docs, unified API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.errors import FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .http.client import Reply
from .http.faults import Words
from .http.pictures import raw_base64
from .http.service import Service

_FIELDS = {"upper": "upper_input", "lower": "lower_input"}
"""Garment field by category; everything else is a dress."""


class PiApi(Service):
    """Pictures go as base64, or by address where the user has a bucket ([assets])."""

    NAME = "piapi"
    BASE_URL = "https://api.piapi.ai"
    KEY_ENV = "PIAPI_API_KEY"
    ABOUT = "PiAPI: Kling try-on, face swap"
    TASKS = {"try-on": "kling-ai_try_on/1", "face-swap": "image-toolkit-face-swap/1"}
    # its own pages contradict each other (0.007 and 0.07 for a try-on): the dearer one is reserved
    PRICE = {"try-on": 0.07, "face-swap": 0.02}
    WAIT = 3.0
    TERMS = Terms(accepts=Accepts(("jpeg", "png"), 300, 2048, 5_000_000))
    WORDS = Words(
        status={401: FaultKind.ACCOUNT, 402: FaultKind.ACCOUNT, 403: FaultKind.ACCOUNT},
        words={
            "insufficient": FaultKind.ACCOUNT,
            "quota": FaultKind.ACCOUNT,
            "nsfw": FaultKind.CONTENT,
            "risk control": FaultKind.CONTENT,
            "face not": FaultKind.INPUT,
            "no face": FaultKind.INPUT,
            "no human": FaultKind.INPUT,
        },
    )

    def headers(self) -> Mapping[str, str]:
        return {"x-api-key": self.secret.value}

    def put(self, data: bytes) -> str:
        return raw_base64(data)

    def prepare(self, job: Job, token: str) -> Call:
        if job.task == "face-swap":
            body: dict[str, Any] = {
                "model": "Qubico/image-toolkit",
                "task_type": "face-swap",
                "input": {
                    "target_image": self.reference(job, "image"),
                    "swap_image": self.reference(job, "face"),
                },
            }
        else:
            field = _FIELDS.get(str(job.settings.get("category")), "dress_input")
            body = {
                "model": "kling",
                "task_type": "ai_try_on",
                "input": {
                    "model_input": self.reference(job, "human"),
                    field: self.reference(job, "garment"),
                    "batch_size": 1,
                },
            }
        return Call("POST", self.at("api/v1/task"), json={**body, "config": {"service_mode": "public"}})

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        return Ticket(self.id_in(reply, "data.task_id"))

    def poll(self, ticket: Ticket) -> Pending | Done:
        body = self.get(f"api/v1/task/{ticket.id}").json().get("data") or {}
        # its pages write Completed, its replies completed
        status = str(body.get("status", "")).lower()
        if status == "completed":
            return self.picture_in(
                body, "output.image_url", "output.image_base64", "output.works[0].image.resource",
                "output.works[0].image.resource_without_watermark",
            )  # fmt: skip
        if status == "failed":
            error = body.get("error") or {}
            raise self.fault(str(error.get("code") or "failed"), str(error.get("message") or ""))
        return Pending(status, wait=self.WAIT)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        body = reply.document()
        code = body.get("code")
        return ("", "") if code in (None, 200) else (str(code), str(body.get("message") or ""))
