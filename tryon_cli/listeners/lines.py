"""One line of a log in three forms: plain words, logfmt, JSON. Knows nothing about runs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .clean import clean
from .words import clock_utc, stamp_utc

FORMATS = ("plain", "logfmt", "json")

Value = str | int | float | None


class Line(NamedTuple):
    """One thing to say, in every format."""

    at: float
    event: str
    plain: str
    fields: Mapping[str, Value]


def pairs(fields: Mapping[str, Value]) -> str:
    """name=value name=value; what is None is left out."""
    return " ".join(
        f"{name}={value:.2f}" if isinstance(value, float) else f"{name}={value}"
        for name, value in fields.items()
        if value is not None
    )


def _plain(line: Line, unicode: bool) -> str:
    return f"{clock_utc(line.at)} {clean(line.plain, unicode).rstrip()}"


def _logfmt(line: Line, unicode: bool) -> str:
    pairs = [("t", stamp_utc(line.at)), ("event", line.event), *line.fields.items()]
    return " ".join(
        f"{_name(name)}={_quoted(value, unicode)}" for name, value in pairs if value not in (None, "")
    )


def _name(name: str) -> str:
    """Of a pair: a cause's code may come from a provider that somebody else wrote."""
    return "".join("_" if c in ' "=\\' else c for c in clean(name, unicode=False))


def _quoted(value: Value, unicode: bool) -> str:
    text = clean(str(value), unicode)
    if text and not any(c in text for c in ' "=\\'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(line: Line, unicode: bool) -> str:
    return to_json({"t": stamp_utc(line.at), "event": line.event, **line.fields})


def to_json(fields: Mapping[str, Any], separators: tuple[str, str] = (", ", ": ")) -> str:
    """One line of printable ASCII that every JSON reader takes: NaN and the infinities become null."""
    encoder = _ENCODERS[separators]
    try:
        return encoder.encode(fields)
    except ValueError:  # a provider's own numbers may be anything
        return encoder.encode(_finite(fields))


_ENCODERS = {s: json.JSONEncoder(allow_nan=False, separators=s) for s in ((", ", ": "), (",", ":"))}
"""Made once: json.dumps makes one for each line, which costs more than the line."""


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


WRITERS: dict[str, Callable[[Line, bool], str]] = {"plain": _plain, "logfmt": _logfmt, "json": _json}
