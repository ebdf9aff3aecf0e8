"""Digest -> the file the user expects, whole files only. Knows no stages and no screens."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from .model.crash import crashpoint
from .model.digest import Digest
from .model.errors import Fault, FaultKind


class Published(NamedTuple):
    """A picture in the output folder, as it was when we wrote it."""

    path: str
    """Below the output folder, "/" between folders."""
    digest: Digest
    size: int
    """Bytes."""
    mtime_ns: int


class Outputs:
    """The images/ folder of one run. A file under its final name is complete at every instant."""

    def __init__(self, folder: Path) -> None:
        """folder: the output folder; its lock must be held. Raises Fault(STORAGE)."""
        self.folder = folder
        self._tmp = folder / ".tryon" / "tmp"
        self._turn = itertools.count()
        self._parents: set[str] = set()
        try:
            shutil.rmtree(self._tmp, ignore_errors=True)  # what a killed run left half written
            self._tmp.mkdir(parents=True, exist_ok=True)
            self._real = (folder / "images").resolve()
            self._real.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _trouble(error, folder) from error

    def publish(
        self, name: str, data: bytes, digest: Digest, *, durable: bool = False, ours: bool = True
    ) -> Published:
        """Put these bytes under images/<name>.

        A file that is already there with these bytes is kept. One with others is replaced when it is `ours`,
        else moved aside as <stem>.before-N<ending>: nothing of the user's is ever overwritten.
        Raises Fault(STORAGE).
        """
        path = self._real / name
        try:
            self._check_parent(path)
            found = self._same(path, data, digest)
            if found is None:
                if not ours and path.exists():
                    path.rename(_aside(path))
                found = self._write(path, data, durable)
        except OSError as error:
            raise _trouble(error, self.folder, len(data)) from error
        return Published(f"images/{name}", digest, len(data), found.st_mtime_ns)

    def _check_parent(self, path: Path) -> None:
        parent = str(path.parent)
        if parent in self._parents:
            return
        real = path.parent.resolve()
        if real != self._real and self._real not in real.parents:
            raise Fault(
                FaultKind.STORAGE,
                f"{path.parent} leads out of the output folder (to {real})",
                code="E-OUT-LINK",
                fix="remove the link, or choose another --name",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        self._parents.add(parent)

    def _same(self, path: Path, data: bytes, digest: Digest) -> os.stat_result | None:
        try:
            found = path.lstat()
        except FileNotFoundError:
            return None
        if found.st_size != len(data) or path.is_symlink():
            return None
        return found if hashlib.sha256(path.read_bytes()).hexdigest() == digest else None

    def _write(self, path: Path, data: bytes, durable: bool) -> os.stat_result:
        part = self._tmp / str(next(self._turn))
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            if durable:
                os.fsync(fd)
            found = os.fstat(fd)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        crashpoint("publish")
        part.rename(path)
        crashpoint("published")
        return found

    def intact(self, file: Published) -> bool:
        """Does it still lie there as we wrote it? One look, nothing is read."""
        try:
            found = os.stat(self.folder / file.path)  # noqa: PTH116 - half the time of Path.stat
        except OSError:
            return False
        return found.st_size == file.size and found.st_mtime_ns == file.mtime_ns

    def close(self) -> None:
        """Remove the folder for half-written files."""
        shutil.rmtree(self._tmp, ignore_errors=True)


def _aside(path: Path) -> Path:
    for n in itertools.count(1):
        other = path.with_name(f"{path.stem}.before-{n}{path.suffix}")
        if not other.exists():
            return other
    raise AssertionError("count() does not end")


def variant_name(output: str, variant: int) -> str:
    """ "a/b.jpg" for the first variant, "a/b.v2.jpg" for the second."""
    if variant == 0:
        return output
    stem, dot, ending = output.rpartition(".")
    return f"{stem}.v{variant + 1}{dot}{ending}"


def _trouble(error: OSError, folder: Path, size: int = 0) -> Fault:
    free = ""
    with contextlib.suppress(OSError):
        free = f"; {shutil.disk_usage(folder).free / 1e6:,.0f} MB free"
    need = f", {size / 1e6:,.1f} MB needed" if size else ""
    return Fault(
        FaultKind.STORAGE,
        f"cannot write to {folder}: {(error.strerror or str(error)).lower()}{need}{free}",
        code="E-OUT-WRITE",
        fix="make room or choose another --output, then: tryon resume",
    )
