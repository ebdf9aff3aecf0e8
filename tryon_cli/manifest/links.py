"""Addresses of pictures in the web. Knows no files and opens no connection: only the form is looked at here."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

from .kinds import kind_of
from .trouble import bad

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://|[^\\/])")
LONGEST = 2_048


class Link(NamedTuple):
    """An address that may be fetched; its fields are those of a Picture."""

    path: str
    """One spelling per address."""
    name: str
    kind: str
    file: tuple[int, int]
    """Equal for equal addresses, and for no file."""


def is_link(cell: str) -> bool:
    """True for anything with a scheme: https://..., file:..., data:... One letter is a Windows drive."""
    return ":" in cell and _SCHEME.match(cell) is not None


def look(column: str, cell: str, *, private: bool = False) -> Link | Complaint:
    """The address, or what is wrong with its form. private: addresses of this network are allowed."""
    reason, fix = _form(cell, private)
    if reason:
        return bad("M-URL", column, cell, reason, fix)
    return _link(cell)


def _form(cell: str, private: bool) -> tuple[str, str]:
    scheme = cell.split(":", 1)[0].lower()
    if scheme not in ("http", "https"):
        fix = "give the plain path" if scheme == "file" else "download it and give the path"
        return f"addresses that start with {scheme}: are not allowed, only http and https", fix
    if len(cell) > LONGEST:
        return f"the address has {len(cell):,} characters, {LONGEST:,} are allowed", "use a shorter address"
    from tryon_cli.providers.http.guard import trouble  # 10 ms to import; most manifests hold no address

    return trouble(cell, private=private)


def _link(cell: str) -> Link:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(cell)
    host, port = (parts.hostname or "").rstrip("."), parts.port
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        shown += f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    path = f"{parts.scheme}://{shown}{parts.path or '/'}{query}"
    name = unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace").replace("/", "_") or host
    number = int.from_bytes(hashlib.sha256(path.encode("utf-8", "surrogatepass")).digest()[:7])
    return Link(path, name, kind_of(parts.path), (-1, number))
