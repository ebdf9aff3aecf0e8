"""Everything that is wrong with a manifest and its pictures, for a person or as one document. Makes nothing."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from .. import wiring
from ..batch.check import Checked, check, described, refuse_bad_rows
from ..batch.decision import Decision, decided, invalid, left_out, said
from ..listeners.clean import clean
from ..looking import Looker
from ..manifest import Manifest
from ..model.errors import Exit, Level
from ..model.pair import Pair

if TYPE_CHECKING:
    from ..settings import Settings

SHOWN = 20
"""Complaints that are printed without --rows."""


def show(settings: Settings, source: str, *, deep: bool) -> Exit:
    """Print what is wrong. Returns 0 when every row can run, 3 when some cannot, 4 with --strict."""
    began = time.monotonic()
    decisions: list[Decision] = []
    found = look(settings, source, decisions if settings.rows else None, deep=deep)
    if settings.strict and found.invalid:
        refuse_bad_rows(found, source)
    if settings.json:
        print(json.dumps(document(found, decisions), ensure_ascii=False))
    elif not settings.quiet or found.invalid:
        for line in lines(found, source, time.monotonic() - began, every=settings.rows):
            print(clean(line))
        for line in decided(decisions):
            print(f"  {clean(line)}")
    return Exit.PARTIAL if found.invalid else Exit.OK


def look(settings: Settings, source: str, decisions: list[Decision] | None, *, deep: bool) -> Checked:
    """Read every row and look at its pictures. decisions: gets what was found of each row."""
    looker = Looker(deep=deep, fetch=wiring.fetching(settings))

    def seen(pair: Pair) -> None:
        wrong = looker.look(pair)
        if decisions is not None:
            good = Decision(pair.row, pair.id, "valid")
            decisions.append(invalid(pair.row, pair.id, wrong) if wrong else good)

    other = None if decisions is None else lambda row: decisions.append(left_out(row))
    with Manifest.open(source, settings.manifest_options(source), stdin=sys.stdin.buffer) as opened:
        found = check(opened, seen, other)
    found.invalid += looker.bad_rows
    for complaint in looker.complaints:
        found.add(complaint)
    return found


def document(found: Checked, decisions: list[Decision]) -> dict[str, object]:
    """The same for a script; fields are only added."""
    return {
        "v": 1, "rows": found.rows, "valid": found.valid, "invalid": found.invalid, "skipped": found.skipped,
        "merged": found.merged, "codes": found.counts,
        "complaints": [c._asdict() for c in found.complaints], "decisions": [said(d) for d in decisions],
    }  # fmt: skip


def lines(found: Checked, source: str, seconds: float, *, every: bool) -> list[str]:
    """The same for a person. every: also notices, and all of them."""
    text = [f"{found.rows:,} rows, {found.valid:,} valid ({seconds:.1f} s)"]
    warnings = sum(c.level is Level.WARNING for c in found.complaints)
    counts = {
        "invalid": found.invalid,
        "merged": found.merged,
        "skipped": found.skipped,
        "warnings": warnings,
    }
    if any(counts.values()):
        text.append("  " + ", ".join(f"{n:,} {word}" for word, n in counts.items() if n))
    loud = [c for c in found.complaints if c.level is not Level.NOTICE][:SHOWN]
    shown = found.complaints if every else loud
    text += [f"  {line}" for line in described(shown)]
    hidden = len(found.complaints) - len(shown)
    if not every and (hidden > 0 or found.merged or found.skipped):
        text.append(f"  see every row:  tryon check {source} --rows")
    return text
