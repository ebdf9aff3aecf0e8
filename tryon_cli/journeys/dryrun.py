"""What a run would do: the plan, for a person or as one document. Sends nothing, writes nothing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import wiring
from ..batch.asking import Asker
from ..batch.brake import Brake
from ..batch.check import Checked, check, described, refuse_bad_rows
from ..batch.decision import Decision, decided, said
from ..batch.makers import Known
from ..batch.survey import Survey, Surveyor
from ..engine.lanes import Lanes
from ..engine.plan import Plan
from ..listeners.clean import clean
from ..manifest import Invalid, Manifest
from ..model.errors import Exit, Level
from ..model.events import Event
from ..model.pair import Pair
from ..stages.table import STAGES
from ..store.links import Remembered
from ..store.open import open_store
from . import forecast

if TYPE_CHECKING:
    from ..settings import Settings

SHOWN = 20
"""Complaints that are printed; the document has them all."""


def nobody(event: Event) -> None:
    """Tell nobody."""


def survey(
    settings: Settings,
    names: Iterable[str],
    rows: Iterable[Pair | Invalid],
    decide: Callable[[Decision], None] | None = None,
) -> Survey:
    """Look at every row against the cache as it is, with the price of each stage.

    names: providers that the rows need; decide: told what would become of each row.
    """
    recipe = settings.recipe()
    brake = Brake(nobody, lambda: 0.0)
    stacks = wiring.providers(settings, [*wiring.provider_names(recipe), *names], nobody, brake)
    lanes = Lanes(Plan(), stacks, stacks.gauges, dict(settings.limits), wiring.cores())
    composer = wiring.composer_of(stacks, lanes)

    def price(stage: str, provider: str) -> float:
        return stacks[provider].offer.price.get(STAGES[stage].task, 0.0) if provider else 0.0

    def elsewhere(provider: str) -> bool:
        return provider in stacks and not stacks[provider].offer.cpu

    with open_store(settings.cache_path, nobody, read_only=True) as store:
        asker = Asker(composer, recipe, Remembered(store.memo, store.index.commits))
        known = Known(store.index.find, composer.makers)
        seen = Surveyor(asker, known, price, decide=decide, elsewhere=elsewhere).survey(rows)
    for line in seen.stages.values():
        offer = stacks[line.provider].offer if line.provider in stacks else None
        line.slots = settings.limits.get(line.provider, offer.slots) if offer else 1
        line.unpriced = offer is not None and STAGES[line.stage].task in offer.unpriced
        if offer and offer.cpu:
            line.slots = settings.workers or wiring.cores()
    return seen


def show(settings: Settings, source: str) -> Exit:
    """Print the plan. Returns 0 when every row is valid, 3 when some are not, 4 with --strict."""
    with Manifest.open(source, settings.manifest_options(source), stdin=sys.stdin.buffer) as manifest:
        found = check(manifest)
        if settings.strict and found.invalid:
            refuse_bad_rows(found, manifest.source)
        decisions: list[Decision] = []
        decide = decisions.append if settings.rows else None
        seen = survey(settings, found.providers, manifest.rows(), decide)
    doubts = _doubts(settings, seen)
    if settings.json:
        plan = {**document(seen, found, decisions), **forecast.document(seen, settings.max_cost, doubts)}
        print(json.dumps(plan, ensure_ascii=False, indent=2))
    else:
        ahead = list(forecast.prospects(seen, settings.max_cost, doubts))
        for line in lines(source or "the lists", seen, found, ahead):
            print(clean(line) if line else "")
        for line in decided(decisions):
            print(f"  {clean(line)}")
    return Exit.PARTIAL if seen.bad_rows else Exit.OK


def _doubts(settings: Settings, seen: Survey) -> dict[str, float]:
    """How often calls were paid for nothing; {} where nothing costs, or the ledger cannot be read."""
    from ..ledger.look import wasted

    with contextlib.suppress(sqlite3.Error, OSError):
        return wasted(settings.state_path) if seen.cost else {}
    return {}


def document(seen: Survey, found: Checked, decisions: Iterable[Decision]) -> dict[str, Any]:
    """The plan for a script; fields are only added."""
    return {
        "v": 1,
        "rows": {
            "read": seen.rows, "valid": seen.valid, "invalid": seen.bad_rows, "skipped": seen.skipped,
            "merged": seen.merged,
            "complete": seen.complete, "make": seen.valid - seen.complete,
        },
        "inputs": {"people": len(seen.people), "garments": len(seen.garments)},
        "stages": [
            {
                "stage": line.stage, "provider": line.provider, "calls": line.calls,
                "unshared": line.unshared, "known": line.known, "price": None if line.unpriced else line.price,
                "cost": round(line.cost, 4),
            }
            for line in seen.stages.values()
        ],
        "cost": round(seen.cost, 4),
        "complaints": [c._asdict() for c in (*found.complaints, *_pictures(seen, found))],
        "decisions": [said(d) for d in decisions],
    }  # fmt: skip


def lines(source: str, seen: Survey, found: Checked, ahead: Iterable[str] = ()) -> list[str]:
    """The plan for a person. ahead: what it means in money and time."""
    make = seen.valid - seen.complete
    text = [
        f"Plan for {source}. Nothing was sent, nothing was written.",
        "",
        f"  rows      {seen.rows:,} read · {seen.valid:,} valid · {seen.bad_rows:,} invalid"
        + (f" · {seen.merged:,} merged as duplicates" if seen.merged else "")
        + (f" · {seen.skipped:,} skipped" if seen.skipped else ""),
        f"  inputs    {len(seen.people):,} people · {len(seen.garments):,} garments",
        *forecast.uploads(seen),
        f"  cached    {seen.complete:,} rows complete · {make:,} to make",
        "",
        *_table(seen),
    ]
    if prospects := list(ahead):
        text += ["", *prospects]
    wrong = [c for c in (*found.complaints, *_pictures(seen, found)) if c.level is not Level.NOTICE]
    if wrong:
        text += ["", *(f"  {line}" for line in described(wrong[:SHOWN]))]
        if len(wrong) > SHOWN:
            text.append(f"  and {len(wrong) - SHOWN} more: tryon check {source} --rows")
    text += ["", f"  start     tryon run {source}" if make else "  nothing to make: every row is known"]
    return text


def _table(seen: Survey) -> Iterator[str]:
    """Each stage with its calls, the price of one and what they cost."""
    yield f"  {'stage':<14}{'provider':<14}{'calls':>9}{'unshared':>10}{'known':>8}{'unit':>9}{'cost':>11}"
    for line in seen.stages.values():
        unit = f"${line.price:,.3f}" if line.price else "not said" if line.unpriced else "free"
        cost = f"${line.cost:,.2f}"
        yield (
            f"  {line.stage:<14}{line.provider[:13]:<14}{line.calls:>9,}{line.unshared:>10,}{line.known:>8,}"
            f"{unit:>9}{cost:>11}"
        )
    yield f"  {'total':<55}{'':>9}{f'${seen.cost:,.2f}':>11}"


def _pictures(seen: Survey, found: Checked) -> list[Any]:
    """Complaints that only looking at the files brought up."""
    told = set(found.complaints)
    return [c for c in seen.invalid if c not in told]
