"""Frozen facts about a run. One stream, many listeners; nothing here is ever changed after it was said.

`at` is UTC seconds since 1970 (a float), `mono` where present is the monotonic clock in seconds.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import Complaint
from .outcome import WORKED, RowState, State


class RunStarted(NamedTuple):
    at: float
    run: str
    """Run id, e.g. 1123-1412-k7q2."""
    manifest: str
    """As the user wrote it."""
    output: str
    rows: int | None
    """Rows of the manifest; None while they are still being counted."""
    pid: int
    version: str
    providers: tuple[str, ...]
    resumed: bool = False
    budget: float | None = None
    """USD."""


class Planned(NamedTuple):
    """What the run is going to do, where it was counted beforehand. May never be said."""

    at: float
    rows: int
    cached: int
    """Rows whose picture is known."""
    make: int
    """Rows to make."""
    calls: int
    """Calls that cost money."""
    shared: int = 0
    """Calls that would be needed without sharing and reuse, less those that are made."""
    cost: float | None = None
    """USD; None: unknown."""


class StagePlanned(NamedTuple):
    """A stage will be shown: said once per stage before its first step, in pipeline order."""

    at: float
    stage: str
    provider: str
    slots: int
    """Steps of this stage that may run at once."""


class StepQueued(NamedTuple):
    """count more steps of a stage are known to be needed (equal ones counted once)."""

    at: float
    stage: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    shared: int = 0
    """Further wishes for the same steps, which cost nothing."""


class StepStarted(NamedTuple):
    at: float
    stage: str
    key: str
    row: str
    """The first row that asked for it."""


class StepEnded(NamedTuple):
    at: float
    stage: str
    key: str
    row: str
    state: State
    seconds: float = 0.0
    attempts: int = 1
    provider: str = ""
    cost: float = 0.0
    code: str = ""
    text: str = ""
    wanted: int = 1
    """Rows that waited for this step."""

    @property
    def spent(self) -> float:
        """USD that it cost just now."""
        return self.cost if self.state in WORKED else 0.0

    @property
    def saved_cache(self) -> float:
        """USD that it would have cost, had its answer not been known."""
        return self.cost if self.state is State.REUSED else 0.0

    @property
    def saved_shared(self) -> float:
        """USD that it would have cost once more for each further row."""
        return self.cost * max(0, self.wanted - 1)


class StepRetried(NamedTuple):
    """An attempt failed and another one follows after wait seconds."""

    at: float
    stage: str
    key: str
    provider: str
    attempt: int
    wait: float
    code: str
    text: str


class RowEnded(NamedTuple):
    """One manifest row has come to its end."""

    at: float
    row: str
    id: str
    state: RowState
    images: tuple[str, ...] = ()
    """Paths below the output folder, one per variant."""
    cost: float = 0.0
    """USD spent on it in this run."""
    seed: int | None = None
    provider: str = ""
    reasons: tuple[str, ...] = ()
    """Why it is flagged."""
    code: str = ""
    text: str = ""
    fix: str = ""
    column: str = ""
    value: str = ""
    stage: str = ""
    """Where it failed."""


class RowsKept(NamedTuple):
    """count rows were found finished and untouched: their pictures lie in the output folder already."""

    at: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


class Complained(NamedTuple):
    """Something about the manifest."""

    at: float
    complaint: Complaint


class Warned(NamedTuple):
    """Something that somebody should know; equal codes are folded by those who show them."""

    at: float
    code: str
    text: str


class ProviderTurned(NamedTuple):
    """A provider went down, or came back."""

    at: float
    provider: str
    up: bool
    text: str = ""
    """Why, and what happens to its work meanwhile."""
    wait: float = 0.0
    """Seconds until it is tried again."""


class Saved(NamedTuple):
    """Everything up to here is on disk."""

    at: float


class Stopping(NamedTuple):
    """No new work is started."""

    at: float
    reason: str
    """signal, time, budget, storage, provider, internal."""
    text: str
    running: int
    """Steps that are still being collected."""


class RunEnded(NamedTuple):
    at: float
    exit: int
    name: str
    """The exit code's name in lower case."""
    seconds: float
    rows: int
    counts: tuple[tuple[str, int], ...]
    """Row states and how many ended so."""
    spent: float
    saved: float
    """USD not spent because an answer was known or shared."""
    text: str = ""
    """Why it stopped early, "" when it did not."""


Event = (
    RunStarted
    | Planned
    | StagePlanned
    | StepQueued
    | StepStarted
    | StepEnded
    | StepRetried
    | RowEnded
    | RowsKept
    | Complained
    | Warned
    | ProviderTurned
    | Saved
    | Stopping
    | RunEnded
)
