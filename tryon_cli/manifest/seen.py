"""Remembers a million names in tens of megabytes and says where each was first seen. Knows no rows."""

from __future__ import annotations

from array import array
from typing import NamedTuple


class Place(NamedTuple):
    """Where something stood."""

    row: int
    child: int
    """0 when the row made no further rows."""
    line: int

    @property
    def name(self) -> str:
        """ "17", or "1.17" for the 17th row that row 1 made."""
        return f"{self.row}.{self.child}" if self.child else str(self.row)

    def __str__(self) -> str:
        """As people read it, such as "row 17 (line 18)"."""
        return f"row {self.name} (line {self.line})" if self.line else f"row {self.name}"


class Places:
    """Row, child and line of every accepted row in 12 bytes each; others point in here by number."""

    def __init__(self) -> None:
        self._rows, self._children, self._lines = array("I"), array("I"), array("I")

    def add(self, row: int, child: int, line: int) -> int:
        """Remember a place and give its number."""
        self._rows.append(row)
        self._children.append(child)
        self._lines.append(line)
        return len(self._rows) - 1

    def __getitem__(self, number: int) -> Place:
        return Place(self._rows[number], self._children[number], self._lines[number])


class Seen:
    """A set of texts that keeps 96 bits of each instead of the text: 28 bytes per text, not 150.

    The bits come from Python's keyed hash of the text and of the text with a mark. By chance two of a
    million texts share all 96 once in 10^17 manifests; who knows the key of this process could at most
    get rows of his own manifest called duplicates. Refused: a set of texts (130 MB for a million),
    SQLite (four times slower than everything else together).
    """

    def __init__(self, expected: int = 0) -> None:
        """expected: about how many texts; only saves growing."""
        size = 1024
        while size * 2 < expected * 3:
            size *= 2
        self._index = array("I", bytes(4 * size))
        self._mask = size - 1
        self._room = size * 2 // 3
        self._low = array("q")
        self._high = array("I")
        self._marks = array("I")
        self._places = array("I")

    def add(self, text: str, place: int, mark: int = 0) -> int:
        """Remember the text and give -1; or, when it is known already, the number to ask about it.

        mark: 32 bits that mark_of() gives back.
        """
        low = hash(text)
        high = hash(text + "\0") & 0xFFFFFFFF
        index, mask, lows = self._index, self._mask, self._low
        slot = low & mask
        while entry := index[slot]:
            if lows[entry - 1] == low and self._high[entry - 1] == high:
                return entry - 1
            slot = (slot + 1) & mask
        lows.append(low)
        self._high.append(high)
        self._marks.append(mark)
        self._places.append(place)
        index[slot] = len(lows)
        if len(lows) > self._room:
            self._grow()
        return -1

    def find(self, text: str) -> int:
        """The number to ask about this text, -1 when it is not known."""
        low, high = hash(text), hash(text + "\0") & 0xFFFFFFFF
        slot = low & self._mask
        while entry := self._index[slot]:
            if self._low[entry - 1] == low and self._high[entry - 1] == high:
                return entry - 1
            slot = (slot + 1) & self._mask
        return -1

    def __contains__(self, text: str) -> bool:
        return self.find(text) >= 0

    def __len__(self) -> int:
        return len(self._low)

    def place_of(self, number: int) -> int:
        """The place given when this text was first added."""
        return self._places[number]

    def mark_of(self, number: int) -> int:
        """The mark given when this text was first added."""
        return self._marks[number]

    def _grow(self) -> None:
        size = (self._mask + 1) * 2
        self._mask, self._room = size - 1, size * 2 // 3
        self._index = index = array("I", bytes(4 * size))
        mask = self._mask
        for entry, low in enumerate(self._low, 1):
            slot = low & mask
            while index[slot]:
                slot = (slot + 1) & mask
            index[slot] = entry
