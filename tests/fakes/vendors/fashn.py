"""FASHN as its documentation and its SDK describe it."""

from __future__ import annotations

from vendors.server import Asked, Reply, Vendor, Work, route

REQUIRED = {
    "tryon-v1.6": ("model_image", "garment_image"),
    "tryon-max": ("model_image", "product_image"),
    "model-swap": ("model_image",),
    "edit": ("image", "prompt"),
}
CREDITS = {"tryon-v1.6": 1, "tryon-max": 2, "model-swap": 4, "edit": 1}
STATES = ("starting", "in_queue", "processing")


class Fashn(Vendor):
    """api.fashn.ai."""

    NAME = "fashn"
    PAID = "POST /v1/run"
    PRICE = 0.075

    @route("POST", "/v1/run")
    def run(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        body = asked.json or {}
        name, inputs = body.get("model_name"), body.get("inputs") or {}
        missing = [key for key in REQUIRED.get(name, ("model_name",)) if not inputs.get(key)]
        if missing:
            return Reply(400, {"error": "BadRequest", "message": f"missing: {', '.join(missing)}"})
        if self.full():
            return Reply(
                429, {"error": "ConcurrencyLimitExceeded", "message": "too many predictions at once"}
            )
        work = self.begin(asked)
        # a picture without the data: prefix is accepted here and fails later, as the vendor says
        for key, value in inputs.items():
            if key.endswith(("image", "reference")) and not str(value).startswith(("data:image/", "http")):
                work.fault = {"name": "ImageLoadError", "message": f"{key} is not a URL or a data URI"}
        work.extra["credits"] = CREDITS[name]
        return Reply(200, {"id": work.id, "error": None})

    @route("GET", "/v1/status/{id}")
    def status(self, asked: Asked, id: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id)
        if work is None:
            return Reply(404, {"error": "NotFound", "message": "prediction not found"})
        step = STATES[min(work.questions, len(STATES) - 1)]
        if not self.over(work):
            return Reply(200, {"id": id, "status": step, "output": None, "error": None})
        return self._ended(work)

    @route("GET", "/v1/credits")
    def credits(self, asked: Asked) -> Reply:
        return self._refused(asked) or Reply(
            200, {"credits": {"total": 100, "subscription": 0, "on_demand": 100}}
        )

    def _ended(self, work: Work) -> Reply:
        if work.fault is not None:
            fault = {"id": work.id, "status": "failed", "output": None, "error": work.fault}
            return Reply(200, fault)
        url = work.extra.setdefault("url", None) or self.address(work.result)
        work.extra["url"] = url
        return Reply(
            200,
            {"id": work.id, "status": "completed", "output": [url], "error": None},
            headers={"x-fashn-credits-used": str(work.extra["credits"])},
        )

    def _refused(self, asked: Asked) -> Reply | None:
        if not asked.credential.startswith("Bearer ") or "wrong" in asked.credential:
            return Reply(401, {"error": "UnauthorizedAccess", "message": "Invalid API key"})
        return None


VENDOR = Fashn
