"""One step done: load, stage, store, Outcome. What it needs travels as plain data.

Knows neither the plan nor the rows: another machine with the same store could do it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from .model.crash import crashpoint
from .model.digest import Digest, Key, alternate_key
from .model.errors import Fault, FaultKind
from .model.outcome import Answer, Outcome, State
from .model.ports import Blobs, Done, Index, Job, Provider
from .model.step import Errand, Order
from .stages.table import STAGES, Wish


class Sources(Protocol):
    """Reads what the user has."""

    def read(self, path: str, expected: Digest) -> bytes:
        """The bytes of that name. Raises Fault when they are gone or are others now."""
        ...


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything that steps are done with."""

    blobs: Blobs
    index: Index
    sources: Sources
    providers: Mapping[str, Provider]
    clock: Callable[[], float] = time.monotonic


def perform(worker: Worker, errand: Errand, landed: Callable[[], None] = lambda: None) -> Outcome:
    """Do one step. Never raises: what went wrong is in the Outcome.

    landed: told once the provider has answered, before its picture is looked at and kept.
    """
    began = worker.clock()
    try:
        answer = _make(worker, errand, began, landed)
    except Fault as fault:
        return Outcome(_STATES.get(fault.kind, State.FAILED), fault=fault, seconds=worker.clock() - began)
    except MemoryError:
        return Outcome(State.FAILED, fault=_NO_MEMORY, seconds=worker.clock() - began)
    except BaseException as error:  # a provider's SystemExit must not end a worker silently
        return Outcome(State.FAILED, fault=_bug(errand, error), seconds=worker.clock() - began)
    return Outcome(State.MADE, answer, seconds=answer.seconds)


def _make(worker: Worker, errand: Errand, began: float, landed: Callable[[], None]) -> Answer:
    order = errand.order
    stage = STAGES[order.stage]
    images = _load(worker, errand)
    digests = dict(zip(order.roles, errand.inputs, strict=False))
    if len(errand.inputs) > len(order.roles):
        digests |= {f"source{i}": d for i, d in enumerate(errand.inputs[len(order.roles) :])}
    provider = worker.providers.get(order.chain or order.provider)

    def render(job: Job) -> Done:
        made = _render(provider, order, replace(job, row=errand.row, limit=errand.limit))
        landed()
        return made

    settings = {**order.settings, **errand.told} if errand.told else order.settings
    done = stage.run(Wish(images, settings, digests, errand.key), render)
    crashpoint("made")
    digest = _kept(worker, order, done)
    crashpoint("blob")
    if done.receipt is not None:
        done.receipt.stored(digest)
    seconds = worker.clock() - began
    answer = Answer(
        digest, len(done.image), tuple(done.notes), done.provider or order.provider, done.cost or 0.0, seconds
    )
    worker.index.record(_answered(errand, answer.provider), answer)
    crashpoint("recorded")
    return answer


def _kept(worker: Worker, order: Order, done: Done) -> Digest:
    """Its bytes are in the store. Raises Fault(STORAGE)."""
    durable = bool(done.cost) or done.receipt is not None or not order.free
    try:
        return worker.blobs.put(done.image, durable=durable)
    except Fault as fault:
        if done.receipt is not None:
            done.receipt.spoiled(fault)
        raise


def _load(worker: Worker, errand: Errand) -> dict[str, bytes]:
    """The inputs' bytes by role, verified. Raises Fault(LOST) when the store has lost one."""
    if errand.source:
        return {errand.order.roles[0]: worker.sources.read(errand.source, errand.inputs[0])}
    images = {}
    for role, digest in zip(errand.order.roles, errand.inputs, strict=False):
        data = worker.blobs.get(digest)
        if data is None:
            raise Fault(
                FaultKind.LOST,
                f"a picture made earlier in this run is gone from the cache ({digest[:12]})",
                code="S-LOST",
                fix="start again: it is made anew",
            )
        images[role] = data
    return images


def _answered(errand: Errand, maker: str) -> Key:
    """The question that was answered: another one where somebody else made it."""
    order = errand.order
    if maker == order.provider:
        return errand.key
    other = next((o.maker for o in order.others if o.provider == maker), maker)
    return alternate_key(errand.key, other)


def _render(provider: Provider | None, order: Order, job: Job) -> Done:
    name = order.provider
    if provider is None:
        raise Fault(FaultKind.CONFIG, f"there is no provider named {name!r} here", code="E-PROVIDER")
    if order.others:  # everybody's options go along; each one is given its own
        job = replace(
            job, settings={**job.settings, **{k: v for o in order.others for k, v in o.options.items()}}
        )
    done = provider.submit(job)
    if not isinstance(done, Done) or not isinstance(done.image, bytes):
        raise Fault(
            FaultKind.CONFIG,
            f"{name} answered with {type(done).__name__} instead of Done(image=bytes)",
            code="E-PROVIDER",
            fix=f"tryon providers check {name}",
        )
    return done


_STATES = {
    FaultKind.INPUT: State.REFUSED,
    FaultKind.CONTENT: State.REFUSED,
    FaultKind.AMBIGUOUS: State.MAYBE_PAID,
    FaultKind.WAITING: State.WAITING,
    FaultKind.BUDGET: State.SKIPPED,
    FaultKind.STOPPED: State.SKIPPED,
}

_NO_MEMORY = Fault(
    FaultKind.INTERNAL,
    "there was not enough memory for this picture",
    code="E-MEMORY",
    fix="run with fewer --workers",
)


def _bug(errand: Errand, error: BaseException) -> Fault:
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1:]
    at = f" ({where[0].filename.rpartition('/')[2]}:{where[0].lineno})" if where else ""
    text = f"{errand.order.stage} broke: {type(error).__name__}: {error}{at}"
    return Fault(
        FaultKind.INTERNAL, text, code="E-BUG", fix="run again with --debug and report what it prints"
    )
