"""Any app on Gradio (a Space, or one's own server) by its endpoint. Protocol: queue/join, then events on queue/data.

A result is told once, on a stream that belongs to the session: who hangs up, or comes back after having listened,
gets nothing. So a ticket can be taken up again only if nobody had listened yet; the app itself tells, by breaking
off or staying silent, and then the job is lost. It costs nothing but the app's time.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from ...model.digest import Digest, canonical, digest_of
from ...model.errors import Fault, FaultKind
from ...model.ports import Done, Job, Offer
from ...model.remote import Accepts, Call, Pending, Terms, Ticket
from ..framing import Frame, blank_layer, cut_back, padded
from ..http.client import Reply
from ..http.paths import value_at
from ..http.pictures import media_of
from ..http.secret import WAYS
from ..http.service import Service
from ..prompts import PROMPTS
from .app import App, read_app
from .recipes import RECIPES, recipe_from
from .values import filled
from .words import WORDS, heard, said_by

QUIET = 45.0
"""Seconds of silence after which a stream is given up; a living app sends a sign every 15."""

SPACES = ".hf.space"
"""End of the hosts that HF_TOKEN of the environment goes to; to another app only a key that its settings name."""


class Gradio(Service):
    """`recipe` (catvton, idm-vton, leffa, fashn-vton-1.5, ootd) or `api_name`, `data`, `output`, `values`, `task`.

    base_url: the app; unset: the recipe's public demo. HF_TOKEN goes to Spaces only.
    """

    NAME = "gradio"
    ABOUT = "any Gradio app; ready: CatVTON, IDM-VTON, Leffa, FASHN VTON 1.5, OOTDiffusion"
    SLOTS = 1
    MAX_VARIANTS = 8
    # grace 0: what the app does not tell now it never tells
    FREE = True
    TERMS = Terms(grace=0.0, accepts=Accepts(("png", "jpeg", "webp"), 64, 2048))
    WORDS = WORDS

    def __init__(self, name: str = "", **options: Any) -> None:
        ready = RECIPES.get(str(options.get("recipe", "")))
        url = str(options.get("base_url") or (ready.url if ready else ""))
        named = any(way in options for way in WAYS)
        if not named and (urlsplit(url).hostname or "").endswith(SPACES) and os.environ.get("HF_TOKEN"):
            options["api_key_env"] = "HF_TOKEN"
        super().__init__(name, **options)

    def take(self, options: dict[str, Any]) -> Terms:
        self.recipe = recipe_from(options)
        self.base_url = self.base_url or self.recipe.url
        if not self.base_url:
            raise TypeError("base_url is needed: where the app is")
        host = urlsplit(self.base_url).netloc
        self._app: App | None = None
        self._lock = threading.Lock()
        self._heard: dict[str, Done | None] = {}
        terms = super().take(options)
        return replace(terms, account="@".join(filter(None, (terms.account, host))))

    def tasks(self) -> Mapping[str, str]:
        recipe = self.recipe
        how = {"as": [recipe.api_name, recipe.data, recipe.output, recipe.values, recipe.shape]}
        words = f"/{PROMPTS}" if any(place.name == "prompt" for place in recipe.places()) else ""
        return {recipe.task: f"{urlsplit(self.base_url).netloc}/{digest_of(canonical(how))[:12]}{words}/1"}

    @cached_property
    def offer(self) -> Offer:
        known = self.recipe.values.get("category")
        return replace(super().offer, categories=frozenset(known or ()))

    def headers(self) -> Mapping[str, str]:
        """A key, where there is one: most apps want none."""
        return {"Authorization": f"Bearer {self.secret.value}"} if self.secret else {}

    def app(self) -> App:
        """What the app says about itself, asked once. Raises Fault."""
        with self._lock:
            if self._app is None:
                self._app = read_app(self, self.recipe)
            return self._app

    # ------------------------------------------------------------------ pictures and values on their way in
    def reference(self, job: Job, role: str) -> str:
        return self.uploaded(self.picture(job, role))

    def picture(self, job: Job, role: str) -> bytes:
        data = super().picture(job, role)
        return padded(data, self.recipe.shape)[0] if self.recipe.shape and role == "human" else data

    def frame(self, job: Job) -> Frame | None:
        """Where the person's picture lies in what was sent."""
        if not self.recipe.shape or "human" not in job.images:
            return None
        return padded(super().picture(job, "human"), self.recipe.shape)[1]

    def uploads_of(self, job: Job) -> tuple[Digest, ...]:
        """Pictures, and the blank layers that go with them."""
        edited = [place.name for place in self.recipe.places() if place.form == "editor"]
        layers = [digest_of(blank_layer(self.picture(job, role))) for role in edited if role in job.images]
        return (*super().uploads_of(job), *layers)

    def upload(self, data: bytes, name: str) -> tuple[str, float | None]:
        # files die with the app; a day is what most live at least, and a broken answer forgets them
        reply = self.post(f"{self.app().prefix}/upload", files=[("files", name, data, media_of(data))])
        path = value_at(reply.json(), "[0]")
        if not isinstance(path, str):
            raise reply.unreadable("without the path of an uploaded picture")
        return path, 24 * 3600.0

    # ------------------------------------------------------------------ one job
    def prepare(self, job: Job, token: str) -> Call:
        app = self.app()
        body = {
            "data": filled(self, job, self.recipe.data),
            "fn_index": app.function,
            "session_hash": token[:40],
            "event_data": None,
            "trigger_id": None,
        }
        # read back in accepted(): where the person lies in the padded picture; apps do not look at it
        query = {"frame": str(frame)} if (frame := self.frame(job)) is not None else {}
        return Call(
            "POST", self.at(f"{app.prefix}/queue/join"), query=query, json=body, uploads=self.uploads_of(job)
        )

    def accepted(self, reply: Reply, call: Call) -> Ticket:
        extra = {
            "session": call.json["session_hash"],
            "function": call.json["fn_index"],
            "prefix": self.app().prefix,
            "frame": call.query.get("frame", ""),
            "uploads": list(call.uploads),
        }
        return Ticket(self.id_in(reply, "event_id"), self.base_url, extra)

    def poll(self, ticket: Ticket) -> Pending | Done:
        """The end: a stream cannot be asked for a moment only."""
        *_, last = self.watch(ticket)
        return last

    def watch(self, ticket: Ticket) -> Iterator[Pending | Done]:
        with self._lock:
            known = self._heard.get(ticket.id)
            heard = ticket.id in self._heard
            self._heard.setdefault(ticket.id, None)
        if known is not None:
            yield known
            return
        if heard:
            raise self._lost("its result was told to somebody who hung up")
        yield from self._listen(ticket)

    def _listen(self, ticket: Ticket) -> Iterator[Pending | Done]:
        state = Pending("queue", wait=0)
        url = self.at(f"{ticket.extra['prefix']}/queue/data")
        query = {"session_hash": str(ticket.extra["session"])}
        try:
            for event in self.http.events(
                url, query=query, seconds=self.terms.patience, quiet=QUIET, check=self.check
            ):
                message = event.json()
                if not isinstance(message, dict) or message.get("event_id", ticket.id) != ticket.id:
                    continue
                if message.get("msg") == "process_completed":
                    done = self._done(message, ticket)
                    with self._lock:
                        self._heard[ticket.id] = done
                    yield done
                    return
                if message.get("msg") in ("unexpected_error", "server_stopped"):
                    break
                state = heard(message, state)
                yield state
        except Fault as fault:
            if fault.kind is not FaultKind.TRANSIENT or fault.final:
                raise
            raise self._lost(fault.text) from None
        raise self._lost("the app broke off")

    def _done(self, message: Mapping[str, Any], ticket: Ticket) -> Done:
        output = message.get("output") or {}
        if message.get("success") and isinstance(output.get("data"), list):
            return self._made(output["data"], ticket)
        fault, forget = said_by(self, output.get("error"), "error" in output)
        if forget:  # an exception without words may mean that an upload is gone
            self.forget_uploads(Call("", "", uploads=tuple(ticket.extra.get("uploads") or ())))
        raise fault

    def _made(self, data: list[Any], ticket: Ticket) -> Done:
        found = value_at(data, self.recipe.output)
        path = value_at(found, "path") if isinstance(found, Mapping) else None
        if not path and isinstance(found, Mapping) and found.get("url"):
            return Done(url=str(found["url"]) + _tail(ticket))
        if not isinstance(path, str) or not path:
            text = f"the app answered without a picture at {self.recipe.output}"
            raise self.fault("no picture", text, FaultKind.CONFIG)
        # from the path: behind a proxy the app often names an address that only it can reach
        url = self.at(f"{ticket.extra['prefix']}/file={quote(path)}")
        return Done(url=url + _tail(ticket))

    def fetch(self, done: Done) -> bytes:
        url, _, frame = done.url.partition("#frame=")
        data = super().fetch(replace(done, url=url))
        return cut_back(data, frame) if frame else data

    def is_own(self, url: str) -> bool:
        return url.startswith(f"{self.base_url}/")

    def cancel(self, ticket: Ticket) -> None:
        extra = ticket.extra
        body = {"session_hash": extra["session"], "fn_index": extra["function"], "event_id": ticket.id}
        self.post(f"{extra['prefix']}/cancel", json=body)

    def error_in(self, reply: Reply) -> tuple[str, str]:
        detail = reply.document().get("detail")
        return ("", "") if reply.status < 300 or detail is None else ("", str(detail))

    def _lost(self, why: str) -> Fault:
        text = f"{self.name}: the job cannot be reached any more: {re.sub(f'^{re.escape(self.name)}: ', '', why)}"
        return Fault(FaultKind.LOST, text, code="E-PROV-LOST", fix="tryon resume")


def _tail(ticket: Ticket) -> str:
    """Travels with the address of the result: how it is cut when it is fetched."""
    frame = ticket.extra.get("frame")
    return f"#frame={frame}" if frame else ""
