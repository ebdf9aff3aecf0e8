"""FASHN: try-on, face (model-swap) and stylize (edit) behind one key. Protocol: docs.fashn.ai."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.errors import FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .http.client import Reply
from .http.faults import Words
from .http.service import Service
from .prompts import PROMPTS, prompt_for

_CATEGORY = {
    "upper": "tops", "outer": "tops", "lower": "bottoms", "dress": "one-pieces", "full": "one-pieces",
}  # fmt: skip
_CREDITS = {"1k": 2, "2k": 3, "4k": 4}
"""Credits of the newer models at balanced; one more at quality. An older page says more: the reply's header counts."""
_ROW = (
    "mode",
    "garment_photo_type",
    "segmentation_free",
    "moderation_level",
    "face_reference_mode",
    "aspect_ratio",
)
"""Options of a row or of [providers.NAME.options]: none of them changes the price."""


class Fashn(Service):
    """`model`: tryon-v1.6 (default) or tryon-max; `generation_mode`, `resolution`: of the newer models;
    `credit`: USD of one credit."""

    NAME = "fashn"
    BASE_URL = "https://api.fashn.ai"
    KEY_ENV = "FASHN_API_KEY"
    ABOUT = "FASHN: try-on, face and stylize behind one key"
    SLOTS = 6
    WAIT = 1.5
    """Seconds, for the usual 6 jobs at once: 50 questions in 10 s are allowed. More jobs are each asked less often."""
    MAX_VARIANTS = 8
    TERMS = Terms(kept=72 * 3600.0, per_minute=50, accepts=Accepts(("jpeg", "png"), 0, 2000, 5_000_000))
    WORDS = Words(
        kinds={
            "BadRequest": FaultKind.INPUT,
            "UnauthorizedAccess": FaultKind.ACCOUNT,
            "RateLimitExceeded": FaultKind.THROTTLED,
            "ConcurrencyLimitExceeded": FaultKind.THROTTLED,
            "OutOfCredits": FaultKind.ACCOUNT,
            "ImageLoadError": FaultKind.INPUT,
            "InputValidationError": FaultKind.INPUT,
            "PoseError": FaultKind.INPUT,
            "PhotoTypeError": FaultKind.INPUT,
            "ContentModerationError": FaultKind.CONTENT,
            "NSFWError": FaultKind.CONTENT,
            "ThirdPartyError": FaultKind.CONTENT,
            "3rdPartyProviderError": FaultKind.TRANSIENT,
            "PipelineError": FaultKind.TRANSIENT,
        },
        # InternalServerError before an id is left to its status: a paid 500 may have been taken
    )

    def take(self, options: dict[str, Any]) -> Terms:
        self.model = str(options.pop("model", "tryon-v1.6"))
        self.quality = str(options.pop("generation_mode", "balanced"))
        self.resolution = str(options.pop("resolution", "1k"))
        self.credit = float(options.pop("credit", 0.075))
        newer = _CREDITS.get(self.resolution, 4) + (self.quality == "quality")
        credits = {"stylize": newer, "try-on": newer if self.model == "tryon-max" else 1, "face-swap": 4}
        self._price = {task: round(n * self.credit, 6) for task, n in credits.items()} | self._price
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        size = f"{self.quality}-{self.resolution}"
        worn = f"{self.model}-{size}/{PROMPTS}" if self.model == "tryon-max" else self.model
        return {"stylize": f"edit-{size}/{PROMPTS}/1", "try-on": f"{worn}/1", "face-swap": "model-swap/1"}

    def prepare(self, job: Job, token: str) -> Call:
        name, inputs = getattr(self, f"_{job.task.replace('-', '_')}")(job)
        inputs |= {"seed": self.seed_of(job), "output_format": "png"}
        return Call("POST", self.at("v1/run"), json={"model_name": name, "inputs": inputs})

    def _try_on(self, job: Job) -> tuple[str, dict[str, Any]]:
        human, garment = self.reference(job, "human"), self.reference(job, "garment")
        if self.model == "tryon-max":
            inputs = {
                "model_image": human,
                "product_image": garment,
                "prompt": prompt_for("try-on", job.settings),
            }
            return self.model, inputs | self._size() | self._rows(job, "aspect_ratio")
        category = _CATEGORY.get(str(job.settings.get("category")), "auto")
        inputs = {"model_image": human, "garment_image": garment, "category": category}
        return self.model, inputs | self._rows(job, *_ROW[:4])

    def _stylize(self, job: Job) -> tuple[str, dict[str, Any]]:
        inputs = {"image": self.reference(job, "human"), "prompt": prompt_for("stylize", job.settings)}
        return "edit", inputs | self._size() | self._rows(job, "aspect_ratio")

    def _face_swap(self, job: Job) -> tuple[str, dict[str, Any]]:
        inputs = {"model_image": self.reference(job, "image"), "face_reference": self.reference(job, "face")}
        inputs["face_reference_mode"] = "match_base"
        return "model-swap", inputs | self._rows(job, "face_reference_mode")

    def _size(self) -> dict[str, Any]:
        return {"generation_mode": self.quality, "resolution": self.resolution}

    def _rows(self, job: Job, *names: str) -> dict[str, Any]:
        said = {name: self.option(job, name) for name in names}
        return {name: value for name, value in said.items() if value is not None}

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        return Ticket(self.id_in(reply, "id"), extra=self._credits(reply))

    def poll(self, ticket: Ticket) -> Pending | Done:
        reply = self.get(f"v1/status/{ticket.id}")
        body = self.object_in(reply)
        status = str(body.get("status") or "")
        if status == "completed":
            # whether the header comes with the first or the last answer is not established: either counts
            used = self._credits(reply) or dict(ticket.extra)
            done = self.picture_in(body, "output[0]")
            return Done(done.image, url=done.url, cost=float(used["credits"]) * self.credit if used else None)
        if status in ("failed", "canceled", "time_out"):
            error = body.get("error") or {}
            raise self.fault(str(error.get("name") or status), str(error.get("message") or ""))
        return Pending(status.replace("_", " "), wait=max(self.WAIT, self._slots * self.WAIT / self.SLOTS))

    def _credits(self, reply: Reply) -> dict[str, Any]:
        try:
            return {"credits": float(reply.headers["x-fashn-credits-used"])}
        except (KeyError, ValueError):
            return {}

    def error_in(self, reply: Reply) -> tuple[str, str]:
        body = reply.document()
        error = body.get("error")
        if reply.status < 400 and "status" in body:
            return "", ""  # how a job ended is told by its status
        return (error, str(body.get("message") or "")) if isinstance(error, str) else ("", "")
