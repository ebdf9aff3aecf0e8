"""Limits of money, checked in the transaction that holds a price back. Whole millionths of a USD, no floats."""

from __future__ import annotations

from typing import NamedTuple

from ..model.errors import Fault, FaultKind
from . import table
from .page import Page
from .states import money
from .table import Unit

MICRO = 1_000_000


def micro(usd: float) -> int:
    """USD in millionths."""
    return round(usd * MICRO)


def usd(amount: int) -> float:
    """Millionths as USD."""
    return amount / MICRO


def spoken(amount: int) -> str:
    """ "$0.07", "$0.0025": at least two places, more only where they say something."""
    text = f"{amount / MICRO:,.6f}".rstrip("0")
    whole, _, places = text.partition(".")
    return f"${whole}.{places.ljust(2, '0')}"


class Limits(NamedTuple):
    """What a run may spend, together with the runs that it goes on from."""

    journey: str
    """Name of the first run after the last finished one of its output folder: resume spends from the same limit."""
    run: str = ""
    cost: int | None = None
    """Most millionths of a USD; None: no limit."""
    calls: int | None = None
    """Most paid calls."""


def check(page: Page, limits: Limits, unit: Unit, row_limit: int | None) -> None:
    """Would this call pass a limit? Called within the transaction that reserves it. Raises Fault(BUDGET)."""
    if not unit.price:
        return
    now = page.totals(limits.journey)
    price = spoken(unit.price)
    if limits.cost is not None and now.spent + now.reserved + unit.price > limits.cost:
        held = f", {spoken(now.reserved)} held for calls that are out" if now.reserved else ""
        raise Fault(
            FaultKind.BUDGET,
            f"at the budget: {spoken(now.spent)} spent{held}, the next call ({price}) could pass {spoken(limits.cost)}",
            code="E-BUDGET",
            fix=f"continue:  tryon resume --max-cost {_next(limits.cost, unit.price)}",
        )
    if limits.calls is not None and now.calls >= limits.calls:
        raise Fault(
            FaultKind.BUDGET, f"at the limit of calls: {now.calls:,} of {limits.calls:,} paid calls are used",
            code="E-BUDGET-CALLS", fix=f"continue:  tryon resume --max-calls {limits.calls * 2 or 1}",
        )  # fmt: skip
    if row_limit is None:
        return
    row = sum(
        sum(money(other.state, other.price, other.billed))
        for other in table.select(page.db, "journey=? and row=?", (limits.journey, unit.row))
    )
    if row + unit.price > row_limit:
        raise Fault(
            FaultKind.BUDGET,
            f"row {unit.row} may cost {spoken(row_limit)}: {spoken(row)} are spent, this {unit.task} costs {price}",
            code="E-BUDGET-ROW",
            fix="raise max_cost of that row",
        )


def _next(limit: int, price: int) -> str:
    """A round amount above the limit, as somebody would type it."""
    return f"{-(-(limit + max(price, limit // 10)) // MICRO)}"
