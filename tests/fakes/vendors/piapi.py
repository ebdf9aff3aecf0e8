"""PiAPI's unified task route as its pages describe it. It has no SDK that could vouch."""

from __future__ import annotations

from vendors.server import Asked, Reply, Vendor, route

REQUIRED = {
    ("Qubico/image-toolkit", "face-swap"): ("target_image", "swap_image"),
    ("kling", "ai_try_on"): ("model_input",),
}


class PiApi(Vendor):
    """api.piapi.ai; statuses are written in changing case, as users have seen."""

    NAME = "piapi"
    PAID = "POST /api/v1/task"
    PRICE = 0.07

    @route("POST", "/api/v1/task")
    def submit(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        body = asked.json or {}
        inputs = body.get("input") or {}
        required = REQUIRED.get((body.get("model"), body.get("task_type")))
        if required is None:
            return Reply(400, {"code": 400, "data": None, "message": "invalid model or task type"})
        missing = [key for key in required if not inputs.get(key)]
        if missing or (
            body["model"] == "kling" and not inputs.keys() & {"dress_input", "upper_input", "lower_input"}
        ):
            return Reply(400, {"code": 400, "data": None, "message": f"missing: {missing or 'a garment'}"})
        work = self.begin(asked)
        return Reply(
            200, {"code": 200, "data": {"task_id": work.id, "status": "pending"}, "message": "success"}
        )

    @route("GET", "/api/v1/task/{id}")
    def status(self, asked: Asked, id: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id)
        if work is None:
            return Reply(404, {"code": 404, "data": None, "message": "task not found"})
        data = {
            "task_id": id,
            "status": "Processing" if work.questions else "Pending",
            "output": None,
            "error": None,
        }
        if self.over(work):
            if work.fault is not None:
                data |= {"status": "failed", "error": work.fault}
            else:
                url = work.extra.setdefault("url", "") or self.address(work.result)
                work.extra["url"] = url
                works = [{"image": {"resource": url}}]
                kling = work.asked.json["model"] == "kling"
                data |= {"status": "Completed", "output": {"works": works} if kling else {"image_url": url}}
        return Reply(200, {"code": 200, "data": data, "message": "success"})

    def _refused(self, asked: Asked) -> Reply | None:
        if "x-api-key" not in asked.headers or "wrong" in asked.credential:
            return Reply(401, {"code": 401, "data": None, "message": "Invalid API key"})
        return None


VENDOR = PiApi
