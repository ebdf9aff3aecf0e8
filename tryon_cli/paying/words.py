"""What is said about paid calls that went wrong: what, why, how much, and what to do."""

from __future__ import annotations

import time

from ..ledger.budget import spoken
from ..ledger.table import Unit
from ..model.errors import Fault, FaultKind
from ..model.remote import Ticket


def maybe_paid(unit: Unit) -> Fault:
    """Nobody can be asked whether it was taken."""
    return Fault(
        FaultKind.AMBIGUOUS,
        f"{unit.provider} may have charged {_amount(unit.price)} for this {unit.task}: it was sent at "
        f"{when(unit.sent)}, and no answer was read",
        code="E-MAYBE-PAID",
        fix="look at your account there, then: tryon resume --assume-unpaid (not charged), "
        "or --resubmit-maybe-paid (pay again at worst)",
    )


def unanswered(unit: Unit, why: str) -> Fault:
    """It may have been taken, and today nobody says whether."""
    return Fault(
        FaultKind.WAITING,
        f"{unit.provider} did not say whether it took this {unit.task} ({_amount(unit.price)}): {why}",
        code="E-PAID-UNKNOWN",
        fix="tryon resume asks again; nothing is paid twice",
    )


def waiting(unit: Unit, seconds: float) -> Fault:
    """Longer than we wait."""
    return Fault(
        FaultKind.WAITING,
        f"{unit.provider} has been at this {unit.task}{_named(unit)} for more than {seconds:,.0f} s; it goes on there",
        code="E-WAITING",
        fix="later:  tryon resume   (collects it, nothing is sent again)",
    )


def not_fetched(unit: Unit, fault: Fault) -> Fault:
    """The service has it, and the way to it is blocked today."""
    return Fault(
        FaultKind.WAITING,
        f"{unit.provider} has this {unit.task}{_named(unit)} ({spoken(cost(unit))}), and it could not be fetched: "
        f"{fault.text}",
        code="E-NOT-FETCHED",
        fix="soon:  tryon resume   (collects it, nothing is sent again)",
    )


def expired(unit: Unit) -> Fault:
    """Paid for, and gone."""
    return Fault(
        FaultKind.AMBIGUOUS,
        f"the {unit.task} that {unit.provider} made for {_amount(cost(unit))} at {when(unit.sent)} is gone there"
        + _named(unit)
        + (f" ({unit.text})" if unit.text else ""),
        code="E-PAID-EXPIRED",
        fix=f"to pay {_amount(unit.price)} once more:  tryon resume --remake-expired",
    )


def spoiled(unit: Unit) -> Fault:
    """Paid for, and no picture."""
    return Fault(
        FaultKind.CONTENT,
        f"{unit.provider} charged {spoken(cost(unit))} for this {unit.task} and gave no usable picture{_named(unit)}: "
        f"{unit.text}",
        code="E-PAID-SPOILED",
        fix=f"another --seed, or to pay {spoken(unit.price)} once more:  tryon resume --remake-expired",
    )


def not_written(unit: Unit, job: str, fault: Fault) -> Fault:
    """A job's name could not be saved: it is said, so that it is not lost."""
    return Fault(
        FaultKind.STORAGE,
        f"{fault.text}\n{unit.provider} job {job} is paid for ({spoken(unit.price)}) and could not be written down "
        f"(our token {unit.token}, row {unit.row or '?'})",
        code=fault.code,
        fix=fault.fix,
    )


def dearer(unit: Unit, billed: int) -> str:
    """The price list is out of date."""
    return (
        f"{unit.provider} billed {spoken(billed)} for a {unit.task}, its offer says {spoken(unit.price)}; limits count "
        f"what is billed, plans the offer: set {_setting(unit, billed / 1e6)}"
    )


def cancelled(unit: Unit) -> Fault:
    """The user gave it up."""
    return Fault(
        FaultKind.AMBIGUOUS, f"this {unit.task} was cancelled at {unit.provider} on your wish",
        code="E-PAID-CANCELLED", fix="to send it once more:  tryon resume --remake-expired",
    )  # fmt: skip


def unpriced(unit: Unit) -> str:
    """It may cost something."""
    return (
        f"nobody said what a {unit.task} at {unit.provider} costs: it counts as $0.00, also for limits; set "
        f"{_setting(unit, 0.05)}, or to 0 for a server of your own"
    )


def _setting(unit: Unit, usd: float) -> str:
    """How the price of a stage is said."""
    return f"[providers.{unit.provider}] price = {{ {unit.task} = {usd:g} }}"


def _amount(price: int) -> str:
    return spoken(price) if price else "an unknown price"


def _named(unit: Unit) -> str:
    """The service's own name of the job, by which its support finds it."""
    return f" (job {Ticket.from_json(unit.ticket).id})" if unit.ticket else ""


def cost(unit: Unit) -> int:
    return unit.price if unit.billed is None else unit.billed


def when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))
