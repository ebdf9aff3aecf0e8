"""One row as it stands in a file, whatever the format. Knows no file and judges no cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from tryon_cli.model.errors import Complaint

from .columns import Layout

LONGEST_CELL = 65_536
"""Characters of one cell."""


class Record(NamedTuple):
    """A row before anything is checked."""

    row: int
    """From 1, in the order of the file."""
    line: int
    """Where it starts, from 1; 0 when there are no lines."""
    layout: Layout
    cells: list[str]
    """One per name of the layout, stripped."""
    complaints: tuple[Complaint, ...] = ()
    """What was wrong with its form."""


class Form(Protocol):
    """A way rows are written down."""

    columns: tuple[str, ...]
    """Their column names as found; empty for forms without a header."""
    meta: tuple[str, ...]
    """Columns we do not know."""
    notices: tuple[Complaint, ...]
    """About the file as a whole."""
    defaults: Mapping[str, str]
    """Cells that the file itself gives for empty ones; they beat the defaults of the options."""
    expected: int
    """About how many rows there are."""
    literal: bool
    """True when cells are names as they are: no patterns, no lists."""

    def records(self) -> Iterator[Record]:
        """All rows from the first; each call starts again."""
        ...
