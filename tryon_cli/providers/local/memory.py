"""What was learned about a picture, kept for the next job that needs it. Equal work is done once, also at once.

Knows nothing about pictures: names and values.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class _Flight(Generic[Value]):
    """Work on one name: the first thread does it, the others wait for it."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: Value | None = None
        self.failed: BaseException | None = None


class Memory(Generic[Value]):
    """The last `most` values that were asked for. Safe to use from many threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Value] = OrderedDict()
        self._flights: dict[Hashable, _Flight[Value]] = {}

    def get(self, name: Hashable, make: Callable[[], Value]) -> Value:
        """The value of this name, made by `make` if need be. What make raises, all who wait get; it is not kept."""
        with self._lock:
            if name in self._known:
                self._known.move_to_end(name)
                return self._known[name]
            flight = self._flights.get(name)
            mine = flight is None
            if flight is None:
                flight = self._flights[name] = _Flight()
        if not mine:
            flight.done.wait()
            if flight.failed is not None:
                raise flight.failed
            return flight.value  # type: ignore[return-value]  # set before done
        try:
            flight.value = make()
        except BaseException as error:
            flight.failed = error
            with self._lock:
                del self._flights[name]
            flight.done.set()
            raise
        with self._lock:
            del self._flights[name]
            self._known[name] = flight.value
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        flight.done.set()
        return flight.value
