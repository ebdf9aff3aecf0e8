"""The blobs used last, in memory, in front of a slower tier. Knows no files."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from contextlib import suppress

from ..model.digest import Digest
from ..model.ports import Blobs

SIZE = 128 << 20
"""Bytes that are kept."""


class MemoryBlobs:
    """The same port; reads of what was just written or read cost no disk and no second hash."""

    def __init__(self, inner: Blobs, size: int = SIZE) -> None:
        """size: bytes kept at most; blobs above an eighth of it are passed through."""
        self._inner = inner
        self._size = size
        self._held = 0
        self._blobs: OrderedDict[Digest, bytes] = OrderedDict()
        self._added: deque[int] = deque()
        self._lock = threading.Lock()

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        digest = self._inner.put(data, durable=durable)
        self._keep(digest, data)
        return digest

    def get(self, digest: Digest) -> bytes | None:
        data = self._blobs.get(digest)
        if data is not None:
            with suppress(KeyError):  # just pushed out
                self._blobs.move_to_end(digest)
            return data
        data = self._inner.get(digest)
        if data is not None:
            self._keep(digest, data)
        return data

    def has(self, digest: Digest, size: int) -> bool:
        return self._inner.has(digest, size)

    def _keep(self, digest: Digest, data: bytes) -> None:
        """Single operations of the table are atomic. Nobody waits for the lock: who holds it counts for all."""
        if len(data) * 8 > self._size or digest in self._blobs:
            return
        if self._blobs.setdefault(digest, data) is data:
            self._added.append(len(data))
        while self._added and self._lock.acquire(blocking=False):
            try:
                while self._added:
                    self._held += self._added.popleft()
                while self._held > self._size:
                    _, gone = self._blobs.popitem(last=False)
                    self._held -= len(gone)
            finally:
                self._lock.release()
