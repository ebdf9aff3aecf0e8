"""Which bytes a file of the user's has, remembered by its size and times. Knows no pictures."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from io import BufferedReader

from ..model.digest import Digest
from ..model.errors import Fault, FaultKind
from .commits import Commits

KIND = b"\x09"
"""First byte of what is remembered: answers stand in the same table."""

LARGEST = 1 << 28
"""Bytes. No picture of a person is larger: such a file is refused before it is read."""

RACY = 2.0
"""Seconds. A file changed this shortly before it was hashed may change again without a new time."""


class FileMemo:
    """path -> digest, hashed once for each (size, times, inode). Safe from any thread."""

    def __init__(self, commits: Commits | None, *, clock: Callable[[], float] = time.time) -> None:
        """commits: where it is remembered between runs; None: nowhere."""
        self._commits = commits
        self._clock = clock

    def digest(self, path: str) -> tuple[Digest, int]:
        """Digest and size in bytes of a regular file. Raises Fault(INPUT, M-FILE or M-CHANGED)."""
        found = _look(path)
        name = hashlib.sha256(b"file\0" + os.fsencode(path)).hexdigest()
        known = self._known(name)
        if known is not None and known[:1] == KIND and known[33:] == _mark(found):
            return Digest(known[1:33].hex()), found.st_size
        began = self._clock()
        with _opened(path) as (file, mark):
            digest = Digest(hashlib.file_digest(file, "sha256").hexdigest())
        if _settled(mark, began):
            self._remember(name, KIND + bytes.fromhex(digest) + _mark(mark))
        return digest, mark.st_size

    def _known(self, name: str) -> bytes | None:
        """What was remembered; a memory that fails costs one hash, never the run."""
        with contextlib.suppress(Fault):
            for _, value in self._commits.find([name]) if self._commits else ():
                return value
        return None

    def _remember(self, name: str, value: bytes) -> None:
        if self._commits is not None:
            with contextlib.suppress(Fault):  # told by whoever records an answer
                self._commits.put(name, value)

    def read(self, path: str, expected: Digest) -> bytes:
        """The bytes of that name. Raises Fault(INPUT) when the file has others by now."""
        with _opened(path) as (file, _):
            data = file.read()
        if hashlib.sha256(data).hexdigest() != expected:
            raise _changed(path)
        return data


def _look(path: str) -> os.stat_result:
    try:
        found = os.stat(path)  # noqa: PTH116 - a million times
    except OSError as error:
        raise _unreadable(path, error) from error
    _must_be_a_picture_file(path, found)
    return found


def _mark(found: os.stat_result) -> bytes:
    """Changes when the bytes do. With the time of the last change of anything about the file: tools that
    put the old modification time back after writing in place cannot put that one back."""
    return b"%d %d %d %d" % (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _settled(found: os.stat_result, now: float) -> bool:
    """git's rule for racy files: what changed this shortly before it was read may change again unseen."""
    return max(found.st_mtime, found.st_ctime) < now - RACY


@contextlib.contextmanager
def _opened(path: str) -> Iterator[tuple[BufferedReader, os.stat_result]]:
    """The file, and the certainty afterwards that nobody wrote meanwhile. Links are followed."""
    try:
        # O_NONBLOCK: a pipe that appeared here must not hold us
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            before = os.fstat(file.fileno())
            _must_be_a_picture_file(path, before)
            yield file, before
            if _mark(before) != _mark(os.fstat(file.fileno())):
                raise _changed(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _must_be_a_picture_file(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Fault(
            FaultKind.INPUT, f"{path} is not a regular file", code="M-FILE", fix="name a picture file"
        )
    if found.st_size > LARGEST:
        text = f"{path} is {found.st_size / 1e6:,.0f} MB large"
        raise Fault(FaultKind.INPUT, text, code="M-FILE", fix="name a picture file")


def _unreadable(path: str, error: OSError) -> Fault:
    reason = (error.strerror or str(error)).lower()
    text = f"cannot read {path}: {reason}"
    return Fault(FaultKind.INPUT, text, code="M-FILE", fix="put the file there, then: tryon resume")


def _changed(path: str) -> Fault:
    text = f"{path} changed during the run"
    return Fault(FaultKind.INPUT, text, code="M-CHANGED", fix="run again when nobody writes it")
