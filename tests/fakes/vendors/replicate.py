"""Replicate as its documentation and its SDK describe it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from vendors.pictures import decodes
from vendors.server import Asked, Reply, Vendor, Work, route

REQUIRED = {
    "idm-vton": ("human_img", "garm_img", "garment_des"),
    "p-image-try-on": ("person_image", "garment_images"),
    "face-swap": ("input_image", "swap_image"),
}
VERSIONS = {
    "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985": "idm-vton",
    "d1d6ea8c8be89d664a07a457526f7128109dee7030fdac424788d762c71ed111": "face-swap",
}
STATES = ("starting", "processing")


class Replicate(Vendor):
    """api.replicate.com."""

    NAME = "replicate"
    PAID = "POST /v1/predictions"
    PRICE = 0.03

    def reset(self) -> None:
        super().reset()
        self.gone = False
        """Outputs have been deleted."""

    @route("POST", "/v1/predictions")
    def by_version(self, asked: Asked) -> Reply:
        version = str((asked.json or {}).get("version", "")).rpartition(":")[2]
        return self._create(asked, VERSIONS.get(version, "" if len(version) != 64 else "any"))

    @route("POST", "/v1/models/{owner}/{name}/predictions")
    def by_model(self, asked: Asked, owner: str, name: str) -> Reply:
        return self._create(asked, name)

    @route("GET", "/v1/predictions/{id}")
    def look(self, asked: Asked, id: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id)
        if work is None:
            return Reply(404, {"detail": "The requested resource could not be found.", "status": 404})
        step = STATES[min(work.questions, 1)]
        return Reply(200, self._about(work, "" if self.over(work) else step))

    @route("POST", "/v1/predictions/{id}/cancel")
    def cancel(self, asked: Asked, id: str) -> Reply:
        if id not in self.works:
            return Reply(404, {"detail": "The requested resource could not be found.", "status": 404})
        work = self.works[id]
        work.canceled, work.ended = not work.ended, True
        return Reply(200, self._about(work, ""))

    @route("POST", "/v1/files")
    def upload(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        part = next((part for part in asked.parts if part.name == "content"), None)
        if part is None or not decodes(part.data):
            return Reply(422, {"detail": "content: a file is required", "status": 422})
        now = datetime.fromtimestamp(self.world.clock(), UTC)
        name = f"f{len(self._files)}"
        address = self.address(part.data, part.media)
        self._files[name] = self._files[address.rpartition("/")[2]]
        return Reply(201, {
            "id": name, "name": part.file, "content_type": part.media, "size": len(part.data), "etag": "e",
            "checksums": {"sha256": hashlib.sha256(part.data).hexdigest()}, "metadata": {},
            "created_at": now.isoformat(), "expires_at": (now + timedelta(hours=24)).isoformat(),
            "urls": {"get": f"{self.url}/v1/files/{name}"},
        })  # fmt: skip

    def _create(self, asked: Asked, model: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        inputs = (asked.json or {}).get("input")
        if not model or not isinstance(inputs, dict):
            return Reply(
                422, {"title": "Invalid version or not permitted", "detail": "no such version", "status": 422}
            )
        missing = [name for name in REQUIRED.get(model, ()) if not inputs.get(name)]
        pictures = [value for name, value in inputs.items() if name.endswith(("img", "image", "images"))]
        for one in pictures:
            for reference in one if isinstance(one, list) else [one]:
                if self.seen(str(reference)) is None:
                    missing.append(str(reference))
        if missing:
            return Reply(
                422, {"title": "Input validation failed", "detail": f"- input: {missing}", "status": 422}
            )
        work = self.begin(asked)
        work.extra["model"] = model
        return Reply(201, self._about(work, "starting"))

    def _about(self, work: Work, status: str) -> dict[str, Any]:
        base = f"{self.url}/v1/predictions/{work.id}"
        about = {
            "id": work.id, "model": work.extra["model"], "version": "v", "input": {}, "logs": "", "output": None,
            "error": None, "status": status, "created_at": "2026-01-01T00:00:00Z", "started_at": None,
            "completed_at": None, "metrics": {}, "urls": {"get": base, "cancel": f"{base}/cancel"},
        }  # fmt: skip
        if status == "processing":
            about["logs"] = " 10%|#         |\n 45%|####      | 14/30"
        if status:
            return about
        if work.canceled:
            return about | {"status": "canceled"}
        if work.fault is not None:
            return about | {"status": "failed", "error": work.fault}
        work.extra["url"] = work.extra.get("url") or self.address(work.result)
        output = None if self.gone else work.extra["url"]
        return about | {"status": "succeeded", "output": output, "metrics": {"predict_time": 12.5}}

    def _refused(self, asked: Asked) -> Reply | None:
        if not asked.credential.startswith("Bearer ") or "wrong" in asked.credential:
            return Reply(
                401, {"title": "Unauthenticated", "detail": "You did not pass a valid token", "status": 401}
            )
        return None


VENDOR = Replicate
