"""A share of the jobs to a candidate: the same ones every time, counted beside the rest, given up when worse."""

from __future__ import annotations

import contextlib
import math
import random
import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import GOOD, Clock, Scripted, job, no

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, Warned
from tryon_cli.model.ports import Done
from tryon_cli.providers.wrap.canary import PASSED_BACK, Canary, pair_of
from tryon_cli.providers.wrap.scores import FLOOR, Place, Scores, Tally, worse


def canary(
    share: float = 0.5, scores: Scores | None = None, **how: Any
) -> tuple[Scripted, Scripted, Canary, list[Event]]:
    """how: usual=, candidate= as functions from a job to an answer; takes= of the candidate."""
    heard: list[Event] = []
    clock = Clock()
    usual = Scripted(name="a", then=how.get("usual"), takes=lambda job: 1.0, clock=clock)
    candidate = Scripted(
        name="b", then=how.get("candidate"), takes=how.get("takes", lambda job: 1.0), clock=clock,
        begun=how.get("begun", ()), price=how.get("price", {}),
    )  # fmt: skip
    provider = Canary(
        ("a", usual), ("b", candidate), share, scores or Scores(None), heard.append,
        monotonic=clock, clock=lambda: 5.0,
    )  # fmt: skip
    return usual, candidate, provider, heard


def asked(provider: Canary, count: int) -> list[str]:
    ends = []
    for n in range(count):
        try:
            ends.append(provider.submit(job(str(n))).provider or "a")
        except Fault as fault:
            ends.append(fault.kind)
    return ends


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.5, 0.9, 1.0])
def test_the_share_is_the_share(share: float) -> None:
    _, candidate, provider, _ = canary(share)
    asked(provider, 400)
    assert abs(candidate.calls / 400 - share) < 0.12
    assert share not in (0.0, 1.0) or candidate.calls == 400 * share


def test_the_same_jobs_fall_to_it_every_time_and_more_of_them_with_a_larger_share() -> None:
    small, again, large = (asked(canary(share)[2], 300) for share in (0.2, 0.2, 0.6))
    assert small == again
    assert all(two == "b" for one, two in zip(small, large, strict=True) if one == "b")


def test_what_it_cannot_do_is_not_asked_of_it() -> None:
    usual, candidate, provider, _ = canary(1.0)
    candidate.offer = Scripted(name="b", tasks={"stylize": "1"}).offer
    assert provider.submit(job()).provider == "" and candidate.calls == 0 and usual.calls == 1


@pytest.mark.parametrize("kind", sorted(FaultKind))
def test_p10_no_row_fails_of_a_candidate_and_none_is_sent_twice_after_a_perhaps(kind: FaultKind) -> None:
    usual, _, provider, heard = canary(1.0, candidate=lambda job: no(kind))
    ends = asked(provider, 3)
    if kind in PASSED_BACK:
        assert ends == ["a"] * 3 and usual.calls == 3
        assert [type(e) for e in heard] == [Warned]
    else:
        assert ends == [kind] * 3 and usual.calls == 0


def test_what_was_begun_at_one_of_them_stays_there() -> None:
    usual, candidate, provider, _ = canary(0.0, begun=("paid",))
    assert provider.submit(job("paid")).provider == "b" and usual.calls == 0
    usual, candidate, provider, _ = canary(1.0)
    usual.begun.add("paid")
    assert provider.submit(job("paid")).provider == "" and candidate.calls == 0


# --------------------------------------------------------------------------- counting and giving up
def test_a_worse_candidate_is_rolled_back_told_and_remembered(tmp_path: Path) -> None:
    rng = random.Random(2)
    scores = Scores(tmp_path)
    bad = no("input", "no person found")
    _usual, candidate, provider, heard = canary(
        0.5, scores, candidate=lambda job: bad if rng.random() < 0.6 else GOOD
    )
    asked(provider, 300)
    said = [e for e in heard if isinstance(e, Warned) and e.code == "W-CANARY"]
    assert len(said) == 1 and "b is rolled back" in said[0].text and "% of its calls failed" in said[0].text
    assert FLOOR <= candidate.calls < 80, "it went on for long"
    scores.flush()

    _usual, candidate, provider, heard = canary(1.0, Scores(tmp_path))
    asked(provider, 10)
    assert candidate.calls == 0
    assert [e.code for e in heard if isinstance(e, Warned)] == ["W-CANARY-OUT"]
    assert "--forget" in heard[0].text  # type: ignore[union-attr]

    assert Scores(tmp_path).forget("a>b")
    _, candidate, provider, heard = canary(1.0, Scores(tmp_path))
    asked(provider, 10)
    assert candidate.calls == 10 and not heard


def test_a_new_version_gets_a_new_chance(tmp_path: Path) -> None:
    old, new = (Scripted(name="b", tasks={"try-on": version}).offer for version in "12")
    scores = Scores(tmp_path)
    scores.roll_back(pair_of("a", "b", old), "worse")
    assert scores.rolled_back(pair_of("a", "b", old)) == "worse"
    assert scores.rolled_back(pair_of("a", "b", new)) == ""


def test_a_slower_and_a_flagged_one_are_worse_too() -> None:
    rng = random.Random(3)
    *_, heard = asked_all(takes=lambda job: 3.0 * rng.uniform(0.7, 1.4))
    assert any("times as long" in e.text for e in heard if isinstance(e, Warned))
    flagged = Done(b"picture", notes=("the face has changed",))
    *_, heard = asked_all(candidate=lambda job: flagged if rng.random() < 0.5 else GOOD)
    assert any("need a look" in e.text for e in heard if isinstance(e, Warned))


def test_one_that_bills_more_than_it_says_is_worse_but_not_one_that_is_dear() -> None:
    dear = Done(b"picture", cost=0.5)
    billed = Tally(good=FLOOR, cost=0.5 * FLOOR, offered=0.1 * FLOOR)
    assert worse(Tally(good=FLOOR), billed) == "it is billed at 5.0 times its price"
    assert worse(Tally(good=FLOOR), Tally(good=FLOOR, cost=50.0, offered=50.0)) == ""
    *_, heard = asked_all(candidate=lambda job: dear, price={"try-on": 0.1})
    assert any("times its price" in e.text for e in heard if isinstance(e, Warned))


def asked_all(**how: Any) -> tuple[Any, ...]:
    made = canary(0.5, **how)
    asked(made[2], 200)
    return made


def test_an_equal_candidate_is_hardly_ever_rolled_back() -> None:
    """60 canaries of 400 jobs, both sides failing one job in ten, looked at after every call."""
    out = 0
    for seed in range(60):
        rng = random.Random(seed)
        answer = lambda job, rng=rng: no("input") if rng.random() < 0.1 else GOOD  # noqa: E731
        _, _, provider, _ = canary(0.5, usual=answer, candidate=answer)
        for n in range(400):
            with contextlib.suppress(Fault):
                provider.submit(job(f"{seed}-{n}"))
        out += bool(provider._out)
    assert out <= 3


def test_a_handful_of_calls_proves_nothing() -> None:
    assert worse(Tally(good=FLOOR), Tally(failed=FLOOR - 1)) == ""
    assert worse(Tally(good=FLOOR - 1), Tally(failed=FLOOR)) == ""
    assert worse(Tally(good=FLOOR), Tally(failed=FLOOR)) != ""
    assert worse(Tally(failed=FLOOR), Tally(good=FLOOR)) == ""


def test_what_stopped_ourselves_is_not_held_against_anybody() -> None:
    scores = Scores(None)
    for kind in ("stopped", "budget", "storage"):
        asked(canary(1.0, scores, candidate=lambda job, kind=kind: no(kind))[2], 50)
    assert scores.tally(Place("a>b", "b", "try-on", "1")).calls == 0


# --------------------------------------------------------------------------- counts on disk
@given(st.lists(st.floats(0.011, 5_000.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_quantiles_are_right_to_a_quarter(values: list[float], part: float) -> None:
    tally = Tally()
    for value in values:
        tally.good += 1
        tally.took(value)
    exact = sorted(values)[max(0, -(-int(part * 1000 * len(values)) // 1000) - 1)]
    got = tally.quantile(part)
    assert got is not None and exact / 1.001 <= got * 1.0001 and got <= max(values) * 1.26
    assert abs(tally.logs / tally.good - statistics.fmean(math.log(v) for v in values)) < 1e-6


def test_counts_add_up_over_runs_and_processes(tmp_path: Path) -> None:
    place = Place("", "fashn", "try-on", "1.6")
    books = [Scores(tmp_path, every=1e9) for _ in range(3)]
    for n, scores in enumerate(books):
        for _ in range(n + 1):
            tally = Tally(good=1, flagged=1, cost=0.075)
            tally.took(8.0)
            scores.note(place, tally)
    for scores in books:
        scores.flush()
        scores.flush()
    (found,) = Scores(tmp_path).all().items()
    assert found[0] == place and (found[1].good, found[1].flagged) == (6, 6)
    assert round(found[1].cost, 6) == 0.45
    assert (tmp_path / "scores.db").stat().st_mode & 0o077 == 0


def test_counts_are_written_when_nobody_holds_them_any_more(tmp_path: Path) -> None:
    scores = Scores(tmp_path, every=1e9)
    scores.note(Place("", "a", "try-on", "1"), Tally(good=1))
    del scores
    assert len(Scores(tmp_path).all()) == 1


def test_a_state_folder_that_cannot_be_used_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "scores.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    scores = Scores(tmp_path, every=0.0)
    scores.note(Place("", "a", "try-on", "1"), Tally(good=1))
    assert scores.rolled_back("x") == "" and scores.tally(Place("", "a", "try-on", "1")).good <= 1
    Scores(None).note(Place("", "a", "try-on", "1"), Tally(good=1))
