"""What a plan means in uploads, money, time and disk. Pure: counts in, lines out; sends and reads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..batch.survey import HERE, Survey
from ..standing import spoken


def uploads(seen: Survey) -> Iterator[str]:
    """Pictures that services need, and how many they would be without sharing."""
    sent = seen.sent
    if sent.files:
        yield f"            {len(sent.files):,} files to send, {_size(sent.bytes)}"
        if sent.unshared > len(sent.files):
            yield f"            (without sharing {sent.unshared:,} files, {_size(sent.unshared_bytes)})"


def prospects(seen: Survey, max_cost: float | None, doubts: dict[str, float]) -> Iterator[str]:
    """What it may cost, whether the limit covers it, and how long it takes. doubts: see worst()."""
    most = worst(seen, doubts)
    if seen.cost and most > seen.cost + 0.005:
        share = 100 * (most / seen.cost - 1)
        yield f"  likely    ${seen.cost:,.2f} to ${most:,.2f}   ({share:.0f}% of your past calls were paid for nothing)"
    if seen.cost and max_cost is not None:
        if max_cost < seen.cost:
            yield f"  budget    ${max_cost:,.2f} covers {100 * max_cost / seen.cost:.0f}% of the plan"
        else:
            case = "" if max_cost >= most else ", not the bad case"
            yield f"  budget    ${max_cost:,.2f} covers the plan{case}"
    elif seen.cost:
        yield "  budget    no limit is set: --max-cost USD"
    seconds = time_of(seen)
    if seconds:
        yield f"  time      about {spoken(seconds)}, as calls have taken so far"


def worst(seen: Survey, doubts: dict[str, float]) -> float:
    """USD when as many calls are paid for nothing as in the past. doubts: that share by provider, 0 to 1."""
    return sum(line.cost * (1 + doubts.get(line.provider, 0.0)) for line in seen.stages.values())


def time_of(seen: Survey) -> float | None:
    """Seconds of the slowest stage; None when nothing is known of one that has calls."""
    found = [line.seconds for line in seen.stages.values() if line.provider != HERE]
    return None if any(seconds is None for seconds in found) else max((s for s in found if s), default=None)


def document(seen: Survey, max_cost: float | None, doubts: dict[str, float]) -> dict[str, Any]:
    """The same for a script."""
    sent = seen.sent
    return {
        "uploads": {
            "files": len(sent.files), "bytes": sent.bytes, "unshared": sent.unshared,
            "unshared_bytes": sent.unshared_bytes,
        },
        "cost_worst": round(worst(seen, doubts), 4),
        "budget": max_cost,
        "seconds": time_of(seen),
    }  # fmt: skip


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"
