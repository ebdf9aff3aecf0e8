"""How a run ended, and with which exit code. Pure: counts and reasons in, one code out."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ..model.errors import EXIT_ORDER, Exit, FaultKind
from ..model.outcome import DONE, RowState


class Stop(NamedTuple):
    """Why a run stopped before its end."""

    reason: str
    """signal, time, provider, account, storage or internal."""
    exit: Exit
    text: str


class Ending(NamedTuple):
    """What a run came to."""

    exit: Exit
    counts: Counter[RowState]
    rows: int
    stop: Stop | None
    seconds: float
    spent: float = 0.0
    saved: float = 0.0


TEMPORARY = frozenset({FaultKind.TRANSIENT, FaultKind.THROTTLED, FaultKind.LOST})


def choose(
    counts: Counter[RowState],
    stop: Stop | None,
    *,
    temporary: int = 0,
    max_flagged: int | None = None,
    error_on_nothing: bool = False,
) -> Exit:
    """The exit code that says most. temporary: rows that failed for a reason that may pass."""
    codes = {Exit.OK}
    if stop is not None:
        codes.add(stop.exit)
    if counts[RowState.WAITING] or counts[RowState.MAYBE_PAID]:
        codes.add(Exit.DECIDE)
    if counts[RowState.FAILED] or counts[RowState.INVALID]:
        codes.add(Exit.PARTIAL)
    if temporary:
        codes.add(Exit.TEMPORARY)
    if max_flagged is not None and counts[RowState.FLAGGED] > max_flagged:
        codes.add(Exit.QUALITY)
    if error_on_nothing and not counts[RowState.MADE] and not counts[RowState.FLAGGED]:
        codes.add(Exit.NOTHING)
    return next(code for code in EXIT_ORDER if code in codes)


def finished(counts: Counter[RowState]) -> int:
    """Rows that have their picture."""
    return sum(counts[state] for state in DONE)
