"""Random lives of paid calls against a small model of what must be true of each of them."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings, strategies
from paid_script import IDEMPOTENT, LOOKUP, NEITHER, PRICE, Died, job
from paid_world import World

from tryon_cli.ledger import care
from tryon_cli.ledger.states import MOVES, OUT, Event, State, money, move
from tryon_cli.ledger.table import Totals
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.remote import Pending

K = FaultKind
NO = [K.THROTTLED, K.TRANSIENT, K.INPUT, K.ACCOUNT]
CENTS = round(PRICE * 1_000_000)
KEPT = 30 * 86_400.0
KINDS = {"idempotent": IDEMPOTENT, "lookup": replace(LOOKUP, kept=KEPT), "neither": NEITHER}

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Thousands of commits: what a disk does with them is tried elsewhere."""

SUBMIT = ["well", "drop", "cut", "die-before", "die-after", "refused", "odd"]
ASKED = ["well", "well", "slow", "blip", "lost", "failed", "die", "stop"]
BETWEEN = [
    "nothing",
    "restart",
    "second process",
    "late",
    "clock back",
    "clock ahead",
    "boot",
    "blob lost",
    "expired",
]


def program(dice: strategies.DrawFn) -> list[tuple[str, str, str, bool, int]]:
    """Visits of one call: how its request, its question and its download end, and what happens before."""
    one = strategies.tuples(
        strategies.sampled_from(SUBMIT), strategies.sampled_from(ASKED), strategies.sampled_from(BETWEEN),
        strategies.booleans(), strategies.integers(0, 3),
    )  # fmt: skip
    return dice(strategies.lists(one, min_size=1, max_size=7))


class Reference:
    """What must be true of one call, whatever happens to it. Knows nothing of how we do it."""

    def __init__(self, world: World, kind: str) -> None:
        self.world = world
        self.kind = kind
        self.generations = 1
        """How often it may be charged: once, and once more after each proof that the last one is over."""
        self.doubtful = kind == "neither"
        """Nobody can tell any more whether it was taken."""

    def check(self, fault: Fault | None) -> None:
        world, charged = self.world, self.world.charged
        units = sorted(world.purse.ledger.units(), key=lambda unit: unit.generation)
        self.generations = max(self.generations, *(unit.generation + 1 for unit in units), 1)
        assert charged <= self.generations, "charged more often than it was bought"
        assert len(set(world.service.tokens)) <= self.generations, "one token for each generation"
        newest = units[-1] if units else None
        for unit in units[:-1]:
            assert unit.state is State.FAILED, "only a failed call is bought again without consent"
        spent, reserved, _ = world.purse.ledger.totals(world.journey)
        assert spent + reserved >= CENTS * (charged - sum(u.state is State.FAILED for u in units))
        assert world.purse.ledger.totals(world.journey) == self.counted()
        if fault is None:
            assert newest is not None and newest.state is State.STORED
        elif newest is not None and newest.state in OUT:
            assert fault.kind in (K.WAITING, K.AMBIGUOUS, K.STOPPED, K.INTERNAL), fault
        if not self.doubtful:
            assert newest is None or newest.state is not State.MAYBE_PAID

    def counted(self) -> Totals:
        with contextlib.closing(sqlite3.connect(self.world.purse.ledger.path)) as db:
            return care.sums(db).get(self.world.journey, Totals())


def arrange(world: World, submit: str, asked: str) -> None:
    service = world.service
    for plan in service.plan.values():
        plan.clear()
    service.watching = lambda: None
    service.pending = 0
    first = {
        "drop": "drop", "die-before": "die-before", "die-after": "die-after", "cut": Fault(K.AMBIGUOUS, "cut"),
        "odd": ValueError("no id"),
    }  # fmt: skip
    if submit == "refused":
        service.plan["submit"] = [Fault(NO[len(world.service.asked) % 4], "no")]
    elif submit in first:
        service.plan["submit"] = [first[submit]]
    blips = {
        "slow": [Pending()] * 3, "blip": [Fault(K.TRANSIENT, "503"), Pending(), Fault(K.THROTTLED, "429")],
        "lost": [Fault(K.LOST, "404")] * 2, "failed": [Fault(K.TRANSIENT, "broke", final=True)],
    }  # fmt: skip
    service.plan["poll"] = list(blips.get(asked, []))
    if asked == "die":
        service.watching = lambda: die(world)
    if asked == "stop":
        service.pending = 100
        service.watching = lambda: world.purse.stop.set()


def die(world: World) -> None:
    world.die()
    raise Died


def between(world: World, what: str) -> None:
    clock = world.clock
    match what:
        case "restart":
            world.again()
        case "second process":
            world.begin()
        case "late":
            clock.pass_(7200)
        case "clock back":
            clock.wall -= 86_400
        case "clock ahead":
            clock.wall += 86_400
        case "boot":
            clock.boot += "x"
            clock.mono = 10.0
            for id_ in world.service.taken_at:
                world.service.taken_at[id_] = -1e6
            world.again()
        case "blob lost":
            world.blobs.clear()
        case "expired":
            clock.pass_(KEPT + 1)
            world.service.forgotten |= set(world.service.jobs)


@settings(max_examples=150)
@given(strategies.data(), strategies.sampled_from(sorted(KINDS)), strategies.sampled_from([0.0, 0.8, 20.0]))
def test_random_lives(data: strategies.DataObject, kind: str, late: float) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        world = World(Path(folder) / "state", KINDS[kind])
        world.service.late = late
        reference = Reference(world, kind)
        booted = False
        try:
            for submit, asked, before, dies, _ in data.draw(strategies.composite(program)()):
                between(world, before)
                booted |= before == "boot"
                # after a boot only the wall clock tells how old a call is
                reference.doubtful |= before in ("expired", "clock back", "late", *["clock ahead"] * booted)
                arrange(world, submit, asked)
                reference.check(visit(world, dies=dies))
            # at last all goes well: what can be had without paying twice is had
            for plan in world.service.plan.values():
                plan.clear()
            world.service.watching, world.service.pending = lambda: None, 0
            world.again()
            fault = visit(world, dies=False)
            reference.check(fault)
            if not reference.doubtful and fault is not None:
                raise AssertionError(f"it could be had, and was not: {fault}")
        finally:
            world.die()


def visit(world: World, *, dies: bool) -> Fault | None:
    """One run asks for the call. dies: between the picture and its storing."""
    if world.purse.stop.is_set():
        world.again()
    try:
        done = world.paying.submit(job())
        if dies:
            world.again()
            return Fault(K.STOPPED, "died")
        assert done.receipt is not None
        done.receipt.stored(world.blobs.put(done.image))
    except Died:
        world.again()
        return Fault(K.STOPPED, "died")
    except Fault as fault:
        if not world.open:
            world.again()
        return fault
    return None


# --------------------------------------------------------------------------- the function itself
def test_no_way_leads_from_a_charge_back_to_a_plain_send() -> None:
    """PLANNED is reached only from where nothing was taken, or where somebody said so."""
    back = {state for (state, _), after in MOVES.items() if after is State.PLANNED}
    assert back == {State.INTENT, State.UNKNOWN, State.MAYBE_PAID}
    assert {event for (_, event), after in MOVES.items() if after is State.PLANNED} == {Event.REFUSE}
    assert [state for (state, event) in MOVES if event is Event.SEND] == [State.PLANNED]


def test_every_state_can_be_reached_and_every_event_happens() -> None:
    assert {*MOVES.values(), State.PLANNED} == set(State)
    assert {event for _, event in MOVES} == set(Event)


@given(strategies.lists(strategies.sampled_from(list(Event)), max_size=20), strategies.integers(0, 10**6))
def test_money_never_goes_below_what_may_be_charged(events: list[Event], price: int) -> None:
    state = State.PLANNED
    for event in events:
        try:
            state = move(state, event)
        except ValueError:
            assert (state, event) not in MOVES
            continue
        spent, reserved = money(state, price, None)
        assert spent + reserved == (0 if state is State.PLANNED else price)
