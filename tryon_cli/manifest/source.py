"""The bytes of a manifest: opened once, read any number of times. Knows no format."""

# Paths are text here: a Path costs more than all else that is done with it.
from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tryon_cli.model.digest import Digest
from tryon_cli.model.errors import Exit, TryonError

from .gate import check_encoding, check_text, kind_of
from .trouble import Refusal, refuse

CHUNK = 1 << 20
LONGEST_LINE = CHUNK
"""Characters a line may have in a format of lines; one more is no table any more."""


class Source:
    """One manifest's bytes as they were when it was opened; what is appended later is not seen."""

    def __init__(self, name: str, path: Path | None, file: BinaryIO, encoding: str) -> None:
        """Read everything once. Raises TryonError when it is empty or no text; use open()."""
        self.name = name
        self.path = path
        self.encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
        self._file = file
        self._seen = os.fstat(file.fileno())
        self.size = self._seen.st_size
        self.lines = 0
        """How many lines there are (blank ones and comments too)."""
        self.widest = 0
        """A line this long was met at least; exact enough to refuse files without line ends."""
        self.bom = False
        try:
            self.digest = self._survey()
        except TryonError:
            file.close()
            raise

    @classmethod
    def open(cls, source: str | Path, encoding: str = "utf-8", stdin: BinaryIO | None = None) -> Source:
        """Open a file, a FIFO or, for "-", standard input (both are copied to a temporary file first)."""
        check_encoding(encoding)
        if str(source) == "-":
            if stdin is None:
                raise TryonError(Exit.MANIFEST, "there is no standard input to read.", code="M-FILE")
            return cls("standard input", None, _spooled(stdin), encoding)
        path = Path(source)
        kind = kind_of(path)
        if stat.S_ISFIFO(kind.st_mode):
            with path.open("rb") as pipe:
                return cls(str(path), None, _spooled(pipe), encoding)
        try:
            file = path.open("rb")
        except OSError as error:
            raise refuse([Refusal("M-FILE", f"{path} cannot be read: {error.strerror}.")]) from None
        return cls(str(path), path, file, encoding)

    @property
    def folder(self) -> Path:
        """Where relative paths start: beside the file, or here for standard input."""
        return self.path.parent if self.path else Path()

    def text(self) -> io.TextIOWrapper:
        """A fresh reader from the start; line ends are kept as they are."""
        window = io.BufferedReader(_Window(self._file.fileno(), self.size, self.name), 1 << 17)
        return io.TextIOWrapper(window, encoding=self.encoding, newline="")

    def sample(self) -> str:
        """The first 64 kB as text."""
        return self.text().read(65_536)

    def changed(self) -> bool:
        """True when the file under this name is not the one that was opened, or no longer as it was."""
        now = os.fstat(self._file.fileno())
        if _stamp(now) != _stamp(self._seen):
            return True
        if self.path is None:
            return False
        try:
            return _stamp(self.path.stat()) != _stamp(self._seen)
        except OSError:
            return True

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _survey(self) -> Digest:
        """One pass: the digest, the lines, and whether it all is text."""
        if not self.size:
            raise refuse(
                [Refusal("M-EMPTY", f"{self.name} is empty (0 bytes).", ("expected  a header and rows",))]
            )
        digest = hashlib.sha256()
        decoder = codecs.getincrementaldecoder(self.encoding)()
        done = since = 0
        for chunk in self._chunks():
            if not done:
                check_text(self.name, chunk, self.encoding)
                self.bom = chunk.startswith(codecs.BOM_UTF8)
            digest.update(chunk)
            try:
                text = decoder.decode(chunk, final=done + len(chunk) >= self.size)
            except UnicodeDecodeError as error:
                raise self._not_text(done - (len(error.object) - len(chunk)) + error.start, error) from None
            ends = text.count("\n") or text.count("\r")
            self.lines += ends
            since = 0 if ends else since + len(text)
            self.widest = max(self.widest, since)
            done += len(chunk)
        if text and text[-1] not in "\r\n":
            self.lines += 1
        return Digest(digest.hexdigest())

    def _chunks(self) -> Iterator[bytes]:
        at = 0
        while at < self.size:
            chunk = os.pread(self._file.fileno(), min(CHUNK, self.size - at), at)
            if not chunk:
                raise _shrunk(self.name)
            at += len(chunk)
            yield chunk

    def _not_text(self, at: int, error: UnicodeDecodeError) -> TryonError:
        head = b"".join(self._chunks_until(at))
        line = head.count(b"\n") or head.count(b"\r")
        wrong, encoding = error.object[error.start], self.encoding.removesuffix("-sig").upper()
        text = f"{self.name} is not {encoding}: byte {at:,} (line {line + 1}) is 0x{wrong:02x}."
        guess = _guess(error.object[error.start : error.start + 1], self.encoding)
        return refuse([Refusal("M-ENCODING", text, (f"try       --encoding {guess}, or save it as UTF-8",))])

    def _chunks_until(self, end: int) -> Iterator[bytes]:
        at = 0
        for chunk in self._chunks():
            # only line ends are kept: the place is wanted, not a second copy of the file
            yield re.sub(rb"[^\r\n]+", b"", chunk[: max(0, end - at)])
            at += len(chunk)
            if at >= end:
                return


class _Window(io.RawIOBase):
    """The first bytes of a descriptor, with its own position, so that several readers can share one."""

    def __init__(self, descriptor: int, size: int, name: str) -> None:
        self._descriptor, self._size, self._name, self._at = descriptor, size, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)[: self._size - self._at]  # type: ignore[arg-type]
        count = os.preadv(self._descriptor, [view], self._at) if view else 0
        if not count and self._at < self._size:
            raise _shrunk(self._name)
        self._at += count
        return count


def _shrunk(name: str) -> TryonError:
    return TryonError(
        Exit.MANIFEST,
        f"{name} became shorter while it was read.",
        details=("start again when it is complete",),
    )


def _spooled(stream: BinaryIO) -> BinaryIO:
    from tempfile import TemporaryFile  # 3 ms to import, and only pipes need it

    file = TemporaryFile()  # noqa: SIM115 - lives as long as the source
    while chunk := stream.read(CHUNK):
        file.write(chunk)
    file.flush()
    return file


def _stamp(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


def _guess(byte: bytes, encoding: str) -> str:
    if encoding != "utf-8-sig":
        return "utf-8"
    return "cp1252" if b"\x80" <= byte <= b"\x9f" else "latin-1"
