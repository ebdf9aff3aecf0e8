"""Events -> the numbers that every screen shows. A pure fold: no clock, no lock, no output.

Totals do not depend on the order in which events of different threads arrive. Memory is bounded by the
number of stages, of running steps and of different causes, not by the number of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..model.events import (
    Complained,
    Event,
    Planned,
    ProviderTurned,
    RowEnded,
    RowsKept,
    RunEnded,
    RunStarted,
    Saved,
    StagePlanned,
    StepEnded,
    StepQueued,
    StepRetried,
    StepStarted,
    Stopping,
    Warned,
)
from ..model.outcome import DONE, RowState
from .causes import Causes, Recent
from .measure import Rate
from .stage_tally import StageTally

_ROW_WORKED = (RowState.MADE, RowState.FLAGGED, RowState.FAILED)


class Tally:
    """All numbers of a run."""

    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.planned: Planned | None = None
        self.ended: RunEnded | None = None
        self.stopping: Stopping | None = None
        self.stages: dict[str, StageTally] = {}
        self.rows: Counter[RowState] = Counter()
        self.saved_cache = 0.0
        """USD that known answers would have cost."""
        self.saved_shared = 0.0
        """USD that steps shared between rows would have cost once more."""
        self.causes = Causes()
        self.recent = Recent()
        self.down: dict[str, ProviderTurned] = {}
        """Providers that are down."""
        self.last_saved: float | None = None
        """UTC seconds."""
        self.last_at = 0.0
        """UTC seconds of the newest event."""
        self.heard = 0
        self._row_rate = Rate()
        self._asked_cached = 0

    # ------------------------------------------------------------------ in
    def hear(self, events: Iterable[Event]) -> None:
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Count one event."""
        self.heard += 1
        self.last_at = max(self.last_at, event.at)
        match event:
            case StepEnded() | StepStarted() | StepQueued() | StepRetried() | StagePlanned():
                self._step(event)
            case RowEnded():
                self._row(event)
            case RowsKept():
                self.rows[RowState.CACHED] += event.count
            case Saved():
                self.last_saved = max(self.last_saved or 0.0, event.at)
            case Warned():
                self.causes.warned(event.code, event.text)
            case Complained():
                self.causes.warned(event.complaint.code, event.complaint.text)
            case _:
                self._whole(event)
        self.recent.hear(event, self._row_of(event))

    def _whole(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
            case Planned():
                self.planned = event
            case ProviderTurned(up=True):
                self.down.pop(event.provider, None)
            case ProviderTurned():
                self.down[event.provider] = event
            case Stopping():
                self.stopping = event
            case RunEnded():
                self.ended = event
                self.rows[RowState.LEFT] = dict(event.counts).get(str(RowState.LEFT), 0)

    def _step(self, event: StepEnded | StepStarted | StepQueued | StepRetried | StagePlanned) -> None:
        stage = self.stages.get(event.stage)
        if stage is None:
            stage = self.stages[event.stage] = StageTally(event.stage)
        match event:
            case StepEnded():
                stage.over(event)
                self.saved_cache += event.saved_cache
                self.saved_shared += event.saved_shared
            case StepStarted():
                stage.started(event)
            case StepQueued():
                stage.queued += event.count
                stage.shared += event.shared
            case StepRetried():
                stage.retries += 1
            case StagePlanned():
                stage.provider, stage.slots = event.provider, event.slots

    def _row(self, event: RowEnded) -> None:
        self.rows[event.state] += 1
        self.causes.row(event)
        if event.state in _ROW_WORKED:
            self._row_rate.add(event.at)
        elif event.state is RowState.CACHED:
            self._asked_cached += 1

    def _row_of(self, event: Event) -> str:
        return self.stages[event.stage].row_of(event.key) if isinstance(event, StepRetried) else ""

    # ------------------------------------------------------------------ out
    @property
    def total(self) -> int | None:
        """Rows of the manifest; None while they are being counted."""
        return self.started.rows if self.started else None

    @property
    def done(self) -> int:
        """Rows that have come to their end."""
        return sum(n for state, n in self.rows.items() if state is not RowState.LEFT)

    @property
    def ok(self) -> int:
        """Rows that have their picture, flagged ones included."""
        return sum(self.rows[state] for state in DONE)

    @property
    def flagged(self) -> int:
        return self.rows[RowState.FLAGGED]

    @property
    def failed(self) -> int:
        return self.rows[RowState.FAILED] + self.rows[RowState.INVALID]

    @property
    def left(self) -> int | None:
        """Rows without an end so far."""
        return None if self.total is None else max(0, self.total - self.done)

    @property
    def spent(self) -> float:
        """USD."""
        return sum(stage.spent for stage in self.stages.values())

    @property
    def saved(self) -> float:
        """USD."""
        return self.saved_cache + self.saved_shared

    @property
    def running(self) -> int:
        return sum(stage.running for stage in self.stages.values())

    @property
    def retries(self) -> int:
        return sum(stage.retries for stage in self.stages.values())

    def per_minute(self, now: float) -> float:
        """Rows per minute lately, without those that were known."""
        return self._row_rate.per_minute(now)

    def eta(self, now: float) -> float | None:
        """Seconds until the end; None until the slowest stage has 20 results or 10 % of them.

        The slowest stage's known steps divided by its measured rate; and since steps become known only as
        rows are read, not less than the rows that are left divided by theirs.
        """
        if self.left == 0:
            return 0.0
        times = [stage.eta(now) for stage in self.stages.values() if stage.left]
        known = [seconds for seconds in times if seconds is not None]
        by_rows = self._eta_rows(now)
        if by_rows is not None:
            return max(by_rows, *known, 0.0)
        return max(known) if known and len(known) == len(times) else None

    def _eta_rows(self, now: float) -> float | None:
        share, rate = self._worked_share(), self._row_rate.per_minute(now)
        return (
            self.left * share * 60.0 / rate if share is not None and self.left is not None and rate else None
        )

    def cost_ahead(self) -> float | None:
        """USD that the rows that are left will cost about, going by those so far; None: too early to say."""
        share = self._worked_share()
        if share is None or self.left is None:
            return None
        return self.spent / self._rows_worked() * share * self.left

    def _rows_worked(self) -> int:
        return sum(self.rows[state] for state in _ROW_WORKED)

    def _worked_share(self) -> float | None:
        """Of the rows that were asked, those that were not simply known; None: too few results."""
        worked, left = self._rows_worked(), self.left
        if left is None or not worked or not (worked >= 20 or worked * 10 >= worked + left):
            return None
        return worked / (worked + self._asked_cached)
