"""Pictures in the web: what a copy of one is, and who brings it. Opens no connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Copy(NamedTuple):
    """What was found at an address."""

    data: bytes | None
    """None: it is still what it was."""
    etag: str = ""
    modified: str = ""
    """The server's own names for this state of it, for asking again."""
    place: str = ""
    """Where it really lay, after redirects."""


NOTHING = Copy(None)

Fetch = Callable[[str, Copy], Copy]
"""The picture at an address; told what is known of it already. Raises Fault: INPUT when it cannot be had,
TRANSIENT when it may be had later."""


def is_link(path: str) -> bool:
    """Does this name of a picture lead into the web?"""
    return path.startswith(("https://", "http://"))
