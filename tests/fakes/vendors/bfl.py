"""Black Forest Labs' FLUX virtual try-on as its documentation describes it.

There is no SDK of the vendor's own for it, so nobody but its pages vouches for this one.
"""

from __future__ import annotations

from vendors.server import Asked, Reply, Vendor, route


class Bfl(Vendor):
    """api.bfl.ai; jobs are asked about at a regional address that only the reply names."""

    NAME = "bfl"
    PAID = "POST /v1/flux-tools/{model}"
    PRICE = 0.06

    @route("POST", "/v1/flux-tools/{model}")
    def submit(self, asked: Asked, model: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        body = asked.json or {}
        missing = [key for key in ("prompt", "person", "garment") if not body.get(key)]
        if model not in ("vto-v1", "vto-v2"):
            return Reply(404, {"detail": "Not Found"})
        if missing:
            return Reply(
                422, {"detail": [{"loc": ["body", key], "msg": "Field required"} for key in missing]}
            )
        if any(
            str(body[key]).startswith("data:") or not self.seen(body[key]) for key in ("person", "garment")
        ):
            return Reply(422, {"detail": "not a valid image"})
        if self.full():
            return Reply(429, {"detail": "Exceeded number of active tasks"})
        work = self.begin(asked)
        return Reply(
            200,
            {"id": work.id, "polling_url": f"{self.url}/eu2/v1/get_result?id={work.id}", "cost": 6.0},
        )

    @route("GET", "/eu2/v1/get_result")
    def result(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        id = asked.query.get("id", "")
        work = self.works.get(id)
        if work is None:
            return Reply(200, {"id": id, "status": "Task not found", "result": None})
        if not self.over(work):
            return Reply(200, {"id": id, "status": "Generating", "result": None, "progress": 0.5})
        if work.fault is not None:
            return Reply(200, {"id": id, "status": work.fault, "result": None})
        url = work.extra.setdefault("url", "") or self.address(work.result)
        work.extra["url"] = url
        return Reply(200, {"id": id, "status": "Ready", "result": {"sample": url, "seed": 7}})

    def _refused(self, asked: Asked) -> Reply | None:
        if "x-key" not in asked.headers or "wrong" in asked.credential:
            return Reply(403, {"detail": "Not authenticated - Invalid Authentication"})
        return None


VENDOR = Bfl
