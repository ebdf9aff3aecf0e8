"""`tryon providers`: who can render, and whether one keeps the promises of its port."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ..settings.resolve import resolve
from .options import Flags, takes

app = typer.Typer(help="Who can render, and whether they work.", add_completion=False)


@app.command("list")
@takes("providers")
def listed(flags: Flags) -> int:
    """List the providers at hand: built in, installed, and named in the settings."""
    from ..model.errors import TryonError
    from ..providers import registry

    settings = resolve(flags)
    rows: list[dict[str, Any]] = []
    for name, place in sorted(registry.places(settings.providers).items()):
        try:
            offer = registry.load(name, settings.providers).offer
            rows.append({"name": name, "place": place, "tasks": dict(offer.tasks), "slots": offer.slots,
                         "price": dict(offer.price), "styles": list(offer.styles), "about": offer.about,
                         "categories": sorted(offer.categories), "variants": offer.max_variants})  # fmt: skip
        except TryonError as error:
            rows.append({"name": name, "place": place, "error": error.what})
    if settings.json:
        print(json.dumps({"v": 1, "providers": rows}, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['name']:<12} {row.get('error') or row['about']}")
        if "tasks" in row:
            print(f"{'':<12} does    {', '.join(row['tasks'])}")
            print(f"{'':<12} price   {'free' if not row['price'] else row['price']}")
            if row["styles"]:
                print(f"{'':<12} styles  {', '.join(row['styles'])}")
    return 0


@app.command("check")
@takes("providers")
def check(
    flags: Flags,
    name: Annotated[str, typer.Argument(help="A name from `tryon providers list`, or module:Class.")],
) -> int:
    """Run the promises of the port against a provider, with small pictures of our own.

    Costs nothing for free providers; for others it says the price and asks first. Exit code 0: it keeps them all.
    """
    from ..model.errors import Exit, TryonError
    from ..promises import promises
    from ..providers import registry

    settings = resolve(flags)
    provider = registry.load(name, settings.providers)
    cost = sum(provider.offer.price.values())
    if cost:
        raise TryonError(
            Exit.USAGE, f"checking {name} would cost about ${2 * cost:.2f}, which this version does not spend.",
            details=("only free providers are checked so far",),
        )  # fmt: skip
    broken = 0
    for promise in promises(provider):
        broken += not promise.kept
        mark = "ok  " if promise.kept else "FAIL"
        print(f"{mark} {promise.name}" + (f": {promise.why}" if promise.why else ""))
    print("every promise is kept" if not broken else f"{broken} promises are broken")
    return int(Exit.OK if not broken else Exit.PARTIAL)
