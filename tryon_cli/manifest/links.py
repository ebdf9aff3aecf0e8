"""Addresses of pictures in the web. Knows no files and opens no connection.

Fetching does not exist yet. When it does, check() returns the fetched picture's place instead, and
everything before it (one spelling per address, one complaint per address) stays.
"""

from __future__ import annotations

import re

from tryon_cli.model.errors import Complaint

from .trouble import bad

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://|[^\\/])")
LONGEST = 2_048


def is_link(cell: str) -> bool:
    """True for anything with a scheme: https://..., file:..., data:... One letter is a Windows drive."""
    return ":" in cell and _SCHEME.match(cell) is not None


def check(column: str, cell: str) -> Complaint:
    """What is wrong with an address; for now there is always something, since none can be fetched."""
    reason, fix = _form(cell)
    if reason:
        return bad("M-URL", column, cell, reason, fix)
    return bad("M-URL", column, cell, "pictures by URL are not read yet", "download it and give the path")


def _form(cell: str) -> tuple[str, str]:
    from urllib.parse import urlsplit  # 4 ms to import; most manifests hold no address

    scheme = cell.split(":", 1)[0].lower()
    if scheme not in ("http", "https"):
        fix = "give the plain path" if scheme == "file" else "download it and give the path"
        return f"addresses that start with {scheme}: are not allowed, only http and https", fix
    if len(cell) > LONGEST:
        return f"the address has {len(cell):,} characters, {LONGEST:,} are allowed", "use a shorter address"
    try:
        parts = urlsplit(cell)
        port = parts.port
    except ValueError as error:
        return f"this is no address: {error}", "correct it, or download the picture and give the path"
    if not parts.hostname or re.search(r"[\s\\]", cell):
        return "the address has no host, or holds spaces or backslashes", "correct it"
    if parts.username is not None or parts.password is not None:
        return "the address holds a user name or a password", "take it out: manifests are shared"
    if port is not None and port not in (80, 443):
        return f"port {port} is not allowed, only 80 and 443", "download it and give the path"
    return "", ""
