"""Google Vertex AI virtual try-on. Protocol: virtual-try-on-001:predict, answered with the picture itself.

There is no ticket: an answer that was not read cannot be asked for again, so such a call may have been paid.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Terms
from . import google
from .choices import choices
from .google_token import TokenCommand
from .http.client import Reply
from .http.paths import value_at
from .http.pictures import media_of, raw_base64
from .http.service import Service

OPTIONS = {
    "base_steps": "baseSteps",
    "add_watermark": "addWatermark",
    "person_generation": "personGeneration",
    "safety_setting": "safetySetting",
}
"""Our names of the model's own settings."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class Vertex(Service):
    """With an API key the short ("express") address is used; with `project` and `token_command` an OAuth token.

    token_command: prints an access token, e.g. "gcloud auth print-access-token"; asked again when it has aged.
    location (default us-central1), model (default virtual-try-on-001).
    """

    NAME = "vertex"
    KEY_ENV = "GOOGLE_API_KEY"
    BASE_URL = "https://aiplatform.googleapis.com"
    ABOUT = "Google Vertex AI virtual try-on"
    # its price is published nowhere that we could read: reserved on the safe side; yours goes into the settings
    PRICE = {"try-on": 0.10}
    TERMS = Terms(per_minute=50, accepts=Accepts(("jpeg", "png"), 64, 3072, 5_000_000))
    WORDS = google.WORDS
    MAX_VARIANTS = 8
    SUBMIT_SECONDS = 180.0

    def take(self, options: dict[str, Any]) -> Terms:
        self.model = str(options.pop("model", "virtual-try-on-001"))
        self.project = str(options.pop("project", ""))
        self.location = str(options.pop("location", "us-central1"))
        if not _NAME.fullmatch(self.location) or not _NAME.fullmatch(self.project or "none"):
            # they become part of the address that the token is sent to
            raise TypeError("project and location are letters, digits and hyphens")
        command = options.pop("token_command", "")
        if bool(self.project) != bool(command):
            raise TypeError("project and token_command belong together")
        self._token = TokenCommand(self.name, command, lambda: self.kit.clock() if self.kit else time.time())
        terms = super().take(options)
        if self.project:
            if self.base_url == self.BASE_URL and self.location != "global":
                self.base_url = f"https://{self.location}-aiplatform.googleapis.com"
            terms = replace(terms, account=self._account or self.project)
        return terms

    def tasks(self) -> Mapping[str, str]:
        return {"try-on": f"{self.model}/1"}

    def headers(self) -> Mapping[str, str]:
        if self.project:
            return {"Authorization": f"Bearer {self._token.value()}"}
        return {"x-goog-api-key": self.secret.value}

    def prepare(self, job: Job, token: str) -> Call:
        chosen = choices(self.name, self._options, job, OPTIONS)
        parameters: dict[str, Any] = {"sampleCount": 1, "addWatermark": False}
        parameters.update({OPTIONS[name]: value for name, value in chosen.items()})
        if not parameters["addWatermark"]:
            # a seed is taken only without the vendor's invisible mark; ours is written into the finished file
            parameters["seed"] = self.seed_of(job, 2**32 - 1) or 1
        body = {
            "instances": [
                {
                    "personImage": self.image(job, "human"),
                    "productImages": [self.image(job, "garment")],
                }
            ],
            "parameters": parameters,
        }
        return Call("POST", self.at(f"{self.place()}/{self.model}:predict"), json=body)

    def place(self) -> str:
        """Path of the publisher's models."""
        models = "publishers/google/models"
        if self.project:
            return f"v1/projects/{self.project}/locations/{self.location}/{models}"
        return f"v1beta1/{models}"

    def image(self, job: Job, role: str) -> dict[str, Any]:
        data = self.picture(job, role)
        return {"image": {"bytesBase64Encoded": raw_base64(data), "mimeType": media_of(data)}}

    def accepted(self, reply: Reply, call: Call) -> Done:
        document = reply.document()
        # the samples show predictions[], the reference page of the type images[]
        found = next(
            (document[n] for n in ("predictions", "images") if isinstance(document.get(n), list)), None
        )
        if found is None:
            text = f"{self.name} answered without a picture and without a reason"
            raise Fault(FaultKind.AMBIGUOUS, text, code="E-PROV-EMPTY")
        for one in found:
            text = value_at(one, "bytesBase64Encoded") or value_at(one, "image.bytesBase64Encoded")
            if text and (data := google.bytes_in(text)):
                return Done(data)
        reason = next(
            (str(one["raiFilteredReason"]) for one in found if value_at(one, "raiFilteredReason")), ""
        )
        # a picture that the filter took may come as an empty list, too
        text = reason or "no picture; its filter takes pictures away without a word"
        raise self.fault("raiFilteredReason", text, FaultKind.CONTENT)

    def check(self, reply: Reply, *, paid: bool = False) -> None:
        if reply.status == 401 and self.project and self._token.outlived():
            text = f"{self.name}: the access token has expired; the next call brings a new one"
            raise Fault(FaultKind.TRANSIENT, text, code="E-AUTH-EXPIRED")
        super().check(reply, paid=paid)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        return google.error_in(reply)
