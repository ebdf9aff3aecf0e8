"""Alibaba Cloud Model Studio (DashScope): OutfitAnyone try-on. Protocol: help.aliyun.com, aitryon API reference.

Pictures are taken by address only; ours go to the service's own temporary store (48 h) or to the user's bucket.
"""

from __future__ import annotations

from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .http.client import Http, Reply
from .http.faults import Words
from .http.pictures import media_of
from .http.service import Service

UPLOAD_SECONDS = 47 * 3600.0
"""An upload is kept for 48 hours; the last one is left unused, since a job may wait that long."""

_A = FaultKind.ACCOUNT
_I = FaultKind.INPUT


class DashScope(Service):
    """`model`: aitryon-plus (default) or aitryon; `restore_face`: keep the face as it is (default true)."""

    NAME = "dashscope"
    BASE_URL = "https://dashscope.aliyuncs.com/api/v1"
    KEY_ENV = "DASHSCOPE_API_KEY"
    ABOUT = "Alibaba Cloud Model Studio, aitryon: whole outfits in one call"
    PRICE = {"try-on": 0.0717}
    SLOTS = 5
    MAX_GARMENTS = 2
    # the reply to a lost request cannot be asked for: neither an id of ours nor a repeatable submit is documented
    TERMS = Terms(kept=24 * 3600.0, per_minute=600, accepts=Accepts(("jpeg", "png"), 150, 4096, 5_000_000))
    WORDS = Words(
        kinds={
            "InvalidURL.Timeout": FaultKind.TRANSIENT,
            "InvalidURL.ConnectionRefused": FaultKind.TRANSIENT,
            "Arrearage": _A,
            "InvalidApiKey": _A,
            "ModelNotFound": FaultKind.CONFIG,
            "Throttling": FaultKind.THROTTLED,
            "Throttling.RateQuota": FaultKind.THROTTLED,
            "Throttling.BurstRate": FaultKind.THROTTLED,
            "Throttling.AllocationQuota": _A,
            "PrepaidBillOverdue": _A,
            "PostpaidBillOverdue": _A,
            "CommodityNotPurchased": _A,
            "AllocationQuota.FreeTierOnly": _A,
            "ModelUnavailable": FaultKind.TRANSIENT,
            "ModelServingError": FaultKind.TRANSIENT,
        },
        words={
            "DataInspection": FaultKind.CONTENT,
            "AccessDenied": _A,
            "InvalidParameter": _I,
            "InvalidImage": _I,
            "InvalidURL": _I,
            "InvalidPerson": _I,
            "InvalidGarment": _I,
            "InvalidInputLength": _I,
            "InternalError": FaultKind.TRANSIENT,
        },
    )

    def take(self, options: dict[str, Any]) -> Terms:
        self.model = str(options.pop("model", "aitryon-plus"))
        self.restore_face = bool(options.pop("restore_face", True))
        return super().take(options)

    def tasks(self) -> dict[str, str]:
        face = "" if self.restore_face else "/face"
        return {"try-on": f"{self.model}{face}/1"}

    def put(self, data: bytes) -> str:
        return self.uploaded(data)

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        """An address in the service's temporary store, by the form that its upload policy asks for."""
        policy = self.get("uploads", query={"action": "getPolicy", "model": self.model}).json()["data"]
        key = f"{policy['upload_dir']}/{name}"
        form = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": key,
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "200",
            "x-oss-content-type": media_of(data),
        }
        call = Call("POST", policy["upload_host"], form=form, files=(("file", name, data, media_of(data)),))
        # another host: our key must not go there
        self.check(Http(dict, ca_file=self._ca_file, name=self.name).send(call))
        return f"oss://{key}", UPLOAD_SECONDS

    def prepare(self, job: Job, token: str) -> Call:
        garment = self.reference(job, "garment")
        lower = job.settings.get("category") == "lower"
        inputs = {
            "person_image_url": self.reference(job, "human"),
            "bottom_garment_url" if lower else "top_garment_url": garment,
        }
        headers = {"X-DashScope-Async": "enable"}
        if any(address.startswith("oss://") for address in inputs.values()):
            headers["X-DashScope-OssResourceResolve"] = "enable"
        body = {
            "model": self.model,
            "input": inputs,
            "parameters": {"resolution": -1, "restore_face": self.restore_face},
        }
        url = self.at("services/aigc/image2image/image-synthesis/")
        return Call("POST", url, headers=headers, json=body, uploads=self.uploads_of(job))

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        return Ticket(self.id_in(reply, "output.task_id"))

    def poll(self, ticket: Ticket) -> Pending | Done:
        output = self.get(f"tasks/{ticket.id}").json().get("output") or {}
        status = output.get("task_status")
        if status == "SUCCEEDED":
            return Done(url=str(output.get("image_url", "")))
        if status in ("FAILED", "CANCELED"):
            raise self.fault(str(output.get("code") or status), str(output.get("message", "")))
        if status == "UNKNOWN":
            raise Fault(FaultKind.LOST, f"{self.name} does not know job {ticket.id}", code="E-PROV-LOST")
        return Pending(str(status).lower(), wait=self.WAIT)

    def cancel(self, ticket: Ticket) -> None:
        """Only a job that has not begun."""
        self.post(f"tasks/{ticket.id}/cancel")

    def error_in(self, reply: Reply) -> tuple[str, str]:
        body = reply.document()
        return str(body.get("code") or ""), str(body.get("message") or "")
