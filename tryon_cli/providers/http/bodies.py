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

    boundary: str
    pieces: tuple[bytes, ...]

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))

    def __iter__(self) -> Iterator[bytes]:
        """What is small goes along with its neighbours: each piece costs a walk through httpx and a packet."""
        waiting: list[bytes] = []
        size = 0
        for piece in self.pieces:
            if size and size + len(piece) > PIECE:
                yield b"".join(waiting)
                waiting, size = [], 0
            waiting.append(piece)
            size += len(piece)
        yield b"".join(waiting)

    def part(self, start: int, stop: int) -> Body:
        return Bytes(b"".join(self.pieces)).part(start, stop)

    @property
    def media(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"


def form(fields: Mapping[str, str], files: tuple[tuple[str, str, bytes, str], ...]) -> Form:
    """A form of text fields, then files (part name, file name, bytes, media type), in the given order."""
    seed = hashlib.sha256(repr(sorted(fields.items())).encode())
    for name, file, data, _ in files:
        seed.update(f"{name}\0{file}\0".encode() + hashlib.sha256(data).digest())
    boundary = f"tryon-{seed.hexdigest()[:40]}"
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    pieces = [f'{head}"{_quoted(name)}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for name, file, data, media in files:
        about = f'"{_quoted(name)}"; filename="{_quoted(file)}"\r\nContent-Type: {media}\r\n\r\n'
        pieces += [(head + about).encode(), data, b"\r\n"]
    return Form(boundary, (*pieces, f"--{boundary}--\r\n".encode()))


def _quoted(text: str) -> str:
    """As browsers write names: a quote or a line break in one cannot end the header."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
