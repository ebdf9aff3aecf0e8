"""`tryon precompute popular`: pictures that will be asked for, made beforehand. Options, one call, exit code."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes

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
            help="Sales or view file: human, garment and a column views, sales or count.",
            metavar="FILE",
        ),
    ] = "",
    top: Annotated[str, typer.Option("--top", help="Pairs to look at. [200]", metavar="N")] = "200",
) -> int:
    """Make the pairs that history says will be asked for, into the cache only, at low priority.

    A later run finds them there and does nothing for them. Safe in cron: never two at once, and never any money
    without --max-cost and --yes.
    """  # fmt: skip
    from ..journeys.warming import Warming
    from ..model.errors import Exit, TryonError

    if not top.isdigit() or not int(top):
        raise TryonError(Exit.USAGE, f"--top {top!r} is not a number of pairs.", details=("try  --top 200",))
    settings = resolve(flags, listed)
    warming = Warming(settings, listed, int(top))
    missing, cost = warming.missing()
    if settings.json and settings.dry_run:
        pairs = [{"human": w.pair.human, "garments": w.pair.garments, "wishes": w.weight} for w in missing]
        print(json.dumps({"v": 1, "make": pairs, "cost": cost}, ensure_ascii=False))
        return int(Exit.OK)
    if not settings.quiet and not settings.json:
        print("\n".join(warming.story(missing, cost)))
    if settings.dry_run or not missing:
        return int(Exit.NOTHING if settings.error_on_nothing and not missing else Exit.OK)
    warming.check_money(cost)
    if cost and not settings.yes and not _agreed(settings.input):
        return int(Exit.OK)
    return int(warming.run(missing))


def _agreed(may_ask: bool) -> bool:
    from ..model.errors import Exit, TryonError

    if not may_ask or not sys.stdin.isatty():
        raise TryonError(
            Exit.USAGE, "it costs money, and nobody is here to agree.", details=("in cron:  --yes",)
        )
    return input("Start? [y/N] ").strip().lower() in ("y", "yes")
