"""Sending requests over httpx: connections per thread. Knows no credentials, no vendor and no retries.

httpx is known here, in transport.py and meaning.py, httpcore in network.py too, so that a successor can take its place.
A client that threads share spends 13 ms of CPU on a call with 256 in flight, one per thread 0.7; making an SSLContext
takes 40 ms.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
import weakref
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import httpx

from .bodies import Body
from .meaning import Broken, Sent, host_in, meaning_of
from .names import Resolve, addresses
from .transport import Transport

__all__ = ["Answer", "Broken", "Sent", "Wire"]

CONNECT = 10.0
"""Seconds until a connection stands, its handshake included."""
STALE = 1.0
"""Seconds after which an idle connection is not trusted with a paid request: a server that closes it at that
moment would leave us unsure whether the request arrived."""

for _name in ("httpx", "httpcore"):
    # at INFO they print whole addresses, with what stands in their queries
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(slots=True)
class Answer:
    """A reply whose body is still on its way."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    chunks: Iterator[bytes]
    """The body as sent, still packed."""
    received: list[int] = field(default_factory=lambda: [0])


class _Upload(httpx.SyncByteStream):
    def __init__(self, body: Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)


_TIMES = {"connect": CONNECT, "pool": 5.0, "read": None, "write": None}
"""Reading and writing are bounded by the call's deadline."""


class _Line:
    """What one thread has."""

    def __init__(self, ca_file: str, resolve: Resolve, environment: bool) -> None:
        self.transport = Transport(ca_file, resolve, environment)
        self.used = 0.0
        # not __del__: when a thread's things are collected together, its sockets may be finalised before it
        weakref.finalize(self, self.transport.close)


class Wire:
    """Sends requests. Safe from any thread: each gets connections of its own."""

    def __init__(
        self, ca_file: str = "", *, resolve: Resolve = addresses, environment: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """ca_file: certificates that are believed beside the usual ones; environment: proxies are read from it."""
        self._ca_file = ca_file
        self._resolve = resolve
        self._environment = environment
        self._clock = clock
        self._lines = threading.local()

    @contextlib.contextmanager
    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | None = None, *,
        paid: bool = False, quiet: float | None = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Send one request and read its answer inside. Never follows redirects, never repeats. Raises Broken.

        quiet: seconds without a byte after which the answer is given up; the deadline of the thread counts always.
        """
        line = self._line()
        answer: Answer | None = None
        if paid and self._clock() - line.used > STALE:
            line.transport.drop_idle()
        line.transport.proxy, line.transport.trail.sent = None, False
        try:
            request = _request(method, url, headers, body, quiet)
            # without httpx.Client: of what it adds (cookies, redirects, hooks) nothing is wanted here
            response = line.transport.handle_request(request)
            try:
                answer = Answer(response.status_code, _plain(response.headers), iter(()))
                answer.chunks = _counted(response.iter_raw(), answer.received)
                yield answer
            finally:
                response.close()
                line.used = self._clock()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict) as error:
            received = answer.received[0] if answer is not None else None
            raise meaning_of(error, url, line.transport.trail, line.transport.proxy, received) from error

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = _Line(self._ca_file, self._resolve, self._environment)
        return line


def _request(
    method: str, url: str, headers: Mapping[str, str], body: Body | None, quiet: float | None
) -> httpx.Request:
    whole = {**headers, "Host": ""}
    if body is not None:
        whole["Content-Length"] = str(body.size)
    elif method in ("POST", "PUT", "PATCH"):
        whole["Content-Length"] = "0"
    try:
        parsed, whole["Host"], login = _parsed(url)
        if login:  # as httpx.Client does it: what the address says wins
            whole["Authorization"] = login
        # looked at before anything is opened: h11 would complain later, quoting what it complains about
        if any(_UNFIT.search(value) for value in whole.values()):
            raise ValueError
        return httpx.Request(
            method,
            parsed,
            headers=whole,
            stream=_Upload(body) if body is not None else httpx.ByteStream(b""),
            extensions={"timeout": {**_TIMES, "read": quiet}},
        )
    except (httpx.InvalidURL, UnicodeError, TypeError, ValueError) as error:
        # without the error's own text: it may quote a header, and so a key
        raise Broken(Sent.NEVER, f"a request to {host_in(url)} cannot be written", "address") from error


@lru_cache(maxsize=1024)
def _parsed(url: str) -> tuple[httpx.URL, str, str]:
    """The address, its Host header, and the Authorization that it holds itself ("" when none); a job's address is
    asked many times. Raises ValueError and httpx's own."""
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host or (parsed.port or 1) > 65_535:
        raise ValueError
    login = f"{parsed.username}:{parsed.password}".encode() if parsed.userinfo else b""
    return parsed, parsed.netloc.decode("ascii"), f"Basic {b64encode(login).decode()}" if login else ""


_UNFIT = re.compile(r"[^\x20-\x7e\t]")
"""Signs that no header may hold."""


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Repeated ones joined, names in lower case."""
    return dict(headers.items())


def _counted(chunks: Iterator[bytes], received: list[int]) -> Iterator[bytes]:
    for chunk in chunks:
        received[0] += len(chunk)
        yield chunk
