"""Reading a picture's file without being held up or filled up. Knows no formats."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ..model.errors import Fault, FaultKind
from .limits import check_bytes, clean


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """The open file and its size in bytes. Raises Fault(INPUT, M-FILE) for all but readable regular files.

    Opened without blocking, then asked what it is: a pipe that was put in place after a look at the name
    would otherwise hang the run.
    """
    name = clean(os.fsdecode(path), 200)
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise _unreadable(name, error.strerror or str(error)) from None
    except ValueError as error:
        raise _unreadable(name, str(error)) from None
    look = os.fstat(number)
    if not stat.S_ISREG(look.st_mode):
        os.close(number)
        raise _unreadable(name, "it is not a regular file")
    with open(number, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        try:
            yield file, look.st_size
        except OSError as error:
            raise _unreadable(name, error.strerror or str(error)) from None


def read(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a picture's file. Raises Fault(INPUT): unreadable, empty, too large, changing."""
    with opened(path) as (file, size):
        check_bytes(size)
        raw = file.read(size + 1)
        if len(raw) != size:
            raise _unreadable(clean(os.fsdecode(path), 200), "it changed while it was read")
        return raw


def _unreadable(name: str, why: str) -> Fault:
    return Fault(
        FaultKind.INPUT,
        f"cannot read {name}: {why[:1].lower()}{why[1:]}",
        code="M-FILE",
        fix="check the path and the permissions",
    )
