"""Request bodies that can be opened again and again: from memory, from disk, or a part of either.

Never a generator: what was sent once could not be sent a second time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from ...model.errors import Fault, FaultKind

PIECE = 1 << 18
"""Bytes that are in memory at once of a body on disk."""


class Body(Protocol):
    """Something with a length that gives the same bytes each time it is walked through."""

    @property
    def size(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def part(self, start: int, stop: int) -> Body: ...


@dataclass(frozen=True, slots=True)
class Bytes:
    """A body in memory."""

    data: bytes | memoryview

    @property
    def size(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[bytes]:
        view = memoryview(self.data)
        for start in range(0, len(view), PIECE):
            yield bytes(view[start : start + PIECE])

    def part(self, start: int, stop: int) -> Bytes:
        return Bytes(memoryview(self.data)[start:stop])


@dataclass(frozen=True, slots=True)
class File:
    """A body on disk, opened anew for each sending. Raises Fault(STORAGE) when it is gone or has shrunk."""

    path: Path
    start: int = 0
    stop: int = -1

    @property
    def size(self) -> int:
        return (self.stop if self.stop >= 0 else self.path.stat().st_size) - self.start

    def __iter__(self) -> Iterator[bytes]:
        rest = self.size
        with self._opened() as file:
            file.seek(self.start, os.SEEK_SET)
            while rest > 0:
                piece = file.read(min(PIECE, rest))
                if not piece:
                    text = f"{self.path} became shorter while it was sent"
                    raise Fault(
                        FaultKind.STORAGE, text, code="M-CHANGED", fix="run again when nobody writes it"
                    )
                rest -= len(piece)
                yield piece

    def _opened(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            text = f"cannot read {self.path}: {(error.strerror or str(error)).lower()}"
            raise Fault(FaultKind.STORAGE, text, code="M-FILE", fix="put the file there again") from error

    def part(self, start: int, stop: int) -> File:
        return File(self.path, self.start + start, self.start + min(stop, self.size))


def parts(body: Body, size: int) -> list[Body]:
    """The body in pieces of `size` bytes, the last one shorter."""
    return [body.part(at, min(at + size, body.size)) for at in range(0, max(1, body.size), size)]


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form. Its boundary follows from its contents, so that equal forms are equal bytes."""

    fields: Mapping[str, str]
    files: tuple[tuple[str, str, bytes, str], ...]
    """Part name, file name, bytes, media type."""
    boundary: str

    @property
    def size(self) -> int:
        return sum(len(piece) for piece in self._pieces())

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces()

    def part(self, start: int, stop: int) -> Body:
        return Bytes(b"".join(self._pieces())).part(start, stop)

    @property
    def media(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    def _pieces(self) -> Iterator[bytes]:
        for name, value in self.fields.items():
            yield self._head(f'name="{_quoted(name)}"') + b"\r\n" + value.encode() + b"\r\n"
        for name, file, data, media in self.files:
            about = f'name="{_quoted(name)}"; filename="{_quoted(file)}"'
            yield self._head(about) + f"Content-Type: {media}\r\n\r\n".encode()
            yield data
            yield b"\r\n"
        yield f"--{self.boundary}--\r\n".encode()

    def _head(self, about: str) -> bytes:
        return f"--{self.boundary}\r\nContent-Disposition: form-data; {about}\r\n".encode()


def form(fields: Mapping[str, str], files: tuple[tuple[str, str, bytes, str], ...]) -> Form:
    """A form of text fields, then files, in the given order."""
    seed = hashlib.sha256(repr(sorted(fields.items())).encode())
    for name, file, data, _ in files:
        seed.update(f"{name}\0{file}\0".encode() + hashlib.sha256(data).digest())
    return Form(fields, files, f"tryon-{seed.hexdigest()[:40]}")


def _quoted(text: str) -> str:
    """As browsers write names: a quote or a line break in one cannot end the header."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
