"""DashScope (Alibaba Cloud Model Studio) as its documentation and its SDK describe it."""

from __future__ import annotations

from typing import Any

from vendors.server import Asked, Reply, Vendor, Work, route

FORM = (
    "OSSAccessKeyId", "Signature", "policy", "key", "x-oss-object-acl", "x-oss-forbid-overwrite",
    "success_action_status", "x-oss-content-type", "file",
)  # fmt: skip


class DashScope(Vendor):
    """dashscope.aliyuncs.com/api/v1."""

    NAME = "dashscope"
    PAID = "POST /services/aigc/image2image/image-synthesis/"
    PRICE = 0.0717

    def reset(self) -> None:
        super().reset()
        self.stored: dict[str, bytes] = {}
        """What lies in the temporary store, by oss:// address."""

    @route("POST", "/services/aigc/image2image/image-synthesis/")
    def submit(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        if asked.headers.get("x-dashscope-async") != "enable":
            return _error(403, "AccessDenied", "current user api does not support synchronous calls")
        body: dict[str, Any] = asked.json or {}
        inputs = body.get("input") or {}
        if not inputs.get("person_image_url") or not (
            inputs.keys() & {"top_garment_url", "bottom_garment_url"}
        ):
            return _error(400, "InvalidParameter", "person_image_url and a garment are required")
        for key, address in ((k, a) for k, a in inputs.items() if k.endswith("_url")):
            if not str(address).startswith(("http://", "https://", "oss://")):
                return _error(400, "InvalidURL", f"{key} is not a valid url")
            if (
                str(address).startswith("oss://")
                and asked.headers.get("x-dashscope-ossresourceresolve") != "enable"
            ):
                return _error(400, "InvalidURL", f"{key}: oss resource is not resolved")
        work = self.begin(asked)
        if any(str(a).startswith("oss://") and a not in self.stored for a in inputs.values()):
            work.fault = {"code": "InvalidURL", "message": "the oss resource does not exist"}
        return Reply(200, {"output": {"task_status": "PENDING", "task_id": work.id}, "request_id": "r1"})

    @route("POST", "/services/aigc/image2image/image-synthesis")
    def submit_without_slash(self, asked: Asked) -> Reply:
        return self.submit(asked)

    @route("GET", "/tasks/{id}")
    def status(self, asked: Asked, id: str) -> Reply:
        if refused := self._refused(asked):
            return refused
        work = self.works.get(id)
        output: dict[str, Any] = {"task_id": id, "task_status": "UNKNOWN"}
        if work is not None:
            output["task_status"] = "PENDING" if work.questions == 0 else "RUNNING"
            if work.canceled:
                output["task_status"] = "CANCELED"
            elif self.over(work):
                output |= self._end(work)
        return Reply(200, {"request_id": "r2", "output": output, "usage": {"image_count": 1}})

    def _end(self, work: Work) -> dict[str, Any]:
        if work.fault is not None:
            return {"task_status": "FAILED", **work.fault}
        url = work.extra.setdefault("url", "") or self.address(work.result)
        work.extra["url"] = url
        return {"task_status": "SUCCEEDED", "image_url": url}

    @route("POST", "/tasks/{id}/cancel")
    def cancel(self, asked: Asked, id: str) -> Reply:
        work = self.works.get(id)
        if work is None or work.questions > 1:
            return _error(400, "UnsupportedOperation", "only a pending task can be canceled")
        work.canceled = True
        return Reply(200, {"request_id": "r3"})

    @route("GET", "/uploads")
    def policy(self, asked: Asked) -> Reply:
        if refused := self._refused(asked):
            return refused
        if asked.query.get("action") != "getPolicy" or not asked.query.get("model"):
            return _error(400, "InvalidParameter", "action and model are required")
        data = {
            "policy": "cG9saWN5",
            "signature": "c2ln",
            "upload_dir": "dashscope-instant/day",
            "upload_host": f"{self.url}/oss",
            "expire_in_seconds": 300,
            "max_file_size_mb": 100,
            "oss_access_key_id": "LTAI",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }
        return Reply(200, {"request_id": "r4", "data": data})

    @route("POST", "/oss")
    def store(self, asked: Asked) -> Reply:
        """The object store: no credentials of the API may come here, and the file is the last part."""
        parts = asked.parts
        if asked.credential or tuple(part.name for part in parts) != FORM:
            return Reply(403, "<Error>AccessDenied</Error>", media="application/xml")
        key = parts[3].data.decode()
        self.stored[f"oss://{key}"] = parts[-1].data
        return Reply(200)

    def _refused(self, asked: Asked) -> Reply | None:
        if not asked.credential.startswith("Bearer ") or "wrong" in asked.credential:
            return _error(401, "InvalidApiKey", "Invalid API-key provided.")
        return None


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"code": code, "message": message, "request_id": "r0"})


VENDOR = DashScope
