"""Server-sent events from lines of bytes, as the HTML standard parses them. Opens no connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ...model.errors import Fault, FaultKind

LARGEST = 16 << 20
"""Bytes of one event; a picture as a data URI still fits."""


class ServerEvent(NamedTuple):
    """One event of a stream."""

    event: str
    """message where the service named none."""
    data: str
    id: str = ""

    def json(self) -> Any:
        """The data as JSON. Raises Fault(TRANSIENT)."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            text = f"an event of the service is no JSON: {self.data[:80]!r}"
            raise Fault(FaultKind.TRANSIENT, text, code="E-NET-EVENT") from None


def parsed(chunks: Iterable[bytes]) -> Iterator[ServerEvent | None]:
    """Events as they become complete; None for each sign of life (a comment), so that callers can look around.

    An event that the stream's end cuts off is left out, as the standard says. Raises Fault(TRANSIENT).
    """
    name, number, size = "", "", 0
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield ServerEvent(name or "message", "\n".join(data), number)
            name, data, size = "", [], 0
            continue
        if line.startswith(":"):
            yield None
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        size += len(value)
        if size > LARGEST:
            raise _too_large()
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            number = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines that end in LF, CR or CRLF, wherever the pieces were cut."""
    rest, first, after_cr = bytearray(), True, False
    for chunk in chunks:
        if not chunk:
            continue
        if after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        after_cr = chunk.endswith(b"\r")
        rest += chunk
        if b"\n" not in chunk and b"\r" not in chunk:
            if len(rest) > LARGEST:
                raise _too_large()
            continue
        *whole, tail = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = bytearray(tail)
        for line in whole:
            text = line.decode("utf-8", "replace")
            yield text.removeprefix("\ufeff") if first else text
            first = False


def _too_large() -> Fault:
    text = f"an event larger than {LARGEST >> 20} MB refused"
    return Fault(FaultKind.TRANSIENT, text, code="E-NET-SIZE")
