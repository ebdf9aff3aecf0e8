"""A chain of providers: who comes next is asked only after a definite no. Knows no vendor.

Each one of the chain is a whole stack of its own. Where all are down the job waits here for the first probe,
so that one that comes back is found whichever it is; after a while nobody waits any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ...model.digest import Value
from ...model.errors import Fault, FaultKind
from ...model.events import Warned
from ...model.ports import Done, Job, Offer, Provider, Tell
from .breaker import Down

NO = frozenset({FaultKind.THROTTLED, FaultKind.TRANSIENT, FaultKind.ACCOUNT})
"""Kinds after which somebody else may be asked: it was not taken, and nothing was billed."""

REFUSED = frozenset({FaultKind.INPUT, FaultKind.CONTENT})
"""A refusal of this picture, which somebody with other terms may take."""


class Fallback:
    """The first provider of a chain that says yes. The job is the first one's; `provider` says who made it."""

    def __init__(
        self,
        chain: Mapping[str, Provider],
        tell: Tell,
        stop: threading.Event,
        *,
        refused: bool = False,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """chain: in order, by the names that the settings use; refused: pictures that one refuses are shown to
        the next; pause: waits so many seconds, less when the run stops."""
        self._chain = dict(chain)
        self._first = next(iter(chain))
        self._tell = tell
        self._stop = stop
        self._refused = refused
        self._clock = clock
        self._pause = pause or stop.wait
        self._lock = threading.Lock()
        self._warned: set[tuple[str, str]] = set()

    @property
    def offer(self) -> Offer:
        return self._chain[self._first].offer

    def holds(self, job: Job) -> bool:
        """Was this job begun at one of them, and is its end not known?"""
        return any(_holds(member, job) for member in self._chain.values())

    def submit(self, job: Job) -> Done:
        """Raises the Fault of the one that counts most, or Fault(STOPPED) when the run stops while all are down."""
        while True:
            faults: list[Fault] = []
            for name in self._able(job):
                try:
                    return self._ask(name, job, faults)
                except Fault as fault:
                    if not self._may_pass(fault, name, job):
                        raise
                    faults.append(fault)
            waits = _all_down(faults)
            if waits is None:
                raise _gravest(faults)
            self._pause(waits)
            if self._stop.is_set():
                raise Fault(FaultKind.STOPPED, f"stopped while waiting: {faults[0].text}") from faults[0]

    def _able(self, job: Job) -> list[str]:
        """Who can do it, in order. Who has begun it is the only one that may."""
        if len(self._chain) == 1:
            return [self._first]
        begun = next((name for name, member in self._chain.items() if _holds(member, job)), None)
        if begun is not None:
            return [begun]
        others = [name for name in self._chain if name != self._first]
        return [self._first, *(name for name in others if _can(self._chain[name].offer, job))]

    def _ask(self, name: str, job: Job, faults: Sequence[Fault]) -> Done:
        first = name == self._first
        if not first and faults:
            self._warn(name, faults[-1])
        done = self._chain[name].submit(replace(job, settings=own_settings(job.settings, name)))
        return done if first or done.provider else replace(done, provider=name)

    def _may_pass(self, fault: Fault, name: str, job: Job) -> bool:
        """Never after "perhaps", never where something of ours is at stake, never when it was begun there."""
        if _holds(self._chain[name], job):
            return False
        return fault.kind in NO or (
            self._refused and fault.kind in REFUSED and self._others_differ(name, job)
        )

    def _others_differ(self, name: str, job: Job) -> bool:
        """Is there somebody behind with another model? The same one would refuse again."""
        names = list(self._chain)
        after = [self._chain[n].offer for n in names[names.index(name) + 1 :]]
        mine = self._chain[name].offer.tasks.get(job.task)
        return any(_can(other, job) and other.tasks.get(job.task) != mine for other in after)

    def _warn(self, name: str, fault: Fault) -> None:
        """Said once for each way on; every row names who made it."""
        key = (name, fault.code)
        with self._lock:
            if key in self._warned:
                return
            self._warned.add(key)
        text = f"{name} takes over from {self._first}: {fault.text}"
        self._tell(Warned(self._clock(), "W-FALLBACK", text))


def own_settings(settings: Mapping[str, Value], name: str) -> dict[str, Value]:
    """A job's settings without the options of other providers."""
    return {k: v for k, v in settings.items() if not k.startswith("opt.") or k.startswith(f"opt.{name}.")}


def _can(offer: Offer, job: Job) -> bool:
    category = job.settings.get("category")
    known = not offer.categories or category in (None, "auto") or category in offer.categories
    style = job.settings.get("style")
    styled = job.task != "stylize" or not offer.styles or style in offer.styles
    return job.task in offer.tasks and known and styled


def _holds(member: Provider, job: Job) -> bool:
    holds = getattr(member, "holds", None)
    return bool(holds is not None and holds(job))


def _all_down(faults: Sequence[Fault]) -> float | None:
    """Seconds until the first of them is worth a try; None: somebody is up, or there is no hope.

    One whose account is refused does not count: the others are all there is."""
    live = [f for f in faults if f.kind is not FaultKind.ACCOUNT]
    down = [f for f in live if isinstance(f, Down)]
    if not down or len(down) < len(live) or all(f.hopeless for f in down):
        return None
    return min(f.wait or 0.0 for f in down)


def _gravest(faults: Sequence[Fault]) -> Fault:
    """What a row failed of: rather something that may pass than a refused account of one of several."""
    live = [f for f in faults if f.kind is not FaultKind.ACCOUNT]
    up = [f for f in live if not isinstance(f, Down)]
    return (up or live or list(faults))[0]
