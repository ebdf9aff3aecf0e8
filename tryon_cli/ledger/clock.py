"""Time that decides about money: how long ago something was, even when the wall clock jumps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple


class Moment(NamedTuple):
    """When something happened, by both clocks."""

    wall: float
    """UTC seconds."""
    up: float
    """Seconds since the machine started; goes on while it sleeps."""
    boot: str
    """Which start that was."""


class Clock:
    """Now, and how long ago a moment is."""

    def __init__(self) -> None:
        try:
            self._boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            self._boot = ""

    def now(self) -> Moment:
        return Moment(time.time(), self.up(), self._boot)

    def up(self) -> float:
        """Seconds that only go forward."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def age(self, then: Moment) -> float | None:
        """Seconds since then; None: nobody can tell, since the machine was started anew and the clock jumped.

        Across a restart the wall clock is all there is: forward jumps of it are believed.
        """
        now = self.now()
        if now.boot and now.boot == then.boot:
            return max(0.0, now.up - then.up)
        gone = now.wall - then.wall
        return gone if gone >= 0 else None
