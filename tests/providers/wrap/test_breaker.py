"""A provider that is down is left alone; keys and credit open it for good; what was begun is still collected."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from scripted import GOOD, Clock, Scripted, job, no

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, ProviderTurned
from tryon_cli.providers.wrap.breaker import DOWN, Breaker, Down
from tryon_cli.providers.wrap.budget import Budget
from tryon_cli.providers.wrap.retrying import Retrying


def breaker(inner: Scripted, **more: Any) -> tuple[Breaker, list[Event], Clock]:
    heard: list[Event] = []
    clock = more.pop("monotonic", Clock())
    return (
        Breaker(inner, heard.append, name="fashn", monotonic=clock, clock=lambda: 5.0, **more),
        heard,
        clock,
    )


def fault_of(provider: Any, key: str = "k") -> Fault:
    with pytest.raises(Fault) as caught:
        provider.submit(job(key))
    return caught.value


@pytest.mark.parametrize("kind", ["transient", "throttled", "ambiguous", "waiting"])
def test_trouble_of_theirs_opens_it(kind: str) -> None:
    inner = Scripted(then=lambda job: no(kind, "503"))
    provider, heard, _ = breaker(inner)
    kinds = [fault_of(provider).kind for _ in range(9)]
    assert inner.calls == 5, "nothing is sent while it is down"
    assert kinds[:4] == [FaultKind(kind)] * 4 and kinds[5:] == [FaultKind.TRANSIENT] * 4
    assert heard == [ProviderTurned(5.0, "fashn", False, "503", 30.0)]


@pytest.mark.parametrize(
    "kind", ["input", "content", "lost", "stopped", "budget", "storage", "config", "internal"]
)
def test_everything_else_does_not(kind: str) -> None:
    inner = Scripted(then=lambda job: no(kind))
    provider, heard, _ = breaker(inner)
    assert [fault_of(provider).kind for _ in range(30)] == [FaultKind(kind)] * 30
    assert inner.calls == 30 and not heard


def test_the_call_that_opens_it_waits_with_the_rest_when_nothing_was_taken() -> None:
    provider, _, _ = breaker(Scripted(then=lambda job: no("transient")))
    faults = [fault_of(provider) for _ in range(6)]
    assert [isinstance(f, Down) for f in faults] == [False] * 4 + [True] * 2
    assert faults[4].code == DOWN and faults[4].wait == 30.0


def test_b8_a_call_that_may_be_billed_stays_what_it_is_even_when_it_opens_it() -> None:
    provider, _, _ = breaker(Scripted(then=lambda job: no("ambiguous")))
    assert [fault_of(provider).kind for _ in range(5)] == [FaultKind.AMBIGUOUS] * 5


def test_one_probe_then_it_is_up_again() -> None:
    inner = Scripted(*(no("transient") for _ in range(6)))
    provider, heard, clock = breaker(inner)
    for _ in range(5):
        fault_of(provider)
    clock.now += 30.0
    assert fault_of(provider).wait == 60.0 and inner.calls == 6
    clock.now += 59.0
    assert fault_of(provider).wait == 1.0 and inner.calls == 6
    clock.now += 1.0
    assert provider.submit(job()) == GOOD
    assert [provider.submit(job()) for _ in range(20)] == [GOOD] * 20
    turned = [(e.up, e.wait) for e in heard if isinstance(e, ProviderTurned)]
    assert turned == [(False, 30.0), (False, 60.0), (True, 0.0)]


def test_a_message_says_how_long_and_what_to_do() -> None:
    provider, _, clock = breaker(Scripted(then=lambda job: no("transient", "HTTP 503")))
    for _ in range(5):
        fault_of(provider)
    for wait in (30.0, 60.0, 120.0, 240.0):
        clock.now += wait
        fault = fault_of(provider)
    assert isinstance(fault, Down) and fault.hopeless
    assert fault.text == "fashn is down for 8 min, 4 probes failed: HTTP 503"
    assert "tryon resume" in fault.fix and "--fallback" in fault.fix


def test_b22_a_refused_key_opens_it_at_once_and_for_good() -> None:
    inner = Scripted(no("account", "out of credit", code="E-PROV-CREDITS", fix="add credit"))
    provider, _, clock = breaker(inner)
    for _ in range(5):
        fault = fault_of(provider)
        assert (fault.kind, fault.code, fault.fix) == (FaultKind.ACCOUNT, "E-PROV-CREDITS", "add credit")
        clock.now += 10_000.0
    assert inner.calls == 1


def test_p02_what_was_begun_is_collected_without_credit_and_while_it_is_down() -> None:
    inner = Scripted(no("account"), begun=("paid",))
    provider, _, _ = breaker(inner, holds=inner.holds)
    fault_of(provider)
    assert provider.submit(job("paid")) == GOOD
    assert fault_of(provider).kind is FaultKind.ACCOUNT and inner.calls == 2

    inner = Scripted(*(no("transient") for _ in range(5)), begun=("paid",))
    provider, _, _ = breaker(inner, holds=inner.holds)
    for _ in range(5):
        fault_of(provider)
    assert provider.submit(job("paid")) == GOOD
    assert isinstance(fault_of(provider), Down)


def test_sent_away_for_hours_is_down_for_hours() -> None:
    inner = Scripted(no("throttled", "quota of the day", wait=7200.0))
    provider, heard, clock = breaker(inner)
    fault = fault_of(provider)
    assert isinstance(fault, Down) and fault.hopeless and fault.wait == 7200.0
    assert [e.wait for e in heard if isinstance(e, ProviderTurned)] == [7200.0]
    clock.now += 7200.0
    assert provider.submit(job()) == GOOD


def test_a_bug_is_no_outage() -> None:
    class Broken(Scripted):
        def submit(self, job: Any) -> Any:
            raise KeyError

    provider, heard, _ = breaker(Broken())
    for _ in range(20):
        with pytest.raises(KeyError):
            provider.submit(job())
    assert not heard


# --------------------------------------------------------------------------- with retries inside
def whole(inner: Scripted, clock: Clock, attempts: int = 4) -> Breaker:
    budget = Budget(clock=clock)
    retrying = Retrying(
        inner, lambda event: None, threading.Event(), attempts=attempts, budget=budget,
        rng=random.Random(0), pause=clock.pause,
    )  # fmt: skip
    return Breaker(retrying, lambda event: None, budget=budget, monotonic=clock)


def test_b23_n11_a_total_outage_of_500_jobs() -> None:
    """At most ten extra requests before it opens, then one request a probe, whoever asks."""
    clock = Clock()
    inner = Scripted(then=lambda job: no("transient"))
    provider = whole(inner, clock)
    jobs = before = probes = 0
    for n in range(500):
        fault = fault_of(provider, str(n))
        if not isinstance(fault, Down):
            jobs += 1
            before = inner.calls
            continue
        if not probes and not before:
            before = inner.calls
        probes += 1
        clock.now += 10.0
    opened = jobs + 1
    assert before <= opened * 1 + 10
    # 4,980 s of probing at 30, 60, 120, 240 and then every 300 s
    assert inner.calls <= (opened + 10) + 4 + 5000 / 300.0
    assert jobs <= 1, "rows that fail instead of waiting"


def test_a_probe_is_a_single_request() -> None:
    clock = Clock()
    inner = Scripted(then=lambda job: no("transient"))
    provider = whole(inner, clock)
    while not isinstance(fault_of(provider), Down):
        pass
    clock.now += 500.0  # the budget of a minute is fresh by now
    before = inner.calls
    fault_of(provider)
    assert inner.calls == before + 1


def test_after_the_outage_a_single_stumble_is_retried_again() -> None:
    clock = Clock()
    inner = Scripted(*(no("transient") for _ in range(8)))
    provider = whole(inner, clock)
    while not isinstance(fault_of(provider), Down):
        pass
    clock.now += 31.0
    inner.answers = [GOOD, no("transient"), GOOD]
    assert provider.submit(job()) == GOOD
    assert provider.submit(job()) == GOOD and not inner.answers


def test_64_threads_in_an_outage() -> None:
    """Real threads: none fails for another reason, and few requests are sent."""
    clock = Clock()
    inner = Scripted(then=lambda job: no("transient"))
    budget = Budget(clock=clock)
    retrying = Retrying(inner, lambda event: None, threading.Event(), budget=budget, pause=lambda s: None)
    provider = Breaker(retrying, lambda event: None, budget=budget, monotonic=clock)
    faults: list[Fault] = []
    go = threading.Barrier(64)

    def ask(first: int) -> None:
        go.wait(60)
        for n in range(8):
            faults.append(fault_of(provider, f"{first}-{n}"))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(faults) == 512 and {f.kind for f in faults} == {FaultKind.TRANSIENT}
    assert inner.calls <= 64 + 10 + 5
