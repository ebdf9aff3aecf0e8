"""Whom the scheduler tells, and where its workers wait. Knows neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..model.outcome import Answer, Outcome
from .asks import Ask, Step


class Seat(Protocol):
    """Where an idle worker waits."""

    def give(self, step: Step | None) -> None:
        """Here is work; None: go home."""
        ...


class Hooks(Protocol):
    """Who is told. Called outside the lock, from whichever thread it happened in."""

    def queued(self, step: Step) -> None: ...

    def reused(self, step: Step, answer: Answer) -> None: ...

    def started(self, step: Step) -> None: ...

    def ended(self, step: Step, outcome: Outcome) -> None: ...

    def dropped(self, step: Step) -> None:
        """It was queued, and nobody needs it any more."""
        ...

    def over(self, asks: Sequence[Ask]) -> None: ...
