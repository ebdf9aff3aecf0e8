"""Kling AI: Kolors virtual try-on, and image generation for stylize. Protocol: Kling's document API, "old design".

A key is an API key, or AccessKey:SecretKey, from which short-lived tokens are signed here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Accepts, Call, Pending, Terms, Ticket
from .http.client import Reply
from .http.faults import Words
from .http.pictures import raw_base64, size_of
from .http.service import Service
from .prompts import PROMPTS, prompt_for

_A, _I, _T = FaultKind.ACCOUNT, FaultKind.INPUT, FaultKind.TRANSIENT
_PATHS = {"try-on": "v1/images/kolors-virtual-try-on", "stylize": "v1/images/generations"}
_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
_UNSIGNED = ("1003", "1004")
"""Not valid yet, not valid any more: a matter of time, not of the key."""
_LIVES, _REUSED = 1800, 1500.0
"""Seconds that a signed token is valid, and that it is used."""


class Kling(Service):
    """`model`: kolors-virtual-try-on-v1-5 (default) or -v1; `generation_model`: kling-v1-5 (default), kling-v2, ...;
    of a row: `reference` subject or face, `image_fidelity`, `human_fidelity`.

    A key per stage: two tables, [providers.kling] and [providers.looks] provider = "kling".
    """

    NAME = "kling"
    BASE_URL = "https://api-singapore.klingai.com"
    KEY_ENV = "KLING_API_KEY"
    ABOUT = "Kling AI: Kolors try-on, stylize by image generation"
    # one unit per picture; the price of a unit depends on the pack (price = { try-on = ... })
    PRICE = {"try-on": 0.07, "stylize": 0.07}
    SLOTS = 5
    WAIT = 3.0
    MAX_VARIANTS = 8  # nothing can be seeded: every call gives another picture
    SUBMIT_SECONDS = 180.0
    # whether a failed job is charged is not established: it is not bought again by itself
    TERMS = Terms(
        lookup=True, charges_failures=True, kept=29 * 24 * 3600.0,
        accepts=Accepts(("jpeg", "png"), least=300, most=4096, size=10_000_000),
    )  # fmt: skip
    WORDS = Words(
        kinds={
            "1000": _A, "1001": _A, "1002": _A, "1100": _A, "1101": _A, "1102": _A, "1103": _A, "1304": _A,
            "1200": _I, "1201": _I, "1202": FaultKind.CONFIG, "1203": FaultKind.CONFIG,
            "1300": FaultKind.CONTENT, "1301": FaultKind.CONTENT,
            "1302": FaultKind.THROTTLED, "1303": FaultKind.THROTTLED,
        },
        # 5000 to 5002 are left to their status: a paid call may have been taken
        words={
            "risk control": FaultKind.CONTENT, "content safety": FaultKind.CONTENT, "sensitive": FaultKind.CONTENT,
            "balance": _A, "no human": _I, "no person": _I, "no face": _I, "no cloth": _I, "not detect": _I,
        },
    )  # fmt: skip

    def take(self, options: dict[str, Any]) -> Terms:
        self.models = {
            "try-on": str(options.pop("model", "kolors-virtual-try-on-v1-5")),
            "stylize": str(options.pop("generation_model", "kling-v1-5")),
        }
        self._lock, self._said = threading.Lock(), threading.local()
        self._signed, self._signed_at, self._refused = "", 0.0, 0
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        return {"try-on": f"{self.models['try-on']}/1", "stylize": f"{self.models['stylize']}/{PROMPTS}/1"}

    # ------------------------------------------------------------------ credentials
    def headers(self) -> Mapping[str, str]:
        access, colon, key = self.secret.value.partition(":")
        if not colon:
            return {"Authorization": f"Bearer {access}"}
        now = self.kit.clock() if self.kit is not None else time.time()
        with self._lock:
            if not self._signed or not 0 <= now - self._signed_at < _REUSED:
                self._signed, self._signed_at = signed(access, key, int(now)), now
            self._said.token = self._signed
            return {"Authorization": f"Bearer {self._signed}"}

    def check(self, reply: Reply, *, paid: bool = False) -> None:
        code, text = self.error_in(reply)
        if code in _UNSIGNED and ":" in self.secret.value:
            raise self._unsigned(text)
        if paid and "external_task_id" in text:
            # ours is unique for each call: who knows it already has taken that very call before
            said = f"{self.name}: a job with our id may be there already: {text}"
            raise Fault(FaultKind.AMBIGUOUS, said, code="E-PROV-TWICE", fix="tryon resume looks it up")
        super().check(reply, paid=paid)
        self._refused = 0

    def _unsigned(self, text: str) -> Fault:
        """The first time a token is thrown away and signed anew; a second refusal is no matter of its age."""
        with self._lock:
            if self._signed and self._signed == getattr(self._said, "token", ""):
                self._signed, self._refused = "", self._refused + 1
            again = self._refused < 2
        fix = "it is signed anew by itself" if again else "set this machine's clock, or make a new key"
        kind = _T if again else _A
        return Fault(
            kind, f"{self.name}: the signed token was refused: {text}", code="E-AUTH-SIGNED", fix=fix
        )

    # ------------------------------------------------------------------ one job
    def put(self, data: bytes) -> str:
        return raw_base64(data)

    def prepare(self, job: Job, token: str) -> Call:
        body: dict[str, Any] = {"model_name": self.models[job.task], "external_task_id": token}
        if job.task == "try-on":
            body |= {
                "human_image": self.reference(job, "human"),
                "cloth_image": self.reference(job, "garment"),
            }
        else:
            body |= self._generation(job)
        return Call("POST", self.at(_PATHS[job.task]), json=body)

    def _generation(self, job: Job) -> dict[str, Any]:
        body = {
            "prompt": prompt_for("stylize", job.settings)[:2500],
            "image": self.reference(job, "human"),
            "aspect_ratio": _nearest(*size_of(self.picture(job, "human"))),
            "image_fidelity": self.option(job, "image_fidelity", 0.5),
        }
        if self.models["stylize"] == "kling-v1-5":
            body["image_reference"] = self.option(job, "reference", "subject")
            if body["image_reference"] == "subject":
                body["human_fidelity"] = self.option(job, "human_fidelity", 0.8)
        return body

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        return Ticket(self.id_in(reply, "data.task_id"), extra={"path": call.url.removeprefix(self.at(""))})

    def poll(self, ticket: Ticket) -> Pending | Done:
        path = str(ticket.extra["path"])
        data = self._asked(path, ticket.id)
        if data is None:
            raise Fault(FaultKind.LOST, f"{self.name} does not know job {ticket.id}", code="E-PROV-LOST")
        status = str(data.get("task_status") or "")
        units = _units(data)
        if status in ("succeed", "succeeded"):
            price = self._price["try-on" if path == _PATHS["try-on"] else "stylize"]
            done = self.picture_in(data, "task_result.images[0].url")
            return Done(done.image, url=done.url, cost=None if units is None else round(units * price, 6))
        if status == "failed":
            said = str(data.get("task_status_msg") or "it failed without a reason")
            raise self.fault("", f"{said} ({units:g} units were taken)" if units else said)
        return Pending(status, wait=self.WAIT)

    def find(self, token: str) -> Ticket | None:
        """Both kinds of job can be asked about by our id; which kind it was, the token does not say."""
        for path in _PATHS.values():
            data = self._asked(path, token)
            if data is not None and data.get("task_id"):
                return Ticket(str(data["task_id"]), extra={"path": path})
        return None

    def _asked(self, path: str, name: str) -> dict[str, Any] | None:
        """What is known about a job; None: nothing, in any of the ways that this was seen to be said."""
        try:
            body = self.object_in(self.get(f"{path}/{name}"))
        except Fault as fault:
            if fault.kind is FaultKind.LOST or "not found" in fault.text.lower() or "[1203]" in fault.text:
                return None
            raise
        data = body.get("data")
        if not isinstance(data, dict):
            return None
        gone = "task not found" in str(data.get("task_status_msg") or body.get("message") or "").lower()
        return None if gone and data.get("task_status") == "failed" else data

    def error_in(self, reply: Reply) -> tuple[str, str]:
        body = reply.document()
        code = body.get("code")
        return ("", "") if code in (0, None) else (str(code), str(body.get("message") or ""))


def signed(access: str, secret: str, now: int) -> str:
    """A JWT (HS256) for half an hour; now: UTC seconds."""
    head = {"alg": "HS256", "typ": "JWT"}
    parts = [_packed(part) for part in (head, {"iss": access, "exp": now + _LIVES, "nbf": now - 5})]
    mac = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _base64url(mac)])


def _packed(part: Mapping[str, object]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _units(data: Mapping[str, Any]) -> float | None:
    try:
        return float(data["final_unit_deduction"])
    except (KeyError, TypeError, ValueError):
        return None


def _nearest(width: int, height: int) -> str:
    """The ratio that the service knows, nearest to the picture's own."""
    wanted = width / height

    def apart(ratio: str) -> float:
        w, h = map(int, ratio.split(":"))
        return max(w / h / wanted, wanted / (w / h))

    return min(_RATIOS, key=apart)
