"""Bytes as files named by their digest. Whole or absent; verified on every read. Knows no answers.

blobs/ab/<64 hex>   tmp/<owner>/<n>   damaged/<64 hex>
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..model.digest import Digest, is_digest
from ..model.errors import Fault, FaultKind
from ..model.events import Warned
from ..model.ports import Tell
from . import trouble
from .files import inode_of, is_ours, make_folders, read_all, sync_folder, write_whole
from .scratch import Scratch

DAY = 86_400.0
"""Seconds. A blob that is used has its time moved at most once a day: cleaning goes by that time."""

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


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
        """read_only: changes no byte. Raises Fault(STORAGE) when the folder cannot be made or written."""
        self._root = root
        self._blobs = f"{root}/blobs"
        self._tell = tell
        self._clock = clock
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._scratch: Scratch | None = None
        self._opened = -1
        if read_only:
            return
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            make_folders(self._blobs)
            self._scratch = Scratch(root / "tmp")
            # kept open: a folder made later can never have the same number
            self._opened = os.open(self._blobs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise trouble.cannot_write(root, error) from error

    @property
    def scratch(self) -> Path | None:
        """Our folder for half-written files; None when reading only."""
        return self._scratch.folder if self._scratch else None

    def path_of(self, digest: Digest) -> str:
        """Where these bytes lie, or would. Raises ValueError for anything that is no digest."""
        if not is_digest(digest):
            raise ValueError(f"not a digest: {str(digest)[:80]!r}")
        return f"{self._blobs}/{digest[:2]}/{digest}"

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        """Keep these bytes. durable: on the platter when this returns. Raises Fault(STORAGE)."""
        if self._scratch is None:
            raise Fault(FaultKind.STORAGE, f"{self._root} was opened for reading only", code="S-READONLY")
        digest = Digest(hashlib.sha256(data).hexdigest())
        path = f"{self._blobs}/{digest[:2]}/{digest}"
        try:
            if not (self._sync(path, data) if durable else self._there(path, len(data))):
                try:
                    write_whole(self._scratch.path(), path, data, durable)
                except FileNotFoundError:  # a folder of ours is gone
                    self.check_alive()
                    self._mend(path)
                    write_whole(self._scratch.path(), path, data, durable)
        except OSError as error:
            raise trouble.cannot_write(self._root, error, len(data)) from error
        return digest

    def check_alive(self) -> None:
        """Raises Fault(STORAGE, S-GONE) when the cache was removed or replaced since it was opened."""
        if self._opened >= 0 and inode_of(self._blobs) != os.fstat(self._opened).st_ino:
            raise trouble.gone(self._root)

    def _mend(self, path: str) -> None:
        """Somebody tidied up inside the cache: make the folders for this path again."""
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120
        with self._lock:
            if self._scratch is not None and not self._scratch.folder.is_dir():
                self._scratch.close()
                self._scratch = Scratch(self._root / "tmp")

    def _there(self, path: str, size: int) -> bool:
        """Are they kept already? By size: whoever reads them checks every byte."""
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return False
        same = found.st_size == size and stat.S_ISREG(found.st_mode)
        return same and self._touch(path, found.st_mtime)

    def _sync(self, path: str, data: bytes) -> bool:
        """Money was spent on these: what lies there must be the same bytes, and be on the platter."""
        try:
            fd = os.open(path, _READ)
        except OSError:
            return False
        try:
            found = os.fstat(fd)
            if (
                found.st_size != len(data)
                or not stat.S_ISREG(found.st_mode)
                or read_all(fd, len(data)) != data
            ):
                return False
            self._touch(fd, found.st_mtime)
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_folder(path)
        return inode_of(path) == found.st_ino  # else cleaning took it away meanwhile

    def _touch(self, file: int | str, used: float) -> bool:
        """Say that it is used, once a day. False: cleaning has just taken it away."""
        now = self._clock()
        if -DAY <= now - used <= DAY or self._scratch is None:
            return True
        try:
            os.utime(file, (now, now))
        except FileNotFoundError:
            return False
        except OSError:  # somebody else's file in a shared cache
            return True
        return True

    def get(self, digest: Digest) -> bytes | None:
        """The bytes, verified; None when they are unknown, or were damaged and are set aside now."""
        path = self.path_of(digest)
        found = None
        try:
            fd = os.open(path, _READ)
            try:
                found = os.fstat(fd)
                data = read_all(fd, found.st_size) if is_ours(found) else b""
                self._touch(fd, found.st_mtime)
            finally:
                os.close(fd)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):  # our trouble, not the file's
                raise trouble.cannot_write(self._root, error) from error
            self._set_aside(digest, f"cannot be read ({error.strerror})", found)
            return None
        if hashlib.sha256(data).hexdigest() == digest and is_ours(found):
            return data
        self._set_aside(digest, "holds other bytes than it should", found)
        return None

    def has(self, digest: Digest, size: int) -> bool:
        """Is it there with this size in bytes? One look, and it counts as use."""
        path = f"{self._blobs}/{digest[:2]}/{digest}"
        try:
            found = os.lstat(path)
        except (OSError, ValueError):
            return False
        return found.st_size == size and self._touch(path, found.st_mtime)

    def _set_aside(self, digest: Digest, why: str, found: os.stat_result | None) -> None:
        """Move it to damaged/, unless somebody has put good bytes there since we read (another inode)."""
        path = self.path_of(digest)
        if self._scratch is not None and (found is None or found.st_ino == inode_of(path)):
            with contextlib.suppress(OSError):
                damaged = self._root / "damaged"
                damaged.mkdir(exist_ok=True, mode=0o700)
                os.replace(path, damaged / digest)  # noqa: PTH105
        with self._lock:
            if digest in self._told:
                return
            self._told.add(digest)
        text = f"a cached picture {why} and was set aside ({digest[:12]}); it is made again when needed"
        self._tell(Warned(self._clock(), "S-DAMAGED", text))

    def delete(self, digest: Digest, listed: float | None = None) -> bool:
        """Forget these bytes, unless they were used since: listed is Blob.used of then. Raises Fault(STORAGE).

        Moved away first and looked at again then: whoever says meanwhile that he uses them either is seen
        here, or finds that they are gone and writes them anew. True: they are gone now.
        """
        if self._scratch is None:
            raise Fault(FaultKind.STORAGE, f"{self._root} was opened for reading only", code="S-READONLY")
        path, away = self.path_of(digest), self._scratch.path()
        try:
            if listed is not None and os.lstat(path).st_mtime != listed:
                return False  # without taking it away even for a moment: somebody may just be reading it
            os.rename(path, away)  # noqa: PTH104
            if listed is not None and os.lstat(away).st_mtime != listed:
                os.rename(away, path)  # noqa: PTH104
                return False
            os.unlink(away)  # noqa: PTH108
        except FileNotFoundError:
            return False
        except OSError as error:
            raise trouble.cannot_write(self._root, error) from error
        return True

    def all(self) -> Iterator[Blob]:
        """Every blob, in no order; what appears or vanishes meanwhile may or may not be among them."""
        for n in range(256):
            try:
                entries = list(os.scandir(f"{self._blobs}/{n:02x}"))
            except OSError:
                continue
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if is_digest(entry.name):
                        yield Blob(Digest(entry.name), found.st_size, found.st_mtime)

    def close(self) -> None:
        """Remove our folder for half-written files."""
        if self._scratch is not None:
            self._scratch.close()
        if self._opened >= 0:
            os.close(self._opened)
            self._opened = -1
