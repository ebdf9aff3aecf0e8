"""Money is spent within a limit that somebody has set, or by somebody who was asked. Spends nothing itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..batch.survey import Survey
from ..model.errors import Exit, TryonError
from ..model.events import Planned
from .dryrun import survey

if TYPE_CHECKING:
    from ..manifest import Invalid
    from ..model.pair import Pair
    from ..settings import Settings

Ask = Callable[[str], str | None]
"""Puts a question to a person; None where nobody can be asked."""


def plan(settings: Settings, names: Iterable[str], rows: Iterable[Pair | Invalid]) -> Survey:
    """What a run that costs money is going to do, counted before its first call."""
    return survey(settings, names, rows)


def planned(seen: Survey) -> Planned:
    """The same as the news of a run."""
    unshared = sum(line.unshared for line in seen.stages.values() if line.price)
    paid = sum(line.calls for line in seen.stages.values() if line.price)
    return Planned(
        time.time(), seen.rows, seen.complete, seen.valid - seen.complete, paid, unshared - paid, seen.cost
    )


def agree(settings: Settings, seen: Survey, ask: Ask | None) -> None:
    """Return when this may be spent. Raises TryonError(USAGE) when no limit is set and nobody agrees.

    A run in cron must not empty an account because a line in a file was wrong.
    """
    if not seen.cost or settings.max_cost is not None or settings.unlimited:
        return
    calls = sum(line.calls for line in seen.stages.values() if line.price)
    text = f"this run makes about {calls:,} paid calls for ${seen.cost:,.2f}, and no limit is set"
    answer = "y" if settings.yes and ask is not None else ask(f"{text}.\nStart? [y/N] ") if ask else None
    if answer in ("y", "yes"):
        return
    if answer is not None:
        raise TryonError(Exit.USAGE, "not started", details=("Nothing was sent.",))
    raise TryonError(
        Exit.USAGE,
        text,
        details=(
            f"try   --max-cost {seen.cost * 1.1:.2f}",
            "or    unlimited = true under [run] in your own config.toml",
            "see   --dry-run   for the plan",
            "Nothing was sent.",
        ),
        code="E-NO-LIMIT",
    )
