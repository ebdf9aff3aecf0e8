"""What an error of httpx means: is it certain that nothing was sent, and will it be different next time?

Knows no service and no money; faults.py makes Faults of it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from enum import Enum

import httpx

from .deadline import Late
from .guard import Forbidden
from .network import Trail
from .proxies import Proxy


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


def host_in(url: str) -> str:
    """For messages: no user, no query."""
    try:
        return httpx.URL(url).host or "?"
    except (httpx.InvalidURL, TypeError):
        return "?"


def meaning_of(error: Exception, url: str, trail: Trail, proxy: Proxy | None, received: int | None) -> Broken:
    """What an error of httpx means for the request that met it. received: bytes of an answer that had begun."""
    sent = MEANS.get(type(error), Sent.MAYBE)
    if trail.sent:
        sent = Sent.MAYBE
    elif sent is Sent.MAYBE:
        sent = Sent.NO
    host = host_in(url)
    reached = f"{host} through {proxy}" if proxy else host
    kind, why = _why(error, host)
    if kind in ("certificate", "tls", "login", "forbidden") and not trail.sent:
        sent = Sent.NEVER
    if kind == "certificate":
        return Broken(sent, f"certificate of {reached} not trusted: {why}", kind)
    if received is not None:
        why = f"{why} after {received:,} bytes of the answer"
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
