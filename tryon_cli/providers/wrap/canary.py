"""A share of the jobs goes to a candidate, to find out how it does. Knows no vendor.

Which jobs is settled by their keys, so that a run that is repeated asks the same one again. A candidate that
is clearly worse is not used any more, in this run and the next ones, until somebody says otherwise.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from ...model.errors import Fault, FaultKind
from ...model.events import Warned
from ...model.ports import Done, Job, Offer, Provider, Tell
from .fallback import NO, REFUSED, own_settings
from .measured import Measured
from .scores import Place, Scores, worse

PASSED_BACK = NO | REFUSED | {FaultKind.CONFIG}
"""No row fails of a candidate where the usual provider may still do it, and nothing was billed."""


def pair_of(usual: str, candidate: str, offer: Offer) -> str:
    """The name under which a rolled-back candidate is remembered: a new version of it gets a new chance."""
    versions = ",".join(f"{task}:{version}" for task, version in sorted(offer.tasks.items()))
    return f"{scope_of(usual, candidate)} {versions}"


def scope_of(usual: str, candidate: str) -> str:
    """The name of the counts of the calls that were shared out."""
    return f"{usual}>{candidate}"


class Canary:
    """The usual provider, with a candidate for some of its jobs."""

    def __init__(
        self,
        usual: tuple[str, Provider],
        candidate: tuple[str, Provider],
        share: float,
        scores: Scores,
        tell: Tell,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """usual, candidate: with the names that the settings use; share: of the jobs, 0 to 1."""
        self._usual_name, self._usual_alone = usual
        self._name, inner = candidate
        self._scope = scope_of(self._usual_name, self._name)
        self._usual = Measured(
            self._usual_alone, scores, self._scope, name=self._usual_name, monotonic=monotonic
        )
        self._candidate = Measured(inner, scores, self._scope, name=self._name, monotonic=monotonic)
        self._share = share
        self._scores = scores
        self._tell = tell
        self._clock = clock
        self._pair = pair_of(self._usual_name, self._name, inner.offer)
        self._lock = threading.Lock()
        self._out = scores.rolled_back(self._pair)
        self._warned = False
        if self._out:
            again = f"tryon providers compare {self._usual_name} {self._name} --forget"
            text = f"{self._name} is left out: {self._out} (another chance: {again})"
            tell(Warned(clock(), "W-CANARY-OUT", text))

    @property
    def offer(self) -> Offer:
        return self._usual.offer

    def holds(self, job: Job) -> bool:
        """Was this job begun at either, and is its end not known?"""
        return self._usual.holds(job) or self._candidate.holds(job)

    def submit(self, job: Job) -> Done:
        """As the one that the job falls to; the candidate's definite no sends it to the usual one."""
        if not self._falls_to_candidate(job):
            done = self._usual.submit(job)
            self._look(job)
            return done
        try:
            done = self._candidate.submit(replace(job, settings=own_settings(job.settings, self._name)))
        except Fault as fault:
            self._look(job)
            if fault.kind not in PASSED_BACK or self._candidate.holds(job):
                raise
            self._warn(fault)
            return self._usual_alone.submit(
                job
            )  # not measured: only what the candidate could not do comes here
        self._look(job)
        return done if done.provider else replace(done, provider=self._name)

    def _falls_to_candidate(self, job: Job) -> bool:
        if self._candidate.holds(job):
            return True  # begun and maybe paid there in an earlier run
        if self._out or job.task not in self._candidate.offer.tasks or self._usual.holds(job):
            return False
        mark = hashlib.sha256(f"canary1\0{self._scope}\0{job.key}".encode()).digest()[:8]
        return int.from_bytes(mark, "big") < self._share * 2**64

    def _look(self, job: Job) -> None:
        """Is the candidate clearly worse by now?"""
        if self._out or job.task not in self._candidate.offer.tasks:
            return
        usual, other = (
            self._scores.tally(Place(self._scope, name, job.task, offer.tasks.get(job.task, "")))
            for name, offer in ((self._usual_name, self._usual.offer), (self._name, self._candidate.offer))
        )
        why = worse(usual, other)
        with self._lock:
            if not why or self._out:
                return
            self._out = why
        self._scores.roll_back(self._pair, why)
        text = f"{self._name} is rolled back, {self._usual_name} does all of {job.task} again: {why}"
        self._tell(Warned(self._clock(), "W-CANARY", text))

    def _warn(self, fault: Fault) -> None:
        with self._lock:
            if self._warned:
                return
            self._warned = True
        text = f"{self._usual_name} does what {self._name} should have tried: {fault.text}"
        self._tell(Warned(self._clock(), "W-CANARY-DOWN", text))
