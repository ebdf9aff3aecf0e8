"""Limits that are never passed by one call, however many workers ask at once."""

from __future__ import annotations

import random
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from paid_script import LOOKUP, PRICE, job
from paid_world import World

from tryon_cli.ledger.budget import Limits, micro, spoken, usd
from tryon_cli.ledger.ledger import Ledger
from tryon_cli.ledger.states import Event, State
from tryon_cli.ledger.table import Unit
from tryon_cli.model.errors import Fault, FaultKind

K = FaultKind
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def unit(n: int, price: int) -> Unit:
    return Unit(f"{n:064x}", 0, State.PLANNED, "served", "", "try-on", f"{n:064x}", str(n), price=price)


RUNS = 1000


def test_a_thousand_runs_with_64_calls_in_flight() -> None:
    """Random prices, ends and orders. What the service charges is never more than the limit."""
    for seed in range(RUNS):
        one_run(random.Random(seed), f"j{seed}")


def one_run(dice: random.Random, journey: str) -> None:
    limit = dice.randrange(0, 2_000_000)
    limits, ledger = Limits(journey, cost=limit), shared()
    flying: list[Unit] = []
    charged = 0
    for n in range(dice.choice((10, 20, 40, 150))):
        if len(flying) < 64 and dice.random() < 0.7:
            try:
                flying.append(
                    ledger.intend(replace_call(unit(n, dice.randrange(1, 200_000)), journey), limits)
                )
            except Fault as fault:
                assert fault.kind is K.BUDGET
        elif flying:
            one = flying.pop(dice.randrange(len(flying)))
            match dice.randrange(5):
                case 0:
                    ledger.change(one, Event.REFUSE)
                case 1:
                    charged += one.price
                    ledger.change(ledger.change(one, Event.DOUBT), Event.HOLD)
                case _:
                    billed = dice.randrange(one.price + 1)
                    charged += billed
                    ledger.change(one, Event.FINISH, billed=billed)
        assert charged + sum(one.price for one in flying) <= limit
    now = ledger.totals(journey)
    assert now.spent + now.reserved == charged + sum(one.price for one in flying)


def replace_call(one: Unit, journey: str) -> Unit:
    return one._replace(call=f"{hash((journey, one.call)) & (2**64 - 1):064x}")


_LEDGERS: list[Ledger] = []


def shared() -> Ledger:
    """One ledger for all examples: each has a journey of its own."""
    if not _LEDGERS:
        _LEDGERS.append(Ledger(Path(tempfile.mkdtemp(dir=MEMORY)) / "state"))
    return _LEDGERS[0]


@pytest.fixture(scope="module", autouse=True)
def closing() -> object:
    yield
    for ledger in _LEDGERS:
        ledger.close()


@pytest.mark.parametrize("calls", [0, 1, 10])
def test_p13_sixteen_workers_and_a_limit(world: World, calls: int) -> None:
    world.cost = PRICE * calls + PRICE / 2
    world.again()
    stopped: list[FaultKind] = []

    def one(n: int) -> None:
        try:
            world.make(job(f"k{n}"))
        except Fault as fault:
            stopped.append(fault.kind)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(40)))
    assert world.charged == calls
    assert set(stopped) == {K.BUDGET}
    assert world.purse.ledger.totals(world.journey).spent == calls * micro(PRICE)


def test_p13_a_limit_says_what_is_spent_and_how_to_go_on(world: World) -> None:
    world.cost = 0.10
    world.again()
    world.make(job("k1"))
    with pytest.raises(Fault) as caught:
        world.make(job("k2"))
    assert "$0.07 spent" in caught.value.text and "could pass $0.10" in caught.value.text
    assert "--max-cost" in caught.value.fix
    assert world.service.asked["submit"] == 1


def test_a_call_that_may_be_charged_counts_against_the_limit(world: World) -> None:
    world.cost = 0.10
    world.again()
    world.service.plan["submit"] = ["drop"]
    with pytest.raises(Fault):
        world.make(job("k1"))
    with pytest.raises(Fault) as caught:
        world.make(job("k2"))
    assert caught.value.kind is K.BUDGET and "$0.07 held" in caught.value.text


def test_p14_a_limit_counts_what_was_billed(world: World) -> None:
    """Twice what the offer says: the money that is left is what counts from then on."""
    world.cost = 0.30
    world.service.cost = 0.14
    world.again()
    made = 0
    for n in range(5):
        try:
            world.make(job(f"k{n}"))
            made += 1
        except Fault as fault:
            assert fault.kind is K.BUDGET
    assert made == 2


def test_another_journey_has_a_limit_of_its_own(world: World) -> None:
    world.cost = 0.10
    world.again()
    world.make(job("k1"))
    world.journey = "j2"
    world.again()
    world.make(job("k2"))


def test_free_calls_pass_every_limit(world: World) -> None:
    world.cost, world.calls = 0.0, 0
    world.service.offer = replace(world.service.offer, price={})
    world.again()
    world.make(job("k1"))


def test_a_row_has_a_limit_of_its_own(world: World) -> None:
    world.make(job("k1", row="7", limit=0.10))
    with pytest.raises(Fault) as caught:
        world.make(job("k2", row="7", limit=0.10))
    assert caught.value.code == "E-BUDGET-ROW"
    world.make(job("k3", row="8", limit=0.10))


def test_refused_calls_do_not_count(world: World) -> None:
    world.calls = 1
    world.again()
    world.service.plan["submit"] = [Fault(K.THROTTLED, "later")] * 3
    for _ in range(3):
        with pytest.raises(Fault) as caught:
            world.make(job("k1"))
        assert caught.value.kind is K.THROTTLED
    world.make(job("k1"))
    with pytest.raises(Fault) as caught:
        world.make(job("k2"))
    assert caught.value.code == "E-BUDGET-CALLS"


def test_looking_up_needs_no_new_reservation(worlds: object) -> None:
    world: World = worlds(LOOKUP)  # type: ignore[operator]
    world.cost = PRICE
    world.again()
    world.service.plan["submit"] = ["drop"]
    world.make(job("k1"))
    assert world.purse.ledger.totals("j1").spent == micro(PRICE)


def test_workers_that_wait_for_the_service_hold_their_money(world: World) -> None:
    world.cost = PRICE * 1.5
    world.again()
    inside, go = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go.wait(20)

    world.service.watching = wait
    thread = threading.Thread(target=world.make, args=(job("k1"),))
    thread.start()
    assert inside.wait(20)
    with pytest.raises(Fault) as caught:
        world.make(job("k2"))
    assert caught.value.kind is K.BUDGET
    go.set()
    thread.join(20)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (70_000, "$0.07"), (2_500, "$0.0025"), (1_234_560_000, "$1,234.56"), (100_000, "$0.10")],
)
def test_amounts_are_spelled(amount: int, text: str) -> None:
    assert spoken(amount) == text
    assert micro(usd(amount)) == amount
