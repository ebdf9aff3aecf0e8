"""How much may run at once: named pools with a depth. Knows no threads and no clock."""

from __future__ import annotations


class Pool:
    """A named number of permits, moved only while the scheduler's lock is held."""

    __slots__ = ("busy", "depth", "name")

    def __init__(self, name: str, depth: int) -> None:
        """depth: steps that may hold a permit at once, at least 1."""
        if depth < 1:
            raise ValueError(f"pool {name!r} needs at least one permit, not {depth}")
        self.name = name
        self.depth = depth
        self.busy = 0

    @property
    def most(self) -> int:
        """The depth that it never passes."""
        return self.depth

    def __repr__(self) -> str:
        return f"Pool({self.name!r}, {self.busy}/{self.depth})"
