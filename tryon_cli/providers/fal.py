"""fal.ai: any endpoint of its queue. Protocol: docs.fal.ai, queue API.

    [providers.leffa]
    provider = "fal"
    endpoint = "fal-ai/leffa/virtual-tryon"      # one of fal_endpoints.READY, or any other with stage and fields

Results are awaited by server-sent events, and by questions where the stream breaks. Pictures are uploaded once to
fal's CDN, where whoever knows their address can see them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .fal_endpoints import DEFAULTS, KINDS, READY
from .fields import Fields, read
from .http.client import Reply
from .http.faults import Words
from .http.paths import text_at, value_at
from .http.pictures import media_of
from .http.service import Service

_KEPT = 86_400
"""Seconds that results and uploads are asked to be kept."""
_MARGIN = 3600.0
"""An upload is not used in its last hour, since a job may wait that long."""
_KEEP = json.dumps({"expiration_duration_seconds": _KEPT})


class Fal(Service):
    """`endpoint`: one for one stage, or `endpoints`: { stage = endpoint }; see fields.py for stage, fields, values,
    categories, output; `unit`: USD of one billable unit; `rest_url`: where uploads are asked for."""

    NAME = "fal"
    BASE_URL = "https://queue.fal.run"
    KEY_ENV = "FAL_KEY"
    HOSTS = ("fal.run", "fal.ai")
    ABOUT = "fal.ai: any endpoint of its queue"
    SLOTS = 8  # the queue takes any number and runs 2 to 40 at once, by account
    WAIT = 1.5
    MAX_VARIANTS = 8
    TERMS = Terms(kept=_KEPT * 0.9, accepts=Accepts(("jpeg", "png", "webp"), 0, 3000, 10_000_000))
    WORDS = Words(
        kinds=KINDS, words={"exhausted balance": FaultKind.ACCOUNT, "user is locked": FaultKind.ACCOUNT}
    )

    def take(self, options: dict[str, Any]) -> Terms:
        self.rest_url = str(options.pop("rest_url", "https://rest.fal.ai")).rstrip("/")
        self.unit = float(options.pop("unit", 0.0))
        endpoint = str(options.pop("endpoint", "")).strip("/")
        self.endpoints: dict[str, tuple[str, Fields]] = {}
        if endpoint:
            made = read(options, READY.get(endpoint))
            self.endpoints[made.stage] = (endpoint, made)
        else:
            for stage, path in dict(options.pop("endpoints", DEFAULTS)).items():
                if path not in READY or READY[path].stage != stage:
                    raise TypeError(
                        f"{path} is not known here for {stage}: give it a table of its own, with fields"
                    )
                self.endpoints[stage] = (path, READY[path])
        self._price = {stage: made.price for stage, (_, made) in self.endpoints.items()} | self._price
        self._lock, self._token = threading.Lock(), ("", "", 0.0)
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        return {stage: f"{path}/{made.version}/1" for stage, (path, made) in self.endpoints.items()}

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Key {self.secret.value}"}

    # ------------------------------------------------------------------ pictures on their way in
    def put(self, data: bytes) -> str:
        return self.uploaded(data)

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        token, base = self._cdn()
        headers = {
            "Authorization": token, "Content-Type": media_of(data), "X-Fal-File-Name": name,
            "X-Fal-Object-Lifecycle": _KEEP,
        }  # fmt: skip
        reply = self.http.send(Call("POST", f"{base}/files/upload", headers=headers, content=data))
        if reply.status in (401, 403):
            with self._lock:
                self._token = ("", "", 0.0)
            text = f"{self.name}: the CDN refused its own token"
            raise Fault(FaultKind.TRANSIENT, text, code="E-PROV-UPLOAD", fix="tryon resume")
        self.check(reply)
        url = text_at(self.object_in(reply), "access_url")
        if not url:
            text = f"{self.name}: an upload got no address"
            raise Fault(FaultKind.TRANSIENT, text, code="E-PROV-UPLOAD", fix="tryon resume")
        return url, _KEPT - _MARGIN

    def _cdn(self) -> tuple[str, str]:
        """Token and address for uploads, asked for again when they end."""
        now = self.kit.clock() if self.kit is not None else time.time()
        with self._lock:
            if now < self._token[2] - 60:
                return self._token[:2]
            body = self.object_in(
                self.post(f"{self.rest_url}/storage/auth/token?storage_type=fal-cdn-v3", json={})
            )
            try:
                ends = datetime.fromisoformat(str(body["expires_at"])).timestamp()
                self._token = (
                    f"{body['token_type']} {body['token']}",
                    str(body["base_url"]).rstrip("/"),
                    ends,
                )
            except (KeyError, ValueError) as error:
                text = f"{self.name}: the token for uploads is not understood"
                raise Fault(FaultKind.TRANSIENT, text, code="E-PROV-UPLOAD") from error
            return self._token[:2]

    # ------------------------------------------------------------------ one job
    def prepare(self, job: Job, token: str) -> Call:
        path, made = self.endpoints[job.task]
        inputs = made.filled(
            self.name, job, lambda role: self.reference(job, role), lambda: self.seed_of(job),
            lambda name: self.option(job, name),
        )  # fmt: skip
        headers = {"X-Fal-No-Retry": "1", "X-Fal-Object-Lifecycle-Preference": _KEEP}
        return Call("POST", self.at(path), headers=headers, json=inputs, uploads=self.uploads_of(job))

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        body = reply.document()
        path = call.url.removeprefix(self.at(""))
        extra = {
            "response": body.get("response_url"),
            "cancel": body.get("cancel_url"),
            "uploads": list(call.uploads),
        }
        # these addresses leave out the endpoint's sub-path: they are used as given, never rebuilt
        return Ticket(
            self.id_in(reply, "request_id"), self.id_in(reply, "status_url"), {**extra, "endpoint": path}
        )

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        """Pushed by the service; where the stream breaks or ends early, by asking."""
        try:
            for event in self.http.events(
                f"{ticket.url}/stream", query={"logs": "0"}, seconds=self.terms.patience, check=self.check
            ):
                state = self._state(ticket, event.json(), 0.0)
                yield state
                if isinstance(state, Done):
                    return
        except Fault as fault:
            if fault.kind is not FaultKind.TRANSIENT or fault.final:
                raise
        yield from super().watch(ticket)

    def poll(self, ticket: Ticket) -> Pending | Done:
        return self._state(ticket, self.object_in(self.get(ticket.url, query={"logs": "0"})), self.WAIT)

    def _state(self, ticket: Ticket, body: Any, wait: float) -> Pending | Done:
        status = text_at(body, "status")
        if status == "COMPLETED":
            return self._result(ticket, text_at(body, "error_type"), text_at(body, "error"))
        place = text_at(body, "queue_position")
        return Pending(f"queue {place}" if place else status.lower().replace("_", " "), wait=wait)

    def _result(self, ticket: Ticket, kind: str, error: str) -> Done:
        """kind, error: what the status said of a failure; the result says it more exactly."""
        where = ticket.extra.get("response") or ticket.url.removesuffix("/status")
        reply = self.http.send(Call("GET", str(where)))
        code, text = self.error_in(reply)
        if error or (code and reply.status not in (401, 403, 404, 429)):
            raise self._failed(ticket, code or kind, text or error, reply.headers.get("x-fal-retryable", ""))
        self.check(reply)
        body = self.object_in(reply)
        unsafe = value_at(body, "has_nsfw_concepts")
        if unsafe is True or (isinstance(unsafe, list) and any(unsafe)):
            raise self.fault("content_policy_violation", "the safety checker blanked the picture")
        made = next(
            (made for path, made in self.endpoints.values() if path == ticket.extra["endpoint"]), None
        )
        paths = [made.output] if made is not None and made.output else ["image.url", "images[0].url"]
        done = self.picture_in(body, *paths)
        units = reply.headers.get("x-fal-billable-units", "")
        cost = (
            round(float(units) * self.unit, 6) if self.unit and units.replace(".", "", 1).isdigit() else None
        )
        return Done(done.image, url=done.url, cost=cost)

    def _failed(self, ticket: Ticket, code: str, text: str, retryable: str) -> Fault:
        """The job failed. The vendor's own verdict on repeating counts, but not against a bad picture."""
        kind = self.WORDS.kind(code, text)
        if code == "file_download_error" and ticket.extra.get("uploads"):
            for digest in ticket.extra["uploads"]:
                if self.kit is not None:
                    self.kit.references.forget(self.name, self.terms.account, digest)
            kind = FaultKind.TRANSIENT  # an upload is gone there: the next try sends it again
        elif kind in (None, FaultKind.TRANSIENT):
            hint = {"true": FaultKind.TRANSIENT, "false": FaultKind.INPUT}.get(retryable.lower())
            kind = hint or kind or FaultKind.TRANSIENT
        fault = self.fault("", f"{text} [{code}]" if code else text, kind)
        fault.kind = kind
        return fault

    def cancel(self, ticket: Ticket) -> None:
        """It may still finish, and be billed: too late and unknown are answers, not failures."""
        if url := ticket.extra.get("cancel"):
            self.http.send(Call("PUT", str(url)))

    def error_in(self, reply: Reply) -> tuple[str, str]:
        if reply.status < 400:
            return "", ""
        body = reply.document()
        detail = body.get("detail")
        if isinstance(detail, list) and detail and isinstance(detail[0], dict):
            field = ".".join(str(part) for part in detail[0].get("loc") or ())
            said = str(detail[0].get("msg") or "")
            return str(detail[0].get("type") or ""), f"{field}: {said}" if field else said
        code = str(body.get("error_type") or reply.headers.get("x-fal-error-type") or "")
        return code, detail if isinstance(detail, str) else ""
