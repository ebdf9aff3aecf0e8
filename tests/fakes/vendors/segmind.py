"""Segmind as its SDK speaks to it."""

from __future__ import annotations

from vendors.server import Asked, Reply, Vendor, route

REQUIRED = {
    "faceswap-v5": ("source_image", "target_image"),
    "faceswap-v4": ("source_image", "target_image"),
    "idm-vton": ("human_img", "garm_img"),
}


class Segmind(Vendor):
    """api.segmind.com, and the host that takes uploads, as /assets here."""

    NAME = "segmind"
    PAID = "POST /v2/{slug}"
    PRICE = 0.05

    @route("POST", "/v2/{slug}")
    def submit(self, asked: Asked, slug: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        body = asked.json or {}
        if slug not in REQUIRED:
            return Reply(404, {"error": "Model not found"})
        missing = [key for key in REQUIRED[slug] if not body.get(key)]
        if missing:
            return Reply(422, {"error": f"missing: {', '.join(missing)}"})
        work = self.begin(asked)
        at = f"{self.url}/v2/requests/{work.id}"
        return Reply(
            200, {"request_id": work.id, "status": "QUEUED", "status_url": f"{at}/status", "response_url": at}
        )

    @route("GET", "/v2/requests/{id}/status")
    def status(self, asked: Asked, id: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id)
        if work is None:
            return Reply(404, {"error": "request not found"})
        if not self.over(work):
            return Reply(200, {"request_id": id, "status": "QUEUED" if work.questions < 2 else "PROCESSING"})
        if work.fault is not None:
            return Reply(422, {"request_id": id, "status": "FAILED", "error": work.fault})
        return Reply(200, {"request_id": id, "status": "COMPLETED"})

    @route("GET", "/v2/requests/{id}")
    def response(self, asked: Asked, id: str) -> Reply:
        work = self.works.get(id)
        if work is None:
            return Reply(404, {"error": "request not found"})
        url = work.extra.setdefault("url", "") or self.address(work.result)
        work.extra["url"] = url
        return Reply(200, {"request_id": id, "status": "COMPLETED", "output": [url]})

    @route("POST", "/assets/upload-asset")
    def upload(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        pictures = [self.seen(text) for text in (asked.json or {}).get("data_urls", [])]
        if not pictures or None in pictures:
            return Reply(400, {"error": "invalid data url"})
        return Reply(200, {"file_urls": [self.address(data, "image/jpeg") for data in pictures if data]})

    def _refused(self, asked: Asked) -> Reply | None:
        if "x-api-key" not in asked.headers or "wrong" in asked.credential:
            return Reply(401, {"error": "Invalid API key"})
        return None


VENDOR = Segmind
