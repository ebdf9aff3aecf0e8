"""The provider wrappers: what is tried again, for how long, and what never is."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, StepRetried
from tryon_cli.model.ports import Done, Job, Offer
from tryon_cli.providers.wrap.rehearsed import KINDS, Rehearsed, read_rehearsal
from tryon_cli.providers.wrap.retrying import AGAIN, Retrying

GOOD = Done(b"picture")


class Scripted:
    """Answers from a list, then with GOOD."""

    offer = Offer("scripted", {"try-on": "1"})

    def __init__(self, *answers: Done | Fault) -> None:
        self.answers, self.calls = list(answers), 0

    def submit(self, job: Job) -> Done:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else GOOD
        if isinstance(answer, Fault):
            raise answer
        return answer


def job(key: str = "k") -> Job:
    return Job("try-on", {}, {}, key)


def retrying(
    inner: Scripted, stop: threading.Event | None = None, **limits: float
) -> tuple[Retrying, list[Event]]:
    heard: list[Event] = []
    wait = {"base": 0.0001, "cap": 0.001, **limits}
    return Retrying(
        inner, heard.append, stop or threading.Event(), attempts=4, clock=lambda: 5.0, **wait
    ), heard


@pytest.mark.parametrize("kind", sorted(AGAIN))
def test_what_may_pass_is_tried_again_and_told(kind: FaultKind) -> None:
    inner = Scripted(Fault(kind, "busy", code="E-BUSY"), Fault(kind, "busy", code="E-BUSY"))
    provider, heard = retrying(inner)
    assert provider.submit(job()) == GOOD and inner.calls == 3
    assert [(type(e), e.attempt, e.code) for e in heard if isinstance(e, StepRetried)] == [
        (StepRetried, 1, "E-BUSY"), (StepRetried, 2, "E-BUSY"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - AGAIN))
def test_what_cannot_pass_or_may_be_billed_is_asked_once(kind: FaultKind) -> None:
    inner = Scripted(Fault(kind, "no"))
    provider, heard = retrying(inner)
    with pytest.raises(Fault) as caught:
        provider.submit(job())
    assert caught.value.kind is kind and inner.calls == 1 and not heard


def test_the_last_fault_is_the_one_that_is_told() -> None:
    inner = Scripted(*(Fault(FaultKind.TRANSIENT, f"try {n}") for n in range(9)))
    provider, _ = retrying(inner)
    with pytest.raises(Fault, match="try 3"):
        provider.submit(job())
    assert inner.calls == 4


def test_a_bug_of_the_provider_is_not_retried() -> None:
    class Broken(Scripted):
        def submit(self, job: Job) -> Done:
            self.calls += 1
            raise KeyError("oops")

    inner = Broken()
    provider, _ = retrying(inner)
    with pytest.raises(KeyError):
        provider.submit(job())
    assert inner.calls == 1


@given(st.floats(0.0, 0.02))
def test_what_the_service_asks_for_is_the_least_wait(asked: float) -> None:
    provider, heard = retrying(Scripted(Fault(FaultKind.THROTTLED, "slow down", wait=asked)), cap=0.02)
    provider.submit(job())
    (said,) = heard
    assert isinstance(said, StepRetried) and asked <= said.wait <= max(asked * 1.1, asked + 0.001)


def test_a_stop_ends_a_long_wait_at_once() -> None:
    stop = threading.Event()
    inner = Scripted(*(Fault(FaultKind.THROTTLED, "come back in two minutes", wait=120.0) for _ in range(9)))
    provider, heard = retrying(inner, stop)
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
    thread.join(10)
    assert not thread.is_alive() and inner.calls == 1
    assert caught[0].kind is FaultKind.STOPPED


def test_nothing_is_sent_after_a_stop() -> None:
    stop = threading.Event()
    stop.set()
    inner = Scripted()
    with pytest.raises(Fault) as caught:
        retrying(inner, stop)[0].submit(job())
    assert caught.value.kind is FaultKind.STOPPED and inner.calls == 0


# --------------------------------------------------------------------------- rehearsals
def rehearsed(kind: str, seed: str = "0") -> Callable[[str], str]:
    provider = Rehearsed(Scripted(), kind, seed, threading.Event())

    def outcome(key: str) -> str:
        try:
            provider.submit(job(key))
        except Fault as fault:
            return fault.kind
        return "good"

    return outcome


@given(st.lists(st.integers(0, 500), unique=True, min_size=1), st.integers(0, 9))
def test_a_rehearsal_depends_on_its_seed_and_never_on_the_order(keys: list[int], seed: int) -> None:
    forward, backward = rehearsed("flaky", str(seed)), rehearsed("flaky", str(seed))
    one = {key: forward(str(key)) for key in keys}
    two = {key: backward(str(key)) for key in reversed(keys)}
    assert one == two


def test_flaky_stumbles_pass_on_the_second_try_and_refusals_do_not() -> None:
    outcome = rehearsed("flaky")
    first = [outcome(str(n)) for n in range(1000)]
    again = [outcome(str(n)) for n in range(1000)]
    assert 130 < first.count("transient") < 230 and 5 < first.count("input") < 50
    assert again.count("transient") == 0 and again.count("input") == first.count("input")
    assert [outcome(str(n)) for n in range(1000)] != [rehearsed("flaky", "1")(str(n)) for n in range(1000)]


def test_an_outage_and_a_refused_key_fail_every_call() -> None:
    assert {rehearsed("outage")(str(n)) for n in range(50)} == {"transient"}
    assert {rehearsed("refused")(str(n)) for n in range(50)} == {"account"}


def test_slow_calls_end_when_the_run_stops() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Fault) as caught:
        Rehearsed(Scripted(), "slow", "0", stop).submit(job())
    assert caught.value.kind is FaultKind.STOPPED


def test_rehearsals_are_read_from_words() -> None:
    assert read_rehearsal("flaky:7") == ("flaky", "7") and read_rehearsal("outage") == ("outage", "0")
    with pytest.raises(ValueError, match="flaky, slow"):
        read_rehearsal("chaos")
    assert set(KINDS) == {"flaky", "slow", "outage", "refused"}
