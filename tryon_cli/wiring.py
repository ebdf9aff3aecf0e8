"""Settings -> open store, provider stack, listeners, workers. No logic; the one file that imports everything.

The provider stack, top first (providers/wrap/stack.py):
    canary( fallback( measured( breaker( retrying( throttled( rehearsed( paying( vendor ))))))))
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .batch.asking import Asker
from .batch.batch import Batch, Limits
from .batch.brake import Brake
from .batch.makers import Known, turned_out
from .batch.out import Out
from .batch.rows import Rows
from .engine.adaptive import Gauge
from .engine.asks import Step
from .engine.lanes import Lanes
from .engine.limiter import START, Limiter
from .engine.outside import OutsideWorkers
from .engine.plan import Plan
from .engine.scheduler import Scheduler
from .engine.threads import ThreadWorkers
from .model.chains import chains_of, providers_of
from .model.errors import Exit, TryonError
from .model.links import Fetch
from .model.ports import Provider, Tell
from .model.remote import Assets, Keyed
from .model.step import Errand
from .paying import Consents
from .paying.wallet import Wallet
from .pipeline import Composer
from .providers import registry
from .work import Worker, perform

if TYPE_CHECKING:
    from .journal.journal import Journal
    from .manifest import Invalid
    from .model.pair import Pair, Recipe
    from .outputs import Outputs
    from .providers.wrap.stack import Account, Around, Chains
    from .providers.wrap.trial import Trial
    from .settings import Settings
    from .store.links import Pictures
    from .store.open import Store

MOST_WORKERS = 256
"""Threads at most; more cost memory and win nothing."""


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def provider_names(recipe: Recipe) -> list[str]:
    """Providers that the recipe names, those that step in included."""
    table = providers_of(recipe.provider)
    table.setdefault("", "local")
    others = [name for names in chains_of(recipe.fallback).values() for name in names]
    return [name for name in dict.fromkeys([*table.values(), *others]) if name]


def wallet(settings: Settings, store: Store, run: str, journey: str, tell: Tell, brake: Brake) -> Wallet:
    """The money of a run. journey: name of the first run that spends from the same limit. Close it in the end."""
    from .ledger.budget import Limits as Most
    from .ledger.budget import micro

    most = None if settings.max_cost is None else micro(settings.max_cost)
    consents = Consents(settings.resubmit_maybe_paid, settings.assume_unpaid, settings.remake_expired)
    return Wallet(
        settings.state_path, Most(journey, run, most, settings.max_calls), brake.pulled, tell, hurry=brake.hurry,
        consents=consents, blobs=store.blobs, assets=assets(settings), rebuild=settings.rebuild,
    )  # fmt: skip


def assets(settings: Settings) -> Assets | None:
    """The user's own bucket for pictures, where one is set. Raises TryonError(USAGE)."""
    table = dict(settings.assets)
    if not table:
        return None
    from .settings.forms import duration
    from .store.assets import LIFETIME, BucketAssets

    lifetime = table.pop("lifetime", None)
    try:
        seconds = LIFETIME if lifetime is None else duration(str(lifetime))
    except ValueError:
        raise TryonError(
            Exit.USAGE, f"[assets] lifetime {lifetime!r} is no time", details=("such as 6h or 2d",)
        ) from None
    return BucketAssets(str(table.pop("url", "")), table, lifetime=seconds)


class Stacks(dict[str, Provider]):
    """Each provider by name with everything around it (providers/wrap/stack.py), and who may step in for whom."""

    def __init__(self, around: Around, trials: Mapping[str, Trial]) -> None:
        self.around = around
        self.trials = trials
        self.gauges: dict[str, Gauge] = {}
        """Of providers whose calls at once are found out."""

    @property
    def candidates(self) -> dict[str, str]:
        """Who gets a share of a provider's jobs, by its name."""
        return {name: trial.candidate for name, trial in self.trials.items()}

    def chains(self) -> Chains:
        """Who does the jobs of a name, or of a chain of names."""
        from .providers.wrap.stack import Chains

        return Chains(self, self.around, self.trials)


def providers(
    settings: Settings, names: Iterable[str], tell: Tell, brake: Brake, money: Wallet | None = None
) -> Stacks:
    """The stack of each provider; money: None where nothing will be asked of them. Raises TryonError."""
    from .providers.wrap.scores import Scores
    from .providers.wrap.stack import Around, stack

    names = list(names)
    trials = registry.trials(names, settings.providers)
    vendors = registry.named([*names, *(t.candidate for t in trials.values())], settings.providers)
    for vendor in vendors.values() if money is not None else ():
        if isinstance(vendor, Keyed):  # said before anything is begun, not by the first of a thousand rows
            vendor.ready()
    state = None if money is None else settings.state_path
    around = Around(
        tell=tell, stop=brake.pulled, attempts=settings.attempts, state=state, rehearse=settings.rehearse,
        refused=settings.fallback_refused, cores=settings.workers or cores(), scores=Scores(state),
        outage=settings.outage,
    )  # fmt: skip
    stacks = Stacks(around, trials)
    for name, vendor in vendors.items():
        account = account_of(vendor, settings.limits.get(name))
        if settings.adaptive and not vendor.offer.cpu and account.slots > START:
            stacks.gauges[name] = Gauge(Limiter(account.slots), time.monotonic)
        asked = vendor if money is None else money.wrap(vendor)
        stacks[name] = stack(name, asked, around, account, stacks.gauges.get(name))
    return stacks


def account_of(vendor: Provider, limit: int | None) -> Account:
    """What a provider allows us. limit: [limits] of the settings."""
    from .model.remote import Terms
    from .providers.wrap.stack import Account

    terms = getattr(vendor, "terms", None)
    slots = limit or vendor.offer.slots
    return Account(slots, terms.per_minute, terms.account) if isinstance(terms, Terms) else Account(slots)


def batch(
    settings: Settings,
    recipe: Recipe,
    store: Store,
    stacks: Stacks,
    tell: Tell,
    brake: Brake,
    *,
    journal: Journal | None,
    outputs: Outputs | None,
    cells: Callable[[Pair | Invalid], dict[str, str]],
    clock: Callable[[], float] = time.time,
    executor: Executor | None = None,
    earlier: Settings | None = None,
) -> Batch:
    """Everything of one run, ready to run.

    executor: where steps are done instead of on our own threads; earlier: settings under which rows count as finished,
    too.
    """
    cpu = settings.workers or cores()
    away = sum(0 if p.offer.cpu else p.offer.slots for p in stacks.values())
    # a quarter more than are out: while they look at an answer and keep it, others take their places at the service
    threads = min(MOST_WORKERS, cpu + away + -(-away // 4))
    plan = Plan(threads)
    lanes = Lanes(plan, stacks, stacks.gauges, dict(settings.limits), cpu)
    composer = composer_of(stacks, lanes)
    rows = Rows(tell, journal, cells, clock)
    out = Out(rows, store.blobs, outputs, tell, brake.halt, clock)
    scheduler = Scheduler(plan, Known(store.index.find, composer.makers), out, settings.window)
    out.again = lambda ask: scheduler.admit([ask], again=True)
    brake.watch(scheduler)
    pictures = pictures_of(settings, store, tell, brake)
    worker = Worker(store.blobs, store.index, pictures, stacks.chains())
    if executor is None:
        workers: ThreadWorkers | OutsideWorkers = ThreadWorkers(
            scheduler, lambda step: perform(worker, errand(step), lambda: scheduler.landed(step)), threads
        )
    else:
        workers = OutsideWorkers(scheduler, executor, lambda sent: perform(worker, sent), errand, threads)
    limits = Limits(max_flagged=settings.max_flagged, error_on_nothing=settings.error_on_nothing)
    asker = Asker(composer, recipe, pictures)
    before = None if earlier is None else _asker(earlier, pictures, lanes)
    return Batch(asker, scheduler, workers, rows, brake, journal, outputs, limits, before)


def _asker(settings: Settings, pictures: Pictures, lanes: Lanes) -> Asker:
    """What rows asked under other settings; nothing is made under them."""
    recipe = settings.recipe()
    vendors = registry.named(provider_names(recipe), settings.providers)
    return Asker(Composer({name: v.offer for name, v in vendors.items()}, lanes.lane), recipe, pictures)


def pictures_of(settings: Settings, store: Store, tell: Tell, brake: Brake) -> Pictures:
    """Names and bytes of the pictures that rows name, by path or address."""
    from .store.links import Pictures

    return Pictures(
        store.memo,
        store.blobs,
        store.index.commits,
        fetching(settings),
        tell=tell,
        stopped=brake.no_more.is_set,
    )


def fetching(settings: Settings) -> Fetch:
    """Who fetches pictures by address; nothing is loaded before the first one."""

    @cache
    def fetcher() -> Fetch:
        from .providers.http.fetch import Fetcher

        return Fetcher(private=settings.allow_private, most=settings.max_download)

    return lambda url, known: fetcher()(url, known)


def composer_of(stacks: Stacks, lanes: Lanes) -> Composer:
    """Turns recipes into shapes."""
    return Composer(
        {name: provider.offer for name, provider in stacks.items()}, lanes.lane, stacks.candidates
    )


def errand(step: Step) -> Errand:
    """A step as plain data."""
    pair: Pair = step.row.pair
    most = dict(pair.overrides).get("max_cost") if pair.overrides else None
    limit = float(most) if isinstance(most, int | float) else None
    return Errand(step.key, step.inputs, step.node.order, step.source, pair.row, limit, turned_out(step))


def absolute(path: str | Path) -> Path:
    """The folder a user named, wherever we are."""
    return Path(path).expanduser().absolute()
