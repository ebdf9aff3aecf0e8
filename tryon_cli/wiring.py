"""Settings -> open store, provider stack, listeners, workers. No logic; the one file that imports everything.

The provider stack, top first:  retrying( rehearsed( paying( vendor )))
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .batch.asking import Asker
from .batch.batch import Batch, Limits
from .batch.brake import Brake
from .batch.out import Out
from .batch.rows import Rows
from .engine.limits import Pool
from .engine.outside import OutsideWorkers
from .engine.plan import Plan, Step
from .engine.scheduler import Scheduler
from .engine.shape import Lane
from .engine.threads import ThreadWorkers
from .model.errors import Exit, TryonError
from .model.links import Fetch
from .model.ports import Provider, Tell
from .model.remote import Assets
from .model.step import Errand
from .paying import Consents
from .paying.wallet import Wallet
from .pipeline import Composer, providers_of
from .providers import registry
from .work import Worker, perform

if TYPE_CHECKING:
    from .journal.journal import Journal
    from .manifest import Invalid
    from .model.pair import Pair, Recipe
    from .outputs import Outputs
    from .settings import Settings
    from .store.links import Pictures
    from .store.open import Store

MOST_WORKERS = 256
"""Threads at most; more cost memory and win nothing."""


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Lanes:
    """The queues of a run: one per stage and provider, with the pools that hold it back."""

    def __init__(self, plan: Plan, offers: dict[str, Provider], limits: dict[str, int], cpu: int) -> None:
        """limits: [limits] of the settings, by stage or provider; cpu: steps that compute here at once."""
        self._plan = plan
        self._offers = offers
        self._limits = limits
        self._cpu = Pool("cpu", cpu)
        self._pools: dict[str, Pool] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}

    def lane(self, stage: str, provider: str) -> Lane:
        """The queue of this stage at this provider."""
        lane = self._lanes.get((stage, provider))
        if lane is None:
            pools = [self._provider(provider)]
            if stage in self._limits:
                pools.append(self._pool(stage, self._limits[stage]))
            lane = self._lanes[stage, provider] = self._plan.lane(Lane(stage, provider, pools))
        return lane

    def _provider(self, name: str) -> Pool:
        offer = self._offers[name].offer if name in self._offers else None
        if offer is None or offer.cpu:
            return self._cpu
        return self._pool(name, self._limits.get(name, offer.slots))

    def _pool(self, name: str, depth: int) -> Pool:
        return self._pools.setdefault(name, Pool(name, depth))


def provider_names(recipe: Recipe) -> list[str]:
    """Providers that the recipe names."""
    table = providers_of(recipe.provider)
    table.setdefault("", "local")
    return [name for name in dict.fromkeys(table.values()) if name]


def wallet(settings: Settings, store: Store, run: str, journey: str, tell: Tell, brake: Brake) -> Wallet:
    """The money of a run. journey: name of the first run that spends from the same limit. Close it in the end."""
    from .ledger.budget import Limits as Most
    from .ledger.budget import micro

    most = None if settings.max_cost is None else micro(settings.max_cost)
    consents = Consents(settings.resubmit_maybe_paid, settings.assume_unpaid, settings.remake_expired)
    return Wallet(
        settings.state_path, Most(journey, run, most, settings.max_calls), brake.pulled, tell,
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


def providers(
    settings: Settings, names: Iterable[str], tell: Tell, brake: Brake, money: Wallet | None = None
) -> dict[str, Provider]:
    """The stack of each provider; money: None where nothing will be asked of them. Raises TryonError."""
    return {
        name: stack(vendor if money is None else money.wrap(vendor), settings, tell, brake)
        for name, vendor in registry.named(names, settings.providers).items()
    }


def stack(vendor: Provider, settings: Settings, tell: Tell, brake: Brake) -> Provider:
    """What cuts across vendors, around one of them."""
    from .providers.wrap.rehearsed import Rehearsed, read_rehearsal
    from .providers.wrap.retrying import Retrying

    provider = vendor
    if settings.rehearse:
        provider = Rehearsed(provider, *read_rehearsal(settings.rehearse), brake.pulled)
    return Retrying(provider, tell, brake.pulled, attempts=settings.attempts)


def batch(
    settings: Settings,
    recipe: Recipe,
    store: Store,
    stacks: dict[str, Provider],
    tell: Tell,
    brake: Brake,
    *,
    journal: Journal | None,
    outputs: Outputs | None,
    cells: Callable[[Pair | Invalid], dict[str, str]],
    clock: Callable[[], float] = time.time,
    executor: Executor | None = None,
) -> Batch:
    """Everything of one run, ready to run. executor: where steps are done instead of on our own threads."""
    cpu = settings.workers or cores()
    threads = min(MOST_WORKERS, cpu + sum(0 if p.offer.cpu else p.offer.slots for p in stacks.values()))
    plan = Plan(threads)
    lanes = Lanes(plan, stacks, dict(settings.limits), cpu)
    composer = Composer({name: provider.offer for name, provider in stacks.items()}, lanes.lane)
    rows = Rows(tell, journal, cells, clock)
    out = Out(rows, store.blobs, outputs, tell, brake.halt, clock)
    scheduler = Scheduler(plan, store.index.find, out, settings.window)
    out.again = lambda ask: scheduler.admit([ask], again=True)
    brake.watch(scheduler)
    pictures = pictures_of(settings, store, tell, brake)
    worker = Worker(store.blobs, store.index, pictures, stacks)
    if executor is None:
        workers: ThreadWorkers | OutsideWorkers = ThreadWorkers(
            scheduler, lambda step: perform(worker, errand(step)), threads
        )
    else:
        workers = OutsideWorkers(scheduler, executor, lambda sent: perform(worker, sent), errand, threads)
    limits = Limits(max_flagged=settings.max_flagged, error_on_nothing=settings.error_on_nothing)
    asker = Asker(composer, recipe, pictures)
    return Batch(asker, scheduler, workers, rows, brake, journal, outputs, limits)


def pictures_of(settings: Settings, store: Store, tell: Tell, brake: Brake) -> Pictures:
    """Names and bytes of the pictures that rows name, by path or address."""
    from .store.links import Pictures

    return Pictures(
        store.memo, store.blobs, store.index.commits, fetching(settings), tell=tell, stopped=brake.no_more.is_set
    )


def fetching(settings: Settings) -> Fetch:
    """Who fetches pictures by address; nothing is loaded before the first one."""

    @cache
    def fetcher() -> Fetch:
        from .providers.http.fetch import Fetcher

        return Fetcher(private=settings.allow_private, most=settings.max_download)

    return lambda url, known: fetcher()(url, known)


def errand(step: Step) -> Errand:
    """A step as plain data."""
    pair: Pair = step.row.pair
    most = dict(pair.overrides).get("max_cost") if pair.overrides else None
    limit = float(most) if isinstance(most, int | float) else None
    return Errand(step.key, step.inputs, step.node.order, step.source, pair.row, limit)


def absolute(path: str | Path) -> Path:
    """The folder a user named, wherever we are."""
    return Path(path).expanduser().absolute()
