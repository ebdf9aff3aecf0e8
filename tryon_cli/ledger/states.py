"""What a paid call can be, and what may happen to it. A pure function; knows no disk, no clock and no service."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a paid call stands. What follows STORED (the file in the output folder) is the journal's."""

    PLANNED = "planned"
    """Nothing is out: not sent yet, or the service said that it did not take it."""
    INTENT = "intent"
    """It is about to be sent, or was: the process that wrote this is at it, or died at it."""
    UNKNOWN = "unknown"
    """Sent, no answer read: it may have been taken."""
    ACCEPTED = "accepted"
    """The service has it and gave a ticket."""
    WAITING = "waiting"
    """As ACCEPTED, and nobody of ours waits for it any more: the next run collects it."""
    READY = "ready"
    """It is made and paid for; the picture is still theirs."""
    STORED = "stored"
    """The picture is on our disk and survives a power cut: only now is the money safe."""
    MAYBE_PAID = "maybe_paid"
    """Nobody can be asked whether it was taken. Held for a human."""
    EXPIRED = "expired"
    """Paid for, and the service does not have it any more. Held for a human."""
    FAILED = "failed"
    """The service took it and could not make it, or made something that is no picture."""
    CANCELLED = "cancelled"
    """Given up at the service on our wish."""


class Event(StrEnum):
    """What happens to a paid call."""

    SEND = "send"
    ACCEPT = "accept"
    REFUSE = "refuse"
    """It is known that it was not taken."""
    DOUBT = "doubt"
    """No answer that says whether it was taken."""
    HOLD = "hold"
    """There is nobody to ask."""
    FINISH = "finish"
    STORE = "store"
    PARK = "park"
    """It takes longer than we wait."""
    FAIL = "fail"
    EXPIRE = "expire"
    CANCEL = "cancel"


S, E = State, Event

MOVES: dict[tuple[State, Event], State] = {
    (S.PLANNED, E.SEND): S.INTENT,
    (S.INTENT, E.REFUSE): S.PLANNED,
    (S.INTENT, E.DOUBT): S.UNKNOWN,
    (S.INTENT, E.ACCEPT): S.ACCEPTED,
    (S.INTENT, E.FINISH): S.READY,
    # a picture that came within the answer: nobody waits until it is written that it is made
    (S.INTENT, E.STORE): S.STORED,
    (S.INTENT, E.FAIL): S.FAILED,
    (S.UNKNOWN, E.DOUBT): S.UNKNOWN,
    (S.UNKNOWN, E.REFUSE): S.PLANNED,
    (S.UNKNOWN, E.ACCEPT): S.ACCEPTED,
    (S.UNKNOWN, E.FINISH): S.READY,
    (S.UNKNOWN, E.STORE): S.STORED,
    (S.UNKNOWN, E.FAIL): S.FAILED,
    (S.UNKNOWN, E.HOLD): S.MAYBE_PAID,
    (S.ACCEPTED, E.PARK): S.WAITING,
    (S.ACCEPTED, E.FINISH): S.READY,
    (S.ACCEPTED, E.FAIL): S.FAILED,
    (S.ACCEPTED, E.EXPIRE): S.EXPIRED,
    (S.ACCEPTED, E.CANCEL): S.CANCELLED,
    (S.WAITING, E.PARK): S.WAITING,
    (S.WAITING, E.FINISH): S.READY,
    (S.WAITING, E.FAIL): S.FAILED,
    (S.WAITING, E.EXPIRE): S.EXPIRED,
    (S.WAITING, E.CANCEL): S.CANCELLED,
    (S.READY, E.FINISH): S.READY,
    (S.READY, E.STORE): S.STORED,
    (S.READY, E.FAIL): S.FAILED,
    (S.READY, E.EXPIRE): S.EXPIRED,
    # a picture that our own disk lost is fetched again, not bought again
    (S.STORED, E.FINISH): S.READY,
    (S.STORED, E.STORE): S.STORED,
    (S.STORED, E.FAIL): S.FAILED,
    (S.STORED, E.EXPIRE): S.EXPIRED,
    # the user's own word, or the service's after all
    (S.MAYBE_PAID, E.REFUSE): S.PLANNED,
    (S.MAYBE_PAID, E.ACCEPT): S.ACCEPTED,
}
"""Everything that may happen. What is not here is a bug, and is refused before it is written."""

RESERVED = frozenset({S.INTENT, S.UNKNOWN, S.ACCEPTED, S.WAITING, S.MAYBE_PAID, S.CANCELLED})
"""The price is held back: it may be charged, or was."""
SPENT = frozenset({S.READY, S.STORED, S.EXPIRED, S.FAILED})
"""The amount that was billed counts."""
OUT = frozenset({S.INTENT, S.UNKNOWN, S.ACCEPTED, S.WAITING, S.READY})
"""Something of ours is at the service, or may be."""
HELD = frozenset({S.MAYBE_PAID, S.EXPIRED})
"""A human decides."""


def move(state: State, event: Event) -> State:
    """What a call becomes. Raises ValueError for what cannot happen."""
    try:
        return MOVES[state, event]
    except KeyError:
        raise ValueError(f"a call that is {state} cannot {event}") from None


def money(state: State, price: int, billed: int | None) -> tuple[int, int]:
    """(spent, reserved) in millionths of a USD. billed: what was charged; None: as the price says."""
    if state in RESERVED:
        return 0, price
    if state in SPENT:
        return price if billed is None else billed, 0
    return 0, 0
