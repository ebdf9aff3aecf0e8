"""What is tried again, for how long, how often in all, and what never is."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import GOOD, Clock, Scripted, job, no

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, StepRetried
from tryon_cli.model.ports import Done, Job
from tryon_cli.providers.wrap.budget import Budget
from tryon_cli.providers.wrap.retrying import AGAIN, Retrying


def retrying(
    inner: Scripted, stop: threading.Event | None = None, seed: int = 0, **more: Any
) -> tuple[Retrying, list[Event], Clock]:
    heard: list[Event] = []
    clock = Clock()
    stop = stop or threading.Event()
    more = {"budget": Budget(clock=clock), "pause": clock.pause, **more}
    return Retrying(
        inner, heard.append, stop, rng=random.Random(seed), clock=lambda: 5.0, **more
    ), heard, clock  # fmt: skip


def said(heard: list[Event]) -> list[StepRetried]:
    return [event for event in heard if isinstance(event, StepRetried)]


@pytest.mark.parametrize("kind", sorted(AGAIN))
def test_what_may_pass_is_tried_again_and_told(kind: FaultKind) -> None:
    inner = Scripted(no(kind, "busy", code="E-BUSY"), no(kind, "busy", code="E-BUSY"))
    provider, heard, clock = retrying(inner)
    assert provider.submit(job()) == GOOD and inner.calls == 3
    assert [(e.attempt, e.code, e.provider) for e in said(heard)] == [
        (1, "E-BUSY", "scripted"), (2, "E-BUSY", "scripted"),
    ]  # fmt: skip
    assert [e.wait for e in said(heard)] == clock.waits


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - AGAIN))
def test_p10_what_cannot_pass_or_may_be_billed_is_asked_once(kind: FaultKind) -> None:
    """B22, P1: no credit, bad keys, policy refusals and everything that may have been billed."""
    inner = Scripted(no(kind))
    provider, heard, clock = retrying(inner)
    with pytest.raises(Fault) as caught:
        provider.submit(job())
    assert caught.value.kind is kind and inner.calls == 1 and not heard and not clock.waits


def test_the_last_fault_is_the_one_that_is_told() -> None:
    inner = Scripted(*(no("transient", f"try {n}") for n in range(9)))
    provider, _, _ = retrying(inner)
    with pytest.raises(Fault, match="try 3"):
        provider.submit(job())
    assert inner.calls == 4


def test_a_bug_of_the_provider_is_not_retried() -> None:
    class Broken(Scripted):
        def submit(self, job: Job) -> Done:
            self.jobs.append(job)
            raise KeyError("oops")

    inner = Broken()
    provider, _, _ = retrying(inner)
    with pytest.raises(KeyError):
        provider.submit(job())
    assert inner.calls == 1


@given(st.integers(0, 10_000))
def test_full_jitter_on_bases_of_their_own(seed: int) -> None:
    for kind, base in (("transient", 0.5), ("throttled", 1.0)):
        provider, heard, _ = retrying(Scripted(*(no(kind) for _ in range(7))), seed=seed, attempts=8)
        provider.submit(job())
        for n, event in enumerate(said(heard)):
            assert 0.0 <= event.wait <= min(30.0, base * 2.0**n)


def test_the_jitter_is_full_and_the_bases_differ() -> None:
    waits: dict[str, list[float]] = {"transient": [], "throttled": []}
    for kind, seen in waits.items():
        for seed in range(300):
            provider, heard, _ = retrying(Scripted(no(kind)), seed=seed)
            provider.submit(job())
            seen.append(said(heard)[0].wait)
    for kind, base in (("transient", 0.5), ("throttled", 1.0)):
        assert min(waits[kind]) < 0.02 * base and max(waits[kind]) > 0.98 * base


@given(st.floats(0.0, 120.0), st.integers(0, 10_000))
def test_n07_what_the_service_asks_for_is_the_least_wait(asked: float, seed: int) -> None:
    """B21: up to a tenth is added, nothing is ever taken off, whatever the back-off would say."""
    for kind in AGAIN:
        provider, heard, clock = retrying(Scripted(no(kind, wait=asked)), seed=seed)
        provider.submit(job())
        (event,) = said(heard)
        assert asked <= event.wait <= asked * 1.1 and clock.waits == [event.wait]


def test_n07_a_longer_pause_is_not_waited_for_here() -> None:
    """Who is inside keeps it for all jobs; this one's attempts are not used up by it."""
    provider, _, clock = retrying(Scripted(no("throttled", wait=300.0)))
    provider.submit(job())
    assert clock.waits == [0.0]


def test_sent_away_for_longer_than_a_run_waits_is_not_tried_again() -> None:
    inner = Scripted(no("throttled", wait=3600.0))
    provider, _, clock = retrying(inner)
    with pytest.raises(Fault):
        provider.submit(job())
    assert inner.calls == 1 and not clock.waits


def test_a_stop_ends_a_long_wait_at_once() -> None:
    stop = threading.Event()
    inner = Scripted(*(no("throttled", "come back in two minutes", wait=120.0) for _ in range(9)))
    heard: list[Event] = []
    provider = Retrying(inner, heard.append, stop)
    caught: list[Fault] = []

    def ask() -> None:
        try:
            provider.submit(job())
        except Fault as fault:
            caught.append(fault)

    thread = threading.Thread(target=ask)
    thread.start()
    while not heard:
        thread.join(0.01)
    stop.set()
    thread.join(30)
    assert not thread.is_alive() and inner.calls == 1
    assert caught[0].kind is FaultKind.STOPPED


def test_nothing_is_sent_after_a_stop() -> None:
    stop = threading.Event()
    stop.set()
    inner = Scripted()
    with pytest.raises(Fault) as caught:
        retrying(inner, stop)[0].submit(job())
    assert caught.value.kind is FaultKind.STOPPED and inner.calls == 0


# --------------------------------------------------------------------------- the budget of all jobs
def test_n10_requests_of_one_job_never_pass_its_attempts() -> None:
    for attempts in range(1, 9):
        inner = Scripted(then=lambda job: no("transient"))
        provider, _, _ = retrying(inner, attempts=attempts, budget=Budget(least=1000))
        with pytest.raises(Fault):
            provider.submit(job())
        assert inner.calls == attempts


def test_n11_in_an_outage_all_jobs_together_get_ten_extra_requests() -> None:
    inner = Scripted(then=lambda job: no("transient", "down"))
    provider, _, clock = retrying(inner)
    for n in range(200):
        with pytest.raises(Fault, match="down"):
            provider.submit(job(str(n)))
    assert inner.calls <= 200 + 10 * (1 + (clock.now - 1000.0) // 60.0)


def test_a_stumbling_service_costs_time_and_never_a_row() -> None:
    """One in four fails: far more than a tenth. Retries wait for their turn instead of failing rows."""
    rng = random.Random(1)
    inner = Scripted(then=lambda job: no("transient") if rng.random() < 0.25 else GOOD)
    provider, _, clock = retrying(inner, attempts=20)
    for n in range(300):
        assert provider.submit(job(str(n))) == GOOD
    assert clock.now > 1060.0, "it never had to wait for an extra request"


def test_a_provider_that_went_down_during_the_wait_is_not_asked_again() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    inner = Scripted(no("transient", "first"), no("transient", "second"))
    heard: list[Event] = []

    def rest(seconds: float) -> None:
        budget.shut()

    provider = Retrying(inner, heard.append, threading.Event(), budget=budget, pause=rest)
    with pytest.raises(Fault, match="first"):
        provider.submit(job())
    assert inner.calls == 1
