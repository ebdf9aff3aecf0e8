"""Planned misfortune: the same for the same seed, whatever the order; each kind ends as its real trouble does."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Scripted, job

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.providers.wrap.rehearsed import KINDS, Rehearsed, read_rehearsal


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
