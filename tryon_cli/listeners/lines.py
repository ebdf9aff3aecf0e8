"""One line of a log in three forms: plain words, logfmt, JSON. Knows nothing about runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

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
    return " ".join(f"{name}={_quoted(value, unicode)}" for name, value in pairs if value not in (None, ""))


def _quoted(value: Value, unicode: bool) -> str:
    text = clean(str(value), unicode)
    if text and not any(c in text for c in ' "=\\'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(line: Line, unicode: bool) -> str:
    return json.dumps({"t": stamp_utc(line.at), "event": line.event, **line.fields})


WRITERS: dict[str, Callable[[Line, bool], str]] = {"plain": _plain, "logfmt": _logfmt, "json": _json}
