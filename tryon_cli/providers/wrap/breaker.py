"""A provider that is left alone while it is down. Knows no vendor; waits for nobody and repeats nothing.

While it is down every call fails at once, without a request, and says when it makes sense to come again;
whether to wait or to ask somebody else is decided in fallback.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ...model.errors import Fault, FaultKind
from ...model.events import ProviderTurned
from ...model.ports import Done, Job, Offer, Provider, Tell
from .budget import Budget
from .circuit import Circuit, Refusal, Rules, Verdict

DOWN = "E-PROV-DOWN"

_VERDICTS = {
    FaultKind.TRANSIENT: Verdict.BAD,
    FaultKind.THROTTLED: Verdict.BAD,  # tried again as often as that made sense, and still too busy
    FaultKind.AMBIGUOUS: Verdict.BAD,  # no answer: in an outage each further one may be money lost
    FaultKind.WAITING: Verdict.BAD,  # not done in the time that a job gets
    FaultKind.INPUT: Verdict.GOOD,
    FaultKind.CONTENT: Verdict.GOOD,
    FaultKind.LOST: Verdict.GOOD,
}
"""Every other kind says nothing about the provider."""

PART_OF_IT = frozenset({FaultKind.TRANSIENT, FaultKind.THROTTLED})
"""Kinds whose job is as if it had not been sent: where the provider turns out to be down it waits with the rest."""

Holds = Callable[[Job], bool]
"""Was this job begun at the provider, paid perhaps, and not yet collected? Then nobody else may do it."""


class Down(Fault):
    """Nothing was sent: the provider is down."""

    def __init__(self, text: str, fix: str, *, wait: float, hopeless: bool) -> None:
        """wait: seconds until coming again makes sense; hopeless: it was down for long enough to give up."""
        super().__init__(FaultKind.TRANSIENT, text, code=DOWN, fix=fix, wait=wait)
        self.hopeless = hopeless


class Breaker:
    """The inner provider behind a circuit. Refused keys and empty accounts open it for good."""

    def __init__(
        self,
        inner: Provider,
        tell: Tell,
        *,
        name: str = "",
        budget: Budget | None = None,
        holds: Holds | None = None,
        rules: Rules | None = None,
        longest: float = 600.0,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """name: as the settings call it; budget: the extra requests of the same provider, none while it is down;
        longest: a service that sends everybody away for more seconds than this is down."""
        self._inner = inner
        self._name = name or inner.offer.name
        self._tell = tell
        self._budget = budget
        self._holds = holds
        self._circuit = Circuit(rules)
        self._longest = longest
        self._monotonic = monotonic
        self._clock = clock
        self._lock = threading.Lock()
        self._tripped: Fault | None = None
        self._why = ""

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    def holds(self, job: Job) -> bool:
        """Was this job begun here, and is its end not known?"""
        return self._holds is not None and self._holds(job)

    def submit(self, job: Job) -> Done:
        """As the inner one; raises Down, or the Fault that opened it for good, without asking it."""
        with self._lock:
            tripped = self._tripped
            begun = None if tripped else self._circuit.begin(self._monotonic())
        if not isinstance(begun, int):
            if self.holds(job):
                return self._inner.submit(
                    job
                )  # collecting what may be paid for costs nothing and needs no credit
            if tripped is not None:
                raise Fault(tripped.kind, tripped.text, code=tripped.code, fix=tripped.fix)
            if begun is not None:
                raise self._down(begun)
            raise AssertionError("neither begun nor refused")
        return self._watched(begun, job)

    def _watched(self, number: int, job: Job) -> Done:
        verdict, hold, failed = Verdict.VOID, 0.0, None
        try:
            done = self._inner.submit(job)
            verdict = Verdict.GOOD
            return done
        except Fault as fault:
            verdict, hold = self._judge(fault)
            if fault.kind not in PART_OF_IT:
                raise
            failed = fault
        finally:
            refusal = self._ended(number, verdict, hold)
        if refusal is not None:
            raise self._down(refusal) from failed
        raise failed

    def _judge(self, fault: Fault) -> tuple[Verdict, float]:
        verdict = _VERDICTS.get(fault.kind, Verdict.VOID)
        with self._lock:
            if fault.kind is FaultKind.ACCOUNT:
                self._tripped = fault
            elif verdict is Verdict.BAD:
                self._why = fault.text
        long = verdict is Verdict.BAD and fault.wait is not None and fault.wait > self._longest
        return verdict, fault.wait if long and fault.wait else 0.0

    def _ended(self, number: int, verdict: Verdict, hold: float) -> Refusal | None:
        """Count the end of a call. Returns what the next one would hear while the provider is down."""
        with self._lock:
            now = self._monotonic()
            sick = self._budget is not None and self._budget.sick
            turn = self._circuit.end(number, now, verdict, hold=hold, sick=sick)
            if turn is not None and self._budget is not None:
                self._budget.shut(not turn.up)
            why, refusal = self._why, self._circuit.refusal(now)
        if turn is not None:
            text = "answers again" if turn.up else why
            self._tell(ProviderTurned(self._clock(), self._name, turn.up, text, turn.wait))
        return refusal

    def _down(self, refusal: Refusal) -> Down:
        with self._lock:
            since = self._monotonic() - (self._circuit.opened or 0.0)
            probes, why = self._circuit.probes, self._why
        text = f"{self._name} is down for {_spoken(since)}, {probes} probes failed: {why}"
        fix = "again later: tryon resume    another provider: tryon resume --fallback NAME"
        return Down(text, fix, wait=refusal.wait, hopeless=refusal.hopeless)


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
