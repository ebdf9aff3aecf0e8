"""What paid calls are out, waiting, maybe paid or gone, and what to do about each. Reads only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..ledger import look
from ..ledger.budget import spoken, usd
from ..ledger.states import OUT, State, money
from ..ledger.table import Unit
from ..standing import spoken as lasted

TODO = {
    State.INTENT: "tryon resume finds out whether it was taken",
    State.UNKNOWN: "tryon resume finds out whether it was taken",
    State.ACCEPTED: "tryon resume collects it",
    State.WAITING: "tryon resume collects it",
    State.READY: "tryon resume collects it",
    State.MAYBE_PAID: "look at the account, then tryon resume --assume-unpaid or --resubmit-maybe-paid",
    State.EXPIRED: "tryon resume --remake-expired",
}
"""What to do about a call that nobody is at."""


class Owing(NamedTuple):
    """The ledger, as it stands."""

    open: tuple[tuple[Unit, bool], ...]
    """Calls that are not settled, oldest first, and whether a run is at them now."""
    counts: Counter[tuple[str, str]]
    """Calls by provider and state."""
    spent: int
    reserved: int
    priced: Mapping[str, tuple[int, int]]
    """Of the calls that were billed, by provider: what their offers said and what was billed."""

    @property
    def decide(self) -> int:
        """Calls that wait for a human."""
        return sum(unit.state not in OUT for unit, _ in self.open)


def owing(state: Path) -> Owing:
    """state: the state folder. Raises sqlite3.Error, ValueError for a ledger that cannot be read."""
    every = look.units(state)
    spent = reserved = 0
    counts: Counter[tuple[str, str]] = Counter()
    priced: dict[str, tuple[int, int]] = {}
    for unit in every:
        counts[unit.provider, str(unit.state)] += 1
        amounts = money(unit.state, unit.price, unit.billed)
        spent, reserved = spent + amounts[0], reserved + amounts[1]
        if amounts[0] and unit.billed is not None:
            said, billed = priced.get(unit.provider, (0, 0))
            priced[unit.provider] = said + unit.price, billed + unit.billed
    found = tuple((unit, look.in_hand(state, unit)) for unit in look.unsettled(state))
    return Owing(found, counts, spent, reserved, priced)


def todo(unit: Unit, at_it: bool) -> str:
    """What to do about a call."""
    return "a run is at it" if at_it else TODO[unit.state]


def as_json(now: Owing) -> dict[str, Any]:
    """For a script; fields are only added. Amounts in USD, times in UTC seconds."""
    return {
        "v": 1,
        "spent": usd(now.spent),
        "reserved": usd(now.reserved),
        "decide": now.decide,
        "billed": [
            {"provider": provider, "offered": usd(said), "billed": usd(billed)}
            for provider, (said, billed) in sorted(now.priced.items())
        ],
        "counts": [
            {"provider": provider, "state": state, "calls": n}
            for (provider, state), n in sorted(now.counts.items())
        ],
        "open": [
            {
                "call": unit.call, "generation": unit.generation, "state": str(unit.state), "running": at_it,
                "provider": unit.provider, "account": unit.account, "task": unit.task, "row": unit.row,
                "run": unit.run, "price": usd(unit.price),
                "billed": None if unit.billed is None else usd(unit.billed),
                "job": job_of(unit), "token": unit.token, "sent": unit.sent, "expiry": unit.expiry,
                "text": unit.text, "todo": todo(unit, at_it),
            }
            for unit, at_it in now.open
        ],
    }  # fmt: skip


def as_lines(now: Owing, *, only_open: bool, at: float) -> list[str]:
    """For a person. at: UTC seconds."""
    if not now.counts:
        return ["No paid call was ever made here."]
    lines = [] if only_open else _sums(now)
    if not now.open:
        return [*lines, "Nothing is out, nothing waits for a decision."]
    lines.append(f"{'state':<11} {'price':>8}  {'provider':<12} {'stage':<13} {'row':<8} {'age':<8} job")
    for unit, at_it in now.open:
        age = lasted(at - unit.sent)
        lines.append(
            f"{unit.state:<11} {spoken(unit.price):>8}  {unit.provider[:12]:<12} {unit.task[:13]:<13} "
            f"{(unit.row or '-')[:8]:<8} {age:<8} {job_of(unit) or '(no answer was read)'}"
        )
        lines.append(f"            {todo(unit, at_it)}" + (f"   ({unit.text})" if unit.text else ""))
    return lines


def _sums(now: Owing) -> list[str]:
    held = f", {spoken(now.reserved)} held back for calls that may still be charged" if now.reserved else ""
    lines = [f"spent {spoken(now.spent)} in all{held}"]
    for provider in dict.fromkeys(provider for provider, _ in sorted(now.counts)):
        states = [
            f"{state.replace('_', ' ')} {n:,}"
            for (p, state), n in sorted(now.counts.items())
            if p == provider
        ]
        said, billed = now.priced.get(provider, (0, 0))
        if said != billed:
            states.append(f"billed {spoken(billed)}, offered for {spoken(said)}")
        lines.append(f"  {provider:<12} {' · '.join(states)}")
    return lines


def job_of(unit: Unit) -> str:
    """The service's own name for a call, "" before it gave one."""
    return str(json.loads(unit.ticket)["id"]) if unit.ticket else ""
