"""What would become of a row, and why: said before anything is made. Knows no cache and no run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..manifest import Invalid
from ..model.errors import Complaint, Level
from ..model.pair import Pair


class Decision(NamedTuple):
    """What would become of one row, and why."""

    row: str
    id: str
    what: str
    """make, cached, merged, skipped or invalid; "valid" where nobody looked into the cache."""
    why: str = ""
    cost: float = 0.0
    """USD for the calls that no row before it needs."""
    calls: int = 0
    """How many calls that are."""
    question: str = ""
    """Equal questions have equal pictures."""


def left_out(row: Pair | Invalid) -> Decision:
    """The decision about a row that nothing is made for: invalid, merged or skipped."""
    if isinstance(row, Invalid):
        return invalid(row.row, row.id, row.complaints)
    if row.same_as:
        return Decision(row.row, row.id, "merged", f"the same as row {row.same_as}: made once")
    return Decision(row.row, row.id, "skipped", "skip is set in the manifest")


def invalid(row: str, own_id: str, complaints: Iterable[Complaint]) -> Decision:
    """The decision about a row that cannot run."""
    wrong = [c for c in complaints if c.level is Level.ROW]
    return Decision(row, own_id, "invalid", "; ".join(f"{c.column} {c.code} {c.text}".strip() for c in wrong))


def decided(decisions: Iterable[Decision]) -> Iterator[str]:
    """One line for each: where, what, which, why."""
    for d in decisions:
        yield f"row {d.row:<8} {d.what:<8} {d.id}" + (f"   {d.why}" if d.why else "")


def said(decision: Decision) -> dict[str, str]:
    """The same for a script; fields are only added."""
    return {"row": decision.row, "id": decision.id, "decision": decision.what, "why": decision.why}
