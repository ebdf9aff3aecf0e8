"""Key -> Answer, committed in groups by one writer. Knows neither pictures nor rows.

What has queued while the last commit ran goes into the next one: few commits under load, none late. A
pending answer is visible at once, so that nobody asks twice between the end of a step and its commit.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..model.digest import Digest, Key
from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.outcome import Answer
from ..model.ports import Tell
from .table import Table

_HEAD = 40
"""Bytes before the JSON: 32 of the digest, 8 of the size."""


def pack(answer: Answer) -> bytes:
    """An answer as bytes: digest, size, and JSON of what else is known."""
    more: dict[str, Any] = {}
    if answer.notes:
        more["notes"] = answer.notes
    if answer.provider:
        more["by"] = answer.provider
    if answer.cost:
        more["cost"] = answer.cost
    if answer.seconds:
        more["s"] = round(answer.seconds, 4)
    tail = json.dumps(more, separators=(",", ":"), ensure_ascii=False).encode() if more else b""
    return bytes.fromhex(answer.digest) + answer.size.to_bytes(8, "big") + tail


def unpack(data: bytes) -> Answer:
    """The answer again. Raises ValueError for bytes that are none."""
    if len(data) < _HEAD:
        raise ValueError("too short for an answer")
    digest, size = Digest(data[:32].hex()), int.from_bytes(data[32:_HEAD], "big")
    if len(data) == _HEAD:
        return Answer(digest, size)
    more = json.loads(data[_HEAD:])
    notes = tuple(str(note) for note in more.get("notes", ()))
    return Answer(
        digest, size, notes, str(more.get("by", "")), float(more.get("cost", 0.0)), float(more.get("s", 0.0))
    )


class DiskIndex:
    """Answers in a Table, and the ones that are on their way there."""

    def __init__(
        self,
        folder: Path,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
        timeout: float = 60.0,
    ) -> None:
        """Raises Fault(STORAGE). An index that cannot be read is set aside and begun anew."""
        self._folder = folder
        self._tell = tell
        self._clock = clock
        self._table = self._open(read_only, timeout)
        self._pending: dict[Key, Answer] = {}
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._fault: Fault | None = None
        self._thread: threading.Thread | None = None
        if not read_only:
            self._thread = threading.Thread(target=self._write, name="tryon-index", daemon=True)
            self._thread.start()

    def _open(self, read_only: bool, timeout: float) -> Table:
        try:
            table = Table(self._folder, timeout=timeout, read_only=read_only)
            table.find(["0" * 64])
            return table
        except sqlite3.DatabaseError as error:
            if read_only:
                raise Fault(FaultKind.STORAGE, f"cannot read the index: {error}", code="S-INDEX") from error
            aside = self._folder.with_name(f"{self._folder.name}.damaged-{int(self._clock())}")
            self._folder.rename(aside)
            text = f"the index of the cache could not be read and was set aside as {aside.name}"
            self._tell(Warned(self._clock(), "S-INDEX", text))
            return Table(self._folder, timeout=timeout)

    def find(self, keys: Sequence[Key]) -> dict[Key, Answer]:
        """The known ones among these keys."""
        pending = self._pending
        found = {key: pending[key] for key in keys if key in pending} if pending else {}
        rest = [key for key in keys if key not in found] if found else keys
        for name, data in self._table.find(rest).items():
            try:
                found[Key(name)] = unpack(data)
            except (ValueError, TypeError, AttributeError):
                self._refuse(Key(name))
        return found

    def _refuse(self, key: Key) -> None:
        self._tell(
            Warned(
                self._clock(), "S-REFUSED", f"refused a cache entry that is no answer of ours ({key[:12]})"
            )
        )
        if self._thread is not None:
            self._queue.put(("drop", [key]))

    def record(self, key: Key, answer: Answer) -> None:
        """Remember an answer. Raises the Fault of an earlier commit that failed."""
        if self._fault is not None:
            raise self._fault
        self._pending[key] = answer
        self._queue.put((key, answer))

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop answers whose bytes are gone."""
        keys = list(keys)
        for key in keys:
            self._pending.pop(key, None)
        self._queue.put(("drop", keys))

    def items(self) -> Iterator[tuple[Key, Answer]]:
        """Every committed answer."""
        for name, data in self._table.items():
            try:
                yield Key(name), unpack(data)
            except (ValueError, TypeError, AttributeError):
                self._refuse(Key(name))

    def flush(self) -> None:
        """Return when everything recorded so far is committed. Raises Fault(STORAGE)."""
        if self._thread is not None:
            done = threading.Event()
            self._queue.put(done)
            done.wait()
        if self._fault is not None:
            raise self._fault

    def _write(self) -> None:
        over = False
        while not over:
            batch = [self._queue.get()]
            while len(batch) < 2000:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            over = None in batch
            try:
                if self._fault is None:
                    self._commit(batch)
            except Fault as fault:
                self._fault = fault
            except Exception as error:
                self._fault = Fault(FaultKind.STORAGE, f"cannot write the index: {error}", code="S-INDEX")
            for said in batch:
                if isinstance(said, threading.Event):
                    said.set()
        self._table.release()

    def _commit(self, batch: list[Any]) -> None:
        """What was said last about a key is what counts."""
        latest: dict[Key, Answer | None] = {}
        for said in batch:
            if isinstance(said, tuple):
                name, what = said
                latest.update(dict.fromkeys(what) if name == "drop" else {name: what})
        gone = [key for key, answer in latest.items() if answer is None]
        if gone:
            self._table.drop(gone)
        kept = {key: answer for key, answer in latest.items() if answer is not None}
        if kept:
            self._table.write({key: pack(answer) for key, answer in kept.items()})
            for key, answer in kept.items():
                if self._pending.get(key) is answer:
                    del self._pending[key]

    def close(self) -> None:
        """Commit what is left and let go of the files."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
        self._table.close()
