"""What a plan is made of: rows in flight, and the steps that they wait for. Pure data."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from ..model.digest import Digest, Key
from ..model.errors import Fault, FaultKind
from ..model.outcome import Answer
from .shape import Node, Shape

LASTING = (FaultKind.INPUT, FaultKind.CONTENT)
"""Faults that another run will meet again."""

AGEING = 100_000
"""Rows by which one step of priority may jump the queue. Finite, so nothing waits for ever."""


class Phase(IntEnum):
    """Where a step is."""

    ASKED = 0
    READY = 1
    RUNNING = 2
    LANDED = 3
    """Answered; we are still at it."""
    OVER = 4


ASKED, READY, RUNNING, LANDED, OVER = Phase  # a name costs a third of what an attribute of an enum costs


class Ask:
    """One row in flight: what it brought, what it has so far, and what it still lacks."""

    __slots__ = (
        "answers",
        "cost",
        "digests",
        "fault",
        "fault_source",
        "fault_stage",
        "gone",
        "lacks",
        "made",
        "missing",
        "rank",
        "row",
        "shape",
        "sources",
    )

    def __init__(
        self, row: Any, shape: Shape, digests: Iterable[Digest], sources: tuple[str, ...], priority: int = 5
    ) -> None:
        """row: carried for the caller; digests and sources: names and places of what the row brings."""
        self.row = row
        self.shape = shape
        self.digests: list[Digest | None] = [*digests, *[None] * len(shape.nodes)]
        self.sources = sources
        self.answers: list[Answer | None] = [None] * len(shape.nodes)
        self.rank = -float(priority) * AGEING
        self.lacks = len(shape.nodes)
        self.made = 0
        self.cost = 0.0
        """USD of the steps that were done now and that no earlier row asked for."""
        self.missing: dict[int, Fault] = {}
        """Finals that it goes on without, and why."""
        self.gone: frozenset[int] = frozenset()
        """Nodes that only those needed."""
        self.fault: Fault | None = None
        self.fault_stage = ""
        self.fault_source = ""

    @property
    def over(self) -> bool:
        return self.lacks == 0 or self.fault is not None

    def goes_on(self, i: int, fault: Fault, source: str) -> bool:
        """A step of the row has failed. Where it is one of several candidates that will never be, the row goes on for
        the others: they may be paid already. False: the row has failed."""
        shape = self.shape
        gone = shape.behind[i]
        left = [slot for slot in shape.finals if slot not in self.missing]
        lost = [slot for slot in left if slot - shape.sources in gone]
        if fault.kind not in LASTING or len(lost) == len(left):
            self.fault, self.fault_stage, self.fault_source = fault, shape.nodes[i].lane.stage, source
            return False
        self.missing.update(dict.fromkeys(lost, fault))
        self.lacks -= len(gone - self.gone)
        self.gone |= gone
        return True


class Step:
    """One stage applied to known inputs. Every row that needs it waits on the same one."""

    __slots__ = ("inputs", "key", "node", "phase", "rank", "source", "waiting")

    def __init__(self, node: Node, key: Key, inputs: tuple[Digest, ...], source: str, rank: float) -> None:
        self.node = node
        self.key = key
        self.inputs = inputs
        self.source = source
        self.rank = rank
        self.phase = ASKED
        self.waiting: list[tuple[Ask, int]] = []

    @property
    def row(self) -> Any:
        """The row that asked first."""
        return self.waiting[0][0].row
