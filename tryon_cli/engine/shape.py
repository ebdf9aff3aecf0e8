"""The graph of one kind of row, compiled once: what needs what. Knows no pictures and no rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..model.digest import Key, key_of
from .limits import Pool


class Lane:
    """The queue of one stage at one provider: its steps, and the pools they need a permit of."""

    __slots__ = ("away", "ended", "heap", "label", "pools", "seconds", "slots", "stage", "told")

    def __init__(self, stage: str, label: str, pools: Sequence[Pool], *, away: bool = False) -> None:
        """stage: name people know; label: who renders; pools: a step holds one permit of each.

        away: its pools are places at a service, free as soon as the answer is here, not when it is kept.
        """
        self.stage = stage
        self.label = label
        self.away = away
        self.pools = tuple(pools)
        self.slots = min(pool.most for pool in self.pools)
        """Steps of this lane that can ever run at once: what is shown, and goes by width."""
        self.heap: list[tuple[float, int, Any]] = []
        self.told = False
        self.seconds = 0.0
        """What its steps took so far, all together."""
        self.ended = 0
        """How many steps that was."""

    def room(self) -> bool:
        """Is there a permit left in each pool?"""
        for pool in self.pools:  # noqa: SIM110 - asked four times a step, and all() takes three times as long
            if pool.busy >= pool.depth:
                return False
        return True


class Node(NamedTuple):
    """One stage of a shape."""

    lane: Lane
    salt: bytes
    inputs: tuple[int, ...]
    """Slots: 0 to sources-1 are the row's sources, then the nodes in order."""
    order: Any
    """What a worker needs to know beside the input digests; the engine only carries it."""
    takes_source: bool = False
    """True: the worker also needs to know where source inputs[0] lies."""
    after: tuple[int, ...] = ()
    """Slots that must be there before it starts, too, though it does not use them: no part of any key."""


class Shape:
    """A row's graph: sources first, then nodes in an order in which inputs come before their users."""

    __slots__ = (
        "behind",
        "finals",
        "needs",
        "nodes",
        "remaining",
        "roots",
        "salt",
        "sources",
        "successors",
        "width",
    )

    def __init__(self, sources: int, nodes: Sequence[Node], finals: Sequence[int]) -> None:
        """sources: how many inputs a row brings; finals: slots whose answers the row is after.

        Raises ValueError when an input does not come before its user.
        """
        self.sources = sources
        self.nodes = tuple(nodes)
        self.finals = tuple(finals)
        self.width = sources + len(nodes)
        for i, node in enumerate(self.nodes):
            if any(not 0 <= slot < sources + i for slot in (*node.inputs, *node.after)):
                raise ValueError(f"stage {node.lane.stage!r} needs something that comes after it")
        self.needs = tuple(tuple(dict.fromkeys((*node.inputs, *node.after))) for node in self.nodes)
        """Slots that must be there before each node."""
        self.successors = tuple(
            tuple(n for n, needs in enumerate(self.needs) if sources + i in needs)
            for i in range(len(self.nodes))
        )
        behind: list[frozenset[int]] = [frozenset()] * len(self.nodes)
        for i in range(len(self.nodes) - 1, -1, -1):
            behind[i] = frozenset((i,)).union(*(behind[n] for n in self.successors[i]))
        self.behind = tuple(behind)
        """Nodes that cannot be done without each node, itself included."""
        self.roots = tuple(i for i, needs in enumerate(self.needs) if all(slot < sources for slot in needs))
        """Nodes that need sources only."""
        self.remaining: tuple[float, ...] = ()
        """What is still to come after each node on its longest way to the end, itself included; a stage of
        average length counts 1."""
        self.weigh()
        text = repr([(node.salt, node.inputs) for node in self.nodes] + [self.finals]).encode()
        self.salt = hashlib.sha256(text).digest()

    def weigh(self) -> None:
        """Measure the ways to the end anew, by what the stages took so far; alike where nobody knows yet."""
        means = [node.lane.seconds / node.lane.ended if node.lane.ended else 0.0 for node in self.nodes]
        known = [mean for mean in means if mean > 0.0]
        average = sum(known) / len(known) if known else 1.0
        left = [(mean or average) / average for mean in means]
        for i in range(len(left) - 1, -1, -1):
            left[i] += max((left[n] for n in self.successors[i]), default=0.0)
        self.remaining = tuple(left)

    def question(self, sources: Iterable[str]) -> Key:
        """Name everything that this graph asks about these sources: equal questions, equal pictures."""
        return key_of(self.salt, sources)
