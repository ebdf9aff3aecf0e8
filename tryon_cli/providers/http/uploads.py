"""Large uploads in parts, as S3 and fal take them: each part may be sent again, the file is never in memory whole.

Pictures stay far below the thresholds (fal: 100 MB); a vendor's file decides when to come here. Knows no vendor.
"""

from __future__ import annotations

from collections.abc import Callable

from ...model.errors import Fault, FaultKind
from ...model.remote import Call
from .bodies import Body, parts
from .client import Http
from .faults import Words, fault_of

PART = 10 << 20
"""Bytes of a part."""
TRIES = 3
SECONDS = 120.0
"""Deadline of one part."""


def in_parts(
    http: Http, body: Body, part: Callable[[int], Call], *, size: int = PART
) -> list[tuple[int, str]]:
    """Send the parts in order; their numbers from 1 and their ETags, for the request that puts them together.

    part: the request for a number, without a body. Uploads cost nothing: a part that fails is sent again, TRIES times.
    Raises Fault.
    """
    sent = []
    for number, piece in enumerate(parts(body, size), 1):
        sent.append((number, _sent(http, part(number), piece)))
    return sent


def _sent(http: Http, call: Call, piece: Body) -> str:
    for tries_left in reversed(range(TRIES)):
        try:
            reply = http.send(call, seconds=SECONDS, body=piece)
            if reply.status >= 300:
                raise fault_of("the upload", reply, "", "", Words())
            tag = reply.headers.get("etag", "")
            if not tag:
                raise reply.unreadable("without the ETag of the part")
        except Fault as fault:
            if fault.kind is not FaultKind.TRANSIENT or not tries_left:
                raise
        else:
            return tag
    raise AssertionError("unreachable")
