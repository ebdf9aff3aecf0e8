"""Bytes as files named by their digest. Whole or absent; verified on every read.

blobs/ab/<64 hex>   tmp/<owner>/<n>   damaged/<64 hex>
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..model.digest import Digest, is_digest
from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.ports import Tell
from .scratch import Scratch

DAY = 86_400.0
"""Seconds. A blob that is used has its time moved at most once a day: cleaning goes by that time."""


class Blob(NamedTuple):
    """A file in the store."""

    digest: Digest
    size: int
    used: float
    """UTC seconds of its last use, to a day."""


class DiskBlobs:
    """Content-addressed files below root/blobs."""

    def __init__(
        self,
        root: Path,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
    ) -> None:
        """Raises Fault(STORAGE) when the folder cannot be made or written."""
        self._root = root
        self._blobs = f"{root}/blobs"
        self._tell = tell
        self._clock = clock
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._scratch: Scratch | None = None
        self._alive = 0
        if read_only:
            return
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for n in range(256):
                Path(f"{self._blobs}/{n:02x}").mkdir(parents=True, exist_ok=True, mode=0o700)
            self._scratch = Scratch(root / "tmp")
            self._alive = os.stat(self._blobs).st_ino  # noqa: PTH116
        except OSError as error:
            raise self._trouble(error) from error

    def path_of(self, digest: Digest) -> str:
        """Where these bytes lie, or would."""
        if not is_digest(digest):
            raise ValueError(f"not a digest: {str(digest)[:80]!r}")
        return f"{self._blobs}/{digest[:2]}/{digest}"

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        """Keep these bytes. durable: on the platter when this returns. Raises Fault(STORAGE)."""
        digest = Digest(hashlib.sha256(data).hexdigest())
        path = f"{self._blobs}/{digest[:2]}/{digest}"
        if self._scratch is None:
            raise Fault(FaultKind.STORAGE, f"{self._root} was opened for reading only", code="S-READONLY")
        try:
            if not self._there(path, len(data)):
                self._write(self._scratch.path(), path, data, durable)
        except OSError as error:
            raise self._trouble(error, len(data)) from error
        return digest

    def _there(self, path: str, size: int) -> bool:
        try:
            found = os.stat(path)  # noqa: PTH116
        except FileNotFoundError:
            return False
        if found.st_size != size:
            return False
        now = self._clock()
        if abs(now - found.st_mtime) > DAY:
            with contextlib.suppress(OSError):
                os.utime(path, (now, now))
        return True

    def _write(self, part: str, path: str, data: bytes, durable: bool) -> None:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(fd, data)
            while written < len(data):
                written += os.write(fd, memoryview(data)[written:])
            if durable:
                os.fsync(fd)
        except BaseException:
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(part)  # noqa: PTH108
            raise
        os.close(fd)
        os.rename(part, path)  # noqa: PTH104
        if durable:
            self._sync_folder(os.path.dirname(path))  # noqa: PTH120

    def _sync_folder(self, folder: str) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def get(self, digest: Digest) -> bytes | None:
        """The bytes, verified; None when they are unknown, or were damaged and are set aside now."""
        try:
            fd = os.open(self.path_of(digest), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            data = _all(fd)
        except OSError as error:
            self._set_aside(digest, f"cannot be read ({error.strerror})")
            return None
        finally:
            os.close(fd)
        if hashlib.sha256(data).hexdigest() == digest:
            return data
        self._set_aside(digest, "holds other bytes than it should")
        return None

    def has(self, digest: Digest, size: int) -> bool:
        """Is it there with this size in bytes? One look."""
        try:
            return os.stat(f"{self._blobs}/{digest[:2]}/{digest}").st_size == size  # noqa: PTH116
        except OSError:
            return False

    def _set_aside(self, digest: Digest, why: str) -> None:
        folder = self._root / "damaged"
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True, mode=0o700)
            os.replace(self.path_of(digest), folder / digest)  # noqa: PTH105
        with self._lock:
            if digest in self._told:
                return
            self._told.add(digest)
        text = f"a cached picture {why} and was set aside ({digest[:12]}); it is made again"
        self._tell(Warned(self._clock(), "S-DAMAGED", text))

    def delete(self, digest: Digest) -> None:
        """Forget these bytes."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path_of(digest))  # noqa: PTH108

    def all(self) -> Iterator[Blob]:
        """Every blob, in no order."""
        for n in range(256):
            with contextlib.suppress(OSError), os.scandir(f"{self._blobs}/{n:02x}") as entries:
                for entry in entries:
                    if is_digest(entry.name):
                        found = entry.stat(follow_symlinks=False)
                        yield Blob(Digest(entry.name), found.st_size, found.st_mtime)

    @property
    def scratch(self) -> Path | None:
        """Our own folder for half-written files."""
        return self._scratch.folder if self._scratch is not None else None

    def close(self) -> None:
        """Remove our folder for half-written files."""
        if self._scratch is not None:
            self._scratch.close()

    def _trouble(self, error: OSError, size: int = 0) -> Fault:
        gone = error.errno == errno.ENOENT
        if gone and (not self._alive or not self._same_folder()):
            return Fault(
                FaultKind.STORAGE,
                f"the cache {self._root} was removed or replaced while running",
                code="S-GONE",
                fix="put it back or leave it away, then: tryon resume",
            )
        free = ""
        with contextlib.suppress(OSError):
            free = f", {shutil.disk_usage(self._root).free / 1e6:,.0f} MB free"
        need = f" ({size / 1e6:,.1f} MB needed{free})" if size else ""
        reason = (error.strerror or str(error)).lower()
        return Fault(
            FaultKind.STORAGE,
            f"cannot write to the cache {self._root}: {reason}{need}",
            code="S-CACHE",
            fix="make room (tryon cache gc --max 5GB) or set another --cache-dir, then: tryon resume",
        )

    def _same_folder(self) -> bool:
        try:
            return os.stat(self._blobs).st_ino == self._alive  # noqa: PTH116
        except OSError:
            return False


def _all(fd: int) -> bytes:
    size = os.fstat(fd).st_size
    data = os.read(fd, size + 1)
    while True:  # more than one read for what is very large, or grew
        more = os.read(fd, 1 << 20)
        if not more:
            return data
        data += more
