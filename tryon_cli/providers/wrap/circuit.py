"""When a provider counts as down, and when it is tried again. Pure: times in, decisions out; one lock around it.

A call is counted when it starts, and the window is longer than two slow calls: where failures are fast and
pictures take a minute, counting only what has ended would take one failure in five for an outage.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What the end of a call says about the provider."""

    GOOD = "good"
    """It is there: a picture, or a refusal of this picture."""
    BAD = "bad"
    """Its trouble: an error, a time-out, still too busy after every try."""
    VOID = "void"
    """Nothing: we stopped, our disk, our money."""


class Rules(NamedTuple):
    """Times in seconds."""

    least: int = 5
    """Failures below which nothing is concluded."""
    share: float = 0.5
    """Of the calls of the window that failed."""
    window: float = 30.0
    """At least; two slow calls (p99) where that is longer."""
    first: float = 30.0
    """Until the first probe; twice as long after each one that fails."""
    most: float = 300.0
    """Longest time between two probes."""
    probes: int = 4
    """Failed probes after which nobody waits for it any more."""
    patience: float = 600.0
    """The same as time since it went down."""

    @classmethod
    def waiting(cls, patience: float) -> Rules:
        """The usual rules for somebody with so many seconds of patience: who has more than usual, has it however
        many probes fail."""
        usual = cls()
        return usual if patience == usual.patience else cls(patience=patience, probes=10**9)


LONGEST_WINDOW = 1800.0
LOOK = 1.0
"""Seconds after which somebody who waits for another one's probe looks again."""
LATENCIES = 256


class Refusal(NamedTuple):
    """No call now."""

    wait: float
    """Seconds until it makes sense to come again."""
    hopeless: bool
    """Nobody should wait for it any more."""


class Turn(NamedTuple):
    """It went down, stayed down after a probe, or came back."""

    up: bool
    wait: float = 0.0
    """Until the next probe."""


class _Call:
    __slots__ = ("start", "verdict")

    def __init__(self, start: float) -> None:
        self.start = start
        self.verdict: Verdict | None = None


class Circuit:
    """closed: all calls; open: none; half-open: one probe."""

    def __init__(self, rules: Rules | None = None) -> None:
        rules = rules or Rules()
        self.rules = rules
        self.opened: float | None = None
        """Since when it is down."""
        self.probes = 0
        """Probes that failed since then."""
        self._interval = rules.first
        self._next = 0.0
        self._probing = 0
        self._hold = False
        self._number = 0
        self._running: dict[int, _Call] = {}
        self._calls: deque[_Call] = deque()  # in the order of their starts
        self._seconds: deque[float] = deque(maxlen=LATENCIES)
        self._ended = 0
        self._window = rules.window

    # ------------------------------------------------------------------ calls
    def begin(self, now: float) -> int | Refusal:
        """A call wants to start: its number, or a refusal."""
        self._forget(now)
        refusal = self.refusal(now)
        if refusal is not None and refusal.wait > 0.0:
            return refusal
        self._number += 1
        call = _Call(now)
        self._running[self._number] = call
        if self.opened is not None:
            self._probing = self._number
        else:
            self._calls.append(call)
        return self._number

    def end(
        self, number: int, now: float, verdict: Verdict, *, hold: float = 0.0, sick: bool = False
    ) -> Turn | None:
        """A call has ended. hold: seconds for which the provider itself sends everybody away; sick: requests (of
        which a call may have made several) fail more often than not."""
        call = self._running.pop(number)
        call.verdict = verdict
        if verdict is Verdict.GOOD:
            self._learn(now - call.start)
        if number == self._probing:
            self._probing = 0
            return self._probed(now, verdict, hold)
        if self.opened is not None:
            return None  # begun before it went down: says nothing about now
        if hold or (verdict is Verdict.BAD and (sick or self._is_down(now))):
            return self._open(now, hold)
        return None

    def refusal(self, now: float) -> Refusal | None:
        """What somebody hears who comes now; None while it is up. A wait of 0: the next one is a probe."""
        if self.opened is None:
            return None
        wait = LOOK if self._probing and now >= self._next else max(0.0, self._next - now)
        return Refusal(wait, self.hopeless(now))

    def hopeless(self, now: float) -> bool:
        """Should nobody wait for it any more?"""
        if self.opened is None:
            return False
        rules = self.rules
        return self._hold or self.probes >= rules.probes or now - self.opened >= rules.patience

    def counts(self, now: float) -> tuple[int, int]:
        """Failures and calls of the window."""
        self._forget(now)
        verdicts = [call.verdict for call in self._calls]
        return verdicts.count(Verdict.BAD), len(verdicts) - verdicts.count(Verdict.VOID)

    @property
    def window(self) -> float:
        """Seconds in which calls are counted."""
        return self._window

    # ------------------------------------------------------------------ turns
    def _open(self, now: float, hold: float) -> Turn:
        self.opened = now
        self.probes = 0
        self._interval = max(self.rules.first, hold)
        self._hold = hold > 0.0
        self._next = now + self._interval
        return Turn(False, self._interval)

    def _probed(self, now: float, verdict: Verdict, hold: float) -> Turn | None:
        if verdict is Verdict.VOID:
            return None  # the next one is the probe
        if verdict is Verdict.GOOD:
            self.opened = None
            self._hold = False
            self._calls.clear()
            return Turn(True)
        self.probes += 1
        self._interval = max(min(self._interval * 2.0, self.rules.most), hold)
        self._next = now + self._interval
        return Turn(False, self._interval)

    def _is_down(self, now: float) -> bool:
        bad, calls = self.counts(now)
        return bad >= self.rules.least and bad >= self.rules.share * calls

    # ------------------------------------------------------------------ the window
    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0].start <= now - self._window:
            self._calls.popleft()

    def _learn(self, seconds: float) -> None:
        self._seconds.append(seconds)
        self._ended += 1
        if self._ended % 16 == 1:
            slow = sorted(self._seconds)[int(0.99 * (len(self._seconds) - 1))]
            self._window = min(LONGEST_WINDOW, max(self.rules.window, 2.0 * slow))
