"""fal's queue, storage and CDN as its documentation and its SDK describe them.

Base address of the queue: /fal, of the storage control: /fal/rest, of the CDN: as the token says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from vendors.pictures import decodes
from vendors.server import Asked, Reply, Vendor, Work, route

REQUIRED = {
    "fal-ai/kling/v1-5/kolors-virtual-try-on": ("human_image_url", "garment_image_url"),
    "fal-ai/fashn/tryon/v1.6": ("model_image", "garment_image"),
    "fal-ai/leffa/virtual-tryon": ("human_image_url", "garment_image_url", "garment_type"),
    "fal-ai/cat-vton": ("human_image_url", "garment_image_url", "cloth_type"),
    "fal-ai/idm-vton": ("human_image_url", "garment_image_url", "description"),
    "fal-ai/image-apps-v2/virtual-try-on": ("person_image_url", "clothing_image_url"),
    "fal-ai/flux-2-lora-gallery/virtual-tryon": ("image_urls", "prompt"),
    "fal-ai/nano-banana/edit": ("prompt", "image_urls"),
    "fal-ai/flux-pro/kontext": ("prompt", "image_url"),
    "fal-ai/image-apps-v2/style-transfer": ("image_url", "target_style"),
    "half-moon-ai/ai-face-swap/faceswapimage": ("source_face_url", "target_image_url"),
    "fal-ai/face-swap": ("base_image_url", "swap_image_url"),
}
LISTS = ("fashn", "image-apps", "flux", "nano-banana")
"""Parts of the names of endpoints that answer with images[] instead of image."""


class Fal(Vendor):
    """queue.fal.run, rest.fal.ai and v3.fal.media."""

    NAME = "fal"
    PAID = "POST /{endpoint:path}"
    STATUS = "GET /{app:path}/requests/{id}/status"
    STREAM = "GET /{app:path}/requests/{id}/status/stream"
    RESULT = "GET /{app:path}/requests/{id}"
    CANCEL = "PUT /{app:path}/requests/{id}/cancel"

    def reset(self) -> None:
        super().reset()
        self.tokens = 0
        """Tokens for uploads so far; only the last one is valid."""
        self.token_seconds = 3600.0
        self.cut_streams = 0
        """So many streams break off after their first event."""
        self.failed_status = 422

    # ------------------------------------------------------------------ uploads
    @route("POST", "/rest/storage/auth/token")
    def token(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        self.tokens += 1
        ends = datetime.fromtimestamp(self.world.clock(), UTC) + timedelta(seconds=self.token_seconds)
        return Reply(200, {
            "token": f"cdn{self.tokens}", "token_type": "Bearer", "base_url": f"{self.url}/cdn",
            "expires_at": ends.isoformat(),
        })  # fmt: skip

    @route("POST", "/cdn/files/upload")
    def upload(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer cdn{self.tokens}":
            return Reply(401, {"detail": "token expired"})
        if not decodes(asked.body) or "x-fal-file-name" not in asked.headers:
            return Reply(400, {"detail": "not a file"})
        return Reply(200, {"access_url": self.address(asked.body, asked.headers["content-type"])})

    # ------------------------------------------------------------------ the queue
    @route("POST", "/{endpoint:path}")
    def submit(self, asked: Asked, endpoint: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        if endpoint not in REQUIRED:
            return Reply(404, {"detail": f"Application '{endpoint}' not found"})
        work = self.begin(asked)
        work.extra |= {"endpoint": endpoint, "app": "/".join(endpoint.split("/")[:2])}
        work.fault = work.fault or self._complaint(endpoint, asked.json or {})
        base = f"{self.url}/{work.extra['app']}/requests/{work.id}"
        return Reply(200, {
            "status": "IN_QUEUE", "request_id": work.id, "queue_position": 2, "response_url": base,
            "status_url": f"{base}/status", "cancel_url": f"{base}/cancel",
        })  # fmt: skip

    @route("GET", "/{app:path}/requests/{id}/status")
    def status(self, asked: Asked, app: str, id: str) -> Reply:
        work = self._work(asked, app, id)
        if isinstance(work, Reply):
            return work
        state = self._state(work)
        return Reply(200 if state["status"] == "COMPLETED" else 202, state)

    @route("GET", "/{app:path}/requests/{id}/status/stream")
    def stream(self, asked: Asked, app: str, id: str) -> Reply:
        work = self._work(asked, app, id)
        if isinstance(work, Reply):
            return work
        cut = self.cut_streams > 0
        self.cut_streams -= cut
        return Reply(200, self._events(work, cut))

    def _events(self, work: Work, cut: bool) -> Iterator[bytes]:
        yield b": ping\n\n"
        while True:
            with self.lock:
                state = self._state(work)
            yield f"data: {json.dumps(state)}\n\n".encode()
            if cut or state["status"] == "COMPLETED":
                return
            self.world.sleep(min(0.02, self.seconds))

    @route("GET", "/{app:path}/requests/{id}")
    def result(self, asked: Asked, app: str, id: str) -> Reply:
        work = self._work(asked, app, id)
        if isinstance(work, Reply):
            return work
        if not self.over(work, asking=False):
            return Reply(400, {"detail": "Request is still in progress"})
        if work.fault is not None:
            return self._failure(work.fault)
        work.extra["url"] = work.extra.get("url") or self.address(work.result)
        image = {"url": work.extra["url"], "content_type": "image/png", "width": 96, "height": 128}
        listed = any(part in work.extra["endpoint"] for part in LISTS)
        body: dict[str, Any] = {"images": [image]} if listed else {"image": image}
        return Reply(200, body | work.extra.get("more", {}), headers={"x-fal-billable-units": "1"})

    @route("PUT", "/{app:path}/requests/{id}/cancel")
    def cancel(self, asked: Asked, app: str, id: str) -> Reply:
        work = self._work(asked, app, id)
        if isinstance(work, Reply):
            return Reply(404, {"status": "NOT_FOUND"})
        if work.ended:
            return Reply(400, {"status": "ALREADY_COMPLETED"})
        work.canceled = work.ended = True
        return Reply(202, {"status": "CANCELLATION_REQUESTED"})

    # ------------------------------------------------------------------ inside
    def _work(self, asked: Asked, app: str, id: str) -> Work | Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id)
        # the addresses leave out the sub-path: one that was rebuilt from the endpoint finds nothing
        if work is None or app != work.extra["app"]:
            return Reply(404, {"detail": "Request not found"})
        return work

    def _state(self, work: Work) -> dict[str, Any]:
        asked_before = work.questions
        if self.over(work):
            state: dict[str, Any] = {"status": "COMPLETED", "logs": [], "metrics": {"inference_time": 1.0}}
            if isinstance(work.fault, dict) and work.fault.get("told") == "status":
                state |= {"error": work.fault["detail"], "error_type": work.fault["error_type"]}
            return state
        if asked_before == 0:
            return {"status": "IN_QUEUE", "queue_position": 2}
        return {"status": "IN_PROGRESS", "logs": []}

    def _complaint(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any] | None:
        for name in REQUIRED[endpoint]:
            if not body.get(name):
                return {"type": "missing", "msg": "Field required", "field": name}
            for one in body[name] if isinstance(body[name], list) else [body[name]]:
                if ("image" in name or "url" in name) and self.seen(str(one)) is None:
                    return {"type": "image_load_error", "msg": "Failed to load the image", "field": name}
        return None

    def _failure(self, fault: dict[str, Any]) -> Reply:
        headers = {name: str(value) for name, value in fault.get("headers", {}).items()}
        status = fault.get("status", 422)
        if "detail" in fault:
            return Reply(
                status, {"detail": fault["detail"], "error_type": fault["error_type"]}, headers=headers
            )
        detail = {
            "loc": ["body", fault.get("field", "")],
            "msg": fault.get("msg", "no"),
            "type": fault["type"],
        }
        return Reply(status, {"detail": [detail]}, headers=headers)

    def _refused(self, asked: Asked) -> Reply | None:
        if not asked.headers.get("authorization", "").startswith("Key ") or "wrong" in asked.credential:
            return Reply(401, {"detail": "Cannot access application. Authentication is required."})
        return None


VENDOR = Fal
