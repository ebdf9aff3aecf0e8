"""One stage applied to known inputs, as plain data that can travel. Knows no plan and no store."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .digest import Digest, Key, Value, canonical


class Other(NamedTuple):
    """Somebody who may do a step instead of the provider that was asked for."""

    provider: str
    version: str
    """Of the task, as its offer says."""
    options: Mapping[str, Value]
    """Its own, as opt.<provider>.<name>."""

    @property
    def maker(self) -> str:
        """Names it in keys."""
        options = f":{canonical(self.options).decode()}" if self.options else ""
        return f"{self.provider}:{self.version}{options}"


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
    chain: str = ""
    """Name in the worker's table where others may step in, "fashn>kling"; "": the provider's own."""
    others: tuple[Other, ...] = ()
    """Everybody else who may turn out to have made it."""


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
    told: Mapping[str, Value] = MappingProxyType({})
    """Settings as they turned out, where the order could not know: who made the pictures. Not part of the key, since
    the inputs are other pictures then."""
