"""Pictures in the web: what a copy of one is, and who brings it. Opens no connection."""

from __future__ import annotations

import hashlib
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
    """Which address it really had, after redirects: its mark()."""


NOTHING = Copy(None)

Fetch = Callable[[str, Copy], Copy]
"""The picture at an address; told what is known of it already. Raises Fault: INPUT when it cannot be had,
TRANSIENT when it may be had later."""


def is_link(path: str) -> bool:
    """Does this name of a picture lead into the web?"""
    return path.startswith(("https://", "http://"))


def bare(path: str) -> str:
    """The name of a picture as it may be shown and written down: an address without its password and its query,
    which may hold a signature."""
    if not is_link(path):
        return path
    scheme, _, rest = path.partition("://")
    rest, query, _ = rest.partition("?")
    authority, slash, below = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{below}" + ("?***" if query else "")


def mark(url: str) -> str:
    """A name for an address that does not give it away."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
