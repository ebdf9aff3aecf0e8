"""Fetching a picture that somebody else's manifest names, without being led into our own network.

No proxy (it would resolve names for us), no credentials, no cookies; every hop is checked anew; the connection goes to
an address that was checked, with the host's name kept for TLS. Knows no rows and keeps nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from ...images.verdict import decodes
from ...model.errors import Fault, FaultKind
from ...model.links import Copy, mark
from . import bounded
from .deadline import after, until
from .guard import guarded, trouble
from .names import Resolve, addresses
from .wire import Answer, Broken, Sent, Wire

MOST = 25
"""Megabytes."""
SECONDS = 60.0
HOPS = 3
TRIES = 3
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class Fetcher:
    """Brings pictures. Safe from any thread."""

    def __init__(
        self,
        *,
        private: bool = False,
        most: int = MOST,
        seconds: float = SECONDS,
        ca_file: str = "",
        resolve: Resolve = addresses,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """private: addresses of this machine and network, and any port, are allowed; most: megabytes."""
        self._private = private
        self._most = most << 20
        self._seconds = seconds
        self._sleep = sleep
        self._wire = Wire(
            ca_file, resolve=guarded((lambda: True) if private else None, resolve), environment=False
        )

    def __call__(self, url: str, known: Copy) -> Copy:
        """The picture, decoded once to its last row, or that it is still what is known.

        Raises Fault(M-URL): INPUT when it cannot be had, TRANSIENT when it may be had later.
        """
        end = after(self._seconds)
        for n in range(TRIES):
            try:
                return self._fetched(url, known, end)
            except Fault as fault:
                if fault.kind is not FaultKind.TRANSIENT or n + 1 == TRIES or after(0) >= end:
                    raise
            self._sleep(0.5 * 2**n)
        raise AssertionError("unreachable")

    def _fetched(self, url: str, known: Copy, end: float) -> Copy:
        start = url
        for _ in range(HOPS + 1):
            why, _fix = trouble(url, private=self._private)
            if why:
                raise _refused(start, why if url == start else f"it redirects to where {why}")
            headers = {
                "User-Agent": "tryon-cli",
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            }
            if mark(url) == known.place:  # another host must not learn what this one called it
                headers |= {"If-None-Match": known.etag} if known.etag else {}
                headers |= {"If-Modified-Since": known.modified} if known.modified else {}
            try:
                with until(end), self._wire.exchange("GET", url, headers) as answer:
                    if answer.status in (301, 302, 303, 307, 308):
                        url = urljoin(url, answer.headers.get("location", "")).partition("#")[0]
                        continue
                    return self._copy(answer, start, url, known)
            except Broken as broken:
                kind = FaultKind.INPUT if broken.sent is Sent.NEVER else FaultKind.TRANSIENT
                raise _refused(start, broken.text, kind) from None
        raise _refused(start, f"it redirects more than {HOPS} times")

    def _copy(self, answer: Answer, start: str, url: str, known: Copy) -> Copy:
        heads = answer.headers
        if answer.status == 304 and mark(url) == known.place:
            return known._replace(data=None)
        if answer.status != 200:
            kind = FaultKind.TRANSIENT if answer.status in _AGAIN else FaultKind.INPUT
            raise _refused(start, f"the server answered HTTP {answer.status}", kind)
        if heads.get("content-encoding", "identity").lower() != "identity":
            raise _refused(start, "the picture came packed, which was not asked for")
        try:
            data = bounded.body(answer.chunks, "", heads.get("content-length", ""), self._most)
        except Fault as fault:
            raise _refused(start, fault.text) from None
        try:
            decodes(data)
        except Fault as fault:
            page = data[:200].lstrip()[:1] == b"<"
            raise _refused(
                start, "it is a web page, no picture" if page else fault.text, fault.kind
            ) from None
        return Copy(data, heads.get("etag", "")[:200], heads.get("last-modified", "")[:80], mark(url))


def _refused(url: str, why: str, kind: FaultKind = FaultKind.INPUT) -> Fault:
    fix = "try again later" if kind is FaultKind.TRANSIENT else "correct the address, or download it"
    return Fault(kind, f"{shown(url)}: {why}", code="M-URL", fix=fix)


def shown(url: str) -> str:
    """For messages: host and path; a query may hold a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or '?'}{parts.path[:120]}"
