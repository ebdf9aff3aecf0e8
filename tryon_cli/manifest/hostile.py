"""Signs that have no business in a cell. Knows no column but those of free text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tryon_cli.model.errors import Complaint

from .trouble import BIDI, bad

# In free text (prompts, columns of your own) line breaks, tabs and marks of writing direction are normal.
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029" + "".join(sorted(BIDI)) + "]")
_FREE = ("prompt", "negative")

_SPOKEN = {"\x00": "a NUL byte", "\x1b": "an escape sign (ESC)", "\n": "a line break", "\r": "a line break"}


def hostile(names: Sequence[str], cells: Sequence[str]) -> tuple[Complaint, ...]:
    """One complaint for each cell with a sign that cannot be part of it."""
    found = []
    for name, cell in zip(names, cells, strict=True):
        free = name in _FREE or name.startswith(("meta.", "opt."))
        sign = (_NEVER if free else _NOT_IN_NAMES).search(cell)
        if sign:
            column = name.removeprefix("meta.")
            text = f"{column or 'a cell'} holds {_spoken(sign[0])} at character {sign.start() + 1}"
            found.append(bad("M-VALUE", column, cell, text, "take it out"))
    return tuple(found)


def _spoken(sign: str) -> str:
    if sign in _SPOKEN:
        return _SPOKEN[sign]
    if "\ud800" <= sign <= "\udfff":
        return f"half of a character (lone surrogate \\u{ord(sign):04x})"
    if sign in BIDI:
        return f"a sign that turns the writing direction (U+{ord(sign):04X})"
    return f"a control character (U+{ord(sign):04X})"
