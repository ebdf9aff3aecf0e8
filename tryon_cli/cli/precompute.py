"""`tryon precompute popular`: pictures that will be asked for, made beforehand. Options, one call, exit code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes
from .question import answered

if TYPE_CHECKING:
    from ..journeys.demand import Demand
    from ..settings import Settings

app = typer.Typer(help="Make pictures that will be asked for.", add_completion=False)


@app.callback()
def main() -> None:
    """Make pictures that will be asked for."""


@app.command("popular")
@takes("precompute")
def popular(
    flags: Flags,
    listed: Annotated[
        str,
        typer.Option(
            "--from",
            help="Views or sales: human, garment, and if known how often (views, sales, count) and when (date).",
            metavar="FILE",
        ),
    ] = "",
    top: Annotated[str, typer.Option("--top", help="Pairs to make. [200]", metavar="N")] = "200",
    least: Annotated[
        str,
        typer.Option(
            "--min-hit-rate", help="Refuse when the back-test meets less, e.g. 20%.", metavar="SHARE"
        ),
    ] = "",
    curve: Annotated[
        bool, typer.Option("--curve", help="Show what the next N pairs add, and cost; make nothing.")
    ] = False,
) -> int:
    """Make the pairs that history says will be asked for, into the cache only, at low priority.

    A later run finds them there and does nothing for them. Recent wishes count more. The back-test ranks by all
    but the last 7 days and says how many wishes of those days the first N would have met. Safe in cron: never two
    at once, and never any money without --max-cost and --yes; what --max-cost does not reach is left out (exit 8).
    """  # fmt: skip
    from ..journeys.demand import STEPS, Demand
    from ..model.errors import Exit, TryonError

    if not top.isdigit() or not int(top):
        raise TryonError(Exit.USAGE, f"--top {top!r} is not a number of pairs.", details=("try  --top 200",))
    wanted = share_of(least) if least else None
    settings = resolve(flags, listed)
    demand = Demand(settings, listed, int(top), STEPS if curve else 2)
    if settings.json and (settings.dry_run or curve):
        print(json.dumps(demand.document(), ensure_ascii=False))
    elif not settings.quiet and not settings.json:
        print("\n".join([*demand.story(), *(demand.drawn() if curve else ())]))
    if not demand.missing():
        return int(Exit.NOTHING if settings.error_on_nothing else Exit.OK)
    if wanted is not None:
        demand.check_rate(wanted)
    return int(Exit.OK if settings.dry_run or curve else _make(demand, settings))


def _make(demand: Demand, settings: Settings) -> int:
    from ..journeys.warming import Warming
    from ..model.errors import EXIT_ORDER, Exit

    chosen, missing = demand.affordable(), demand.missing()
    cut = len(chosen) < len(missing)
    if cut and not settings.quiet and not settings.json:
        print(f"  --max-cost is enough for the first {len(chosen):,} of {len(missing):,}")
    if not _agreed(settings, demand.step(1).cost):
        return Exit.OK
    code = Warming(settings, demand.names(chosen)).run(chosen)
    return min(code, Exit.BUDGET if cut else Exit.OK, key=EXIT_ORDER.index)


def _agreed(settings: Settings, cost: float) -> bool:
    """Money needs a yes; a person at a terminal is asked in any case."""
    from ..model.errors import Exit, TryonError

    if settings.yes or settings.unlimited:
        return True
    answer = answered("Start? [y/N] ", settings.input)
    if answer is None and cost:
        raise TryonError(
            Exit.USAGE, "it costs money, and nobody is here to agree.", details=("in cron:  --yes",)
        )
    return answer is None or answer in ("y", "yes")


def share_of(text: str) -> float:
    """ "20%" or "0.2" as a part of one. Raises TryonError(USAGE)."""
    from ..model.errors import Exit, TryonError

    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?)%|(0?\.[0-9]+)", text.strip())
    part = 0.0 if not found else float(found[1]) / 100 if found[1] else float(found[2])
    if not 0 < part <= 1:
        raise TryonError(
            Exit.USAGE, f"--min-hit-rate {text!r} is not a share.", details=("try  --min-hit-rate 20%",)
        )
    return part
