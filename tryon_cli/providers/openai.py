"""OpenAI image edits: stylize, and try-on in words. Protocol: POST /v1/images/edits, answered with the picture itself.

There is no ticket: an answer that was not read cannot be asked for again, so such a call may have been paid.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Terms
from .choices import choices
from .http.client import Reply
from .http.faults import Words
from .http.paths import text_at, value_at
from .http.pictures import media_of
from .http.service import Service
from .openai_price import MATCH, cost_of, most, size_for
from .prompts import PROMPTS, prompt_for

OPTIONS = (
    "size", "quality", "output_format", "output_compression", "background", "input_fidelity", "moderation",
)  # fmt: skip
"""Options that are sent on as they are; never n: a second picture would be a second price."""

_A = FaultKind.ACCOUNT


class OpenAi(Service):
    """`model` (gpt-image-2), `quality` (high), `size` (match: as the person's picture), `organization`, `project`.

    Quality and size set the price that is reserved; a row may ask for less. Further options: see OPTIONS.
    """

    NAME = "openai"
    BASE_URL = "https://api.openai.com/v1"
    KEY_ENV = "OPENAI_API_KEY"
    ABOUT = "OpenAI image edits, by prompt"
    TERMS = Terms(accepts=Accepts(("png", "jpeg", "webp"), 64, 2048, 49_000_000))
    MAX_VARIANTS = 8
    SUBMIT_SECONDS = 300.0
    # server errors are not here: whether a picture was made and billed before one is said nowhere
    WORDS = Words(
        kinds={
            "insufficient_quota": _A,
            "billing_hard_limit_reached": _A,
            "billing_not_active": _A,
            "invalid_api_key": _A,
            "unsupported_country_region_territory": _A,
            "model_not_found": FaultKind.CONFIG,
            "unknown_parameter": FaultKind.CONFIG,
            "missing_required_parameter": FaultKind.CONFIG,
            "rate_limit_exceeded": FaultKind.THROTTLED,
            "moderation_blocked": FaultKind.CONTENT,
            "content_policy_violation": FaultKind.CONTENT,
            "image_generation_user_error": FaultKind.CONTENT,
        },
        # "must be verified": the organisation; an overloaded engine has not begun
        words={"must be verified": _A, "overloaded": FaultKind.TRANSIENT},
    )

    def take(self, options: dict[str, Any]) -> Terms:
        self.model = str(options.pop("model", "gpt-image-2"))
        self._more = {
            header: str(options.pop(name))
            for name, header in (("organization", "OpenAI-Organization"), ("project", "OpenAI-Project"))
            if name in options
        }
        self.usual = {"quality": str(options.pop("quality", "high")), "size": str(options.pop("size", MATCH))}
        self._price = {**self.price(self.usual), **self._price}
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        version = f"{self.model}-{self.usual['quality']}-{self.usual['size']}/{PROMPTS}/1"
        return {"stylize": version, "try-on": version}

    def price(self, chosen: Mapping[str, Any]) -> dict[str, float]:
        """The most that a picture with these options may cost, by stage. Raises TypeError where nobody knows."""
        quality, size = str(chosen["quality"]), str(chosen["size"])
        return {"stylize": most(quality, size, pictures=1), "try-on": most(quality, size, pictures=2)}

    def headers(self) -> Mapping[str, str]:
        return {**super().headers(), **self._more}

    def prepare(self, job: Job, token: str) -> Call:
        chosen = {**self.usual, **choices(self.name, self._options, job, OPTIONS)}
        self.affordable(job.task, chosen)
        roles = ("human", "garment") if job.task == "try-on" else ("human",)
        pictures = {role: self.picture(job, role) for role in roles}
        if chosen["size"] == MATCH:
            chosen["size"] = size_for(self.model, pictures["human"])
        form = {"model": self.model, "prompt": prompt_for(job.task, job.settings), "n": "1"}
        form |= {"output_format": "png"} | {name: str(value) for name, value in chosen.items()}
        # as the vendor's own library sends them: one picture is "image", several are "image[]"
        part = "image" if len(pictures) == 1 else "image[]"
        files = tuple(
            (part, f"{role}.{media_of(data).partition('/')[2]}", data, media_of(data))
            for role, data in pictures.items()
        )
        return Call("POST", self.at("images/edits"), form=form, files=files)

    def affordable(self, task: str, chosen: Mapping[str, Any]) -> None:
        """A row must not order a dearer picture than the one whose price is reserved. Raises Fault(CONFIG)."""
        try:
            dear = self.price(chosen)[task]
        except TypeError as error:
            raise Fault(FaultKind.CONFIG, f"{self.name}: {error}", code="E-PROV-PRICE") from None
        if dear > (usual := self.price(self.usual)[task]):
            raise Fault(
                FaultKind.CONFIG,
                f"{self.name}: a row asks for a picture of up to ${dear:.2f}; ${usual:.2f} is reserved for each",
                code="E-PROV-PRICE",
                fix=f"set quality and size in [providers.{self.name}]",
            )

    def accepted(self, reply: Reply, call: Call) -> Done:
        document = reply.document()
        try:
            image = base64.b64decode(text_at(document, "data[0].b64_json"), validate=True)
        except (binascii.Error, ValueError):
            image = b""
        if not image:
            text = f"{self.name} answered without a picture"
            raise Fault(FaultKind.AMBIGUOUS, text, code="E-PROV-EMPTY")
        return Done(image, cost=cost_of(self.model, value_at(document, "usage")))

    def error_in(self, reply: Reply) -> tuple[str, str]:
        error = reply.document().get("error")
        if not isinstance(error, dict):
            return "", ""
        return str(error.get("code") or error.get("type") or "error"), str(error.get("message") or "")
