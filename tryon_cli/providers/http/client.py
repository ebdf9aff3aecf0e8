"""Sending requests to a service: credentials, deadlines, caps, one answer each. Knows no vendor and never repeats.

Only download() tries again, since fetching a finished picture is free.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlencode, urlsplit

from ...model.errors import Fault, FaultKind
from ...model.remote import Call
from . import bounded
from .bodies import Body, Bytes, form
from .deadline import after, until
from .faults import Words, fault_of, unsent
from .sse import ServerEvent, parsed

if TYPE_CHECKING:
    from .wire import Answer, Wire

SECONDS = 30.0
"""Deadline of a request that costs nothing."""
QUIET = 60.0
"""Seconds without a byte after which a stream of events is given up."""

Headers = Callable[[], Mapping[str, str]]
"""Credentials for a request to the service's own host. Raises Fault(ACCOUNT)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    url: str = ""
    paid: bool = False
    _parsed: list[Any] = field(default_factory=list, compare=False, repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises Fault: AMBIGUOUS for the paid request, TRANSIENT otherwise."""
        if not self._parsed:
            try:
                self._parsed.append(json.loads(self.body))
            except (ValueError, RecursionError):
                raise self.unreadable("that is no JSON") from None
        return self._parsed[0]

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; {} when it is none. For looking at errors: never raises."""
        if self.headers.get("content-type", "").startswith("image/"):
            return {}
        try:
            found = self.json()
        except Fault:
            return {}
        return found if isinstance(found, dict) else {}

    def unreadable(self, why: str) -> Fault:
        """The Fault of an answer that cannot be understood; why goes on after "an answer"."""
        kind = FaultKind.AMBIGUOUS if self.paid else FaultKind.TRANSIENT
        text = f"{host_of(self.url)} gave an answer {why} (HTTP {self.status})"
        fix = "it may have been billed: tryon ledger" if self.paid else "tryon resume"
        return Fault(kind, text, code="E-NET-ANSWER", fix=fix)


class Http:
    """Requests to one service. Safe from any thread."""

    def __init__(
        self, headers: Headers, *, ca_file: str = "", owns: Callable[[str], bool] | None = None,
        name: str = "", private: Callable[[], bool] | None = None, most: int = bounded.MOST,
    ) -> None:  # fmt: skip
        """headers: credentials, asked for each request; owns: may they go to this address (default: yes)?

        private: may results lie at addresses of this machine or network (default: no)? most: bytes of a reply at most.
        """
        self._headers = headers
        self._owns = owns
        self._ca_file = ca_file
        self._name = name
        self._private = private
        self._most = most
        self._wires: dict[str, Wire] = {}

    def send(
        self,
        call: Call,
        *,
        seconds: float = SECONDS,
        paid: bool = False,
        own: bool | None = None,
        body: Body | None = None,
    ) -> Reply:
        """One request, one whole answer, within `seconds`; redirects are answers too.

        own: do the credentials go with it (None: as `owns` says)? body: instead of the call's own, for instance an
        upload from disk. Raises Fault: AMBIGUOUS when it is paid and may have
        arrived, TRANSIENT when it may be repeated, CONFIG when it will never work.
        """
        from .wire import Broken

        url = with_query(call.url, call.query)
        headers, payload = self._written(call, body, own)
        reply: Reply | None = None
        try:
            with (
                until(after(seconds)),
                self._wire("api").exchange(call.method, url, headers, payload, paid=paid) as answer,
            ):
                reply = self._read(answer, url, paid)
        except Broken as broken:
            raise unsent(self._name or host_of(url), broken, paid=paid) from None
        assert reply is not None
        return reply

    def _read(self, answer: Answer, url: str, paid: bool) -> Reply:
        headers = answer.headers
        empty = Reply(answer.status, headers, b"", url, paid)
        try:
            body = bounded.body(
                answer.chunks,
                headers.get("content-encoding", ""),
                headers.get("content-length", ""),
                self._most,
            )
        except bounded.Undecodable as error:
            raise empty.unreadable(f"that cannot be unpacked: {error}") from None
        except Fault as fault:
            if paid and fault.code == "E-NET-SIZE":
                raise empty.unreadable(f"that is too long: {fault.text}") from None
            raise Fault(fault.kind, f"{host_of(url)}: {fault.text}", code=fault.code) from None
        return Reply(answer.status, headers, body, url, paid)

    def _written(self, call: Call, body: Body | None, own: bool | None) -> tuple[dict[str, str], Body | None]:
        """Headers and body of a call."""
        headers = {
            "User-Agent": "tryon-cli",
            "Accept": "*/*",
            "Accept-Encoding": bounded.accepted(packed=True),
        }
        if own is None:
            own = self._owns is None or self._owns(call.url)
        if own:
            headers |= self._headers()
        if body is None and call.json is not None:
            headers["Content-Type"] = "application/json"
            body = Bytes(json.dumps(call.json, separators=(",", ":")).encode())
        elif body is None and (call.files or call.form):
            parts = form(call.form, call.files)
            headers["Content-Type"] = parts.media
            body = parts
        elif body is None and call.content:
            body = Bytes(call.content)
        given = {name.lower() for name in call.headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in given}
        return {**kept, **call.headers}, body

    def events(
        self, url: str, *, method: str = "GET", json: Any = None, query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, seconds: float = 600.0, quiet: float = QUIET,
        check: Callable[[Reply], None] | None = None,
    ) -> Iterator[ServerEvent]:  # fmt: skip
        """Events as the service pushes them, until it ends the stream. Close the iterator to hang up.

        check: judges an answer that is no stream, and raises its Fault. Raises Fault(TRANSIENT) when the stream
        is cut, when no byte comes for `quiet` seconds, or `seconds` are over.
        """
        from .wire import Broken

        call = Call(method, url, headers={"Accept": "text/event-stream", **(headers or {})}, json=json)
        address = with_query(url, query or {})
        heads, payload = self._written(call, None, None)
        heads["Accept-Encoding"] = bounded.accepted(packed=False)
        end = after(seconds)
        try:
            with ExitStack() as stack:
                with until(end):
                    wire = self._wire("api").exchange(method, address, heads, payload, quiet=quiet)
                    answer = stack.enter_context(wire)
                if answer.status != 200 or "text/event-stream" not in answer.headers.get("content-type", ""):
                    with until(min(end, after(SECONDS))):
                        self._no_stream(self._read(answer, address, paid=False), check)
                packed = answer.headers.get("content-encoding", "")
                for event in parsed(_within(end, bounded.unpacked(answer.chunks, packed))):
                    if event is not None:
                        yield event
        except Broken as broken:
            raise unsent(self._name or host_of(url), broken, paid=False) from None
        except bounded.Undecodable as error:
            raise Fault(FaultKind.TRANSIENT, f"{host_of(url)}: {error}", code="E-NET-EVENT") from None

    def _no_stream(self, reply: Reply, check: Callable[[Reply], None] | None) -> NoReturn:
        if check is not None:
            check(reply)
        if reply.status >= 300:
            raise fault_of(self._name or host_of(reply.url), reply, "", "", Words())
        raise reply.unreadable("that is no stream of events")

    def download(self, url: str, *, own: bool = False, seconds: float = 120.0) -> bytes:
        """A finished picture, decoded once to its last row. Follows at most 3 redirects; tries 3 times.

        own: credentials may go with it (never to another host). Raises Fault: LOST when it is gone.
        """
        from .download import Download

        headers = self._headers if own else None
        return Download(self._wire("result"), headers, most=self._most).picture(url, seconds)

    def _wire(self, purpose: str) -> Wire:
        wire = self._wires.get(purpose)
        if wire is None:
            from .guard import guarded
            from .names import addresses
            from .wire import Wire

            resolve = addresses if purpose == "api" else guarded(self._private)
            wire = self._wires.setdefault(purpose, Wire(self._ca_file, resolve=resolve))
        return wire


def _within(end: float, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The deadline counts while we wait for the next piece, not while somebody works on the last one."""
    while True:
        with until(end):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def with_query(url: str, query: Mapping[str, str]) -> str:
    """The address with further parameters."""
    if not query:
        return url
    base, mark, fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}{mark}{fragment}"


def host_of(url: str) -> str:
    """For messages: no user, no password, no query."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"
