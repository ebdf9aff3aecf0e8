"""One value as a file, the environment or an option gives it -> the value of a setting. Knows no levels."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from ..model.chains import Misnamed
from ..model.secrets import HIDDEN, is_secret
from .forms import FORMS
from .setting import Declared

_YES = frozenset(("1", "true", "yes", "on", "y"))
_NO = frozenset(("0", "false", "no", "off", "n"))


class Wrong(ValueError):
    """A value that cannot be taken. expected: what could be; near: the nearest allowed value."""

    def __init__(self, expected: str, near: str = "", shown: str = "") -> None:
        super().__init__(expected)
        self.expected, self.near, self.shown = expected, near, shown


def read(item: Declared, raw: Any, *, text: bool, base: Path | None = None) -> Any:
    """The value of a setting. Raises Wrong.

    text: raw comes from people (options, environment), where "3" is a number and lists are split at commas.
    base: folder that relative paths start from; None leaves them relative to where the command runs.
    """
    if item.says.table and item.name == "providers":
        return _tables(raw)
    if item.pairs:
        return {
            name: _one(item, value, get_args(item.type)[1], text, base) for name, value in _pairs(raw).items()
        }
    if item.many:
        return tuple(_one(item, value, get_args(item.type)[0], text, base) for value in _list(raw))
    return _one(item, raw, item.type, text, base)


def _one(item: Declared, raw: Any, kind: Any, text: bool, base: Path | None) -> Any:
    says = item.says
    if kind is str and isinstance(raw, int | float) and (says.form or item.pairs):
        raw = str(raw).lower() if isinstance(raw, bool) else str(raw)  # size = 1024, seed cells, ...
    if isinstance(raw, str) and item.switch:
        raw = True if raw.strip().lower() in _YES else False if raw.strip().lower() in _NO else raw
    if says.form == "value" and not (text and isinstance(raw, str)):
        return _plain(raw)
    if says.form:
        raw = _formed(says.form, raw, kind)
    try:
        value = msgspec.convert(raw, kind, strict=not text, dec_hook=_made)
    except msgspec.ValidationError as error:
        raise Wrong(expected(item), _near(item, raw)) from error
    _bounded(item, value)
    return _placed(value, base) if isinstance(value, Path) else value


def _formed(name: str, raw: Any, kind: Any) -> Any:
    form = FORMS[name]
    if isinstance(raw, int | float) and not isinstance(raw, bool) and kind is not str:
        raw = format(raw, "f")  # max_duration = 90, and no 1e-05
    if not isinstance(raw, str):
        raise Wrong(form.expected)
    if not raw and name not in ("delimiter", "value"):
        return raw if kind is str else None
    try:
        return form.read(raw) if raw else raw
    except Misnamed as error:
        raise Wrong(error.expected, error.near, repr(error.part)) from error
    except ValueError as error:
        raise Wrong(form.expected) from error


def _bounded(item: Declared, value: Any) -> None:
    says = item.says
    if says.choices and value not in says.choices:
        raise Wrong(expected(item), _near(item, value))
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not (says.least is None or value >= says.least) or not (says.most is None or value <= says.most):
        raise Wrong(expected(item))


def expected(item: Declared) -> str:
    """What is allowed, in words."""
    says = item.says
    if says.choices:
        return "one of " + ", ".join(says.choices)
    if says.form:
        return FORMS[says.form].expected
    if item.switch:
        return "true or false"
    kinds = get_args(item.type) or (item.type,)
    if int in kinds or float in kinds:
        noun = "a whole number" if int in kinds else "a number"
        if says.least is not None and says.most is not None:
            return f"{noun} from {says.least:,} to {says.most:,}"
        return f"{noun}, at least {says.least:,}" if says.least is not None else noun
    return "a path" if Path in kinds else "a text"


def _near(item: Declared, raw: Any) -> str:
    found = difflib.get_close_matches(str(raw).lower(), item.says.choices, 1, 0.5)
    return found[0] if found else ""


def _list(raw: Any) -> list[Any]:
    if isinstance(raw, str):
        if raw.lstrip().startswith("["):
            raw = _json(raw, "a JSON list, or texts with commas between them")
        else:
            return [part.strip() for part in raw.split(",") if part.strip()]
    if not isinstance(raw, list | tuple):
        raise Wrong("a list")
    return list(raw)


def _pairs(raw: Any) -> dict[str, Any]:
    """A table: {a = 1}, ["a=1"], "a=1,b=2", or a JSON object."""
    if isinstance(raw, str) and raw.lstrip().startswith("{"):
        raw = _json(raw, "a JSON object, or NAME=VALUE with commas between them")
    if isinstance(raw, Mapping):
        return dict(raw)
    table = {}
    for part in _list(raw):
        name, sign, value = str(part).partition("=")
        if not sign or not name.strip():
            raise Wrong("NAME=VALUE", shown=str(part))
        table[name.strip()] = value.strip()
    return table


def _json(raw: str, wanted: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Wrong(wanted) from error


def _tables(raw: Any) -> dict[str, dict[str, Any]]:
    for name, table in raw.items():
        if not isinstance(table, Mapping):
            raise Wrong(f"a table: [providers.{name}]", shown=HIDDEN if is_secret(name) else "")
    return {name: dict(table) for name, table in raw.items()}


def _plain(raw: Any) -> Any:
    if isinstance(raw, str | int | float | bool):
        return raw
    raise Wrong("a text, a number, true or false")


def _made(kind: Any, raw: Any) -> Any:
    """msgspec asks here for types it does not know."""
    if kind is Path and isinstance(raw, str | Path) and str(raw) and "\0" not in str(raw):
        return Path(raw)
    raise ValueError("a path")


def _placed(path: Path, base: Path | None) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError as error:
        raise Wrong("a path (there is no such home folder)") from error
    return base / path if base is not None else path
