"""`tryon providers`: who can render, and whether one keeps the promises of its port."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..listeners.clean import clean
from ..listeners.words import money
from ..settings.resolve import resolve
from .options import Flags, takes
from .question import answered

if TYPE_CHECKING:
    from ..promises import Promise

app = typer.Typer(help="Who can render, and whether they work. Alone: list.", add_completion=False)
USUAL = "list"


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
            rows.append(
                {
                    "name": name, "place": place, "tasks": dict(offer.tasks), "slots": offer.slots,
                    "cpu": offer.cpu, "price": dict(offer.price), "unpriced": sorted(offer.unpriced),
                    "styles": list(offer.styles),
                    "about": offer.about, "categories": sorted(offer.categories), "variants": offer.max_variants,
                }
            )  # fmt: skip
        except TryonError as error:
            text = error.what
            if (
                name not in settings.providers
            ):  # what needs settings and has none is no error, only a possibility
                text = f"not set up: {text.partition(': ')[2] or text}"
            rows.append({"name": name, "place": place, "error": text})
    if settings.json:
        print(json.dumps({"v": 1, "providers": rows}, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['name']:<12} {row.get('error') or row['about']}")
        if "tasks" in row:
            print(f"{'':<12} does    {', '.join(row['tasks'])}")
            price = ", ".join(f"{task} {money(usd)}" for task, usd in row["price"].items())
            unsaid = f"not said for {', '.join(row['unpriced'])}" if row["unpriced"] else ""
            print(f"{'':<12} price   {'; '.join(filter(None, (price, unsaid))) or 'free'}")
            if row["styles"]:
                print(f"{'':<12} styles  {', '.join(row['styles'])}")
    return 0


@app.command("check")
@takes("providers")
def check(
    flags: Flags,
    name: Annotated[str, typer.Argument(help="A name from `tryon providers list`, or module:Class.")],
    task: Annotated[
        str, typer.Option(help="Stage to try; the cheapest one otherwise.", metavar="STAGE")
    ] = "",
    human: Annotated[
        Path | None, typer.Option(help="Your own picture of a person.", metavar="PICTURE")
    ] = None,
    garment: Annotated[
        Path | None, typer.Option(help="Your own picture of a garment.", metavar="PICTURE")
    ] = None,
) -> int:
    """Run the promises of the port against a provider, with small pictures of our own or with yours.

    At a service that costs money one call is made, after its price was agreed to (or with --yes). Exit code 0: it
    keeps them all.
    """
    from ..model.errors import Exit
    from ..providers import registry

    settings = resolve(flags)
    provider = registry.load(name, settings.providers)
    own = {role: path for role, path in (("human", human), ("garment", garment), ("image", human)) if path}
    broken = 0
    for promise in _promises(settings, provider, task, own):
        broken += not promise.kept
        mark = "ok  " if promise.kept else "FAIL"
        print(f"{mark} {clean(promise.name)}" + (f": {clean(promise.why)}" if promise.why else ""))
    print("every promise is kept" if not broken else f"{broken} promises are broken")
    return int(Exit.OK if not broken else Exit.PARTIAL)


@app.command("compare")
@takes("providers")
def compare(
    flags: Flags,
    names: Annotated[
        list[str] | None, typer.Argument(help="Whom to show; everybody otherwise.", metavar="[NAME]...")
    ] = None,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Give a candidate that was rolled back another chance: USUAL CANDIDATE."
        ),
    ] = False,
) -> int:
    """Show how providers did in all runs: pictures, refusals, failures, seconds, cost; canaries side by side."""
    from ..journeys import comparing

    settings = resolve(flags)
    if forget:
        comparing.forget(settings.state_path, names or ())
        return 0
    found = comparing.compared(settings.state_path, names or (), settings.providers)
    if settings.json:
        print(json.dumps({"v": 1, **found}, ensure_ascii=False))
    else:
        print("\n".join(clean(line) for line in comparing.as_lines(found)))
    return 0


def _promises(settings: Any, provider: Any, task: str, pictures: dict[str, Path]) -> Iterator[Promise]:
    from .. import promises
    from ..journeys import trying
    from ..model.remote import Remote

    if not isinstance(provider, Remote):
        _agreed(settings, provider.offer.name, 2 * sum(provider.offer.price.values()))
        return promises.promises(provider)
    trial = trying.cheapest(provider.offer, task)
    _agreed(settings, f"one {trial.task} at {provider.offer.name}", trial.price)
    return trying.promises(settings, provider, trial, pictures)


def _agreed(settings: Any, what: str, cost: float) -> None:
    """Return when this may be spent. Raises TryonError(USAGE)."""
    from ..model.errors import Exit, TryonError

    if not cost or settings.yes:
        return
    answer = answered(f"Checking {what} costs about ${cost:.2f}. Go on? [y/N] ", settings.input)
    if answer not in ("y", "yes"):
        how = ("say  --yes  where nobody can be asked",) if answer is None else ()
        raise TryonError(
            Exit.USAGE, f"checking {what} costs about ${cost:.2f}; nothing was sent", details=how
        )
