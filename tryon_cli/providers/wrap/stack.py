"""What cuts across vendors, around each of them, in one place to read.

    canary( fallback( measured( breaker( retrying( throttled( rehearsed( vendor )))))))

The vendor is what talks to a service (with the ledger around it where it is paid for). A provider that
computes here needs no throttle, no breaker and no count: only what may be tried again is. Knows no vendor.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ...model.ports import Provider, Tell
from .breaker import Breaker
from .budget import Budget
from .canary import Canary
from .circuit import Rules
from .fallback import Fallback
from .measured import Measured
from .rehearsed import Rehearsed, read_rehearsal
from .retrying import Retrying, Waits
from .scores import Scores
from .shared import Minute, Slots, folder_of
from .throttled import Gauge, Throttled
from .trial import Trial

REHEARSED_RULES = Rules(first=0.5, most=1.0)
"""A rehearsed outage is over in seconds."""

AND_THEN = ">"
"""Between the names of a chain."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What the stacks of a run have in common."""

    tell: Tell
    stop: threading.Event
    attempts: int = 4
    state: Path | None = None
    """The state folder, where limits are shared and counts are kept; None: this process alone, for now."""
    rehearse: str = ""
    outage: float = 600.0
    """Seconds that rows wait for a service that is down."""
    refused: bool = False
    """Pictures that one provider refuses are shown to its fallback."""
    cores: int = 1
    scores: Scores = field(default_factory=lambda: Scores(None))


class Account(NamedTuple):
    """What a provider allows us."""

    slots: int
    per_minute: int = 0
    label: str = ""
    """Never the key itself."""


def stack(
    name: str, vendor: Provider, around: Around, account: Account, gauge: Gauge | None = None
) -> Provider:
    """Everything around one vendor. name: as the settings call it; gauge: told how each call went."""
    cpu = vendor.offer.cpu
    if around.rehearse:
        vendor = Rehearsed(vendor, *read_rehearsal(around.rehearse), around.stop)
        if cpu:
            return _rehearsed(name, vendor, around)
    if cpu:
        return Retrying(vendor, around.tell, around.stop, attempts=around.attempts)
    shared = minute = None
    if around.state is not None:
        folder = folder_of(around.state, name, account.label)
        shared = Slots(folder, account.slots)
        minute = Minute(folder, account.per_minute) if account.per_minute else None
    throttled = Throttled(
        vendor, around.tell, around.stop, name=name, slots=account.slots, per_minute=account.per_minute,
        shared=shared, minute=minute, gauge=gauge,
    )  # fmt: skip
    budget = Budget(share=0.5) if around.rehearse else Budget()
    retrying = Retrying(throttled, around.tell, around.stop, attempts=around.attempts, budget=budget)
    rules = REHEARSED_RULES if around.rehearse else Rules.waiting(around.outage)
    holds = getattr(vendor, "holds", None)
    breaker = Breaker(retrying, around.tell, name=name, budget=budget, holds=holds, rules=rules)
    return breaker if around.rehearse else Measured(breaker, around.scores, name=name)


def _rehearsed(name: str, vendor: Provider, around: Around) -> Provider:
    """A provider of this machine with the troubles of a service, so that an outage is seen whole."""
    budget = Budget(share=0.5)  # planned stumbles are more than a tenth
    retrying = Retrying(
        vendor, around.tell, around.stop, attempts=around.attempts, budget=budget, waits=Waits(base=0.1)
    )  # fmt: skip
    return Breaker(retrying, around.tell, name=name, budget=budget, rules=REHEARSED_RULES)


class Chains(Mapping[str, Provider]):
    """Who does the jobs of a name, or of a chain of names ("fashn>kling"): made when it is first asked for."""

    def __init__(
        self, stacks: Mapping[str, Provider], around: Around, trials: Mapping[str, Trial] | None = None
    ) -> None:
        """stacks: one for each name; trials: by the name of the usual provider."""
        self._stacks = stacks
        self._around = around
        self._trials = trials or {}
        self._made: dict[str, Provider] = {}
        self._lock = threading.Lock()

    def __getitem__(self, chain: str) -> Provider:
        with self._lock:
            known = self._made.get(chain)
            if known is None:
                known = self._made[chain] = self._make(chain.split(AND_THEN))
            return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._stacks)

    def __len__(self) -> int:
        return len(self._stacks)

    def _make(self, names: list[str]) -> Provider:
        """Raises KeyError for a name that nobody has."""
        around, first = self._around, names[0]
        provider = self._stacks[first]
        if not (len(names) == 1 and isinstance(provider, Retrying)):
            members = {first: provider, **{name: self._second(name) for name in names[1:]}}
            provider = Fallback(members, around.tell, around.stop, refused=around.refused)
        trial = self._trials.get(first)
        if trial is not None and trial.share > 0.0:
            candidate = trial.candidate, self._stacks[trial.candidate]
            provider = Canary((first, provider), candidate, trial.share, around.scores, around.tell)
        return provider

    def _second(self, name: str) -> Provider:
        """One that steps in holds no permit of the plan, so that what computes here needs a limit of its own."""
        provider = self._stacks[name]
        if not provider.offer.cpu:
            return provider
        return Throttled(provider, self._around.tell, self._around.stop, name=name, slots=self._around.cores)
