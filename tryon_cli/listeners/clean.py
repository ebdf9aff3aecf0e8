"""Text from outside -> text that is safe to show: no sign in it moves a cursor, changes a colour or turns the
writing direction. Knows neither terminals nor colours; whoever prints a name or a message calls this first.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

LIMIT = 400
"""Characters of one piece of text that are shown; a service's error page can be megabytes."""

_JOINERS = "\u200c\u200d"  # parts of ordinary words and emoji
_BREAKS = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
_MARKS = 4
"""Combining signs that may follow one another; more than that paints over neighbouring lines."""


def clean(text: str, unicode: bool = True, limit: int = LIMIT) -> str:
    """One line without control signs; they stay visible: ESC as ␛, or as \\x1b where only ASCII can be shown.

    Replaced: C0, DEL, C1, marks of writing direction and other format signs, line and paragraph separators,
    lone surrogates, and without `unicode` everything that is not ASCII. Cut to `limit` characters.
    """
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    if text.isprintable() and (text.isascii() or unicode):
        return text if text.isascii() else _thin(text)
    return _thin("".join(_sign(c, unicode) for c in text))


def clean_lines(text: str, unicode: bool = True, limit: int = LIMIT, most: int = 20) -> list[str]:
    """As clean(), for text that may have several lines; empty ones go. At most `most` lines."""
    parts = (part for part in _BREAKS.split(text[: limit * most]) if part.strip())
    return [clean(part.rstrip(), unicode, limit) for part in islice(parts, most)]


def _sign(c: str, unicode: bool) -> str:
    if c.isascii():
        if c.isprintable():
            return c
        if not unicode:
            return f"\\x{ord(c):02x}"
        return "␡" if c == "\x7f" else chr(0x2400 + ord(c))
    if not unicode:
        return _spelled(c)
    if c.isprintable() or c in _JOINERS:
        return c
    return " " if unicodedata.category(c) == "Zs" else _spelled(c)


def _spelled(c: str) -> str:
    code = ord(c)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _thin(text: str) -> str:
    """Without the tail of overlong chains of combining signs."""
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for c in text:
        run = run + 1 if unicodedata.combining(c) else 0
        if run <= _MARKS:
            kept.append(c)
    return "".join(kept)
