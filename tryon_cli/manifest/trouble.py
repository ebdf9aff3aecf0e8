"""How complaints are worded and how a file is refused. Knows no rule of any manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tryon_cli.model.errors import Complaint, Exit, Level, TryonError
from tryon_cli.model.links import bare

SHOWN = 120
"""Characters of a cell that are quoted in a message."""

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of text: they can make a name look like another one."""


class Refusal(NamedTuple):
    """One reason why nothing of a file can run."""

    code: str
    what: str
    details: tuple[str, ...] = ()


def shown(text: str) -> str:
    """The text for a message: short, on one line, no signature of an address, every invisible sign spelled out."""
    text = bare(text)
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text):,} characters)"
    if short.isprintable():
        return short
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in short)


def bad(code: str, column: str, value: str, text: str, fix: str = "") -> Complaint:
    """A complaint that makes its row invalid; where() adds row and line."""
    return Complaint(Level.ROW, code, text, column=column, value=shown(value), fix=fix)


def notice(code: str, text: str, *, column: str = "", value: str = "", fix: str = "") -> Complaint:
    """Something was adapted; where() adds row and line."""
    return Complaint(Level.NOTICE, code, text, column=column, value=shown(value), fix=fix)


def warning(code: str, text: str, *, column: str = "", value: str = "", fix: str = "") -> Complaint:
    """The row runs, but somebody should look; where() adds row and line."""
    return Complaint(Level.WARNING, code, text, column=column, value=shown(value), fix=fix)


def where(complaints: Iterable[Complaint], row: str, line: int, column: str = "") -> tuple[Complaint, ...]:
    """The same complaints, each knowing its row, its line and (where it had none) its column."""
    return tuple(c._replace(row=row, line=line, column=c.column or column) for c in complaints)


def refuse(refusals: Sequence[Refusal]) -> TryonError:
    """One error for everything that is wrong with a file; the first reason becomes the first line."""
    first, *others = refusals
    details = list(first.details)
    for other in others:
        details += [f"also: {other.what} ({other.code})", *(f"  {line}" for line in other.details)]
    return TryonError(Exit.MANIFEST, first.what, details=tuple(details), code=first.code)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.75) -> str:
    """The known word that a person may have meant, or ""."""
    from difflib import get_close_matches  # 3 ms to import, and good manifests never need it

    found = get_close_matches(word[:100], list(known), n=1, cutoff=cutoff)
    return found[0] if found else ""
