"""What an earlier run left at services: fetched before anything new is sent, whatever the order of the rows.

Results do not stay there for long, and rows that want them may come late in the manifest. Sends no paid request.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..ledger import look
from ..ledger.states import State
from ..ledger.table import Unit
from .paying import Paying
from .purse import Purse

AT_ONCE = 6
"""Downloads at once: no service that we know allows fewer."""

LEFT = frozenset({State.ACCEPTED, State.WAITING, State.READY})
"""States in which a service has something for us."""


def collect(sellers: Sequence[Paying], purse: Purse, journey: str) -> None:
    """Keep every picture of this journey that is made by now. Never raises: what fails, its row tells."""
    try:
        out = look.unsettled(purse.folder)
    except sqlite3.Error:
        return
    found = [unit for unit in out if unit.state in LEFT and unit.journey == journey]
    work = [(seller, unit) for unit in found for seller in sellers if seller.sold(unit)]
    if not work:
        return

    def one(pair: tuple[Paying, Unit]) -> None:
        seller, unit = pair
        if not (purse.stop.is_set() or look.in_hand(purse.folder, unit)):
            with contextlib.suppress(Exception):  # also a bug of a vendor's file: its row tells it
                seller.collect(unit)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tryon-collect") as pool:
        list(pool.map(one, work))
