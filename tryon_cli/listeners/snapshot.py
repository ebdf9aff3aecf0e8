"""The stages as they stand, handed over every second for `tryon status` in another terminal. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ..model.events import Event
from .tally import Tally

EVERY = 1.0
"""Seconds between snapshots, at least."""


class Snapshot:
    """Folds events; gives a JSON picture of the stages to whoever keeps it."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.keep: Callable[[str], None] = lambda text: None
        """Called with JSON text. Set once there is a place for it."""
        self._at = 0.0

    def hear(self, events: Sequence[Event]) -> None:
        self.tally.hear(events)
        now = self.tally.last_at
        if now - self._at >= EVERY:
            self._at = now
            self.keep(self.text(now))

    def text(self, now: float) -> str:
        """stages: name, done, total, running, slots, failed, rate per minute; eta in seconds; spent in USD."""
        tally = self.tally
        stages = [
            {
                "stage": s.name, "provider": s.provider, "done": s.done, "total": s.total,
                "running": s.taken, "slots": s.slots, "failed": s.failed,
                "rate": round(s.rate.per_minute(now) or 0.0, 1),
            }
            for s in tally.stages.values()
        ]  # fmt: skip
        return json.dumps({"stages": stages, "eta": tally.eta(now), "spent": tally.spent})

    def close(self) -> None:
        """Nothing is held."""
