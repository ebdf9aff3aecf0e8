"""The one module that talks httpx: a client per thread over one SSLContext, and what its errors mean.

Knows no credentials, no vendor and no retries. A client that threads share spends 13 ms of CPU on a call with 256
in flight, one per thread 0.7; making an SSLContext takes 40 ms.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from .bodies import Body
from .deadline import Late
from .guard import Forbidden
from .names import Resolve, addresses
from .network import Backend, Trail
from .proxies import Proxy, proxy_for

CONNECT = 10.0
"""Seconds until a connection stands, its handshake included."""
KEPT = 4.0
"""Seconds that an idle connection is kept; many servers close after 5."""
STALE = 1.0
"""Seconds after which an idle connection is not trusted with a paid request: a server that closes it at that
moment would leave us unsure whether the request arrived."""

for _name in ("httpx", "httpcore"):
    # at INFO they print whole addresses, with what stands in their queries
    logging.getLogger(_name).setLevel(logging.WARNING)


class Sent(Enum):
    """What is certain about a request that failed."""

    NO = "nothing of it left"
    MAYBE = "it may have arrived"
    NEVER = "nothing of it left, and it will be no different next time"


MEANS: Mapping[type[Exception], Sent] = {
    httpx.InvalidURL: Sent.NEVER,
    httpx.UnsupportedProtocol: Sent.NEVER,
    httpx.LocalProtocolError: Sent.NEVER,
    httpx.TooManyRedirects: Sent.NEVER,
    httpx.CookieConflict: Sent.NEVER,
    httpx.PoolTimeout: Sent.NO,
    httpx.ConnectTimeout: Sent.NO,
    httpx.ConnectError: Sent.NO,
    httpx.ProxyError: Sent.NO,
    httpx.WriteTimeout: Sent.MAYBE,
    httpx.WriteError: Sent.MAYBE,
    httpx.ReadTimeout: Sent.MAYBE,
    httpx.ReadError: Sent.MAYBE,
    httpx.CloseError: Sent.MAYBE,
    httpx.RemoteProtocolError: Sent.MAYBE,
    httpx.DecodingError: Sent.MAYBE,
    httpx.HTTPStatusError: Sent.MAYBE,
    httpx.StreamConsumed: Sent.MAYBE,
    httpx.StreamClosed: Sent.MAYBE,
    httpx.ResponseNotRead: Sent.MAYBE,
    httpx.RequestNotRead: Sent.MAYBE,
    httpx.HTTPError: Sent.MAYBE,
    httpx.RequestError: Sent.MAYBE,
    httpx.TransportError: Sent.MAYBE,
    httpx.TimeoutException: Sent.MAYBE,
    httpx.NetworkError: Sent.MAYBE,
    httpx.ProtocolError: Sent.MAYBE,
    httpx.StreamError: Sent.MAYBE,
}
"""Every error of httpx; a test fails when it gains one that is missing here."""


class Broken(Exception):
    """No whole answer came."""

    def __init__(self, sent: Sent, text: str, kind: str) -> None:
        """text: one line; kind: certificate, tls, name, late, login (of a proxy), forbidden, address, cut or net."""
        super().__init__(text)
        self.sent = sent
        self.text = text
        self.kind = kind


@dataclass(slots=True)
class Answer:
    """A reply whose body is still on its way."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    chunks: Iterator[bytes]
    """The body as sent, still packed."""
    received: list[int] = field(default_factory=lambda: [0])


@lru_cache(maxsize=8)
def trust(ca_file: str) -> ssl.SSLContext:
    """Certificates that are believed: the system's and certifi's, and those in ca_file. Raises OSError, SSLError."""
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file:
        context.load_verify_locations(os.path.expanduser(ca_file))  # noqa: PTH111
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Transport(httpx.BaseTransport):
    """Connections of one thread, by proxy."""

    def __init__(self, ca_file: str, resolve: Resolve, environment: bool) -> None:
        self.trail = Trail()
        self.proxy: Proxy | None = None
        """That of the last request."""
        self._ca_file = ca_file
        self._resolve = resolve
        self._environment = environment
        self._pools: dict[tuple[Proxy | None, bool], httpcore.ConnectionPool] = {}
        self._ways: dict[tuple[str, str, int], Proxy | None] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        tls = url.scheme == "https"
        self.trail.tls, self.trail.sent = tls, False
        port = url.port or (443 if tls else 80)
        self.proxy = self._way(url.scheme, url.host, port) if self._environment else None
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(
            request.method, target, headers=request.headers.raw, content=request.stream,
            extensions=request.extensions,
        )  # fmt: skip
        with _as_httpx():
            answer = self._pool(self.proxy, tls).handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def _way(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for this host, worked out once: the environment of a process does not change."""
        way = (scheme, host, port)
        if way not in self._ways:
            self._ways[way] = proxy_for(scheme, host, port)
        return self._ways[way]

    def _pool(self, proxy: Proxy | None, tls: bool) -> httpcore.ConnectionPool:
        pool = self._pools.get((proxy, tls))
        if pool is None:
            # a proxy resolves names itself: only its own name is looked up here, by nobody's rules
            backend = Backend(self.trail, addresses if proxy else self._resolve)
            pool = self._pools[proxy, tls] = httpcore.ConnectionPool(
                ssl_context=trust(self._ca_file) if tls else None,
                proxy=_core(proxy, self._ca_file) if proxy else None,
                max_connections=2,
                max_keepalive_connections=2,
                keepalive_expiry=KEPT,
                http1=True,
                http2=False,
                retries=0,
                network_backend=backend,
            )
        return pool

    def drop_idle(self) -> None:
        """Close the connections that nobody uses just now."""
        for pool in self._pools.values():
            for connection in pool.connections:
                if connection.is_idle():
                    connection.close()

    def close(self) -> None:
        for pool in self._pools.values():
            with contextlib.suppress(Exception):
                pool.close()
        self._pools.clear()


def _core(proxy: Proxy, ca_file: str) -> httpcore.Proxy:
    login = (proxy.user, proxy.password) if proxy.user or proxy.password else None
    tls = trust(ca_file) if proxy.url.startswith("https") else None
    return httpcore.Proxy(proxy.url, auth=login, ssl_context=tls)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """httpcore's errors have the names of httpx's."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError,
            httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:  # fmt: skip
        raise getattr(httpx, type(error).__name__)(str(error)) from error


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
        self.transport = _Transport(ca_file, resolve, environment)
        self.client = httpx.Client(transport=self.transport, trust_env=False, follow_redirects=False)
        self.used = 0.0
        # not __del__: when a thread's things are collected together, its sockets may be finalised before it
        weakref.finalize(self, self.client.close)


class Wire:
    """Sends requests. Safe from any thread: each gets a client of its own."""

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
            response = line.client.send(request, stream=True)
            try:
                answer = Answer(response.status_code, _plain(response.headers), iter(()))
                answer.chunks = _counted(response.iter_raw(), answer.received)
                yield answer
            finally:
                response.close()
                line.used = self._clock()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict) as error:
            raise _broken(error, url, line.transport, answer) from error
        except (ssl.SSLError, OSError) as error:  # a certificate file that cannot be read
            raise Broken(
                Sent.NEVER, f"cannot use {self._ca_file or 'the certificates'}: {error}", "tls"
            ) from error

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
        parsed, whole["Host"] = _parsed(url)
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
        raise Broken(Sent.NEVER, f"a request to {_host(url)} cannot be written", "address") from error


@lru_cache(maxsize=1024)
def _parsed(url: str) -> tuple[httpx.URL, str]:
    """The address and its Host header; a job's address is asked many times. Raises ValueError and httpx's own."""
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host or (parsed.port or 1) > 65_535:
        raise ValueError
    return parsed, parsed.netloc.decode("ascii")


_UNFIT = re.compile(r"[^\x20-\x7e\t]")
"""Signs that no header may hold."""


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Repeated ones joined, names in lower case."""
    return dict(headers.items())


def _counted(chunks: Iterator[bytes], received: list[int]) -> Iterator[bytes]:
    for chunk in chunks:
        received[0] += len(chunk)
        yield chunk


def _host(url: str) -> str:
    """For messages: no user, no query."""
    try:
        return httpx.URL(url).host or "?"
    except (httpx.InvalidURL, TypeError):
        return "?"


def _broken(error: Exception, url: str, transport: _Transport, answer: Answer | None) -> Broken:
    """What an error of httpx means for the request that met it."""
    sent = MEANS.get(type(error), Sent.MAYBE)
    if transport.trail.sent:
        sent = Sent.MAYBE
    elif sent is Sent.MAYBE:
        sent = Sent.NO
    host = _host(url)
    reached = f"{host} through {transport.proxy}" if transport.proxy else host
    kind, why = _why(error, host)
    if kind in ("certificate", "tls", "login", "forbidden") and not transport.trail.sent:
        sent = Sent.NEVER
    if kind == "certificate":
        return Broken(sent, f"certificate of {reached} not trusted: {why}", kind)
    if answer is not None:
        why = f"{why} after {answer.received[0]:,} bytes of the answer"
    elif sent is Sent.MAYBE:
        why = f"{why} before the answer"
    verb = "no whole answer from" if sent is Sent.MAYBE else "cannot reach"
    return Broken(sent, f"{verb} {reached}: {why}", kind)


def _why(error: Exception, host: str) -> tuple[str, str]:
    """Kind and reason in plain words. Never the text of LocalProtocolError, which quotes headers."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate", cause.verify_message or "it cannot be verified"
        if isinstance(cause, ssl.SSLError) and not isinstance(
            cause, ssl.SSLEOFError | ssl.SSLZeroReturnError
        ):
            return "tls", f"no common TLS ({(cause.reason or str(cause)).replace('_', ' ').lower()})"
        if isinstance(cause, socket.gaierror):
            return "name", f"the name {host} is not known here ({cause.strerror or cause})"
        if isinstance(cause, Forbidden):
            return "forbidden", str(cause)
        if isinstance(cause, Late):
            return "late", "out of time"
    if isinstance(error, httpx.ProxyError):
        said = str(error)
        return ("net" if said[:1] == "5" else "login"), f"the proxy answered {said[:80]}"
    if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "address", "the request cannot be written"
    if isinstance(error, httpx.TimeoutException):
        return "late", "out of time"
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return "net", cause.strerror.lower()
    return "cut", (str(error) or type(error).__name__)[:160]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 12:
        yield error
        yield from (part for part in error.args if isinstance(part, BaseException))
        error, seen = error.__cause__ or error.__context__, seen + 1
