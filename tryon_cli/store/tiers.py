"""Blobs in several places behind one port: the nearest answers, and is filled on the way back.

The first tier is the one that counts: what it cannot keep is a fault. A further tier (a Redis, a bucket) only
saves work: when it fails, is slow to say so or hands out other bytes, the run goes on without it. Knows no
tier by name.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import TypeVar

from ..model.digest import Digest, digest_of, is_digest
from ..model.errors import Fault
from ..model.events import Warned
from ..model.ports import Blobs, Tell

T = TypeVar("T")

REST = 30.0
"""Seconds for which a tier that failed is left alone."""


class Tiers:
    """The port again, over other tiers."""

    def __init__(
        self,
        first: Blobs,
        further: Sequence[tuple[str, Blobs]],
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """further: name (for messages) and tier, nearest first. ticks: seconds of a clock that never jumps."""
        self._first = first
        self._further = tuple(further)
        self._tell = tell
        self._clock = clock
        self._ticks = ticks
        self._until: dict[str, float] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        digest = self._first.put(data, durable=durable)
        for name, tier in self._further:
            self._ask(name, partial(tier.put, data, durable=durable))
        return digest

    def get(self, digest: Digest) -> bytes | None:
        data = self._first.get(digest)
        if data is not None or not is_digest(digest):
            return data
        for name, tier in self._further:
            data = self._ask(name, partial(tier.get, digest))
            if data is None:
                continue
            if digest_of(data) != digest:  # whoever can write there must not choose our pictures
                self._failed(name, "it answered with other bytes")
                continue
            with contextlib.suppress(Fault):  # a full disk is said by whoever makes a picture
                self._first.put(data)
            return data
        return None

    def has(self, digest: Digest, size: int) -> bool:
        return self._first.has(digest, size) or any(
            self._ask(name, partial(tier.has, digest, size)) for name, tier in self._further
        )

    def _ask(self, name: str, act: Callable[[], T]) -> T | None:
        if self._ticks() < self._until.get(name, -inf):
            return None
        try:
            return act()
        except Exception as error:  # another's network and libraries: anything may come
            self._failed(name, str(error) or type(error).__name__)
            return None

    def _failed(self, name: str, why: str) -> None:
        with self._lock:
            self._until[name] = self._ticks() + REST
            if name in self._told:
                return
            self._told.add(name)
        text = f"the store {name} failed ({why}); the run goes on without it"
        self._tell(Warned(self._clock(), "S-TIER", text))
