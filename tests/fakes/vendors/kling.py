"""Kling as its documentation describes it. There is no SDK to believe."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from vendors.server import Asked, Reply, Vendor, Work, route

STATES = ("submitted", "processing")
SECRETS = {"ak_test": "sk_test"}


class Kling(Vendor):
    """api-singapore.klingai.com."""

    NAME = "kling"
    PAID = "POST /v1/images/kolors-virtual-try-on"
    GENERATION = "POST /v1/images/generations"

    def reset(self) -> None:
        super().reset()
        self.now: int | None = None
        """UTC seconds for checking tokens; None: the server's clock."""

    @route("POST", "/v1/images/kolors-virtual-try-on")
    def try_on(self, asked: Asked) -> Reply:
        return self._submit(asked, "human_image", "cloth_image")

    @route("POST", "/v1/images/generations")
    def generation(self, asked: Asked) -> Reply:
        return self._submit(asked, "image")

    @route("GET", "/v1/images/kolors-virtual-try-on/{id}")
    def try_on_state(self, asked: Asked, id: str) -> Reply:
        return self._state(asked, id, "kolors-virtual-try-on")

    @route("GET", "/v1/images/generations/{id}")
    def generation_state(self, asked: Asked, id: str) -> Reply:
        return self._state(asked, id, "generations")

    def _submit(self, asked: Asked, *pictures: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        body = asked.json or {}
        for name in pictures:
            if self.seen(str(body.get(name, ""))) is None or str(body.get(name)).startswith("data:"):
                return _error(400, 1201, f"{name} is not valid base64")
        token = str(body.get("external_task_id") or "")
        if token and any(work.token == token for work in self.works.values()):
            return _error(400, 1201, "external_task_id already exists")
        if self.full():
            return _error(429, 1303, "parallel task over resource pack limit")
        work = self.begin(asked, token)
        return _good(self._about(work, "submitted"))

    def _state(self, asked: Asked, id: str, kind: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id) or self.known(id)
        if work is None or kind not in work.asked.path:
            return _good({"task_id": "", "task_status": "failed", "task_status_msg": "task not found"})
        step = STATES[min(work.questions, len(STATES) - 1)]
        if not self.over(work):
            return _good(self._about(work, step))
        if work.fault is not None:
            more = {"task_status_msg": work.fault, "final_unit_deduction": "0"}
            return _good(self._about(work, "failed") | more)
        url = work.extra.setdefault("url", None) or self.address(work.result)
        work.extra["url"] = url
        return _good(
            self._about(work, "succeed")
            | {"task_result": {"images": [{"index": 0, "url": url}]}, "final_unit_deduction": "1"}
        )

    def _about(self, work: Work, status: str) -> dict[str, Any]:
        info = {"external_task_id": work.token}
        return {"task_id": work.id, "task_status": status, "task_status_msg": "", "task_info": info}

    def _refused(self, asked: Asked) -> Reply | None:
        kind, _, token = asked.credential.partition(" ")
        if kind != "Bearer" or not token or "wrong" in token:
            return _error(401, 1002, "Authorization is illegal")
        if token.count(".") != 2:
            return None  # an API key
        head, payload, mac = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "==="))
        secret = SECRETS.get(claims.get("iss", ""), "")
        right = hmac.new(secret.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
        if not secret or base64.urlsafe_b64encode(right).rstrip(b"=").decode() != mac:
            return _error(401, 1000, "Signature is invalid")
        now = self.world.clock() if self.now is None else self.now
        if now < claims["nbf"]:
            return _error(401, 1003, "Authorization is not yet valid")
        return _error(401, 1004, "Authorization has expired") if now > claims["exp"] else None


def _good(data: dict[str, Any]) -> Reply:
    return Reply(200, {"code": 0, "message": "SUCCEED", "request_id": "r", "data": data})


def _error(status: int, code: int, message: str) -> Reply:
    return Reply(status, {"code": code, "message": message, "request_id": "r"})


VENDOR = Kling
