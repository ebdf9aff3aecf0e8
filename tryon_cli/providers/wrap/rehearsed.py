"""A provider that misbehaves on purpose, the same way for the same seed. Knows no vendor.

Lets a user see every screen, exit code and resume before a paid account is at stake.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter

from ...model.errors import Fault, FaultKind
from ...model.ports import Done, Job, Offer, Provider

KINDS = {
    "flaky": "one call in five fails once, one in fifty for good",
    "slow": "every call takes 0.5 to 2 seconds longer",
    "outage": "every call fails as if the service were down",
    "refused": "every call fails as if the key were refused",
}


def read_rehearsal(text: str) -> tuple[str, str]:
    """Split "flaky:7" into kind and seed. Raises ValueError for an unknown kind."""
    kind, _, seed = text.partition(":")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
    return kind, seed or "0"


class Rehearsed:
    """The inner provider behind a planned misfortune."""

    def __init__(self, inner: Provider, kind: str, seed: str, stop: threading.Event) -> None:
        self._inner = inner
        self._kind = kind
        self._seed = seed
        self._stop = stop
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def offer(self) -> Offer:
        return self._inner.offer

    def submit(self, job: Job) -> Done:
        """As the inner one, or the planned Fault. Depends on the job's key and seed, never on order."""
        with self._lock:
            self._tries[job.key] += 1
            first = self._tries[job.key] == 1
        chance = int(hashlib.sha256(f"{self._seed}:{job.key}".encode()).hexdigest()[:8], 16) / 2**32
        if self._kind == "outage":
            raise Fault(
                FaultKind.TRANSIENT, "rehearsal: the service does not answer", code="E-PROV-SILENT",
                fix="tryon resume, when the service is back",
            )  # fmt: skip
        if self._kind == "refused":
            raise Fault(
                FaultKind.ACCOUNT, "rehearsal: the key was refused", code="E-AUTH-REFUSED",
                fix="check the key, then: tryon resume",
            )  # fmt: skip
        if self._kind == "slow" and self._stop.wait(0.5 + 1.5 * chance):
            raise Fault(FaultKind.STOPPED, "stopped while a slow call was rehearsed")
        if self._kind == "flaky" and chance < 0.02:
            raise Fault(
                FaultKind.INPUT, "rehearsal: this picture is refused", code="E-REHEARSED",
                fix="run again without --rehearse",
            )  # fmt: skip
        if self._kind == "flaky" and chance < 0.2 and first:
            raise Fault(FaultKind.TRANSIENT, "rehearsal: the service stumbled", code="E-PROV-STUMBLE")
        return self._inner.submit(job)
