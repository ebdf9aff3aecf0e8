"""Keys and tokens: which words are secret, and text without them. Knows no files.

Values that were seen are remembered for the life of the process, so that no message and no crash report
can show one by accident.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

HIDDEN = "***"
_NAME = re.compile(r"key|token|secret|password|passwd|credential|authorization", re.IGNORECASE)
_PLACE = re.compile(r"_(file|command|env|keyring)$", re.IGNORECASE)
_SAID = re.compile(
    r"(?i)((?:[\w-]*(?:key|token|secret|password|passwd|signature|credential|authorization))"
    r"[\"']?\s*[=:]\s*[\"']?(?:bearer\s+|basic\s+|key\s+)?)([^\s\"'&,;)}\]]{4,})"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
_USER = re.compile(r"://[^/@\s]+@")
_SHORTEST = 6
"""Shorter values are left alone: hiding "1" everywhere would make a report unreadable."""

_seen: set[str] = set()


def is_secret(name: str) -> bool:
    """Must the value of a key of this name never be shown? Names of files and commands may be."""
    return bool(_NAME.search(name)) and not _PLACE.search(name)


def learn_value(value: str) -> None:
    """Remember one secret, wherever it came from; very short ones cannot be hidden."""
    if len(value) >= _SHORTEST:
        _seen.add(value)


def learn(table: Mapping[str, Any]) -> None:
    """Remember the secrets in a table, at any depth."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            learn(value)
        elif is_secret(name) and isinstance(value, str):
            learn_value(value)


def hide(table: Mapping[str, Any], instead: str | None = HIDDEN) -> dict[str, Any]:
    """A copy with *** for every secret, at any depth; instead=None leaves them out."""
    shown: dict[str, Any] = {}
    for name, value in table.items():
        if is_secret(name):
            if instead is not None:
                shown[name] = instead
        else:
            shown[name] = _hidden(value, instead)
    return shown


def _hidden(value: Any, instead: str | None) -> Any:
    if isinstance(value, Mapping):
        return hide(value, instead)
    return [_hidden(part, instead) for part in value] if isinstance(value, list | tuple) else value


def mask(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without anything that is, or looks like, a secret."""
    environment = os.environ if environment is None else environment
    known = {v for k, v in environment.items() if is_secret(k) and len(v) >= _SHORTEST} | _seen
    known |= {form for value in known for form in _forms(value)}
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    text = _SAID.sub(rf"\1{HIDDEN}", text)
    return _USER.sub(f"://{HIDDEN}@", _BEARER.sub(rf"\1 {HIDDEN}", text))


@cache
def _forms(value: str) -> tuple[str, ...]:
    """How else a service may say it back to us: quoted for an address, or in base64."""
    packed = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode().rstrip("=")
    return quote(value, safe="", errors="replace"), packed
