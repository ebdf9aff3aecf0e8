"""How a manifest is to be read, and what a bad row looks like. Knows no file and no format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

FORMATS = ("auto", "csv", "tsv", "jsonl", "json", "pairs", "viton", "dresscode")

NAME_TEMPLATE = "{id}.{format}"


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """Everything that changes how a manifest is read. The defaults read a plain CSV beside its pictures."""

    format: str = "auto"
    """One of FORMATS. auto looks at the ending and then at the first characters."""
    delimiter: str = ""
    """One character between cells; "" finds it (comma, semicolon, tab)."""
    encoding: str = "utf-8"
    columns: tuple[tuple[str, str], ...] = ()
    """(ours, theirs) pairs: which of their columns is our "human", "garment", ..."""
    root: Path | None = None
    """Second folder that relative paths are looked up in; pictures below it may be read."""
    allow_outside: bool = False
    """Pictures may lie anywhere, not only below the manifest's folder, root and allow_roots."""
    allow_roots: tuple[Path, ...] = ()
    """Further folders pictures may be read from."""
    expand_vars: bool = False
    """Expand ~ and $NAME in paths."""
    allow_private: bool = False
    """Addresses of pictures may lead into this machine's network, at any port."""
    max_rows: int | None = 10_000
    """Most rows that patterns and lists may make (rows written out one by one do not count). None: any."""
    strict: bool = False
    """Warnings that say so (swapped columns) make the row invalid."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Column name -> cell for cells that are empty or missing."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Column name -> cell that beats every row."""
    name_template: str = NAME_TEMPLATE
    """Name of a picture below images/ for rows without an output cell."""
    picture_format: str = "jpg"
    """What {format} stands for when the row does not say: jpg, png or webp."""
    only: tuple[str, ...] = ()
    """"tag:NAME" and "id:PATTERN" filters: one of the tags and one of the patterns must fit."""
    providers: tuple[str, ...] | None = None
    """Known provider names; None: provider cells are not checked."""
    outfit_order: str = "given"
    """given: order of dressing as written; auto: lower, upper, dress, outer, shoes, accessory."""
    humans: tuple[str, ...] = ()
    """Rows without a file: paths, patterns or folders of people ..."""
    garments: tuple[str, ...] = ()
    """... and of garments ..."""
    pairing: str = ""
    """... joined by "cross", "zip" or "sample:N"."""


class Invalid(NamedTuple):
    """A row that cannot run, with everything that is wrong with it."""

    row: str
    """As Pair.row."""
    line: int
    """Line in the file, from 1; 0 when there are no lines."""
    id: str
    """The row's id, "" when it has none of its own."""
    cells: tuple[tuple[str, str], ...]
    """Our column names and the cells as they were written, so that the row can be written out again."""
    complaints: tuple[Complaint, ...]
    """At least one with Level.ROW."""
    tags: tuple[str, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()
    """As Pair.meta."""
