"""One paid call through everything that can happen to it, with a service that does what it is told."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from dataclasses import replace
from typing import Any

import pytest
from paid_script import IDEMPOTENT, LOOKUP, NEITHER, PRICE, Died, job, picture
from paid_world import World

from tryon_cli.ledger import table
from tryon_cli.ledger.states import State
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done, Job, Offer
from tryon_cli.model.remote import Call, Pending, Terms, Ticket
from tryon_cli.paying import Paying, first

K = FaultKind
ONE = job()


def fails(world: World, what: Job = ONE) -> Fault:
    with pytest.raises(Fault) as caught:
        world.make(what)
    return caught.value


def money(world: World) -> tuple[int, int, int]:
    return tuple(world.purse.ledger.totals(world.journey))  # type: ignore[return-value]


CENTS = round(PRICE * 1_000_000)


# --------------------------------------------------------------------------- all goes well
def test_a_call_is_charged_once_and_its_picture_comes_back(world: World) -> None:
    world.service.pending = 2
    done = world.make(ONE)
    assert done.image == picture(ONE)
    assert done.cost == PRICE
    unit = world.unit()
    assert unit.state is State.STORED
    assert (unit.provider, unit.task, unit.row, unit.price, unit.step) == (
        "served",
        "try-on",
        "1",
        CENTS,
        ONE.key,
    )
    assert unit.digest in world.blobs
    assert money(world) == (CENTS, 0, 1)
    assert world.charged == 1


def test_what_the_service_took_is_told_and_is_nothing_for_what_was_there(world: World) -> None:
    """Calls at once follow it: what comes from our own disk says nothing about how fast the service is."""
    world.service.pending = 2
    seconds = world.make(ONE).seconds
    assert seconds is not None and seconds > 0.0
    world.again()
    assert world.make(ONE).seconds == 0.0


def test_a_call_that_went_well_at_last_keeps_no_complaint(worlds: Any) -> None:
    world = worlds(IDEMPOTENT)
    world.service.sync = True
    world.service.plan["submit"] = ["drop"]
    world.make(ONE)
    assert (world.state(), world.unit().text) == (State.STORED, "")


def test_the_intent_is_on_the_disk_before_the_request(world: World) -> None:
    seen: list[State] = []

    def look(call: Call) -> Ticket:
        seen.extend(unit.state for unit in table_of(world) if unit.token == call.json["token"])
        world.service.jobs["job-0"] = call.json["key"]
        return Ticket("job-0")

    world.service.plan["submit"] = [look]
    world.make(ONE)
    assert seen == [State.INTENT]


def test_the_ticket_is_on_the_disk_before_the_first_question(world: World) -> None:
    seen: list[tuple[State, str]] = []
    world.service.watching = lambda: seen.extend((u.state, u.ticket) for u in table_of(world))
    world.make(ONE)
    assert [state for state, _ in seen] == [State.ACCEPTED]
    assert Ticket.from_json(seen[0][1]).id == "job-0"


def table_of(world: World) -> list[table.Unit]:
    """As another process sees the file: only what is committed."""
    with contextlib.closing(sqlite3.connect(world.purse.ledger.path)) as db:
        return list(table.select(db))


def test_the_token_is_the_same_for_ever_and_another_one_for_each_call(world: World) -> None:
    world.make(ONE)
    world.make(job("k2"))
    first, second = sorted(world.purse.ledger.units(), key=lambda unit: unit.sent)
    assert first.token != second.token
    assert first.token.isalnum() and len(first.token) == 32
    (world.folder / "ledger.db").rename(world.folder / "lost.db")
    world.again()
    world.make(ONE)
    assert world.unit().token == first.token, "tokens must outlive the ledger"


def test_an_answer_that_is_the_picture_itself(world: World) -> None:
    world.service.sync, world.service.cost = True, 0.05
    assert world.make(ONE).image == picture(ONE)
    assert world.unit().state is State.STORED
    assert money(world) == (50_000, 0, 1), "what was billed counts, not what was expected"


# --------------------------------------------------------------------------- a definite no
@pytest.mark.parametrize("kind", [K.THROTTLED, K.TRANSIENT, K.INPUT, K.CONTENT, K.ACCOUNT, K.CONFIG, K.LOST])
def test_a_definite_no_gives_the_money_back_and_says_so(world: World, kind: FaultKind) -> None:
    world.service.plan["submit"] = [Fault(kind, "no")]
    assert fails(world).kind is kind
    assert world.state() is State.PLANNED
    assert money(world) == (0, 0, 0)
    world.make(ONE)
    assert world.unit().generation == 0, "the same call, since it was never taken"
    assert world.unit().attempt == 2
    assert world.charged == 1


def test_a_fault_of_prepare_leaves_no_trace(world: World) -> None:
    world.service.plan["prepare"] = [Fault(K.INPUT, "too small")]
    assert fails(world).kind is K.INPUT
    assert world.purse.ledger.units() == []


def test_p24_an_upload_that_was_forgotten_is_sent_again_with_one_charge(world: World) -> None:
    from tryon_cli.model.digest import digest_of

    digest = digest_of(b"person")
    references = world.purse.references
    references.keep("served", "", digest, "ref-1", 3600)
    original = world.service.prepare

    def prepare(job: Job, token: str) -> Call:
        call = original(job, token)
        known = references.find("served", "", digest)
        if known is None:
            references.keep("served", "", digest, "ref-2", 3600)
        return replace(call, json={**call.json, "image": known or "ref-2"}, uploads=(digest,))

    world.service.prepare = prepare  # type: ignore[method-assign]
    world.service.plan["submit"] = [Fault(K.LOST, "no such upload")]
    world.make(ONE)
    assert references.find("served", "", digest) == "ref-2"
    assert world.charged == 1
    assert world.service.asked["submit"] == 2


# --------------------------------------------------------------------------- nobody knows
def test_p08_a_lost_answer_is_asked_again_with_the_same_token(worlds: Any) -> None:
    world = worlds(IDEMPOTENT)
    world.service.plan["submit"] = ["drop", "drop"]
    world.make(ONE)
    assert world.charged == 1
    assert world.service.asked["submit"] == 3
    assert len(world.service.tokens) == 1
    assert money(world) == (CENTS, 0, 1)


def test_p08_a_token_that_is_still_at_work_is_asked_again(worlds: Any) -> None:
    world = worlds(IDEMPOTENT)
    world.service.plan["submit"] = ["drop", Fault(K.THROTTLED, "409 in flight", wait=2.0)]
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"], len(world.service.tokens)) == (1, 3, 1)


def test_p08_a_token_that_is_refused_the_second_time_is_looked_up(worlds: Any) -> None:
    world = worlds(Terms(replay=86_400.0, lookup=True))
    world.service.plan["submit"] = ["drop", *[Fault(K.INPUT, "422 this token was used")] * 3]
    world.make(ONE)
    assert world.charged == 1 and world.service.asked["find"] == 1


def test_p08_a_saved_500_is_no_answer_and_after_a_day_a_human_decides(worlds: Any) -> None:
    world = worlds(IDEMPOTENT)
    world.service.plan["submit"] = ["drop", *[Fault(K.TRANSIENT, "500")] * 3]
    assert fails(world).kind is K.WAITING
    world.clock.pass_(86_400.0)
    world.again()
    assert fails(world).code == "E-MAYBE-PAID"
    assert world.charged == 1, "its token is forgotten by now: it would be charged again"


def test_p09_a_lost_answer_is_looked_up(worlds: Any) -> None:
    world = worlds(LOOKUP)
    world.service.plan["submit"] = ["drop"]
    world.service.late = 0.8
    world.make(ONE)
    assert world.charged == 1
    assert world.service.asked["submit"] == 1
    assert world.service.asked["find"] >= 2, "unknown too early must not be believed"


def test_p09_unknown_is_believed_only_after_the_grace(worlds: Any) -> None:
    world = worlds(LOOKUP)
    world.service.plan["submit"] = [Fault(K.AMBIGUOUS, "cut before it arrived")]
    began = world.clock.up()
    world.make(ONE)
    assert world.charged == 1
    assert world.service.asked["submit"] == 2
    assert world.clock.up() - began >= LOOKUP.grace


def test_without_a_way_to_ask_it_is_held(world: World) -> None:
    world.service.plan["submit"] = ["drop"]
    fault = fails(world)
    assert (fault.kind, fault.code) == (K.AMBIGUOUS, "E-MAYBE-PAID")
    assert "$0.07" in fault.text and "--assume-unpaid" in fault.fix and "--resubmit-maybe-paid" in fault.fix
    assert world.state() is State.MAYBE_PAID
    assert money(world) == (0, CENTS, 1), "it stays reserved"
    for _ in range(2):
        world.again()
        assert fails(world).code == "E-MAYBE-PAID"
    assert world.charged == 1
    assert world.service.asked["submit"] == 1


def test_the_user_says_it_was_not_charged(world: World) -> None:
    world.service.plan["submit"] = [Fault(K.AMBIGUOUS, "cut")]
    fails(world)
    world.again(unpaid=True)
    world.make(ONE)
    assert (world.unit().generation, world.charged) == (0, 1)
    assert money(world) == (CENTS, 0, 1)


def test_the_user_takes_the_risk(world: World) -> None:
    world.service.plan["submit"] = ["drop"]
    fails(world)
    world.again(resubmit=True)
    world.make(ONE)
    first, second = world.purse.ledger.units()
    assert (first.state, second.state, second.generation) == (State.MAYBE_PAID, State.STORED, 1)
    assert first.token != second.token
    assert world.charged == 2, "bought twice with consent"
    assert money(world) == (CENTS, CENTS, 2)


def test_consent_counts_for_what_was_held_before_not_for_what_goes_wrong_now(world: World) -> None:
    world.again(resubmit=True, unpaid=True)
    world.service.plan["submit"] = ["drop", "drop", "drop", "drop"]
    assert fails(world).code == "E-MAYBE-PAID"
    assert world.charged == 1


@pytest.mark.parametrize("terms", [IDEMPOTENT, LOOKUP, NEITHER], ids=["idempotent", "look-up", "neither"])
@pytest.mark.parametrize("moment", ["die-before", "die-after"])
def test_death_around_the_request(worlds: Any, terms: Terms, moment: str) -> None:
    world = worlds(terms)
    world.service.plan["submit"] = [moment]
    world.died(ONE)
    if terms is NEITHER:
        assert fails(world).code == "E-MAYBE-PAID"
        assert world.charged == (moment == "die-after")
        return
    world.make(ONE)
    assert world.charged == 1
    assert money(world) == (CENTS, 0, 1)


def test_what_a_dead_process_sent_long_ago_is_looked_up_without_waiting(worlds: Any) -> None:
    world = worlds(LOOKUP)
    world.service.plan["submit"] = ["die-before"]
    world.died(ONE)
    world.clock.pass_(1800)
    before = world.clock.up()
    world.make(ONE)
    assert world.clock.up() - before < 1
    assert world.charged == 1


def test_p09_unknown_is_not_believed_of_a_service_that_may_have_forgotten(worlds: Any) -> None:
    world = worlds(Terms(lookup=True, kept=3600.0))
    world.service.plan["submit"] = ["die-after"]
    world.died(ONE)
    world.clock.pass_(3601)
    world.service.forgotten.add("job-0")
    assert fails(world).code == "E-MAYBE-PAID"
    assert world.charged == 1


def test_a_clock_that_jumped_does_not_shorten_the_grace(worlds: Any) -> None:
    world = worlds(LOOKUP)
    world.service.plan["submit"] = ["die-after"]
    world.service.late = 10.0
    world.died(ONE)
    world.clock.wall += 1e6
    world.make(ONE)
    assert world.charged == 1


def test_a_clock_that_jumped_back_over_a_restart(worlds: Any) -> None:
    world = worlds(Terms(replay=86_400.0, lookup=True))
    world.service.plan["submit"] = ["die-after"]
    world.died(ONE)
    world.clock.wall -= 1e6
    world.clock.boot = "boot-2"
    world.make(ONE)
    assert world.service.asked["submit"] == 1, "nobody can tell whether the token is still remembered"
    assert world.charged == 1


def test_p08_a_token_that_may_be_forgotten_is_not_sent_again(worlds: Any) -> None:
    world = worlds(IDEMPOTENT)
    world.service.plan["submit"] = ["die-after"]
    world.died(ONE)
    world.clock.pass_(86_400.0)
    assert fails(world).code == "E-MAYBE-PAID"
    assert world.service.asked["submit"] == 1


def test_p08_other_bytes_are_not_sent_with_the_same_token(worlds: Any) -> None:
    world = worlds(IDEMPOTENT)
    world.service.plan["submit"] = ["die-after"]
    world.died(ONE)
    original = world.service.prepare

    def other(job: Job, token: str) -> Call:
        call = original(job, token)
        return replace(call, json={**call.json, "image": "another address"})

    world.service.prepare = other
    assert fails(world).code == "E-MAYBE-PAID"
    assert world.service.asked["submit"] == 1


@pytest.mark.parametrize("kind", [K.THROTTLED, K.TRANSIENT, K.ACCOUNT, K.INPUT, K.CONTENT])
def test_p08_a_refusal_of_the_second_send_says_nothing_about_the_first(worlds: Any, kind: FaultKind) -> None:
    world = worlds(IDEMPOTENT)
    world.service.plan["submit"] = ["drop", *[Fault(kind, "no")] * 3]
    fault = fails(world)
    assert fault.kind is K.WAITING, "whoever stands above must neither repeat it nor send it elsewhere"
    assert world.state() is State.UNKNOWN
    assert money(world)[1] == CENTS
    assert world.paying.holds(ONE)
    world.again()
    world.make(ONE)
    assert world.charged == 1


def test_an_exception_of_the_vendor_is_no_proof(world: World) -> None:
    world.service.plan["submit"] = [KeyError("id")]
    assert fails(world).code == "E-MAYBE-PAID"


@pytest.mark.parametrize("kind", [K.INTERNAL, K.WAITING, K.LOST])
def test_strange_ends_of_the_first_send(worlds: Any, kind: FaultKind) -> None:
    world = worlds(NEITHER)
    world.service.plan["submit"] = [Fault(kind, "?")]
    fault = fails(world)
    expected = State.PLANNED if kind is K.LOST else State.MAYBE_PAID
    assert world.state() is expected, fault


def test_a_free_service_that_cannot_be_asked_is_simply_asked_again(worlds: Any) -> None:
    world = worlds(NEITHER)
    world.service.offer = replace(world.service.offer, price={})
    world.service.plan["submit"] = ["drop"]
    world.make(ONE)
    assert world.state() is State.STORED


def test_where_nobody_said_the_price_a_lost_answer_waits_for_a_human(worlds: Any) -> None:
    """It may cost something: never sent twice on a guess. Said once a run, not for each row."""
    world = worlds(NEITHER)
    world.service.offer = replace(world.service.offer, price={}, unpriced=frozenset({"try-on"}))
    heard: list[Any] = []
    world.purse.tell = heard.append
    world.service.plan["submit"] = ["drop"]
    fault = fails(world)
    assert (fault.code, world.state()) == ("E-MAYBE-PAID", State.MAYBE_PAID)
    assert "an unknown price" in fault.text and "$0" not in fault.text
    world.make(job("two"))
    assert [event.code for event in heard] == ["E-PRICE"] and "price =" in heard[0].text
    world.again(unpaid=True)
    world.make(ONE)
    assert world.state() is State.STORED


# --------------------------------------------------------------------------- a job that is out
@pytest.mark.parametrize("kind", [K.THROTTLED, K.TRANSIENT, K.AMBIGUOUS])
def test_questions_may_fail_and_are_asked_again(world: World, kind: FaultKind) -> None:
    world.service.plan["poll"] = [Fault(kind, "?")] * 5 + [Pending()] + [Fault(kind, "?")] * 5
    world.service.plan["fetch"] = [Fault(kind, "?")] * 3
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def test_p02_an_accepted_job_is_taken_up_by_the_next_process(world: World) -> None:
    world.service.watching = death(world)
    world.died(ONE)
    world.service.watching = lambda: None
    assert world.state() is State.ACCEPTED
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def death(world: World) -> Any:
    def die() -> None:
        world.die()
        raise Died

    return die


def test_p03_p06_a_job_that_takes_too_long_is_left_waiting_and_collected_later(world: World) -> None:
    world.service.pending = 10_000
    fault = fails(world)
    assert (fault.kind, fault.code) == (K.WAITING, "E-WAITING")
    assert world.state() is State.WAITING
    assert money(world) == (0, CENTS, 1)
    world.again()
    world.service.pending = 3
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def test_p27_a_stopping_run_leaves_its_jobs_to_the_next(world: World) -> None:
    world.service.pending = 10_000
    world.service.watching = lambda: world.purse.stop.set()
    assert fails(world).kind is K.STOPPED
    assert world.state() is State.ACCEPTED
    world.service.watching = lambda: None
    world.service.pending = 0
    world.again()
    world.make(ONE)
    assert world.charged == 1


def test_a_stopped_run_sends_nothing(world: World) -> None:
    world.purse.stop.set()
    assert fails(world).kind is K.STOPPED
    assert world.service.asked["submit"] == 0


@pytest.mark.parametrize("kind", [K.TRANSIENT, K.CONTENT, K.INPUT])
def test_a_job_that_failed_is_bought_again_as_another_generation(world: World, kind: FaultKind) -> None:
    world.service.plan["poll"] = [Pending(), Fault(kind, "the pipeline broke", final=True)]
    assert fails(world).kind is kind
    assert world.state() is State.FAILED
    assert money(world) == (0, 0, 1)
    world.make(ONE)
    assert world.unit().generation == 1
    assert money(world) == (CENTS, 0, 2)


def test_a_failed_job_that_may_be_charged_is_not_bought_again(worlds: Any) -> None:
    world = worlds(Terms(charges_failures=True))
    world.service.plan["poll"] = [Fault(K.TRANSIENT, "the pipeline broke", final=True)]
    fails(world)
    assert money(world) == (CENTS, 0, 1)
    world.again()
    assert fails(world).code == "E-PAID-SPOILED"
    world.again(remake=True)
    world.make(ONE)
    assert world.service.asked["submit"] == 2


def test_p07_a_copy_of_the_service_that_lags_is_not_believed(world: World) -> None:
    world.service.plan["poll"] = [Fault(K.LOST, "404")] * 3
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def test_p07_p20_a_job_that_the_service_forgot_is_not_bought_again(world: World) -> None:
    world.service.watching = lambda: world.service.forgotten.add("job-0")
    fault = fails(world)
    assert (fault.kind, fault.code) == (K.AMBIGUOUS, "E-PAID-EXPIRED")
    assert "$0.07" in fault.text and "--remake-expired" in fault.fix
    assert money(world) == (CENTS, 0, 1)
    world.again()
    assert fails(world).code == "E-PAID-EXPIRED"
    assert world.service.asked["submit"] == 1
    world.service.watching = lambda: None
    world.again(remake=True)
    world.make(ONE)
    assert world.unit().generation == 1


def test_a_forgotten_job_of_a_free_service_is_made_again(worlds: Any) -> None:
    world = worlds(NEITHER)
    world.service.offer = replace(world.service.offer, price={})
    world.service.watching = lambda: world.service.forgotten.add("job-0")
    world.make(ONE)
    assert world.service.asked["submit"] == 2


@pytest.mark.parametrize("kind", [K.ACCOUNT, K.CONFIG, K.INTERNAL])
def test_a_refused_question_leaves_the_ticket_where_it_is(world: World, kind: FaultKind) -> None:
    world.service.plan["poll"] = [Fault(kind, "key refused")]
    fault = fails(world)
    assert fault.kind in (K.WAITING, K.INTERNAL), "nobody above may send a paid job elsewhere"
    assert world.state() is State.ACCEPTED
    world.again()
    world.make(ONE)
    assert world.charged == 1


# --------------------------------------------------------------------------- the picture
def test_p04_an_address_that_expired_is_asked_for_anew(world: World) -> None:
    world.service.plan["fetch"] = [Fault(K.LOST, "410")]
    world.make(ONE)
    assert world.service.asked["poll"] == 2
    assert world.charged == 1


@pytest.mark.parametrize("trouble", [None, Fault(K.ACCOUNT, "no"), KeyError("url")])
def test_p04_what_is_made_is_fetched_first_and_no_trouble_there_stops_the_run(
    world: World, trouble: BaseException | None
) -> None:
    world.paying.submit(ONE)
    world.again()
    world.service.plan["fetch"] = [] if trouble is None else [trouble]
    first.collect([world.paying], world.purse, "another journey")
    assert world.state() is State.READY, "what other runs have left is theirs"
    first.collect([world.paying], world.purse, world.journey)
    assert world.state() is (State.STORED if trouble is None else State.READY)
    asked = world.service.asked["fetch"]
    assert world.make(ONE).image == picture(ONE)
    assert world.service.asked["fetch"] == asked + (trouble is not None)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def test_p04_what_is_still_at_work_is_asked_about_once_and_left(world: World) -> None:
    world.service.watching = death(world)
    world.died(ONE)
    world.service.watching = lambda: None
    world.service.pending = 2
    first.collect([world.paying], world.purse, world.journey)
    assert (world.state(), world.service.asked["poll"]) == (State.ACCEPTED, 1)
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def test_death_before_the_picture_is_stored(world: World) -> None:
    world.paying.submit(ONE)
    world.again()
    assert world.state() is State.READY
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)


def test_a_picture_in_the_answer_that_died_with_us(worlds: Any) -> None:
    world = worlds(NEITHER)
    world.service.sync = True
    world.paying.submit(ONE)
    world.again()
    fault = fails(world)
    assert fault.code == "E-PAID-EXPIRED"
    assert money(world) == (CENTS, 0, 1)
    assert world.charged == 1


def test_a_picture_that_our_cache_lost_is_fetched_again(world: World) -> None:
    world.make(ONE)
    world.blobs.clear()
    world.again()
    world.make(ONE)
    assert (world.charged, world.service.asked["submit"]) == (1, 1)
    assert world.state() is State.STORED


def test_a_picture_that_only_the_index_lost_needs_no_call_at_all(world: World) -> None:
    world.make(ONE)
    world.again()
    asked = sum(world.service.asked.values())
    assert world.make(ONE).image == picture(ONE)
    assert sum(world.service.asked.values()) == asked


def test_p04_a_lost_picture_that_the_service_no_longer_has_needs_consent(world: World) -> None:
    world.make(ONE)
    world.blobs.clear()
    world.service.forgotten.add("job-0")
    world.again()
    assert fails(world).code == "E-PAID-EXPIRED"
    assert world.service.asked["submit"] == 1


def test_p16_p18_a_paid_picture_that_is_none_is_not_bought_again(world: World) -> None:
    done = world.paying.submit(ONE)
    assert done.receipt is not None
    done.receipt.spoiled(Fault(K.CONTENT, "one flat colour"))
    assert money(world) == (CENTS, 0, 1)
    world.again()
    fault = fails(world)
    assert (fault.kind, fault.code) == (K.CONTENT, "E-PAID-SPOILED")
    assert "one flat colour" in fault.text
    assert world.service.asked["fetch"] == 1


def test_a_download_that_does_not_come_is_left_to_the_next_run(world: World) -> None:
    world.service.plan["fetch"] = [Fault(K.TRANSIENT, "503")] * 50
    fault = fails(world)
    assert (fault.kind, fault.code) == (K.WAITING, "E-NOT-FETCHED")
    assert world.state() is State.READY
    world.service.plan["fetch"] = []
    world.again()
    world.make(ONE)
    assert world.charged == 1


# --------------------------------------------------------------------------- an own provider with a price
class Own:
    """A class of somebody's own."""

    offer = Offer("own", {"try-on": "1"}, price={"try-on": PRICE})

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls = 0

    def submit(self, job: Job) -> Done:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else Done(picture(job))
        if isinstance(answer, BaseException):
            raise answer
        return answer


def test_an_own_provider_with_a_price_is_paid_for_the_same_way(world: World) -> None:
    own = Own(Fault(K.THROTTLED, "slow down"), RuntimeError("the line broke"))
    world.paying = Paying(own, world.purse)
    assert fails(world).kind is K.THROTTLED
    assert money(world) == (0, 0, 0)
    assert fails(world).code == "E-MAYBE-PAID"
    assert own.calls == 2
    world.make(job("k2"))
    assert own.calls == 3
    assert money(world) == (CENTS, CENTS, 2)


# --------------------------------------------------------------------------- who else may do it
def test_p10_holds_tells_whoever_would_send_it_elsewhere(world: World) -> None:
    assert not world.paying.holds(ONE)
    world.service.plan["submit"] = [Fault(K.TRANSIENT, "no")]
    fails(world)
    assert not world.paying.holds(ONE)
    world.service.plan["submit"] = ["drop"]
    fails(world)
    assert world.paying.holds(ONE)


def test_two_threads_that_want_the_same_call_make_one(world: World) -> None:
    """No timing in it: the second is started while the first is at the service."""
    inside, go = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go.wait(20)

    world.service.watching = wait
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(world.make(ONE).image)) for _ in range(2)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(20)
    assert made == [picture(ONE)] * 2
    assert world.charged == 1


def test_two_processes_that_want_the_same_call_make_one(world: World) -> None:
    """Two sets of claims and two connections, as two processes have them."""
    inside, go = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go.wait(20)

    world.service.watching = wait
    made: list[bytes] = []
    first, second = world.paying, world.begin()

    def make(paying: Paying) -> None:
        done = paying.submit(ONE)
        assert done.receipt is not None
        done.receipt.stored(world.blobs.put(done.image))
        made.append(done.image)

    threads = [threading.Thread(target=make, args=(paying,)) for paying in (first, second)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(20)
    assert made == [picture(ONE)] * 2
    assert world.charged == 1
    assert world.service.asked["fetch"] == 1, "the second takes it from the disk"


def test_whoever_waits_for_another_run_can_be_stopped(world: World) -> None:
    inside, go = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go.wait(20)

    world.service.watching = wait
    first, second = world.paying, world.begin()
    thread = threading.Thread(target=lambda: first.submit(ONE))
    thread.start()
    assert inside.wait(20)
    world.purse.stop.set()
    with pytest.raises(Fault) as caught:
        second.submit(ONE)
    assert caught.value.kind is K.STOPPED
    go.set()
    thread.join(20)
