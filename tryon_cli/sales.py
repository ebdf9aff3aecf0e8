"""A file of views or sales: a manifest whose rows say how often, and perhaps when, a pair was wanted."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import BinaryIO

from .history import day_of
from .manifest import Invalid, Manifest, ManifestOptions
from .model.pair import Pair
from .popular import Wish

COUNTS = ("views", "view", "count", "sales", "sold", "orders", "quantity", "hits")
"""Columns that say how often; without one each row counts once."""

DATES = ("date", "day", "time", "timestamp", "datetime")
"""Columns that say when; without one nobody knows."""

_FIRST, _LAST = date(1990, 1, 1), date(2200, 1, 1)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass
class Sales:
    """What was read."""

    rows: int = 0
    wishes: list[tuple[Pair, Wish]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """One line for each row that could not be used, or whose day could not."""


def read_sales(source: str, options: ManifestOptions, today: int, stdin: BinaryIO | None = None) -> Sales:
    """Every row of the file. Raises TryonError for a file that cannot be read."""
    # ids and names of pictures mean nothing here: a pair stands there once for each day, or each sale
    options = dataclasses.replace(
        options, overrides={**options.overrides, "id": "", "output": ""}, name_template="{id}.{format}"
    )
    found = Sales()
    with Manifest.open(source, options, stdin=stdin) as manifest:
        for row in manifest.rows():
            found.rows += 1
            if isinstance(row, Invalid):
                found.wrong.append(f"row {row.row}: {row.complaints[0].text}")
            elif not row.skip:
                found.wishes += _wish(row, today, found.wrong)
    return found


def _wish(row: Pair, today: int, wrong: list[str]) -> Iterator[tuple[Pair, Wish]]:
    cells = {name.strip().lower(): cell for name, cell in row.meta}
    count = _first(cells, COUNTS)
    often = 1.0 if count is None else count_of(count)
    if often is None:
        wrong.append(f"row {row.row}: {count!r} is not a number of wishes")
        return
    when = _first(cells, DATES)
    day = None if when is None else day_in(when)
    if when is not None and day is None:
        wrong.append(f"row {row.row}: {when!r} is not a day; it counts, but nobody knows when (2026-11-25)")
    exact = day is not None and day <= today
    yield row, Wish(min(today, today if day is None else day), often, exact)


def _first(cells: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((cells[name].strip() for name in names if cells.get(name)), None)


def count_of(cell: str) -> float | None:
    """A number that is not negative: "7", "1,204", "0.5"."""
    try:
        number = float(cell.replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def day_in(cell: str) -> int | None:
    """The day since 1970: 2026-11-25, with or without a time, 25.11.2026, or seconds since 1970."""
    try:
        if re.fullmatch(r"[0-9]{9,10}(\.[0-9]+)?", cell):
            return day_of(float(cell))
        if re.fullmatch(r"[0-9]{12,13}", cell):
            return day_of(int(cell) / 1000)
        german = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", cell)
        if german:
            found = date(*(int(part) for part in reversed(german.groups())))
        else:
            at = datetime.fromisoformat(re.sub(r"^([0-9]{4})/([0-9]{2})/([0-9]{2})", r"\1-\2-\3", cell))
            found = (at.astimezone(UTC) if at.tzinfo else at).date()
    except (ValueError, OverflowError):
        return None
    return found.toordinal() - _EPOCH if _FIRST <= found <= _LAST else None
