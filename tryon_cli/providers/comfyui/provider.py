"""A ComfyUI server with a workflow of one's own. Protocol: POST /prompt, /history, /queue, /view, WebSocket /ws.

The job's id is ours, so a call whose answer was lost is found again. The server tells how far it is; what counts is
its history: a job that is neither there nor in the queue is lost.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from ...model.digest import canonical, digest_of
from ...model.errors import Fault, FaultKind
from ...model.ports import Done, Job
from ...model.remote import Accepts, Call, Pending, Terms, Ticket
from ..http.client import Reply
from ..http.paths import text_at, value_at
from ..http.pictures import media_of
from ..http.service import Service
from ..prompts import PROMPTS, prompt_for
from .socket import Unheard, address, told
from .words import WORDS, ends, failed, heard, is_memory, picture_in, refused
from .workflow import ROLES, read_workflow

IDS = uuid.UUID("6f1b5c1e-63f3-5d8e-9d0c-5a3f0c5f7b11")
"""Space of our job ids: the same token is the same id for ever."""

TURN = 5.0
"""Seconds of silence after which the listener looks around; a model that loads is silent for minutes."""

LOOK = 6
"""Turns of silence after which the server is asked instead."""


class ComfyUi(Service):
    """`workflow` (file), `inputs` (role or setting -> node or node.input), `output` (node), `task` (try-on).

    `values`: what the workflow calls a setting's values, e.g. { category = { dress = "overall" } }.
    """

    NAME = "comfyui"
    BASE_URL = "http://127.0.0.1:8188"
    ABOUT = "your own ComfyUI server and workflow"
    SLOTS = 1
    MAX_VARIANTS = 16
    # files of the server's output folder stay; 7 days is as long as we rely on it
    FREE = True
    TERMS = Terms(
        lookup=True,
        grace=5.0,
        kept=7 * 24 * 3600.0,
        patience=1800.0,
        accepts=Accepts(("png", "jpeg", "webp"), 16, 4096),
    )
    WORDS = WORDS

    def take(self, options: dict[str, Any]) -> Terms:
        path = str(options.pop("workflow", ""))
        if not path:
            raise TypeError('workflow is needed: a file exported with "Export (API)"')
        self.workflow = read_workflow(
            path,
            str(options.pop("task", "try-on")),
            options.pop("inputs", {}),
            str(options.pop("output", "")),
        )
        self.values = dict(options.pop("values", {}))
        self._starved: dict[str, str] = {}
        self._lock = threading.Lock()
        terms = super().take(options)
        host = urlsplit(self.base_url).netloc
        return replace(terms, account="@".join(filter(None, (terms.account, host))))

    def tasks(self) -> Mapping[str, str]:
        words = f"/{PROMPTS}" if "prompt" in self.workflow.spots else ""
        values = f"-{digest_of(canonical(self.values))[:6]}" if self.values else ""
        return {self.workflow.task: f"{self.workflow.version}{values}{words}/1"}

    def headers(self) -> Mapping[str, str]:
        """A key, where there is one: the server itself wants none, a gate before it may."""
        return {"Authorization": f"Bearer {self.secret.value}"} if self.secret else {}

    # ------------------------------------------------------------------ pictures and values on their way in
    def reference(self, job: Job, role: str) -> str:
        return self.uploaded(self.picture(job, role))

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        """The name is the digest, so a second upload of the same bytes is the same file there."""
        files = [("image", name, data, media_of(data))]
        document = self.object_in(self.post("upload/image", files=files, form={"type": "input"}))
        stored, folder = text_at(document, "name"), text_at(document, "subfolder")
        if not stored:
            raise Fault(FaultKind.TRANSIENT, f"{self.name} named no uploaded picture", code="E-NET-ANSWER")
        return (f"{folder}/{stored}" if folder else stored), None

    def wished(self, job: Job) -> dict[str, Any]:
        """The values that go into the workflow, by the names of its places."""
        found: dict[str, Any] = {}
        for name in self.workflow.spots:
            if name in ROLES:
                if name in job.images:
                    found[name] = self.reference(job, name)
            elif name == "seed":
                # always: with the same seed the server would answer from its memory without working
                found[name] = self.seed_of(job)
            elif name == "prompt":
                negative = "negative" not in self.workflow.spots
                found[name] = prompt_for(job.task, job.settings, negative=negative)
            elif (said := job.settings.get(name, self.option(job, name))) is not None:
                found[name] = self.values.get(name, {}).get(str(said), said)
        return found

    # ------------------------------------------------------------------ one job
    def prepare(self, job: Job, token: str) -> Call:
        graph = self.workflow.filled(self.wished(job))
        id = _id(token)
        body = {"prompt": graph, "client_id": id, "prompt_id": id}
        return Call("POST", self.at("prompt"), json=body, uploads=self.uploads_of(job))

    def submit(self, call: Call) -> Ticket | Done:
        try:
            return super().submit(call)
        except Fault as fault:
            if fault.code == "E-PROV-UPLOAD":
                self.forget_uploads(call)
            raise

    def check(self, reply: Reply, *, paid: bool = False) -> None:
        if paid and reply.status == 400:
            raise refused(self, reply.document())
        super().check(reply, paid=paid)

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        # an older server gives the job an id of its own, and still tells the client that we named
        extra = {"client": call.json["client_id"], "graph": digest_of(canonical(call.json["prompt"]))}
        ticket = Ticket(self.id_in(reply, "prompt_id"), extra=extra)
        faults = reply.document().get("node_errors") or {}
        hurt = {str(o) for one in faults.values() for o in value_at(one, "dependent_outputs") or ()} | set(
            faults
        )
        if self.workflow.output in hurt:
            # it runs, but without the part that makes our picture
            self.cancel(ticket)
            raise refused(self, reply.document())
        return ticket

    def poll(self, ticket: Ticket) -> Pending | Done:
        if (done := self._finished(ticket)) is not None:
            return done
        place = self._place(ticket.id)
        if place is not None:
            return Pending(f"queue {place}" if place else "running", wait=self.WAIT)
        # between the two questions it may have ended
        if (done := self._finished(ticket)) is not None:
            return done
        text = (
            f"{self.name}: the server knows job {ticket.id} no more; it was restarted or its list was cleared"
        )
        raise Fault(FaultKind.LOST, text, code="E-PROV-LOST", fix="tryon resume")

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        try:
            yield from self._listen(ticket)
        except Unheard:
            yield from super().watch(ticket)

    def _listen(self, ticket: Ticket) -> Iterator[Pending | Done]:
        state, silent = Pending("queue", wait=0), 0
        url = address(self.base_url, str(ticket.extra["client"]))
        for message in told(url, self.headers(), self._ca_file, TURN):
            silent = silent + 1 if message is None else 0
            ended = message is not None and ends(message, ticket.id)
            if message == {} or ended or silent >= LOOK:
                # what was told before we listened is told to nobody again: ask
                asked, silent = self.poll(ticket), 0
                if isinstance(asked, Done):
                    yield asked
                    return
                state = replace(asked, wait=0)
            elif message is not None:
                state = heard(self.workflow, message, ticket.id, state)
            yield state

    def find(self, token: str) -> Ticket | None:
        id = _id(token)
        known = self._record(id) is not None or self._place(id) is not None or self._record(id) is not None
        return Ticket(id, extra={"client": id, "graph": ""}) if known else None

    def cancel(self, ticket: Ticket) -> None:
        """Out of the queue; or stopped, if it is the one that runs (older servers stop whatever runs)."""
        if self._place(ticket.id) == 0:
            self.post("interrupt", json={"prompt_id": ticket.id})
        else:
            self.post("queue", json={"delete": [ticket.id]})

    def is_own(self, url: str) -> bool:
        return url.startswith(f"{self.base_url}/")

    # ------------------------------------------------------------------ what the server knows
    def _record(self, id: str) -> Mapping[str, Any] | None:
        """The job in the history of ended ones."""
        found = self.object_in(self.get(f"history/{id}")).get(id)
        return found if isinstance(found, Mapping) else None

    def _place(self, id: str) -> int | None:
        """0: it runs; 1: it is next; None: not in the queue."""
        queue = self.object_in(self.get("queue"))
        if any(value_at(one, "[1]") == id for one in queue.get("queue_running") or ()):
            return 0
        waiting = sorted(queue.get("queue_pending") or (), key=lambda one: float(value_at(one, "[0]") or 0))
        return next((n for n, one in enumerate(waiting, 1) if value_at(one, "[1]") == id), None)

    def _finished(self, ticket: Ticket) -> Done | None:
        """The picture of an ended job; None: it has not ended. Raises Fault for one that failed."""
        record = self._record(ticket.id)
        if record is None:
            return None
        if text_at(record, "status.status_str") == "error":
            fault = failed(self, record)
            raise self._short_of_memory(fault, ticket) if is_memory(record) else fault
        return Done(url=f"{self.at('view')}?{urlencode(picture_in(self, record))}")

    def _short_of_memory(self, fault: Fault, ticket: Ticket) -> Fault:
        """Once it may be what other jobs left behind, and that is freed; the same graph again needs too much."""
        graph = str(ticket.extra.get("graph", ""))
        with self._lock:
            first = self._starved.setdefault(graph, ticket.id)
        if first != ticket.id and graph:
            fault.kind, fault.fix = FaultKind.INPUT, "use smaller pictures or a lighter workflow"
        else:
            self.post("free", json={"unload_models": True, "free_memory": True})
        return fault


def _id(token: str) -> str:
    """Our id of a job."""
    return str(uuid.uuid5(IDS, token))
