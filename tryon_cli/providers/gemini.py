"""Google Gemini: stylize, and try-on in words. Protocol: models/{model}:generateContent, answered with the picture.

There is no ticket: an answer that was not read cannot be asked for again, so such a call may have been paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Terms
from . import google
from .choices import choices
from .http.client import Reply
from .http.paths import value_at
from .http.pictures import media_of, raw_base64
from .http.service import Service
from .prompts import PROMPTS, prompt_for


class Rate(NamedTuple):
    """USD per million tokens."""

    asked: float
    """Text and pictures sent."""
    words: float
    """Text and thoughts answered."""
    picture: float
    """Picture answered."""


RATES: Mapping[str, Rate] = {
    # from third-party price lists; an account's own price goes into the settings
    "gemini-3.1-flash-image": Rate(0.50, 3.0, 60.0),
    "gemini-3-pro-image": Rate(2.0, 12.0, 120.0),
    "gemini-2.5-flash-image": Rate(0.30, 2.50, 30.0),
}
"""By the beginning of the model's name; others cost what the settings say."""

TOKENS: Mapping[str, int] = {"0.5K": 747, "1K": 1290, "2K": 1680, "4K": 2520}
"""Tokens of an answered picture by its size; 1K is 1120 on newer models, 1290 on 2.5."""

OPTIONS = {
    "aspect_ratio": "aspectRatio",
    "image_size": "imageSize",
    "temperature": "temperature",
    "top_p": "topP",
}
"""Our names of the model's own settings."""


class Gemini(Service):
    """`model` (default gemini-3.1-flash-image), `image_size` (1K), which sets the price that is reserved.

    Options: aspect_ratio (unset: as the picture), temperature, top_p, and a smaller image_size.
    """

    NAME = "gemini"
    BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
    KEY_ENV = "GEMINI_API_KEY"
    ABOUT = "Google Gemini image models, by prompt"
    # two pictures as base64 and the text stay below the 20 MB of an inline request
    TERMS = Terms(accepts=Accepts(("jpeg", "png", "webp"), 64, 3072, 6_500_000))
    WORDS = google.WORDS
    MAX_VARIANTS = 8
    SUBMIT_SECONDS = 180.0

    def take(self, options: dict[str, Any]) -> Terms:
        self.model = str(options.pop("model", "gemini-3.1-flash-image"))
        self.size = str(options.pop("image_size", "1K"))
        self._price = {**self.price(self.size), **self._price}
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        version = f"{self.model}-{self.size}/{PROMPTS}/1"
        return {"stylize": version, "try-on": version}

    def price(self, size: str) -> dict[str, float]:
        """The most that one picture of this size may cost, by stage: it is reserved, and the true cost is booked."""
        rate = rate_of(self.model)
        if rate is None:
            return {"stylize": 0.30, "try-on": 0.30}
        made = TOKENS.get(size, TOKENS["4K"]) * rate.picture + 2000 * rate.words
        # up to 2,600 tokens a picture in newer models' high resolution, and a page of text
        return {task: round((made + (n * 2600 + 800) * rate.asked) / 1e6, 4) for task, n in _SENT.items()}

    def headers(self) -> Mapping[str, str]:
        return {"x-goog-api-key": self.secret.value}

    def prepare(self, job: Job, token: str) -> Call:
        chosen = choices(self.name, self._options, job, OPTIONS)
        if self.size != "1K":  # the usual size is not named: not every model takes the field
            chosen.setdefault("image_size", self.size)
        self.affordable(job.task, str(chosen.get("image_size", self.size)))
        shown = {OPTIONS[name]: value for name, value in chosen.items()}
        config: dict[str, Any] = {"responseModalities": ["IMAGE"], "seed": self.seed_of(job, 2**31 - 1)}
        if image := {name: shown.pop(name) for name in ("aspectRatio", "imageSize") if name in shown}:
            config["imageConfig"] = image
        roles = ("human", "garment") if job.task == "try-on" else ("human",)
        parts: list[dict[str, Any]] = [self.part(self.picture(job, role)) for role in roles]
        parts.append({"text": prompt_for(job.task, job.settings)})
        body = {"contents": [{"role": "user", "parts": parts}], "generationConfig": {**config, **shown}}
        return Call("POST", self.at(f"models/{self.model}:generateContent"), json=body)

    def part(self, data: bytes) -> dict[str, Any]:
        return {"inlineData": {"mimeType": media_of(data), "data": raw_base64(data)}}

    def affordable(self, task: str, size: str) -> None:
        """A row must not order a dearer picture than the one whose price is reserved. Raises Fault(CONFIG)."""
        usual = self.price(self.size)[task]
        if (dear := self.price(size)[task]) > usual:
            raise Fault(
                FaultKind.CONFIG,
                f"{self.name}: a row asks for image_size {size}, up to ${dear:.2f}; ${usual:.2f} is reserved for each",
                code="E-PROV-PRICE",
                fix=f'set image_size = "{size}" in [providers.{self.name}]',
            )

    def accepted(self, reply: Reply, call: Call) -> Done:
        document = reply.document()
        cost = cost_of(document.get("usageMetadata"), rate_of(self.model))
        for part in value_at(document, "candidates[0].content.parts") or ():
            inline = isinstance(part, dict) and not part.get("thought") and part.get("inlineData")
            if inline and (data := google.bytes_in(inline.get("data"))):
                return Done(data, cost=cost)
        raise self.without(document)

    def without(self, document: Mapping[str, Any]) -> Fault:
        """Why a good answer holds no picture."""
        blocked = str(value_at(document, "promptFeedback.blockReason") or "")
        reason = blocked or str(value_at(document, "candidates[0].finishReason") or "")
        if not reason:
            text = f"{self.name} answered without a picture and without a reason"
            return Fault(FaultKind.AMBIGUOUS, text, code="E-PROV-EMPTY")
        said = " ".join(
            str(part["text"])
            for part in value_at(document, "candidates[0].content.parts") or ()
            if isinstance(part, dict) and part.get("text")
        )
        text = str(value_at(document, "candidates[0].finishMessage") or said or "no picture")[:300]
        if blocked or reason in google.REFUSED:
            return self.fault(reason, text, FaultKind.CONTENT)
        if _pictures(document.get("usageMetadata")):
            # a picture was counted, and did not come
            return self.WORDS.fault(self.name, reason, text, FaultKind.AMBIGUOUS)
        return self.fault(reason, text, FaultKind.TRANSIENT)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        return google.error_in(reply)


_SENT = {"stylize": 1, "try-on": 2}
"""Pictures sent by stage."""


def rate_of(model: str) -> Rate | None:
    """What this model's tokens cost, where known."""
    return next((rate for name, rate in RATES.items() if model.startswith(name)), None)


def cost_of(usage: Any, rate: Rate | None) -> float | None:
    """USD of one call by its usageMetadata; None where the model's prices or the counts are not known."""
    if rate is None or not isinstance(usage, dict):
        return None
    try:
        made = _pictures(usage)
        words = max(0, int(usage.get("candidatesTokenCount") or 0) - made) + int(
            usage.get("thoughtsTokenCount") or 0
        )
        asked = int(usage.get("promptTokenCount") or 0)
    except (TypeError, ValueError):
        return None
    return round((asked * rate.asked + words * rate.words + made * rate.picture) / 1e6, 6)


def _pictures(usage: Any) -> int:
    """Tokens of pictures that were answered; without details all of them are taken for it, the dearer reading."""
    if not isinstance(usage, dict):
        return 0
    details = usage.get("candidatesTokensDetails")
    if not isinstance(details, list):
        return int(usage.get("candidatesTokenCount") or 0)
    found = [one for one in details if isinstance(one, dict) and one.get("modality") == "IMAGE"]
    return sum(int(one.get("tokenCount") or 0) for one in found)
