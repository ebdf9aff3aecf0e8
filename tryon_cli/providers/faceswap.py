"""Face swap at RapidAPI (ai-face-swap2): one multipart request, answered with the picture's address.

No job id, no look-up: a call that was not answered may have been paid, and nobody can be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..model.errors import FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Terms
from .http.client import Reply
from .http.faults import Words
from .http.pictures import media_of
from .http.service import Service


class FaceSwap(Service):
    """`host`: x-rapidapi-host, where it is not that of base_url."""

    NAME = "faceswap"
    BASE_URL = "https://ai-face-swap2.p.rapidapi.com"
    KEY_ENV = "RAPIDAPI_KEY"
    ABOUT = "face swap at RapidAPI (ai-face-swap2)"
    TASKS = {"face-swap": "ai-face-swap2/1"}
    # the price of a call depends on the plan that was booked there: price = { face-swap = ... }
    PRICE = {"face-swap": 0.01}
    SLOTS = 4
    SUBMIT_SECONDS = 180.0
    # neither limits nor the lifetime of results are documented: small pictures, fetched at once
    TERMS = Terms(reattach=False, kept=600.0, accepts=Accepts(("jpeg", "png"), 0, 2048, 5_000_000))
    WORDS = Words(
        words={
            "no face": FaultKind.INPUT, "face not": FaultKind.INPUT, "not detect": FaultKind.INPUT,
            "not subscribed": FaultKind.ACCOUNT, "invalid api key": FaultKind.ACCOUNT,
            "exceeded the monthly quota": FaultKind.ACCOUNT, "exceeded the daily quota": FaultKind.ACCOUNT,
            "exceeded the rate limit": FaultKind.THROTTLED, "too many requests": FaultKind.THROTTLED,
            "nsfw": FaultKind.CONTENT,
        },
    )  # fmt: skip

    def take(self, options: dict[str, Any]) -> Terms:
        self.host = str(options.pop("host", "") or urlsplit(self.base_url).netloc)
        return super().take(options)

    def headers(self) -> Mapping[str, str]:
        return {"x-rapidapi-key": self.secret.value, "x-rapidapi-host": self.host}

    def prepare(self, job: Job, token: str) -> Call:
        source, target = self.picture(job, "face"), self.picture(job, "image")
        files = tuple(
            (name, f"{name}.{media_of(data).partition('/')[2]}", data, media_of(data))
            for name, data in (("source", source), ("target", target))
        )
        return Call("POST", self.at("public/process/files"), files=files)

    def accepted(self, reply: Reply, call: Call) -> Done:
        return Done(url=self.id_in(reply, "file_url"))

    def error_in(self, reply: Reply) -> tuple[str, str]:
        body = reply.document()
        if reply.status < 400 and body.get("file_url"):
            return "", ""
        # a refusal without an address, in a good reply too; {} is left to `accepted`: it may have been paid
        said = body.get("message") or body.get("error") or body.get("detail") or ""
        return ("error" if said and reply.status < 400 else ""), str(said)
