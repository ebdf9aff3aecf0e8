"""A ComfyUI server as its source describes it, with its WebSocket.

One graph runs at a time; how many steps it takes is `steps`, and over the WebSocket they all come at once.
"""

from __future__ import annotations

import hashlib
import json
import struct
import threading
from socket import socket
from typing import Any

from vendors.pictures import decodes, picture
from vendors.server import Asked, Reply, Takeover, Vendor, Work, route
from vendors.sockets import WebSocket

CLASSES = {"LoadImage", "CatVTONWrapper", "SaveImage", "PreviewImage", "CLIPTextEncode", "KSampler"}


class ComfyUi(Vendor):
    """127.0.0.1:8188; end_with takes {"exception_type", "exception_message", "node_id"} or "interrupted"."""

    NAME = "comfyui"
    PAID = "POST /prompt"
    PRICE = 0.0
    FAILED_IS_FREE = False

    def reset(self) -> None:
        super().reset()
        self._asked = threading.Condition(self.lock)
        self.looked = 0
        """Questions about the queue."""
        self.inputs: dict[str, bytes] = {}
        self.views: dict[str, bytes] = {}
        self.drops: list[str] = []
        """Output nodes that are left out, although the graph is taken."""
        self.own_ids = False
        """As older servers: the client's prompt_id is ignored."""
        self.sockets = True
        self.break_after = -1
        """Messages after which the WebSocket breaks off; -1: it does not."""
        self.silent = False
        """Nothing is told after the greeting: a model is being loaded."""
        self.steps = 3
        self.stopped: list[str] = []

    def expire(self) -> None:
        self.views.clear()

    def forget(self) -> None:
        super().forget()
        self.views.clear()

    # ------------------------------------------------------------------ pictures
    @route("POST", "/upload/image")
    def upload(self, asked: Asked) -> Reply:
        image = next((part for part in asked.parts if part.name == "image" and part.file), None)
        if image is None or not decodes(image.data):
            return Reply(400, "")
        name, n = image.file, 0
        while self.inputs.get(name, image.data) != image.data:
            n += 1
            stem, _, end = image.file.rpartition(".")
            name = f"{stem} ({n}).{end}"
        self.inputs[name] = image.data
        return Reply(200, {"name": name, "subfolder": "", "type": "input"})

    @route("GET", "/view")
    def view(self, asked: Asked) -> Reply:
        data = self.views.get(asked.query.get("filename", ""))
        return Reply(200, data, media="image/png") if data else Reply(404, "")

    # ------------------------------------------------------------------ jobs
    @route("POST", "/prompt")
    def prompt(self, asked: Asked) -> Reply:
        body = asked.json or {}
        graph = body.get("prompt")
        if not graph:
            return self._refusal("no_prompt", "No prompt provided", {})
        unknown = [node for node, what in graph.items() if what["class_type"] not in CLASSES]
        if unknown:
            text = f"Cannot execute because node {graph[unknown[0]]['class_type']} does not exist."
            return self._refusal("missing_node_type", text, {})
        faults = {node: fault for node, what in graph.items() if (fault := self._fault(node, what, graph))}
        if faults:
            return self._refusal(
                "prompt_outputs_failed_validation", "Prompt outputs failed validation", faults
            )
        seed = hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).digest()
        work = self.begin(asked, "" if self.own_ids else body.get("prompt_id", ""), seed)
        del self.works[work.id]
        work.id = work.token if not self.own_ids else f"server-{work.id}"
        work.token = work.id
        work.extra["graph"], work.extra["client"] = graph, body.get("client_id")
        self.works[work.id] = work
        dropped = {
            node: {"errors": [], "dependent_outputs": [node], "class_type": "SaveImage"}
            for node in self.drops
        }
        return Reply(200, {"prompt_id": work.id, "number": len(self.works), "node_errors": dropped})

    @route("GET", "/history/{id}")
    def history(self, asked: Asked, id: str) -> Reply:
        work = self.known(id)
        over = work is not None and self.over(work)
        if over:
            self._asked.notify_all()
        if work is None or not over:
            return Reply(200, {})
        return Reply(200, {id: self._record(work)})

    @route("GET", "/queue")
    def queue(self, asked: Asked) -> Reply:
        self.looked += 1
        self._asked.notify_all()
        known = [work for work in self.works.values() if self.known(work.token) and not work.ended]
        rows = [
            [n, work.id, work.extra["graph"], {}, []] for n, work in enumerate(known) if not work.canceled
        ]
        return Reply(200, {"queue_running": rows[:1], "queue_pending": rows[1:]})

    @route("POST", "/queue")
    def change(self, asked: Asked) -> Reply:
        for id in (asked.json or {}).get("delete") or ():
            self.works.pop(id, None)
        return Reply(200, "")

    @route("POST", "/interrupt")
    def interrupt(self, asked: Asked) -> Reply:
        work = self.works.get((asked.json or {}).get("prompt_id", ""))
        if work is not None:
            self.stopped.append(work.id)
            work.fault, work.ended = "interrupted", True
        return Reply(200, "")

    @route("POST", "/free")
    def free(self, asked: Asked) -> Reply:
        return Reply(200, "")

    def _fault(self, node: str, what: dict[str, Any], graph: dict[str, Any]) -> dict[str, Any] | None:
        """What is wrong with the inputs of one node."""
        errors = []
        for name, value in what["inputs"].items():
            if isinstance(value, list) and value[0] not in graph:
                errors.append(self._wrong("bad_linked_input", "Bad linked input", str(value), name))
            if name == "image" and what["class_type"] == "LoadImage" and value not in self.inputs:
                text = f"image: '{value}' not in ['example.png']"
                errors.append(self._wrong("value_not_in_list", "Value not in list", text, name))
            if name == "seed" and not isinstance(value, int | list):
                text = f"seed, {value}, invalid literal"
                errors.append(
                    self._wrong("invalid_input_type", "Failed to convert an input value", text, name)
                )
        outputs = [n for n, one in graph.items() if one["class_type"] in ("SaveImage", "PreviewImage")]
        found = {"errors": errors, "dependent_outputs": outputs, "class_type": what["class_type"]}
        return found if errors else None

    def _wrong(self, kind: str, message: str, details: str, name: str) -> dict[str, Any]:
        return {"type": kind, "message": message, "details": details, "extra_info": {"input_name": name}}

    def _refusal(self, kind: str, message: str, faults: dict[str, Any]) -> Reply:
        error = {"type": kind, "message": message, "details": "", "extra_info": {}}
        return Reply(400, {"error": error, "node_errors": faults})

    def _record(self, work: Work) -> dict[str, Any]:
        graph = work.extra["graph"]
        messages: list[Any] = [["execution_start", {"prompt_id": work.id}]]
        if work.fault is not None:
            kind = "execution_interrupted" if work.fault == "interrupted" else "execution_error"
            about = {} if work.fault == "interrupted" else work.fault
            messages.append([kind, {"prompt_id": work.id, "traceback": [], **about}])
            return {"prompt": [], "outputs": {}, "status": self._status("error", messages), "meta": {}}
        outputs: dict[str, Any] = {}
        for node, what in graph.items():
            if what["class_type"] in ("SaveImage", "PreviewImage"):
                kind = "output" if what["class_type"] == "SaveImage" else "temp"
                name = f"{kind}_{node}_{len(self.views):05d}_.png"
                known = work.extra.setdefault("files", {}).setdefault(node, name)
                if known == name:
                    self.views[name] = work.result if kind == "output" else picture(b"preview")
                outputs[node] = {"images": [{"filename": known, "subfolder": "", "type": kind}]}
        return {"prompt": [], "outputs": outputs, "status": self._status("success", messages), "meta": {}}

    def _status(self, word: str, messages: list[Any]) -> dict[str, Any]:
        return {"status_str": word, "completed": word == "success", "messages": messages}

    # ------------------------------------------------------------------ pushed
    @route("GET", "/ws")
    def ws(self, asked: Asked) -> Reply | Takeover:
        if not self.sockets:
            return Reply(404, "")
        if "origin" in asked.headers:
            return Reply(403, "")
        return Takeover(self._push)

    def _push(self, connection: socket, asked: Asked) -> None:
        """Everything that this client's job has to tell, then the connection stays open until the client goes."""
        socket_, client = WebSocket(connection, asked), asked.query.get("clientId", "")
        sent = 0
        try:
            for message in self._messages(client):
                if sent == self.break_after:
                    return
                socket_.send(message)
                sent += 1
            socket_.ping()
            socket_.until_gone()
        except OSError:
            return

    def _messages(self, client: str) -> Any:
        status = {"status": {"exec_info": {"queue_remaining": 1}}, "sid": client}
        yield _text("status", status)
        work = next((one for one in self.works.values() if one.extra["client"] == client), None)
        if work is None or self.silent:
            return
        with self.lock:
            # a real graph takes longer than the question that a client asks once it listens
            while not self.looked and not work.ended and work.id in self.works and not self.world.gone:
                self._asked.wait(0.1)
        if work.ended:
            return
        yield _text("execution_start", {"prompt_id": "of-somebody-else"})
        yield _text("progress", {"value": 9, "max": 10, "prompt_id": "of-somebody-else", "node": "1"})
        yield _text("executing", {"node": None, "prompt_id": "of-somebody-else"})
        yield _text("execution_start", {"prompt_id": work.id})
        yield _text("execution_cached", {"prompt_id": work.id, "nodes": []})
        node = list(work.extra["graph"])[-2]
        yield _text("executing", {"node": node, "display_node": node, "prompt_id": work.id})
        for step in range(1, self.steps + 1):
            yield _text("progress", {"value": step, "max": self.steps, "prompt_id": work.id, "node": node})
            yield struct.pack(">II", 1, 1) + b"\xff\xd8 a preview"  # binary: event 1, JPEG
        yield struct.pack(">II", 3, len(node)) + node.encode() + b"a text"  # binary: event 3
        yield "no json {"
        yield json.dumps({"type": "crystools.monitor", "data": None})
        with self.lock:
            work.ended = True
        ending = "execution_success" if work.fault is None else "execution_error"
        yield _text(ending, {"prompt_id": work.id})
        yield _text("executing", {"node": None, "prompt_id": work.id})


def _text(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "data": data})


VENDOR = ComfyUi
