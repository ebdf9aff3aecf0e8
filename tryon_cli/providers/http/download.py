"""Fetching a finished picture from where a service keeps it. Free, so it may be tried again.

Redirects are followed here and nowhere else: at most 3, each checked anew, with no credentials for another host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urljoin, urlsplit

from ...images.verdict import decodes
from ...model.errors import Fault, FaultKind
from . import bounded
from .deadline import after, until
from .faults import unsent
from .hints import retry_after
from .pictures import decoded
from .wire import Broken, Wire

TRIES = 3
HOPS = 3
_GONE = (403, 404, 410)


class Download:
    """Fetches pictures over one wire."""

    def __init__(self, wire: Wire, headers: Callable[[], Mapping[str, str]] | None, *, most: int) -> None:
        """headers: credentials for the first host; None: none."""
        self._wire = wire
        self._headers = headers
        self._most = most

    def picture(self, url: str, seconds: float) -> bytes:
        """The bytes, decoded once to their last row, within `seconds`.

        Raises Fault: LOST when it is gone, TRANSIENT when it came incomplete TRIES times, INPUT when it is whole but
        no picture that we take.
        """
        end = after(seconds)
        for tries_left in reversed(range(TRIES)):
            try:
                data = decoded(url) if url[:5].lower() == "data:" else self._bytes(url, end)
                _must_decode(data, url)
            except Fault as fault:
                # what is late stays late, and a server that asks us to wait is not asked again at once
                again = fault.kind is FaultKind.TRANSIENT and fault.wait is None and after(0) < end
                if not again or not tries_left:
                    raise
            else:
                return data
        raise AssertionError("unreachable")

    def _bytes(self, url: str, end: float) -> bytes:
        first = urlsplit(url)
        for _ in range(HOPS + 1):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
                raise _refused(url, "is no address that may be fetched")
            if first.scheme == "https" and parts.scheme != "https":
                raise _refused(url, "leaves https; refused")
            headers = {
                "User-Agent": "tryon-cli",
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            }
            if self._headers is not None and (parts.scheme, parts.netloc) == (first.scheme, first.netloc):
                headers |= self._headers()
            try:
                with until(end), self._wire.exchange("GET", url, headers) as answer:
                    if answer.status in (301, 302, 303, 307, 308):
                        url = urljoin(url, answer.headers.get("location", ""))
                        continue
                    return self._body(answer.status, answer.headers, answer.chunks, url)
            except Broken as broken:
                raise unsent(parts.hostname, broken, paid=False) from None
        raise _refused(url, f"redirects more than {HOPS} times")

    def _body(self, status: int, headers: Mapping[str, str], chunks: Iterable[bytes], url: str) -> bytes:
        host = urlsplit(url).hostname
        if status in _GONE:
            text = f"the result at {host} is gone (HTTP {status})"
            raise Fault(FaultKind.LOST, text, code="E-NET-GONE", fix="tryon resume")
        if status == 401:
            raise Fault(
                FaultKind.ACCOUNT, f"{host} does not give out the result (HTTP 401)", code="E-AUTH-REFUSED"
            )
        if status != 200:
            wait = retry_after(headers)
            raise Fault(
                FaultKind.TRANSIENT, f"{host} answered HTTP {status} instead of the result", wait=wait
            )
        try:
            return bounded.body(
                chunks, headers.get("content-encoding", ""), headers.get("content-length", ""), self._most
            )
        except bounded.Undecodable as error:
            raise Fault(FaultKind.TRANSIENT, f"{host}: {error}", code="E-NET-ANSWER") from None
        except Fault as fault:
            raise Fault(FaultKind.INPUT, f"{host}: {fault.text}", code=fault.code) from None


def _must_decode(data: bytes, url: str) -> None:
    """A body without a length that was cut looks like success: only its last row proves that it is whole."""
    try:
        decodes(data)
    except Fault as fault:
        host = "the service" if url[:5].lower() == "data:" else urlsplit(url).hostname
        text = f"incomplete image from {host}: {fault.text}"
        raise Fault(fault.kind, text, code=fault.code, fix=fault.fix) from None


def _refused(url: str, why: str) -> Fault:
    try:
        host = urlsplit(url).hostname or "?"
    except ValueError:
        host = "?"
    return Fault(FaultKind.CONFIG, f"the address of the result ({host}) {why}", code="E-NET-REDIRECT")
