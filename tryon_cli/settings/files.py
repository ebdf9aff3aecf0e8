"""Settings files: read, checked for unknown names, each value knowing its line. Knows no order of levels."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..model.errors import Exit, TryonError
from ..model.secrets import learn
from .declare import declared
from .setting import Declared

LARGEST = 1_000_000
"""Bytes of a settings file; a larger one is a mistake."""


class Found(NamedTuple):
    """One value in a file."""

    item: Declared
    raw: Any
    line: int
    """From 1."""


class File(NamedTuple):
    """A settings file that was read."""

    path: Path
    name: str
    """As shown: short where that is clear."""
    found: tuple[Found, ...]
    wrong: tuple[str, ...]
    """What is wrong with its names."""


def load(path: Path, name: str, *, stranger: bool = False) -> File | None:
    """Read a file; None when there is none. Raises TryonError(USAGE) for one that is no TOML.

    stranger: the file came with a manifest from elsewhere, so it must not widen what we may read or run.
    """
    text = _text(path, name)
    if text is None:
        return None
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TryonError(
            Exit.USAGE, f"{name} is not valid TOML: {error}", details=(f"file  {path}",)
        ) from error
    learn(table)
    lines = Lines(text)
    found, wrong = [], []
    for part in _walk(table):
        match part:
            case (item, raw, section, key) if item is not None:
                line = lines.line(section, key)
                found.append(Found(item, raw, line))
                if stranger and (why := _widens(item, raw)):
                    wrong.append(f"{name} line {line}: {why}")
            case (_, _, section, key):
                wrong.append(f"{name} line {lines.line(section, key)}: {_unknown(section, key)}")
    return File(path, name, tuple(found), tuple(wrong))


def _text(path: Path, name: str) -> str | None:
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
                raise TryonError(Exit.USAGE, f"{name} is no settings file", details=(f"file  {path}",))
            return file.read().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise TryonError(Exit.USAGE, f"cannot read {name}: {why}", details=(f"file  {path}",)) from error
    except UnicodeDecodeError as error:
        raise TryonError(Exit.USAGE, f"{name} is not UTF-8", details=(f"file  {path}",)) from error


def _walk(table: dict[str, Any]) -> Iterator[tuple[Declared | None, Any, str, str]]:
    """(setting or None, value, section, key) for everything in a file."""
    keys = {(item.says.section, item.key): item for item in declared() if item.says.filed}
    sections = {section for section, _ in keys}
    for section, inner in table.items():
        whole = keys.get((section, ""))
        if section not in sections or not isinstance(inner, dict):
            yield None, None, "", section
        elif whole is not None:
            yield whole, inner, section, ""
        else:
            for key, raw in inner.items():
                yield keys.get((section, key)), raw, section, key


def _unknown(section: str, key: str) -> str:
    """Why a name is not known, and which one was meant."""
    items = [item for item in declared() if item.says.filed]
    at = f"[{section}] " if section else ""
    for item in items:
        if key in (item.key, item.name) and item.says.section != section:
            return f"{key} belongs in [{item.says.section}]"
        if key == item.name and key != item.key:
            return f"{key} is called {item.key} in [{section}]"
    if any(item.name == key for item in declared()):
        return f"{key} is said on the command line only: --{key.replace('_', '-')}"
    names = {item.key: item for item in items if item.says.section == section} or {
        **{item.says.section: item for item in items}, **{item.key: item for item in items}
    }  # fmt: skip
    near = difflib.get_close_matches(key.replace("-", "_"), names, 1, 0.6)
    also = [item.key for item in items if key.replace("_", "-") in item.says.aka]
    hint = (near or also or [""])[0]
    known = ", ".join(sorted(names)) if section else ", ".join(dict.fromkeys(i.says.section for i in items))
    return f"{at}{key} is not known. " + (f"Did you mean {hint}?" if hint else f"Known here: {known}")


_ELSEWHERE = frozenset({"provider", "url", "auth", "tasks", "workflow"})
_ENDINGS = ("_command", "_file", "_env", "_keyring", "_url")
"""Keys of a provider that say what runs here, which secret is read, or where it and the pictures are sent."""


def _widens(item: Declared, raw: Any) -> str:
    says = "is not taken from a file beside a manifest elsewhere: say it in your own settings or as an option"
    if item.says.guarded:
        return f"{item.toml} {says}"
    if item.name == "providers" and isinstance(raw, dict):
        for name, table in raw.items():
            for key in table if isinstance(table, dict) else ():
                if key in _ELSEWHERE or key.endswith(_ENDINGS):
                    return f"providers.{name}.{key} {says}"
    return ""


class Lines:
    """Where keys stand in a TOML text, by a plain search: good for messages, never for values."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def line(self, section: str, key: str) -> int:
        """The line of a key in a section, of the section without a key; 1 when it cannot be told."""
        start = self._header(section)
        if not key:
            return start or 1
        name = rf"""\s*(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')\s*[.=]"""
        for n in range(start, len(self._lines)):
            if re.match(name, self._lines[n]):
                return n + 1
            if re.match(r"\s*\[", self._lines[n]):
                if re.match(rf"\s*\[\s*(?:{re.escape(section)}\.)?{re.escape(key)}\b", self._lines[n]):
                    return n + 1
                break
        return self._header(f"{section}.{key}" if section else key) or start or 1

    def _header(self, section: str) -> int:
        for n, line in enumerate(self._lines, 1):
            if section and re.match(rf"\s*\[\[?\s*{re.escape(section)}\s*[\].]", line):
                return n
            if section and re.match(rf"\s*{re.escape(section)}\s*[.=]", line):
                return n - 1  # a dotted key, run.output = ..., is found from here
        return 0
