"""A service described in the settings alone: `provider = "http"`. Knows no vendor.

    [providers.mine]
    provider = "http"
    base_url = "https://tryon.example.com"
    api_key_file = "~/.config/tryon/mine.key"
    auth = { "X-Key" = "{key}" }                       # default: Authorization: Bearer {key}

    [providers.mine.tasks.try-on]
    price = 0.05                                       # USD; 0 for a server of your own
    pictures = "data-uri"                              # data-uri, base64, or file for multipart parts
    path = "/v1/jobs"
    json = { person = "{human}", cloth = "{garment}", kind = "{category}", ref = "{token}" }
    id = "job.id"                                      # leave out where the answer holds the picture
    status = { path = "/v1/jobs/{id}", at = "job.status", done = ["ok"], failed = ["error"] }
    output = "job.images[0].url"                       # an address, a data URI or base64
    error = { code = "error.code", text = "error.message" }
    codes = { quota = "account", nsfw = "content", busy = "throttled" }

A price that is left out counts as 0, is warned about, and a call whose answer was lost waits for your decision.

In json, form and query a value that is one placeholder takes its type, and one that was not said is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..model.digest import canonical, digest_of
from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from ..model.remote import Call, Pending, Terms, Ticket
from .http.client import Reply
from .http.faults import fault_of
from .http.paths import text_at
from .http.pictures import data_uri, media_of, raw_base64
from .http.service import Service
from .recipe_read import TaskRecipe, read_tasks

_HOLE = re.compile(r"\{([\w.-]+)\}")


class HttpService(Service):
    """Raises TypeError that names the line of the settings which cannot work."""

    NAME = "http"
    ABOUT = "a service of your own, described in the settings"

    def take(self, options: dict[str, Any]) -> Terms:
        self.recipes = read_tasks(options.pop("tasks", None), self.name)
        self.auth = {str(k): str(v) for k, v in dict(options.pop("auth", {})).items()}
        if not self.base_url.startswith(("http://", "https://")):
            raise TypeError(f'[providers.{self.name}] needs base_url = "https://..."')
        said = {stage: float(r.price) for stage, r in self.recipes.items() if r.price is not None}
        self._price = {**said, **self._price}
        return super().take(options)

    def tasks(self) -> Mapping[str, str]:
        """The version follows from everything that is sent: another body is another question."""
        return {
            stage: f"{digest_of(canonical({'at': self.base_url, **r.asked()}))[:12]}/{r.version}"
            for stage, r in self.recipes.items()
        }

    def headers(self) -> Mapping[str, str]:
        if not self.secret and not self.auth:
            return {}  # somebody's own server, open to those who reach it
        auth = self.auth or {"Authorization": "Bearer {key}"}
        return {name: value.replace("{key}", self.secret.value) for name, value in auth.items()}

    # ------------------------------------------------------------------ the request
    def prepare(self, job: Job, token: str) -> Call:
        recipe = self.recipes[job.task]
        holes: dict[str, Any] = {k: v for k, v in job.settings.items() if v is not None} | {"token": token}
        pictures = {role: self.picture(job, role) for role in job.images}
        if recipe.pictures != "file":
            shown = data_uri if recipe.pictures == "data-uri" else raw_base64
            holes |= {
                role: self.reference(job, role) if self._hosted else shown(data)
                for role, data in pictures.items()
            }
        files = tuple(
            (
                part,
                f"{role}.{media_of(pictures[role]).partition('/')[2]}",
                pictures[role],
                media_of(pictures[role]),
            )
            for part, role in recipe.files.items()
            if role in pictures
        )
        return Call(
            recipe.method,
            self.at(recipe.path),
            headers={str(k): str(v) for k, v in filled(recipe.headers, holes).items()},
            query={str(k): str(v) for k, v in filled(recipe.query, holes).items()},
            json=filled(recipe.json, holes) if recipe.json is not None else None,
            form={str(k): str(v) for k, v in filled(recipe.form, holes).items()},
            files=files,
        )

    @property
    def _hosted(self) -> bool:
        return self.kit is not None and self.kit.assets is not None

    # ------------------------------------------------------------------ the answers
    def accepted(self, reply: Reply, call: Call) -> Ticket | Done:
        stage = self._stage_of(call)
        recipe = self.recipes[stage]
        if not recipe.id:
            if reply.headers.get("content-type", "").startswith("image/"):
                return Done(image=reply.body)
            try:
                return self.picture_in(reply.document(), recipe.output)
            except Fault as fault:  # it was taken, and who knows what it did
                raise Fault(FaultKind.AMBIGUOUS, fault.text, code=fault.code) from None
        return Ticket(self.id_in(reply, recipe.id), extra={"stage": stage})

    def _stage_of(self, call: Call) -> str:
        """Which recipe made this request: told by its path, and by its body where several share one."""
        path = urlsplit(call.url).path
        fit = [s for s, r in self.recipes.items() if path == urlsplit(self.at(r.path)).path]
        return next((s for s in fit if self.recipes[s].fits(call)), fit[0])

    def poll(self, ticket: Ticket) -> Pending | Done:
        recipe = self.recipes[str(ticket.extra["stage"])]
        status = recipe.status
        reply = self.http.send(Call(status.method, self.at(status.path.replace("{id}", ticket.id))))
        if reply.status == 404:
            raise Fault(FaultKind.LOST, f"{self.name} does not know job {ticket.id}", code="E-PROV-LOST")
        self._checked(reply, recipe)
        body = reply.document()
        word = text_at(body, status.at)
        if word in status.done:
            return self.picture_in(body, recipe.output)
        if word in status.failed:
            code, text = text_at(body, recipe.error_code), text_at(body, recipe.error_text)
            raise recipe.words.fault(self.name, code or word, text)
        return Pending(word, wait=status.wait)

    def submit(self, call: Call) -> Ticket | Done:
        recipe = self.recipes[self._stage_of(call)]
        reply = self.http.send(call, seconds=recipe.seconds, paid=True)
        self._checked(reply, recipe, paid=True)
        return self.accepted(reply, call)

    def _checked(self, reply: Reply, recipe: TaskRecipe, *, paid: bool = False) -> None:
        """As check(), with the words of this recipe."""
        code = text_at(reply.document(), recipe.error_code)
        if reply.status >= 300 or (code and code in recipe.words.kinds):
            text = text_at(reply.document(), recipe.error_text)
            raise fault_of(self.name, reply, code, text, recipe.words, paid=paid)


def filled(template: Any, holes: Mapping[str, Any]) -> Any:
    """The template with its placeholders replaced; an entry whose only placeholder was not said is left out."""
    if isinstance(template, Mapping):
        made = {k: filled(v, holes) for k, v in template.items()}
        return {k: v for k, v in made.items() if v is not _LEFT_OUT}
    if isinstance(template, list | tuple):
        return [v for v in (filled(part, holes) for part in template) if v is not _LEFT_OUT]
    if not isinstance(template, str):
        return template
    if whole := _HOLE.fullmatch(template):
        return holes.get(whole.group(1), _LEFT_OUT)
    return _HOLE.sub(lambda m: str(holes.get(m.group(1), "")), template)


_LEFT_OUT = object()
