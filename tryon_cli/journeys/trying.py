"""One small job at a service of the user's own account or server: is it there, and does it keep its promises?

The call goes through the ledger like every other, so that a check that is interrupted loses nothing either.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import wiring
from ..batch.brake import Brake
from ..images.gate import prepare
from ..images.verdict import decodes
from ..model.digest import digest_of
from ..model.errors import Exit, Fault, TryonError
from ..model.ports import Job, Offer, Provider
from ..model.remote import Remote
from ..promises import Promise, job_for
from ..store.open import open_store
from .dryrun import nobody
from .naming import run_id

if TYPE_CHECKING:
    from ..settings import Settings


class Trial(NamedTuple):
    """What is going to be asked."""

    task: str
    price: float
    """USD."""


def cheapest(offer: Offer, task: str = "") -> Trial:
    """The job to try: the one that was named, else the one that costs least. Raises TryonError(USAGE)."""
    if task and task not in offer.tasks:
        raise TryonError(
            Exit.USAGE, f"{offer.name} cannot do {task}", details=(f"it can  {', '.join(offer.tasks)}",)
        )
    tasks = [task] if task else [name for name in offer.tasks if name != "extract-face"]
    return min((Trial(name, offer.price.get(name, 0.0)) for name in tasks), key=lambda trial: trial.price)


def promises(
    settings: Settings, remote: Remote, trial: Trial, pictures: dict[str, Path]
) -> Iterator[Promise]:
    """Try every promise with one call. pictures: of the user's own by role; drawn ones for the rest."""
    offer, terms = remote.offer, remote.terms
    yield Promise("its offer is an Offer with a name and tasks", bool(offer.name and offer.tasks))
    yield Promise("it names its account", bool(terms.account) or not offer.price, "no key, and yet a price")
    with ExitStack() as stack:
        brake = Brake(nobody, time.time)
        store = stack.enter_context(open_store(settings.cache_path, nobody))
        name = run_id(time.time())
        limit = dataclasses.replace(settings, max_cost=None, max_calls=1 if trial.price else None)
        money = wiring.wallet(limit, store, name, name, nobody, brake)
        stack.callback(money.close)
        payer = money.wrap(remote)
        job = _job(payer, trial.task, pictures)
        yield from _repeatable(remote, job)
        yield from _made(payer, job, store)


def _job(payer: Provider, task: str, pictures: dict[str, Path]) -> Job:
    drawn = job_for(payer, task) if task != "face-swap" else job_for(_Without(payer.offer), task)
    own = {
        role: prepare(path.read_bytes(), "human").image
        for role, path in pictures.items()
        if role in drawn.images
    }
    images = {**drawn.images, **own}
    digests = {role: digest_of(data) for role, data in images.items()}
    # its own key: a job of a run must never be taken for a trial, and every trial is a new one
    key = digest_of(f"trial {task} {time.time_ns()}".encode())
    return Job(task, images, drawn.settings, key, digests, "check")


class _Without:
    """The offer without extract-face: drawing a face must not become a paid call."""

    def __init__(self, offer: Offer) -> None:
        self.offer = dataclasses.replace(
            offer, tasks={k: v for k, v in offer.tasks.items() if k != "extract-face"}
        )

    def submit(self, job: Job) -> Any:
        raise NotImplementedError


def _repeatable(remote: Remote, job: Job) -> Iterator[Promise]:
    try:
        first, again = remote.prepare(job, "t0"), remote.prepare(job, "t0")
    except Fault as fault:
        yield Promise("it can be reached, and takes the pictures", False, _said(fault))
        return
    yield Promise("equal jobs make equal requests", first.fingerprint == again.fingerprint)


def _made(payer: Provider, job: Job, store: Any) -> Iterator[Promise]:
    began = time.monotonic()
    try:
        done = payer.submit(job)
        width, height = decodes(done.image)
    except Fault as fault:
        yield Promise("it makes a picture that decodes", False, _said(fault))
        return
    if done.receipt is not None:
        done.receipt.stored(store.blobs.put(done.image, durable=True))
    seconds = time.monotonic() - began
    cost = f", ${done.cost:.3f}" if done.cost else ""
    yield Promise("it makes a picture that decodes", True, f"{width} x {height} in {seconds:.1f} s{cost}")


def _said(fault: Fault) -> str:
    return f"{fault.text} ({fault.code})" + (f"; {fault.fix}" if fault.fix else "")
