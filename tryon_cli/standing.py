"""How an output folder stands: derived from the live lock and the journal, never from a stored word.

Reads only; never takes a lock, never changes a byte.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .journal.look import runs_of
from .journal.table import RunRecord
from .ledger.budget import usd
from .ledger.look import Spend, spend
from .lock import Holder, holder
from .model.errors import Exit
from .settings.record import place_of

WORDS: Mapping[int, str] = {
    Exit.OK: "DONE",
    Exit.PARTIAL: "PARTIAL",
    Exit.QUALITY: "DONE",
    Exit.NOTHING: "DONE",
    Exit.TEMPORARY: "PARTIAL",
    Exit.DECIDE: "WAITING",
    Exit.INTERNAL: "FAILED",
    Exit.FATAL_PROVIDER: "FAILED",
    Exit.STORAGE: "FAILED",
    Exit.USAGE: "FAILED",
}
"""State by exit code; every other code is STOPPED."""


class Standing(NamedTuple):
    """One output folder, now."""

    state: str
    """RUNNING, STOPPED, DONE, PARTIAL, WAITING or FAILED."""
    folder: Path
    run: RunRecord
    holder: Holder | None
    counts: Mapping[str, int]
    live: Mapping[str, Any]
    """The stages as they were last written, {} when nothing runs."""
    text: str
    """Why it stopped."""
    money: Spend = Spend()
    """Of this run and those it went on from."""
    budget: float | None = None
    """USD."""
    home: Path | None = None
    """The state folder, where the money is written down."""
    elsewhere: Path | None = None
    """The same where it is not the usual one: whoever looks into it has to name it."""

    @property
    def done(self) -> int:
        """Rows that have their picture."""
        return sum(self.counts.get(state, 0) for state in ("made", "cached", "flagged"))

    @property
    def ended(self) -> int:
        """Rows that have come to their end."""
        return sum(n for state, n in self.counts.items() if state != "left")

    @property
    def left(self) -> int:
        return max(0, self.run.total - self.ended)

    @property
    def unfinished(self) -> bool:
        """Would resume have something to do?"""
        if self.state == "RUNNING":
            return False
        open_rows = sum(self.counts.get(state, 0) for state in ("failed", "waiting", "maybe_paid"))
        return self.run.ended is None or self.left > 0 or open_rows > 0


def standing(folder: Path, home: Path | None = None, *, told: bool = False) -> Standing | None:
    """The newest run of an output folder; None when there was none.

    home: the usual state folder, for its money (None: not wanted); a run that was told another one has it there,
    unless this one was told now.
    """
    runs = runs_of(folder)
    if not runs:
        return None
    run, who = runs[-1], holder(folder)
    if who is not None:
        state, text = "RUNNING", ""
    elif run.ended is None or run.exit is None:
        state, text = "STOPPED", "killed"
    else:
        state, text = WORDS.get(run.exit, "STOPPED"), run.text or ""
    live = json.loads(run.live) if run.live and state == "RUNNING" else {}
    record = _record(run)
    usual = None if told else home
    if home is not None and not told:
        home = place_of(record, "state_dir", folder) or home
    money = spend(home, journey(folder, run.run)) if home is not None else Spend()
    most = record.get("max_cost")
    budget = float(most) if isinstance(most, int | float) else None
    counts = json.loads(run.counts or "{}")
    return Standing(
        state, folder, run, who, counts, live, text, money, budget, home, home if home != usual else None
    )


def _record(run: RunRecord) -> dict[str, Any]:
    """Its settings; {} when they cannot be read."""
    try:
        record = json.loads(run.settings)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


FINISHED = frozenset({Exit.OK, Exit.PARTIAL, Exit.QUALITY, Exit.NOTHING})
"""Exit codes of runs that came to their end by themselves, with nothing of theirs left at a service."""


def journey(folder: Path, run: str) -> str:
    """The first run of an output folder after its last finished one: what has spent from the limit that `run` has.

    run: the one that is about to begin.
    """
    first = run
    for past in reversed(runs_of(folder)):
        if past.run == run:
            continue
        if past.ended is not None and past.exit in FINISHED:
            break
        first = past.run
    return first


def as_json(now: Standing) -> dict[str, Any]:
    """The same for a script; fields are only added."""
    return {
        "v": 1,
        "state": now.state.lower(),
        "folder": str(now.folder),
        "run": now.run.run,
        "manifest": now.run.manifest,
        "pid": now.holder.pid if now.holder else None,
        "host": now.holder.host if now.holder else now.run.host,
        "started": now.run.started,
        "ended": now.run.ended,
        "exit": now.run.exit,
        "rows": now.run.total,
        "done": now.done,
        "left": now.left,
        "counts": dict(now.counts),
        "stages": now.live.get("stages", []),
        "text": now.text,
        "spent": usd(now.money.spent),
        "reserved": usd(now.money.reserved),
        "budget": now.budget,
        "out": now.money.out,
        "decide": now.money.held,
    }


def _manifest(now: Standing) -> str:
    """The run's manifest as somebody here would type it."""
    source = now.run.manifest
    return source if source in ("", "-") else os.path.relpath(now.folder / source)


def as_lines(now: Standing, at: float) -> list[str]:
    """The same for a person. at: UTC seconds."""
    run = now.run
    place = f"{run.run}  {_manifest(now)} -> {now.folder}"
    share = f"{now.ended:,}/{run.total:,} rows {100 * now.ended // max(1, run.total)}%"
    counts = " · ".join(f"{state} {n:,}" for state, n in sorted(now.counts.items()) if n)
    if now.state == "RUNNING" and now.holder is not None:
        who = f"pid {now.holder.pid} on {now.holder.host}, {spoken(at - run.started)}"
        stages = [
            f"  {s['stage']:<13} {s['done']:,}/{s['total']:,}"
            + (f" at {s['rate']:.0f}/min" if s.get("rate") else "")
            for s in now.live.get("stages", [])
        ]
        follow = f"  follow: tryon status {now.folder} --follow"
        return [
            f"RUNNING  {place}    {who}",
            f"  {share} · {counts}".rstrip(" ·"),
            *stages,
            *_cost(now),
            follow,
        ]
    ago = spoken(at - (run.ended or run.started))
    lines = [f"{now.state:<7}  {place}    {now.text.splitlines()[0] if now.text else 'ended'}, {ago} ago"]
    lines += [
        f"  {share} · {counts}".rstrip(" ·"),
        *_cost(now),
        *(f"  {line}" for line in at_services(now.money, now.elsewhere)),
    ]
    if now.unfinished:
        lines.append(f"  {now.left:,} rows left · continue: tryon resume {now.folder}")
    return lines


def _cost(now: Standing) -> list[str]:
    """$36.76 of $60.00, where anything was paid for."""
    money = now.money
    if not (money.spent or money.reserved):
        return []
    most = f" of ${now.budget:,.2f}" if now.budget is not None else ""
    held = f" · ${usd(money.reserved):,.2f} held back" if money.reserved else ""
    return [f"  ${usd(money.spent):,.2f}{most}{held}"]


def at_services(money: Spend, elsewhere: Path | None = None) -> list[str]:
    """What a run that has ended left at services, and what waits for a decision: a line each.

    elsewhere: the state folder, where it is not the usual one.
    """
    lines = []
    if money.out:
        word, them = ("call was", "it") if money.out == 1 else ("calls were", "them")
        keeps = "; ".join(
            f"{provider} keeps results until {time.strftime('%b %d %H:%M', time.localtime(until))}"
            for provider, until in money.keeps
        )
        lines.append(
            f"{money.out:,} paid {word} in flight: resume collects {them}" + (f"; {keeps}" if keeps else "")
        )
    if money.held:
        word = "call waits" if money.held == 1 else "calls wait"
        where = f" --state-dir {shlex.quote(os.path.relpath(elsewhere))}" if elsewhere else ""
        lines.append(f"{money.held:,} paid {word} for a decision of yours: tryon ledger --open{where}")
    return lines


def spoken(seconds: float) -> str:
    """9m 12s, 3h 5m, 2d 1h."""
    whole = max(0, int(seconds))
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    while len(parts) > 1 and parts[0][0] == 0:
        parts.pop(0)
    return " ".join(f"{n}{unit}" for n, unit in parts[:2])
