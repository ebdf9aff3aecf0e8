"""What passes over the wire of the fake server: requests as they came, replies, and what may go wrong with them.

Knows no vendor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from socket import socket
from typing import Any, NamedTuple


class Part(NamedTuple):
    """One part of a multipart form."""

    name: str
    file: str
    """"" for a text part."""
    media: str
    data: bytes


@dataclass(frozen=True)
class Asked:
    """A request, whole, as it came."""

    vendor: str
    method: str
    path: str
    """Below the vendor's prefix, e.g. /v1/run; without the query, not decoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def parts(self) -> list[Part]:
        """The parts of a multipart body, in order."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        found = []
        for part in message.iter_parts() if message.is_multipart() else ():
            named = part.get_param("name", header="content-disposition")
            data = part.get_payload(decode=True)
            found.append(Part(str(named), part.get_filename() or "", part.get_content_type(), data or b""))
        return found

    @property
    def credential(self) -> str:
        """Who asks: the value of Authorization, x-api-key and the like; "" when nobody says."""
        for name in ("authorization", "x-api-key", "x-key", "x-goog-api-key", "x-rapidapi-key"):
            if name in self.headers:
                return self.headers[name]
        return ""


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    status: int = 200
    body: Any = b""
    """bytes as they are, str as text/html, an iterator of bytes as it comes (SSE), anything else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = ""
    delay: float = 0.0
    """Seconds before the first byte (how long a service takes that answers with the picture itself)."""


@dataclass(frozen=True)
class Takeover:
    """The connection is handed over raw, headers unanswered: for WebSockets."""

    run: Callable[[socket, Asked], None]


Answer = Reply | Takeover
Chunks = Iterator[bytes]


@dataclass(frozen=True)
class Twist:
    """What becomes of one request. As it stands: the honest answer."""

    handled: bool = True
    """Does the service do its work, and bill for it?"""
    reply: Reply | None = None
    """Sent instead of its answer."""
    cut: float | None = None
    """Share of the answer's bytes that arrive before the connection is closed; 0: not one."""
    pace: float = 0.0
    """Seconds between any two bytes of the body."""
    delay: float = 0.0
    """Seconds before the first byte."""


HONEST = Twist()
DROP_BEFORE = Twist(handled=False, cut=0.0)
"""Closed before anything was done."""
DROP_AFTER = Twist(cut=0.0)
"""Done and billed; then closed without one byte of an answer."""
CUT = Twist(cut=0.7)
"""Done and billed; the answer breaks off. A stream breaks off within its second piece."""
HTML = Twist(handled=False, reply=Reply(200, "<html><body>Just a moment...</body></html>"))
"""A page from some box on the way."""


def instead(status: int, body: Any = b"", **headers: str) -> Twist:
    """Refused: nothing done, nothing billed. Headers with _ for -."""
    return Twist(
        handled=False, reply=Reply(status, body, {k.replace("_", "-"): v for k, v in headers.items()})
    )


def billed(status: int, body: Any = b"", **headers: str) -> Twist:
    """Done and billed, and yet answered like this (a 502 from a gateway)."""
    return Twist(reply=Reply(status, body, {k.replace("_", "-"): v for k, v in headers.items()}))
