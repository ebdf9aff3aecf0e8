"""One pass over a manifest before anything is sent: how many rows, and everything that is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ..manifest import Invalid
from ..model.chains import chains_of, providers_of
from ..model.errors import Complaint, Exit, Level, TryonError
from ..model.pair import Pair

KEPT = 2_000
"""Complaints that are kept for showing; all are counted."""


class Readable(Protocol):
    """A manifest."""

    def rows(self, complain: Callable[[Complaint], None] | None = None) -> Iterator[Pair | Invalid]: ...


@dataclass
class Checked:
    """What the pass found."""

    rows: int = 0
    invalid: int = 0
    skipped: int = 0
    """Rows with skip = true."""
    merged: int = 0
    """Rows that repeat an earlier one."""
    priorities: set[int] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)
    """Providers that rows name."""
    complaints: list[Complaint] = field(default_factory=list)
    """The first KEPT of them, in the order of the file."""
    counts: Counter[str] = field(default_factory=Counter)
    """All of them, by code."""

    @property
    def valid(self) -> int:
        return self.rows - self.invalid - self.skipped - self.merged

    def add(self, complaint: Complaint) -> None:
        """One more thing that is wrong."""
        self.counts[complaint.code] += 1
        if len(self.complaints) < KEPT:
            self.complaints.append(complaint)


def check(
    manifest: Readable,
    seen: Callable[[Pair], None] | None = None,
    other: Callable[[Pair | Invalid], None] | None = None,
) -> Checked:
    """Read every row once. seen: told each row that can run; other: each that is invalid, skipped or merged."""
    found = Checked()
    for row in manifest.rows(found.add):
        found.rows += 1
        if isinstance(row, Invalid):
            found.invalid += 1
            for complaint in row.complaints:
                found.add(complaint)
        else:
            found.priorities.add(row.priority)
            if row.skip:
                found.merged += bool(row.same_as)
                found.skipped += not row.same_as
            elif row.overrides:
                _note_providers(row, found.providers)
        if isinstance(row, Invalid) or row.skip:
            if other is not None:
                other(row)
        elif seen is not None:
            seen(row)
    return found


def _note_providers(row: Pair, providers: set[str]) -> None:
    for name, value in row.overrides:
        if name == "provider" and isinstance(value, str):
            providers.update(providers_of(value).values())
        elif name == "fallback" and isinstance(value, str):
            providers.update(*chains_of(value).values())


def refuse_bad_rows(found: Checked, manifest: str) -> None:
    """With --strict one bad row stops everything. Raises TryonError(MANIFEST)."""
    bad = [c for c in found.complaints if c.level is Level.ROW]
    if bad:
        raise TryonError(
            Exit.MANIFEST,
            f"{found.invalid} of {found.rows} rows of {manifest} cannot run (--strict).",
            details=(*described(bad[:20]), "Nothing was sent."),
        )


def described(complaints: Iterable[Complaint]) -> Iterator[str]:
    """One line for each: where, what, why; then what to do."""
    for c in complaints:
        where = f"row {c.row}" if c.row else (f"line {c.line}" if c.line else "file")
        yield f"{where:<9} {c.column:<8} {c.code:<9} {c.text}"
        if c.fix:
            yield f"{'':<28} {c.fix}"
