"""One stage applied to known inputs, as plain data that can travel. Knows no plan and no store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .digest import Digest, Key, Value


class Order(NamedTuple):
    """How a node of a pipeline is done: the part of a step that does not depend on its inputs."""

    stage: str
    provider: str
    """Name in the worker's table, "" for stages that need nobody."""
    settings: Mapping[str, Value]
    roles: tuple[str, ...]
    """Names of the inputs whose bytes are needed; further inputs are known to the stage by digest only."""
    free: bool = True
    """False: money was spent on it, so its bytes must survive a power cut."""


class Errand(NamedTuple):
    """A step, ready to travel."""

    key: Key
    inputs: tuple[Digest, ...]
    order: Order
    source: str = ""
    """Where the file lies, for the stage that reads one."""
    row: str = ""
    """The first row that asked for it, as people name it."""
    limit: float | None = None
    """Most USD that this row may cost."""
