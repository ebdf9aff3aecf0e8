"""A Gradio app as measured on version 6.31; test_real_gradio.py drives a real one.

It shows what a real app shows rarely or at its own time: a full queue, a quota, a stream that breaks off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from vendors.pictures import decodes
from vendors.server import Asked, Reply, Vendor, Work, route

ENDPOINTS = {
    "submit_function": [
        "person_image", "cloth_image", "cloth_type", "num_inference_steps", "guidance_scale", "seed", "show_type",
    ],
    "tryon": ["dict", "garm_img", "garment_des", "is_checked", "is_checked_crop", "denoise_steps", "seed"],
    "leffa_predict_vt": [
        "src_image_path", "ref_image_path", "ref_acceleration", "step", "scale", "seed", "vt_model_type",
        "vt_garment_type", "vt_repaint",
    ],
    "process_dc": ["vton_img", "garm_img", "category", "n_samples", "n_steps", "image_scale", "seed"],
}  # fmt: skip


class Gradio(Vendor):
    """Any Space; end_with takes {"error": text or None}, "cut" or "stopped"."""

    NAME = "gradio"
    PAID = "POST /gradio_api/queue/join"
    PRICE = 0.0
    FAILED_IS_FREE = False

    def reset(self) -> None:
        super().reset()
        self.stored: dict[str, bytes] = {}
        self.listened: set[str] = set()
        self.gallery = False

    def expire(self) -> None:
        self.stored.clear()

    @route("GET", "/config")
    def config(self, asked: Asked) -> Reply:
        functions = [{"id": n + 3, "api_name": name} for n, name in enumerate(ENDPOINTS)]
        return Reply(
            200,
            {
                "version": "6.31.0",
                "api_prefix": "/gradio_api",
                "protocol": "sse_v3",
                "dependencies": functions,
            },
        )

    @route("GET", "/gradio_api/info")
    def info(self, asked: Asked) -> Reply:
        named = {
            f"/{name}": {"parameters": [{"parameter_name": p} for p in parameters], "returns": []}
            for name, parameters in ENDPOINTS.items()
        }
        return Reply(200, {"named_endpoints": named, "unnamed_endpoints": {}})

    @route("POST", "/gradio_api/upload")
    def upload(self, asked: Asked) -> Reply:
        paths = []
        for part in asked.parts:
            assert part.name == "files" and part.file
            path = f"/tmp/gradio/{hashlib.sha256(part.data).hexdigest()}/{part.file}"
            self.stored[path] = part.data
            paths.append(path)
        return Reply(200, paths)

    @route("GET", "/gradio_api/file={path:path}")
    def file(self, asked: Asked, path: str) -> Reply:
        data = self.stored.get(path if path.startswith("/") else f"/{path}")
        return Reply(200, data, media="image/webp") if data else Reply(404, {"detail": "File not found"})

    @route("POST", "/gradio_api/queue/join")
    def join(self, asked: Asked) -> Reply:
        body = asked.json or {}
        if self.full():
            return Reply(
                503, {"detail": f"Queue is full. Max size is {self.slots} and size is {self.slots}."}
            )
        if not isinstance(body.get("data"), list) or not body.get("session_hash"):
            return Reply(422, {"detail": [{"type": "missing", "msg": "Field required"}]})
        work = self.begin(asked, seed=json.dumps(body["data"]).encode())
        work.extra["session"], work.extra["data"] = body["session_hash"], body["data"]
        work.extra["name"] = list(ENDPOINTS)[body["fn_index"] - 3]
        return Reply(200, {"event_id": work.id})

    @route("POST", "/gradio_api/cancel")
    def cancel(self, asked: Asked) -> Reply:
        work = self.works.get((asked.json or {}).get("event_id", ""))
        if work is not None:
            work.fault = "stopped"
        return Reply(200, {"success": work is not None})

    @route("GET", "/gradio_api/queue/data")
    def data(self, asked: Asked) -> Reply:
        session = asked.query.get("session_hash", "")
        work = next((one for one in self.works.values() if one.extra["session"] == session), None)
        again = session in self.listened
        self.listened.add(session)
        return Reply(200, self._stream(work, again))

    def _stream(self, work: Work | None, again: bool) -> Iterator[bytes]:
        if work is None or again:
            if work is None or not work.ended:
                yield _event("unexpected_error", message="Session not found", success=False)
            else:
                yield b""  # silence, until the client has enough of it
                while not self.world.gone and work.id in self.works:
                    self.world.sleep(0.05)
            return
        for rank in (2, 1, 0):
            yield _event("estimation", work, rank=rank, queue_size=3, rank_eta=1.0)
        if work.fault == "cut":
            return
        yield _event("process_starts", work, eta=3.0)
        yield _event("heartbeat")
        for index in (1, 2):
            step = {"index": index, "length": 2, "unit": "steps", "progress": None, "desc": None}
            yield _event("progress", work, progress_data=[step])
        yield _event("log", work, log="loading", level="info")
        with self.lock:
            output, work.ended = self._output(work), True
        yield _event("process_completed", work, output=output, success="data" in output)
        yield _event("close_stream")

    def _output(self, work: Work) -> dict[str, Any]:
        if work.fault == "stopped":
            return {}
        if work.fault is not None:
            return dict(work.fault)
        files = [one for one in _files(work.extra["data"]) if one]
        takes = len(ENDPOINTS[work.extra["name"]])
        if len(work.extra["data"]) != takes or not all(decodes(self.stored.get(path, b"")) for path in files):
            return {"error": None}  # an exception in the app, without show_error
        path = f"/tmp/gradio/{work.id}/image.webp"
        self.stored[path] = work.result
        image = {
            "path": path,
            "url": f"http://0.0.0.0:7860/gradio_api/file={path}",
            "mime_type": "image/webp",
        }
        if work.extra["name"] == "process_dc":
            return {"data": [[{"image": image, "caption": None}]]}
        return {"data": [image, {"path": "/tmp/other.webp"}]}


def _files(value: Any) -> Iterator[str]:
    """Every path that a value names."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for inner in value.values():
            yield from _files(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _files(inner)


def _event(msg: str, work: Work | None = None, **values: Any) -> bytes:
    about = {"event_id": work.id} if work is not None else {}
    return f"data: {json.dumps({'msg': msg, **about, **values})}\n\n".encode()


VENDOR = Gradio
