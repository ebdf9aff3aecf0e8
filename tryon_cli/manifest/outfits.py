"""Cells of people and garments: lists, patterns and their combinations. Knows no rows.

A choice is one way to read a cell: one person, or one garment per part of the outfit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

from .pictures import Look, Picture, Pictures
from .trouble import bad
from .values import texts_of

MEMO = 32_768


class Choices(Sequence[tuple[Look, ...]]):
    """Every combination of one look per part, made when asked for: 1,000 x 1,000 is never a list."""

    def __init__(self, parts: Sequence[tuple[Look, ...]]) -> None:
        self._parts = parts
        self._count = math.prod(map(len, parts))

    def __len__(self) -> int:
        return min(self._count, 2**62)

    def __iter__(self) -> Iterator[tuple[Look, ...]]:
        return itertools.product(*self._parts)

    def __getitem__(self, at: int) -> tuple[Look, ...]:  # type: ignore[override]
        return next(itertools.islice(iter(self), at, None))


class Side(NamedTuple):
    """What the cell, or cells, of one side of a pair can mean; never nothing."""

    choices: Sequence[tuple[Look, ...]]
    notices: tuple[Complaint, ...] = ()
    only: tuple[Picture, ...] = ()
    """The choice, when there is just one and nothing is to be said about it: so for nearly every row."""


def _side(choices: Sequence[tuple[Look, ...]], notices: Sequence[Complaint] = ()) -> Side:
    only: tuple[Picture, ...] = ()
    if len(choices) == 1 and not notices:
        only = tuple(look for look in choices[0] if isinstance(look, Picture))
        only = only if len(only) == len(choices[0]) else ()
    return Side(choices, tuple(notices), only)


class Outfits:
    """Reads cells of people and garments; equal cells once."""

    def __init__(self, pictures: Pictures, *, literal: bool = False) -> None:
        """literal: every cell is one path as it is."""
        self._pictures, self._literal = pictures, literal
        self._people: dict[str, Side] = {}
        self._clothes: dict[tuple[str, ...], Side] = {}

    def people(self, cell: str) -> Side:
        """A person, or several to choose from: a pattern, a list, paths with bars."""
        known = self._people.get(cell)
        if known is None:
            if len(self._people) >= MEMO:
                self._people.clear()
            known = self._people[cell] = self._read_people(cell)
        return known

    def outfit(self, cells: tuple[str, ...]) -> Side:
        """The garments of a row in order; a pattern in one part gives one outfit per file."""
        known = self._clothes.get(cells)
        if known is None:
            if len(self._clothes) >= MEMO:
                self._clothes.clear()
            known = self._clothes[cells] = self._read_outfit(cells)
        return known

    def _read_people(self, cell: str) -> Side:
        looks: list[Look] = []
        notices: list[Complaint] = []
        for part in self._parts(cell):
            found, said = (
                self._pictures.expand(part) if not self._literal else ((self._pictures.look(part),), ())
            )
            looks += found
            notices += said
        if not looks:
            return Side([(bad("M-VALUE", "human", cell, "human is empty", "name a picture of the person"),)])
        return _side([(look,) for look in looks], notices)

    def _read_outfit(self, cells: tuple[str, ...]) -> Side:
        parts: list[tuple[Look, ...]] = []
        notices: list[Complaint] = []
        for part in (part for cell in cells for part in self._parts(cell)):
            found, said = (
                self._pictures.expand(part) if not self._literal else ((self._pictures.look(part),), ())
            )
            parts.append(found)
            notices += said
        if not parts:
            return Side(
                [(bad("M-VALUE", "garment", "", "garment is empty", "name a picture of the garment"),)]
            )
        choices = [tuple(part[0] for part in parts)] if all(len(p) == 1 for p in parts) else Choices(parts)
        return _side(choices, notices)

    def _parts(self, cell: str) -> list[str]:
        if self._literal:
            return [cell] if cell else []
        if cell.startswith("["):
            listed = texts_of(cell)
            if listed is not None:
                return [text for text in listed if text]
        return [part for part in map(str.strip, cell.split("|")) if part]
