"""Texts that are more than a plain type: durations, times, sizes, filters. Knows no files and no options.

What a manifest cell may hold too is checked by the manifest's own rules, so both take the same values.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ..model import chains

Read = Callable[[str], Any]


class Form(NamedTuple):
    """How a text is read. read() raises ValueError for a text that is no such thing."""

    expected: str
    """What is allowed, as it stands after "expected"."""
    read: Read


def duration(text: str) -> float:
    """Seconds: "90", "90s", "20m", "1h30m", "1d"."""
    found = re.fullmatch(
        r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,6})?)s?)?", text.strip().lower()
    )
    if not found or not any(found.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def clock(text: str) -> str:
    """A time of day as HH:MM."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(text)
    return f"{int(found[1]):02}:{found[2]}"


def delimiter(text: str) -> str:
    """One sign; "tab" and "\\t" are the tab."""
    sign = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(text.lower(), text)
    if len(sign) != 1 or sign.isalnum() or sign in "\r\n\"'":
        raise ValueError(text)
    return sign


def encoding(text: str) -> str:
    """A text encoding that Python knows."""
    try:
        if not codecs.lookup(text)._is_text_encoding:
            raise ValueError(text)
    except LookupError as error:
        raise ValueError(text) from error
    return text


def only(text: str) -> str:
    """A filter of rows."""
    if not re.fullmatch(r"(tag|id):.+", text):
        raise ValueError(text)
    return text


def pairing(text: str) -> str:
    """How people and garments are joined."""
    if not re.fullmatch(r"cross|zip|sample:[1-9]\d{0,8}", text):
        raise ValueError(text)
    return text


def rehearse(text: str) -> str:
    """A planned misfortune and its seed."""
    from ..providers.wrap.rehearsed import read_rehearsal

    read_rehearsal(text)
    return text


_PROVIDERS = re.compile(r"[A-Za-z0-9_.-]+(:[A-Za-z_][A-Za-z0-9_]*)?")


def providers(text: str, *, several: bool = False) -> str:
    """A name, one per stage, or module:Class for a class of one's own (which no manifest may name).

    several: names that follow each other. Raises Misnamed too.
    """
    for part in text.split(","):
        stage, sign, name = part.strip().partition("=")
        if not _PROVIDERS.fullmatch(name.strip() if sign else stage) or (sign and not stage.strip()):
            raise ValueError(part)
    chains.check(text, several=several)
    return text


def fallbacks(text: str) -> str:
    """As providers(), with several names one after the other."""
    return providers(text, several=True)


def _cell(name: str) -> Read:
    """The rule of the manifest's column of this name."""

    def read(text: str) -> Any:
        from ..manifest import values

        rules: dict[str, Read] = {
            "word": values.word, "size": values.size,
            "background": values.background, "text": values.free_text, "value": values.any_value,
        }  # fmt: skip
        return rules[name](text)

    return read


FORMS: dict[str, Form] = {
    "duration": Form("a time such as 90, 20m or 2h", duration),
    "clock": Form("a time of day such as 06:00", clock),
    "delimiter": Form("one sign, or tab", delimiter),
    "encoding": Form("an encoding such as utf-8 or latin-1", encoding),
    "only": Form("tag:NAME or id:PATTERN", only),
    "pairing": Form("cross, zip or sample:N", pairing),
    "rehearse": Form("flaky, slow, outage or refused, with :SEED or without", rehearse),
    "providers": Form("a name, module:Class, or per stage as try-on=NAME,stylize=NAME,NAME", providers),
    "fallbacks": Form("NAME,NAME or per stage as try-on=NAME,NAME", fallbacks),
    "word": Form("a name (letters, digits, - _ .)", _cell("word")),
    "size": Form("source, 1024, 864x1296 or 4k, 64 to 16,384 pixels", _cell("size")),
    "background": Form("keep or #rrggbb", _cell("background")),
    "text": Form("at most 4,000 characters", _cell("text")),
    "value": Form("a plain value", _cell("value")),
}
