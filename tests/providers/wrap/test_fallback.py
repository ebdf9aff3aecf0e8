"""Who comes next is asked only after a definite no; where all are down, jobs wait for the first that is back."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import GOOD, Clock, Scripted, job, no

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, Warned
from tryon_cli.providers.wrap.breaker import Breaker, Down
from tryon_cli.providers.wrap.fallback import NO, REFUSED, Fallback


def chain(*members: Any, **more: Any) -> tuple[Fallback, list[Event], Clock]:
    heard: list[Event] = []
    clock = more.pop("timer", Clock())
    stop = more.pop("stop", threading.Event())
    named = {member.offer.name: member for member in members}
    return Fallback(named, heard.append, stop, clock=lambda: 5.0, pause=clock.pause, **more), heard, clock


def two(*first: Any, **more: Any) -> tuple[Scripted, Scripted, Fallback, list[Event]]:
    a, b = Scripted(*first, name="a"), Scripted(name="b")
    provider, heard, _ = chain(a, b, **more)
    return a, b, provider, heard


def fault_of(provider: Any, key: str = "k") -> Fault:
    with pytest.raises(Fault) as caught:
        provider.submit(job(key))
    return caught.value


@pytest.mark.parametrize("kind", sorted(NO))
def test_a_definite_no_passes_on_and_says_who_made_it(kind: FaultKind) -> None:
    _, b, provider, heard = two(no(kind, "503"))
    done = provider.submit(job())
    assert (done.image, done.provider) == (GOOD.image, "b") and b.calls == 1
    assert heard == [Warned(5.0, "W-FALLBACK", "b takes over from a: 503")]


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - NO - REFUSED))
@pytest.mark.parametrize("refused", [True, False])
def test_p10_b8_nothing_else_ever_does(kind: FaultKind, refused: bool) -> None:
    _, b, provider, heard = two(no(kind), refused=refused)
    assert fault_of(provider).kind is kind and b.calls == 0 and not heard


def test_the_first_ones_picture_is_the_first_ones() -> None:
    a, b, provider, _ = two()
    assert provider.submit(job()).provider == "" and (a.calls, b.calls) == (1, 0)
    assert provider.offer is a.offer


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_refusals_pass_on_only_when_wished_and_to_another_model(kind: FaultKind) -> None:
    _, b, provider, _ = two(no(kind))
    assert fault_of(provider).kind is kind and b.calls == 0
    _, b, provider, _ = two(no(kind), refused=True)
    assert fault_of(provider).kind is kind and b.calls == 0, "the same model refuses it again"
    a, b = Scripted(no(kind), name="a"), Scripted(name="b", tasks={"try-on": "other-model"})
    provider, _, _ = chain(a, b, refused=True)
    assert provider.submit(job()).provider == "b"


def test_what_was_begun_at_one_of_them_is_never_sent_to_another() -> None:
    """P10: a ticket of an earlier run whose provider is down now."""
    a, b = Scripted(no("transient"), name="a", begun=("k",)), Scripted(name="b")
    provider, _, _ = chain(a, b)
    assert fault_of(provider).kind is FaultKind.TRANSIENT and b.calls == 0
    a, b = Scripted(name="a"), Scripted(no("transient"), name="b", begun=("k",))
    provider, _, _ = chain(a, b)
    assert fault_of(provider).kind is FaultKind.TRANSIENT and a.calls == 0
    assert provider.submit(job("another")).provider == "" and provider.holds(job("k"))


def test_each_one_gets_its_own_options_only() -> None:
    a, b, provider, _ = two(no("transient"))
    wish = {"category": "upper", "opt.a.mode": "pro", "opt.b.steps": "30"}
    provider.submit(job("k", **wish))  # type: ignore[arg-type]
    assert dict(a.jobs[0].settings) == {"category": "upper", "opt.a.mode": "pro"}
    assert dict(b.jobs[0].settings) == {"category": "upper", "opt.b.steps": "30"}


def test_who_cannot_do_it_is_passed_over() -> None:
    a = Scripted(no("transient", "first"), name="a")
    b = Scripted(name="b", tasks={"stylize": "1"})
    c = Scripted(name="c", categories=frozenset({"lower"}))
    d = Scripted(name="d", categories=frozenset({"upper"}))
    provider, _, _ = chain(a, b, c, d)
    assert provider.submit(job("k", category="upper")).provider == "d" and b.calls == c.calls == 0


def test_it_is_said_once() -> None:
    _, _, provider, heard = two(*(no("transient", str(n)) for n in range(50)))
    for n in range(50):
        provider.submit(job(str(n)))
    assert len(heard) == 1


KINDS = [str(kind) for kind in FaultKind] + ["good"]


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), st.booleans())
def test_nobody_is_asked_after_a_perhaps(ends: list[str], refused: bool) -> None:
    """Whatever the members say: asked in order, each once, and nobody behind one that may have taken it."""
    members = [
        Scripted(GOOD if end == "good" else no(end), name=str(n), tasks={"try-on": str(n)})
        for n, end in enumerate(ends)
    ]
    provider, _, _ = chain(*members, refused=refused)
    with contextlib.suppress(Fault):
        provider.submit(job())
    passing = NO | REFUSED if refused else NO
    for n, member in enumerate(members):
        before = ends[:n]
        should = all(end != "good" and FaultKind(end) in passing for end in before)
        assert member.calls == should


# --------------------------------------------------------------------------- outages
def down(name: str, clock: Clock, fails: int = 10**9) -> tuple[Scripted, Breaker]:
    left = [fails]

    def answer(_: Any) -> Any:
        left[0] -= 1
        return no("transient", f"{name} 503") if left[0] >= 0 else GOOD

    inner = Scripted(name=name, then=answer)
    return inner, Breaker(inner, lambda event: None, name=name, monotonic=clock)


def test_rows_wait_for_a_provider_that_is_down_and_go_on_when_it_is_back() -> None:
    clock = Clock()
    inner, breaker = down("a", clock, fails=7)
    provider, _, _ = chain(breaker, timer=clock)
    ends = []
    for n in range(20):
        try:
            ends.append(provider.submit(job(str(n))).image)
        except Fault as fault:
            ends.append(fault.text.encode())
    assert ends == [b"a 503"] * 4 + [b"picture"] * 16, "the fifth opens it and waits with the rest"
    assert inner.calls == 7 + 16 and clock.waits == [30.0, 60.0, 120.0]


def test_after_four_probes_nobody_waits_any_more() -> None:
    clock = Clock()
    inner, breaker = down("a", clock)
    provider, _, _ = chain(breaker, timer=clock)
    for n in range(4):
        fault_of(provider, str(n))
    fault = fault_of(provider)
    assert isinstance(fault, Down) and fault.hopeless and fault.code == "E-PROV-DOWN"
    assert clock.waits == [30.0, 60.0, 120.0, 240.0] and inner.calls == 5 + 4
    assert fault_of(provider).code == "E-PROV-DOWN" and inner.calls == 9, "the rest does not wait either"


def test_where_both_are_down_the_first_that_is_back_is_found() -> None:
    clock = Clock()
    (_, a), (_, b) = down("a", clock), down("b", clock, fails=6)
    provider, _, _ = chain(a, b, timer=clock)
    for n in range(4):
        assert fault_of(provider, str(n)).kind is FaultKind.TRANSIENT
    assert provider.submit(job("x")).provider == "b"


def test_one_that_is_down_costs_the_others_nothing() -> None:
    clock = Clock()
    inner, a = down("a", clock)
    b = Scripted(name="b")
    provider, _, _ = chain(a, b, timer=clock)
    assert [provider.submit(job(str(n))).provider for n in range(100)] == ["b"] * 100
    assert inner.calls == 5 and not clock.waits


def test_a_refused_key_in_the_chain_does_not_end_the_waiting_for_the_other() -> None:
    clock = Clock()
    _, a = down("a", clock, fails=6)
    b = Scripted(name="b", then=lambda job: no("account"))
    provider, _, _ = chain(a, b, timer=clock)
    for n in range(4):
        fault_of(provider, str(n))
    assert provider.submit(job("x")).provider == ""


def test_all_accounts_refused_is_a_refused_account() -> None:
    a, b = (Scripted(name=n, then=lambda job, n=n: no("account", n)) for n in "ab")
    provider, _, _ = chain(a, b)
    assert fault_of(provider).kind is FaultKind.ACCOUNT


def test_down_here_and_refused_there_is_something_that_may_pass() -> None:
    clock = Clock()
    _, a = down("a", clock)
    b = Scripted(name="b", then=lambda job: no("transient", "b stumbled"))
    provider, _, _ = chain(a, b, timer=clock)
    for n in range(8):
        fault = fault_of(provider, str(n))
    assert fault.kind is FaultKind.TRANSIENT and fault.code != "E-PROV-DOWN", "one is up: the run goes on"


def test_a_stop_ends_the_waiting() -> None:
    clock, stop = Clock(), threading.Event()
    _, a = down("a", clock)
    provider = Fallback({"a": a}, lambda event: None, stop, pause=lambda seconds: stop.set())
    for n in range(4):
        fault_of(provider, str(n))
    assert fault_of(provider).kind is FaultKind.STOPPED
