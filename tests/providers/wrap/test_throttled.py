"""Never faster than a provider allows: in flight, per minute, and not during a pause that it asked for."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import GOOD, Clock, Scripted, job, no

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, ProviderTurned
from tryon_cli.model.ports import Done, Job
from tryon_cli.providers.wrap.shared import Slots
from tryon_cli.providers.wrap.throttled import Throttled


def throttled(inner: Any, clock: Clock | None = None, **more: Any) -> tuple[Throttled, list[Event], Clock]:
    clock, heard = clock or Clock(), []
    more = {"slots": 4, "pause": clock.pause, "monotonic": clock, **more}
    stop = more.pop("stop", threading.Event())
    return Throttled(inner, heard.append, stop, rng=random.Random(0), clock=lambda: 5.0, **more), heard, clock


class Crowd(Scripted):
    """Counts who is inside at once; everybody waits for the gate."""

    def __init__(self, refuse_past: int = 10**9) -> None:
        super().__init__()
        self.inside = self.peak = 0
        self.refuse_past = refuse_past
        self.gate = threading.Event()
        self.changed = threading.Condition()

    def submit(self, job: Job) -> Done:
        with self.changed:
            self.jobs.append(job)
            if self.inside >= self.refuse_past:
                raise Fault(FaultKind.THROTTLED, "too many at once [ConcurrencyLimitExceeded]")
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            self.changed.notify_all()
        self.gate.wait(60)
        with self.changed:
            self.inside -= 1
        return GOOD

    def wait_inside(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.inside >= count, 60)


def crowd(provider: Throttled, count: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=lambda n=n: provider.submit(job(str(n)))) for n in range(count)]
    for thread in threads:
        thread.start()
    return threads


def joined(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_no_more_in_flight_than_slots() -> None:
    inner = Crowd()
    provider = Throttled(inner, lambda event: None, threading.Event(), slots=3)
    threads = crowd(provider, 12)
    inner.wait_inside(3)
    inner.gate.set()
    joined(threads)
    assert inner.peak == 3 and inner.calls == 12


def test_two_throttles_of_one_account_share_its_slots(tmp_path: Path) -> None:
    """As two processes do: each has its own places, and the same permits."""
    inner = Crowd()
    stop = threading.Event()
    two = [
        Throttled(inner, lambda event: None, stop, slots=3, shared=Slots(tmp_path, 3), pause=lambda s: stop.wait(0.01))
        for _ in range(2)
    ]  # fmt: skip
    threads = crowd(two[0], 6) + crowd(two[1], 6)
    inner.wait_inside(3)
    inner.gate.set()
    joined(threads)
    assert inner.peak == 3 and inner.calls == 12


@given(st.lists(st.floats(0.0, 20.0), max_size=50), st.integers(1, 5))
def test_p12_no_minute_sees_more_calls_than_allowed(gaps: list[float], per_minute: int) -> None:
    clock = Clock()
    begun: list[float] = []
    inner = Scripted(then=lambda job: (begun.append(clock.now), GOOD)[1])
    provider, _, _ = throttled(inner, clock, per_minute=per_minute)
    for gap in gaps:
        clock.now += gap
        provider.submit(job())
        assert len([t for t in begun if t > clock.now - 60.0]) <= per_minute


@given(st.floats(0.1, 600.0))
def test_b21_a_pause_holds_for_every_job(asked: float) -> None:
    clock = Clock()
    provider, heard, _ = throttled(Scripted(no("throttled", "slow down", wait=asked, code="E-X")), clock)
    with pytest.raises(Fault):
        provider.submit(job("a"))
    before = clock.now
    assert provider.submit(job("b")) == GOOD
    assert asked <= clock.now - before <= asked * 1.1 + 0.001
    turned = [(e.up, e.wait) for e in heard if isinstance(e, ProviderTurned)]
    assert turned == ([(False, asked), (True, 0.0)] if asked >= 3.0 else [])


def test_a_longer_pause_wins_over_a_shorter_one_that_is_told_later() -> None:
    clock = Clock()
    provider, heard, _ = throttled(Scripted(no("throttled", wait=100.0)), clock)
    with pytest.raises(Fault):
        provider.submit(job())
    provider._refused(no("throttled", wait=10.0))
    provider.submit(job())
    assert clock.now >= 1100.0
    assert len(heard) == 2, "told once, until it is over"


def test_sent_away_for_hours_is_not_waited_for_here() -> None:
    provider, heard, clock = throttled(Scripted(no("throttled", wait=7200.0)))
    with pytest.raises(Fault):
        provider.submit(job())
    provider.submit(job())
    assert not clock.waits and not heard


def test_after_too_many_at_once_the_next_one_waits_for_the_end_of_one_of_ours() -> None:
    inner = Crowd(refuse_past=2)
    provider = Throttled(inner, lambda event: None, threading.Event(), slots=4)
    threads = crowd(provider, 2)
    inner.wait_inside(2)
    with pytest.raises(Fault) as caught:
        provider.submit(job("refused"))
    assert caught.value.kind is FaultKind.THROTTLED and provider._room == 2
    again = crowd(provider, 1)
    again[0].join(0.3)
    assert inner.calls == 3, "it was sent again while both of ours were still there"
    inner.gate.set()
    joined(threads + again)
    assert inner.peak == 2 and inner.calls == 4


def test_room_comes_back_with_good_calls_up_to_what_is_allowed() -> None:
    provider, _, _ = throttled(Scripted(no("throttled", "parallel task over limit [1303]")), slots=3)
    with pytest.raises(Fault):
        provider.submit(job())
    assert provider._room == 1
    rooms = []
    for _ in range(12):
        provider.submit(job())
        rooms.append(provider._room)
    assert rooms[-1] == 3 and rooms == sorted(rooms) and rooms[0] == 1


def test_too_fast_is_not_too_many() -> None:
    provider, _, _ = throttled(Scripted(no("throttled", "Request was throttled: rate limit")), slots=3)
    with pytest.raises(Fault):
        provider.submit(job())
    assert provider._room == 3


def test_a_place_is_given_back_whatever_happens() -> None:
    class Broken(Scripted):
        def submit(self, job: Job) -> Done:
            raise KeyError

    provider, _, _ = throttled(Broken(), slots=1)
    for _ in range(3):
        with pytest.raises(KeyError):
            provider.submit(job())
    provider, _, _ = throttled(Scripted(*(no("input") for _ in range(3))), slots=1)
    for _ in range(3):
        with pytest.raises(Fault):
            provider.submit(job())
    assert provider.submit(job()) == GOOD


def test_a_stop_ends_every_wait() -> None:
    stop = threading.Event()
    inner = Crowd()
    provider = Throttled(inner, lambda event: None, stop, slots=1)
    first = crowd(provider, 1)
    inner.wait_inside(1)
    ends: list[FaultKind] = []

    def ask() -> None:
        try:
            provider.submit(job())
        except Fault as fault:
            ends.append(fault.kind)

    waiting = threading.Thread(target=ask)
    waiting.start()
    stop.set()
    joined([waiting])
    assert ends == [FaultKind.STOPPED] and inner.calls == 1
    inner.gate.set()
    joined(first)

    stopped = threading.Event()
    clock = Clock()
    provider, _, _ = throttled(
        Scripted(no("throttled", wait=50.0)), clock, stop=stopped, pause=lambda s: stopped.set()
    )
    with pytest.raises(Fault):
        provider.submit(job())
    with pytest.raises(Fault) as caught:
        provider.submit(job())
    assert caught.value.kind is FaultKind.STOPPED


class Heard:
    def __init__(self) -> None:
        self.said: list[Any] = []

    def began(self) -> object:
        self.said.append("began")
        return "mine"

    def ended(self, part_of: object, task: str, seconds: float, *, refused: bool, counts: bool) -> None:
        assert part_of == "mine" and task == "try-on"
        self.said.append((seconds, refused, counts))


def test_the_gauge_hears_the_service_alone() -> None:
    """Not the pauses, which say nothing about how long it takes."""
    clock, gauge = Clock(), Heard()
    inner = Scripted(no("throttled", wait=20.0), no("input"), takes=lambda job: 1.5, clock=clock)
    provider, _, _ = throttled(inner, clock, gauge=gauge)
    for _ in range(2):
        with pytest.raises(Fault):
            provider.submit(job())
    provider.submit(job())
    told = [said if isinstance(said, str) else (round(said[0], 6), *said[1:]) for said in gauge.said]
    assert told == ["began", (1.5, True, False), "began", (1.5, False, False), "began", (1.5, False, True)]


@pytest.mark.parametrize(("seconds", "told"), [(None, (1.5, True)), (1.2, (1.2, True)), (0.0, (0.0, False))])
def test_what_we_ourselves_needed_says_nothing_about_the_service(
    seconds: float | None, told: tuple[float, bool]
) -> None:
    """Where it was measured from the request to the answer, that counts; what was only fetched does not count."""
    clock, gauge = Clock(), Heard()
    inner = Scripted(replace(GOOD, seconds=seconds), takes=lambda job: 1.5, clock=clock)
    provider, _, _ = throttled(inner, clock, gauge=gauge)
    provider.submit(job())
    assert gauge.said[1] == (told[0], False, told[1])
