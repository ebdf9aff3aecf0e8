"""Replicate: any model or version. Protocol: replicate.com/docs, HTTP API.

    [providers.idm]
    provider = "replicate"
    model = "cuuupid/idm-vton:0513..."      # one of READY, with any version, or any other with stage and fields

A model's versions come and go: name the one you tested. Results are gone after an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..model.digest import digest_of
from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .fields import UPPER_BODY, Fields, read
from .http.client import Reply
from .http.faults import Words
from .http.paths import text_at, value_at
from .http.pictures import media_of
from .http.service import Service

READY: Mapping[str, Fields] = {
    "cuuupid/idm-vton": Fields(
        "try-on",
        {"human": "human_img", "garment": "garm_img", "words": "garment_des", "category": "category", "seed": "seed"},
        {"category": "upper_body", "crop": True, "steps": 30}, UPPER_BODY, price=0.03,
    ),
    "prunaai/p-image-try-on": Fields(
        "try-on", {"human": "person_image", "garment": "garment_images[]", "seed": "seed"},
        {"preserve_input_size": True, "output_format": "png"}, price=0.05,
    ),
    "cdingram/face-swap": Fields("face-swap", {"image": "input_image", "face": "swap_image"}, price=0.05),
}  # fmt: skip
"""By owner/name; what a version of them takes was read in third-party code."""

DEFAULTS: Mapping[str, str] = {
    "try-on": "cuuupid/idm-vton:0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985",
    "face-swap": "cdingram/face-swap:d1d6ea8c8be89d664a07a457526f7128109dee7030fdac424788d762c71ed111",
}
"""What [providers.replicate] without a model does."""

_PERCENT = re.compile(r"(\d{1,3})%\|")
_MARGIN = 3600.0
_NO_EXPIRY = 23 * 3600.0
"""Seconds that an upload is used which names no end: 24 hours are usual."""


class Replicate(Service):
    """`model`: owner/name, or owner/name:version, for one stage, or `models`: { stage = model }; see fields.py for
    stage, fields, values, categories, output; `per_second`: USD of one second of a model that is paid by time."""

    NAME = "replicate"
    BASE_URL = "https://api.replicate.com"
    KEY_ENV = "REPLICATE_API_TOKEN"
    ABOUT = "Replicate: any model or version"
    SLOTS = 8
    WAIT = 2.0
    MAX_VARIANTS = 8
    # deleted after one hour; 600 predictions a minute, 6 without a payment method (then it says how long to wait)
    # whether a failed one is billed for its seconds is not established: it is not bought again by itself
    TERMS = Terms(
        charges_failures=True,
        kept=3300.0,
        per_minute=600,
        accepts=Accepts(("jpeg", "png", "webp"), 0, 3000, 20_000_000),
    )
    WORDS = Words(
        words={
            "nsfw": FaultKind.CONTENT, "sensitive content": FaultKind.CONTENT, "safety": FaultKind.CONTENT,
            "out of memory": FaultKind.TRANSIENT, "please retry": FaultKind.TRANSIENT,
            "interrupted": FaultKind.TRANSIENT, "no face": FaultKind.INPUT, "cannot identify image": FaultKind.INPUT,
            "insufficient credit": FaultKind.ACCOUNT, "spend limit": FaultKind.ACCOUNT,
        },
        status={402: FaultKind.ACCOUNT, 403: FaultKind.ACCOUNT},
    )  # fmt: skip

    def take(self, options: dict[str, Any]) -> Terms:
        self.per_second = float(options.pop("per_second", 0.0))
        model = str(options.pop("model", ""))
        self.models: dict[str, tuple[str, Fields]] = {}
        if model:
            made = read(options, READY.get(model.partition(":")[0]))
            self.models[made.stage] = (model, made)
        else:
            for stage, name in dict(options.pop("models", DEFAULTS)).items():
                ready = READY.get(str(name).partition(":")[0])
                if ready is None or ready.stage != stage:
                    raise TypeError(
                        f"{name} is not known here for {stage}: give it a table of its own, with fields"
                    )
                self.models[stage] = (str(name), ready)
        self._price = {stage: made.price for stage, (_, made) in self.models.items()} | self._price
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        return {stage: f"{model}/{made.version}/1" for stage, (model, made) in self.models.items()}

    # ------------------------------------------------------------------ pictures on their way in
    def put(self, data: bytes) -> str:
        return self.uploaded(data)

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        body = self.object_in(self.post("v1/files", files=(("content", name, data, media_of(data)),)))
        url, sum_ = text_at(body, "urls.get"), text_at(body, "checksums.sha256")
        if not url or (sum_ and sum_ != digest_of(data)):
            text = f"{self.name}: an upload arrived changed, or without an address"
            raise Fault(FaultKind.TRANSIENT, text, code="E-PROV-UPLOAD", fix="tryon resume")
        return url, self._lifetime(text_at(body, "expires_at"))

    def _lifetime(self, ends: str) -> float:
        """Seconds that an upload is used; not in its last hour, since a job may wait that long."""
        try:
            moment = datetime.fromisoformat(ends).timestamp()
        except ValueError:
            return _NO_EXPIRY
        now = self.kit.clock() if self.kit is not None else datetime.now().astimezone().timestamp()
        return max(0.0, moment - now - _MARGIN)

    # ------------------------------------------------------------------ one job
    def prepare(self, job: Job, token: str) -> Call:
        model, made = self.models[job.task]
        inputs = made.filled(
            self.name, job, lambda role: self.reference(job, role), lambda: self.seed_of(job, 2**31 - 1),
            lambda name: self.option(job, name),
        )  # fmt: skip
        name, colon, version = model.partition(":")
        path = "v1/predictions" if colon else f"v1/models/{name}/predictions"
        body = {"version": version, "input": inputs} if colon else {"input": inputs}
        # without "Prefer: wait": it would hold the paid request open, and with it the doubt whether it arrived
        return Call("POST", self.at(path), json=body, uploads=self.uploads_of(job))

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        stage = "".join(stage for stage, (model, _) in self.models.items() if self._is_of(call, model))
        extra = {"cancel": text_at(reply.document(), "urls.cancel"), "stage": stage}
        name = self.id_in(reply, "id")
        return Ticket(name, text_at(reply.document(), "urls.get") or self.at(f"v1/predictions/{name}"), extra)

    def _is_of(self, call: Call, model: str) -> bool:
        name, colon, version = model.partition(":")
        return call.json.get("version") == version if colon else call.url.endswith(f"/{name}/predictions")

    def poll(self, ticket: Ticket) -> Pending | Done:
        body = self.object_in(self.get(ticket.url))
        status = text_at(body, "status")
        if status == "succeeded":
            return self._done(ticket, body)
        if status in ("failed", "canceled", "aborted"):
            raise self.fault("", text_at(body, "error") or status)
        steps = _PERCENT.findall(text_at(body, "logs"))
        return Pending(status, min(1.0, int(steps[-1]) / 100) if steps else None, self.WAIT)

    def _done(self, ticket: Ticket, body: Mapping[str, Any]) -> Done:
        output = body.get("output")
        if output is None:  # files and outputs are deleted after an hour
            raise Fault(
                FaultKind.LOST, f"{self.name} has deleted the result of job {ticket.id}", code="E-PROV-LOST"
            )
        made = next(
            (made for stage, (_, made) in self.models.items() if stage == ticket.extra.get("stage")), None
        )
        where = made.output if made is not None and made.output else _first(output)
        done = self.picture_in(body, where)
        seconds = value_at(body, "metrics.predict_time")
        timed = bool(self.per_second) and isinstance(seconds, int | float)
        cost = round(float(seconds) * self.per_second, 6) if timed else None
        return Done(done.image, url=done.url, cost=cost)

    def cancel(self, ticket: Ticket) -> None:
        """Too late and unknown are answers, not failures."""
        if url := ticket.extra.get("cancel"):
            self.http.send(Call("POST", str(url)))

    def error_in(self, reply: Reply) -> tuple[str, str]:
        if reply.status < 400:
            return "", ""
        body = reply.document()
        return "", str(body.get("detail") or body.get("title") or "")


def _first(output: Any) -> str:
    """Where the first picture is in an answer without a word about its form."""
    if isinstance(output, list):
        return "output[0]"
    return "output.image" if isinstance(output, dict) else "output"
