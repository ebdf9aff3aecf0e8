"""Segmind: face swap and try-on models by slug. Protocol: its SDK's v2 routes (queue, poll, fetch)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.errors import FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .http.client import Reply
from .http.faults import Words
from .http.paths import value_at
from .http.pictures import data_uri
from .http.service import Service

SLUGS: Mapping[str, tuple[str, Mapping[str, str], Mapping[str, Any]]] = {
    "faceswap-v5": (
        "face-swap",
        {"face": "source_image", "image": "target_image"},
        {"image_format": "png", "quality": 95},
    ),
    "faceswap-v4": (
        "face-swap",
        {"face": "source_image", "image": "target_image"},
        {"model_type": "quality", "swap_type": "face", "style_type": "normal", "image_format": "png"},
    ),
    "idm-vton": ("try-on", {"human": "human_img", "garment": "garm_img"}, {"garment_des": "a garment"}),
}
"""Slug -> stage, field of each role, and what else it is told."""

_CATEGORIES = {"upper": "upper_body", "lower": "lower_body", "dress": "dresses"}


class Segmind(Service):
    """`face_model` (default faceswap-v5) and `tryon_model` (default idm-vton) name the slugs."""

    NAME = "segmind"
    BASE_URL = "https://api.segmind.com"
    HOSTS = ("segmind.com",)
    KEY_ENV = "SEGMIND_API_KEY"
    ABOUT = "Segmind: faceswap-v5, faceswap-v4, idm-vton"
    PRICE = {"face-swap": 0.05, "try-on": 0.05}
    UPLOAD_URL = "https://workflows-api.segmind.com"
    TERMS = Terms(accepts=Accepts(("jpeg", "png", "webp"), 64, 2048, 10_000_000))
    WORDS = Words(
        status={401: FaultKind.ACCOUNT, 406: FaultKind.ACCOUNT},
        # a failed job has a text and no code
        words={
            "nsfw": FaultKind.CONTENT,
            "safety": FaultKind.CONTENT,
            "face": FaultKind.INPUT,
            "invalid image": FaultKind.INPUT,
        },
    )

    def take(self, options: dict[str, Any]) -> Terms:
        slugs = (options.pop("face_model", "faceswap-v5"), options.pop("tryon_model", "idm-vton"))
        unknown = [slug for slug in slugs if slug not in SLUGS]
        if unknown:
            raise TypeError(f"no such model: {', '.join(unknown)} (known: {', '.join(SLUGS)})")
        self.slugs = {SLUGS[slug][0]: slug for slug in slugs}
        self.upload_url = str(options.pop("upload_url", self.UPLOAD_URL)).rstrip("/")
        return super().take(options)

    def tasks(self) -> dict[str, str]:
        return {stage: f"{slug}/1" for stage, slug in self.slugs.items()}

    def headers(self) -> Mapping[str, str]:
        return {"x-api-key": self.secret.value}

    def put(self, data: bytes) -> str:
        return self.uploaded(data)

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        reply = self.post(f"{self.upload_url}/upload-asset", json={"data_urls": [data_uri(data)]})
        # how long an asset stays is not documented: a day is assumed
        return str(value_at(reply.json(), "file_urls[0]")), 24 * 3600.0

    def prepare(self, job: Job, token: str) -> Call:
        slug = self.slugs[job.task]
        _, fields, fixed = SLUGS[slug]
        body = {**fixed, **{field: self.reference(job, role) for role, field in fields.items()}}
        if job.task == "try-on":
            body["category"] = _CATEGORIES.get(str(job.settings.get("category")), "upper_body")
        if (seed := job.settings.get("seed")) is not None and slug != "faceswap-v5":
            body["seed"] = seed
        return Call("POST", self.at(f"v2/{slug}"), json=body, uploads=self.uploads_of(job))

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        body = reply.document()
        return Ticket(
            self.id_in(reply, "request_id"),
            str(body.get("status_url") or ""),
            {"response_url": str(body.get("response_url") or "")},
        )

    def poll(self, ticket: Ticket) -> Pending | Done:
        reply = self.http.send(Call("GET", ticket.url))
        # a failed job is told with status 422: its body comes first
        status = str(reply.document().get("status", "")).upper()
        if status == "FAILED":
            raise self.fault("FAILED", str(reply.document().get("error", "")))
        self.check(reply)
        if status != "COMPLETED":
            return Pending(status.lower(), wait=self.WAIT)
        return self._result(self.get(str(ticket.extra["response_url"])))

    def _result(self, reply: Reply) -> Done:
        if reply.headers.get("content-type", "").startswith("image/"):
            return Done(image=reply.body)
        return self.picture_in(reply.json(), "image", "output[0]", "output", "image_url")

    def error_in(self, reply: Reply) -> tuple[str, str]:
        return ("", "") if reply.status < 400 else ("", str(reply.document().get("error") or ""))
