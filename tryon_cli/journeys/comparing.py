"""How providers did in all runs so far, side by side. Reads counts only; sends nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..listeners.words import brief, money
from ..model.errors import Exit, TryonError
from ..providers import registry
from ..providers.wrap.canary import pair_of, scope_of
from ..providers.wrap.scores import Place, Scores, Tally
from ..providers.wrap.trial import Trial

HEAD = (
    "provider",
    "stage",
    "model",
    "calls",
    "made",
    "refused",
    "failed",
    "unclear",
    "flagged",
    "half in",
    "95% in",
    "a picture",
)


def compared(state: Path, names: Sequence[str], tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Everything as data. names: whom to show, all when empty; tables: [providers] of the settings."""
    scores = Scores(state)
    known = scores.all()
    trials = registry.trials(tables, tables)
    rolled = _rolled(scores.rollbacks(), trials, tables)
    shares = {scope_of(name, trial.candidate): trial.share for name, trial in trials.items()}
    scopes = sorted({place.scope for place in known} - {""} | rolled.keys() | shares.keys())
    return {
        "providers": _rows(known, "", names),
        "canaries": [
            {
                "usual": scope.partition(">")[0], "candidate": scope.partition(">")[2],
                "share": shares.get(scope), "rolled_back": rolled.get(scope, ""),
                "providers": _rows(known, scope, ()),
            }
            for scope in scopes
            if not names or set(names) <= set(scope.split(">"))
        ],
    }  # fmt: skip


def _rolled(
    rolled: Mapping[str, str], trials: Mapping[str, Trial], tables: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Why candidates were rolled back, by scope. Of those in the settings only the version of today counts."""
    found = {pair.partition(" ")[0]: why for pair, why in rolled.items()}
    for name, trial in trials.items():
        with contextlib.suppress(TryonError):  # not set up: nobody can say which version would be asked
            pair = pair_of(name, trial.candidate, registry.load(trial.candidate, tables).offer)
            found[scope_of(name, trial.candidate)] = rolled.get(pair, "")
    return found


def _rows(known: dict[Place, Tally], scope: str, names: Iterable[str]) -> list[dict[str, Any]]:
    wanted = set(names)
    return [
        _row(place, tally)
        for place, tally in sorted(known.items(), key=lambda item: (item[0].task, item[0].provider))
        if place.scope == scope and (not wanted or place.provider in wanted)
    ]


def _row(place: Place, tally: Tally) -> dict[str, Any]:
    return {
        "provider": place.provider, "stage": place.task, "model": place.version, "calls": tally.calls,
        "made": tally.good, "refused": tally.refused, "failed": tally.failed, "unclear": tally.unclear,
        "flagged": tally.flagged, "p50": tally.quantile(0.5), "p95": tally.quantile(0.95), "cost": round(tally.cost, 6),
    }  # fmt: skip


def as_lines(found: dict[str, Any]) -> list[str]:
    """The same for a person."""
    lines = _table(found["providers"])
    for canary in found["canaries"]:
        usual, candidate, share = canary["usual"], canary["candidate"], canary["share"]
        state = "no longer in the settings" if share is None else f"{100 * share:.0f}% of the jobs"
        if canary["rolled_back"]:
            state = f"rolled back: {canary['rolled_back']}"
        lines += ["", f"{candidate} on trial beside {usual}: {state}", *_table(canary["providers"])]
        if canary["rolled_back"]:
            lines.append(f"another chance:  tryon providers compare {usual} {candidate} --forget")
    return lines


def _table(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["nothing was counted yet: counts come with runs"]
    cells = [HEAD, *(_cells(row) for row in rows)]
    wide = [max(len(line[n]) for line in cells) for n in range(len(HEAD))]
    return [
        "  ".join(
            c.ljust(w) if n < 3 else c.rjust(w) for n, (c, w) in enumerate(zip(line, wide, strict=True))
        ).rstrip()
        for line in cells
    ]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    def part(name: str, of: str = "calls") -> str:
        return f"{100 * row[name] / row[of]:.0f}%" if row[of] else "-"

    return (
        row["provider"], row["stage"], row["model"], f"{row['calls']:,}", part("made"), part("refused"),
        part("failed"), part("unclear"), part("flagged", "made"), brief(row["p50"]), brief(row["p95"]),
        money(row["cost"] / row["made"]) if row["made"] else "-",
    )  # fmt: skip


def forget(state: Path, names: Sequence[str]) -> None:
    """The candidate gets another chance, with counts that start anew. Raises TryonError(USAGE)."""
    if len(names) != 2:
        raise TryonError(
            Exit.USAGE,
            "--forget needs two names",
            details=("tryon providers compare USUAL CANDIDATE --forget",),
        )
    usual, candidate = names
    if not Scores(state).forget(scope_of(usual, candidate)):
        raise TryonError(
            Exit.USAGE, f"nothing is known of {candidate} on trial beside {usual}",
            details=("tryon providers compare  shows what is",),
        )  # fmt: skip
