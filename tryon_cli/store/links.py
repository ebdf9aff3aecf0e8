"""Names and bytes of pictures in the web, so that a row with an address behaves as one with a file.

Each address is fetched once a run, some at a time and ahead of the row that wants it; its bytes lie among the
blobs, and its digest is what the question is named after. Knows no HTTP: who fetches is handed in.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Protocol

from ..model.digest import Digest, digest_of, is_digest
from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.links import NOTHING, Copy, Fetch, is_link
from ..model.ports import Blobs, Tell
from .commits import Commits

KIND = b"\x0a"
"""First byte of what is remembered: answers stand in the same table."""

AT_ONCE = 8
"""Pictures that are fetched at the same time."""

_LOOK = 0.2
"""Seconds between two looks at whether the run is to stop, while a picture is waited for."""


class Files(Protocol):
    """Names and bytes of files."""

    def digest(self, path: str) -> tuple[Digest, int]: ...

    def read(self, path: str, expected: Digest) -> bytes: ...


class _Known:
    """What is remembered of addresses between runs."""

    def __init__(self, commits: Commits | None) -> None:
        self._commits = commits

    def of(self, url: str) -> tuple[Copy, Digest | None, int]:
        """What the server called it, its digest and size; nothing when it was never fetched."""
        with contextlib.suppress(Fault, ValueError, TypeError, KeyError, RecursionError):
            for _, value in self._commits.find([_name(url)]) if self._commits else ():
                if value is not None and value[:1] == KIND:
                    said = json.loads(value[1:])
                    digest, size = said["digest"], said["size"]
                    if is_digest(digest) and isinstance(size, int):
                        return (
                            Copy(None, str(said["etag"]), str(said["modified"]), str(said["place"])),
                            digest,
                            size,
                        )
        return NOTHING, None, 0

    def keep(self, url: str, copy: Copy, digest: Digest, size: int) -> None:
        if self._commits is not None:
            said = {
                "digest": digest,
                "size": size,
                "etag": copy.etag,
                "modified": copy.modified,
                "place": copy.place,
            }
            with contextlib.suppress(Fault):  # told by whoever records an answer
                self._commits.put(_name(url), KIND + json.dumps(said, separators=(",", ":")).encode())


class Pictures:
    """Names and Sources in one, for files and addresses. Safe from any thread."""

    def __init__(
        self,
        files: Files,
        blobs: Blobs,
        commits: Commits | None,
        fetch: Fetch,
        *,
        tell: Tell = lambda event: None,
        stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """commits: where it is remembered between runs; stopped: asked while a picture is waited for."""
        self._files = files
        self._blobs = blobs
        self._known = _Known(commits)
        self._fetch = fetch
        self._tell = tell
        self._stopped = stopped
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[str, Future[tuple[Digest, int]]] = {}
        self._todo: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._threads = 0

    def ahead(self, paths: Iterable[str]) -> None:
        """These will be wanted soon."""
        for path in paths:
            if is_link(path):
                self._begin(path)

    def digest(self, path: str) -> tuple[Digest, int]:
        """Digest and size in bytes. Raises Fault: INPUT (M-URL and others), STOPPED."""
        if not is_link(path):
            return self._files.digest(path)
        asked = self._begin(path)
        while True:
            try:
                return asked.result(_LOOK)
            except NotYet:
                if self._stopped():
                    raise Fault(
                        FaultKind.STOPPED, "the run was stopped while a picture was fetched"
                    ) from None

    def read(self, path: str, expected: Digest) -> bytes:
        """The bytes of that name. Raises Fault(INPUT) when they are others by now."""
        if not is_link(path):
            return self._files.read(path, expected)
        data = self._blobs.get(expected)
        if data is None:  # the cache lost it, or another machine fetched it
            data = self._fetch(path, NOTHING).data
            if data is None or digest_of(data) != expected:
                text = "the picture at this address changed during the run"
                raise Fault(FaultKind.INPUT, text, code="M-CHANGED", fix="run again")
            self._blobs.put(data)
        return data

    def _begin(self, url: str) -> Future[tuple[Digest, int]]:
        with self._lock:
            asked = self._asked.get(url)
            if asked is not None:
                return asked
            asked = self._asked[url] = Future()
            self._todo.put(url)
            if self._threads < AT_ONCE:
                self._threads += 1
                threading.Thread(target=self._work, name=f"fetch-{self._threads}", daemon=True).start()
        return asked

    def _work(self) -> None:
        """Ends when nothing is left to do."""
        while True:
            with self._lock:
                try:
                    url = self._todo.get_nowait()
                except queue.Empty:
                    self._threads -= 1
                    return
            try:
                found = self._looked_at(url)
            except BaseException as error:  # whoever waits must hear of it
                self._asked[url].set_exception(error)
            else:
                self._asked[url].set_result(found)

    def _looked_at(self, url: str) -> tuple[Digest, int]:
        if self._stopped():
            raise Fault(FaultKind.STOPPED, "the run was stopped before this picture was fetched")
        known, digest, size = self._known.of(url)
        there = digest is not None and self._blobs.has(digest, size)
        try:
            copy = self._fetch(url, known if there else NOTHING)
        except Fault as fault:
            if fault.kind is not FaultKind.TRANSIENT:
                raise
            if digest is None or not there:
                raise Fault(FaultKind.INPUT, fault.text, code=fault.code, fix="tryon resume") from fault
            text = f"{fault.text}; the copy of an earlier run is used"
            self._tell(Warned(self._clock(), "M-URL", text))
            return digest, size
        if copy.data is None:
            assert digest is not None
            return digest, size
        digest, size = self._blobs.put(copy.data), len(copy.data)
        self._known.keep(url, copy, digest, size)
        return digest, size


class Remembered:
    """Names without fetching anything, for plans: what an earlier run found, else a name that nobody has."""

    def __init__(self, files: Files, commits: Commits | None) -> None:
        self._files = files
        self._known = _Known(commits)

    def ahead(self, paths: Iterable[str]) -> None:
        """Nothing: it is quick."""

    def digest(self, path: str) -> tuple[Digest, int]:
        """Digest and size in bytes (0 for what was never fetched). Raises Fault(INPUT) for files."""
        if not is_link(path):
            return self._files.digest(path)
        _, digest, size = self._known.of(path)
        return digest or digest_of(b"not fetched yet\0" + path.encode("utf-8", "surrogatepass")), size


def linked(commits: Commits) -> set[Digest]:
    """Digests of all pictures that were fetched: a cleaning does not take them for leftovers."""
    found = set()
    for _, value in commits.items():
        if value is not None and value[:1] == KIND:
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                if is_digest(digest := json.loads(value[1:])["digest"]):
                    found.add(digest)
    return found


def _name(url: str) -> str:
    return hashlib.sha256(b"url\0" + url.encode("utf-8", "surrogatepass")).hexdigest()
