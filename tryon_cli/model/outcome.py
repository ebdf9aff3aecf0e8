"""How a step ended. Plain data: it travels between machines."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from .digest import Digest
from .errors import Fault


class State(StrEnum):
    """The end of a step."""

    MADE = "made"
    """Work was done for it now."""
    REUSED = "reused"
    """The answer was known."""
    FAILED = "failed"
    """It went wrong; another run may try again."""
    REFUSED = "refused"
    """This input will never pass: not tried again in this run."""
    WAITING = "waiting"
    """A service still works on it; resume collects it."""
    MAYBE_PAID = "maybe_paid"
    """Sent, no answer: a human decides."""
    SKIPPED = "skipped"
    """Not started, since the run stopped or a step before it failed."""


BAD = (State.FAILED, State.REFUSED, State.MAYBE_PAID)
WORKED = (State.MADE, *BAD, State.WAITING)
"""Something was done for the step now, and may have cost money."""


class RowState(StrEnum):
    """The end of a row; the counts of these add up to the number of rows."""

    MADE = "made"
    CACHED = "cached"
    """Every step was known, or the finished picture already lay there."""
    FLAGGED = "flagged"
    """The picture exists, but something about it should be looked at."""
    FAILED = "failed"
    INVALID = "invalid"
    """The row or its pictures cannot be used as they are."""
    WAITING = "waiting"
    MAYBE_PAID = "maybe_paid"
    SKIPPED = "skipped"
    """skip = true in the manifest, or the row repeats an earlier one."""
    LEFT = "left"
    """Not done, since the run stopped first."""


DONE = frozenset({RowState.MADE, RowState.CACHED, RowState.FLAGGED})
"""States in which the row has its picture."""


class Answer(NamedTuple):
    """What the index knows about a question."""

    digest: Digest
    size: int
    """Bytes."""
    notes: tuple[str, ...] = ()
    """What somebody should know about this picture; a row with notes is flagged."""
    provider: str = ""
    cost: float = 0.0
    """USD paid for it, once."""
    seconds: float = 0.0


class Outcome(NamedTuple):
    """How a step ended: state, what was made, by whom, how long it took and what it cost."""

    state: State
    answer: Answer | None = None
    fault: Fault | None = None
    attempts: int = 1
    seconds: float = 0.0
