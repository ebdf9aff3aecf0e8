"""A look at a picture's header, for checking many files before anything is spent. Needs no Pillow."""

from __future__ import annotations

from os import PathLike

from .container import HEAD, Frame, frame_of
from .limits import check_bytes, check_size
from .reading import opened


def glance(source: bytes | str | PathLike[str]) -> Frame:
    """Format and size in pixels as stored, of a file's bytes (or their beginning) or of the file at a path.

    Reads 64 kB of the file, more only where its size lies deeper. Raises Fault(INPUT) with an M- code for
    whatever the gate would refuse by its first bytes and its size; only the gate sees a damaged body.
    """
    if isinstance(source, bytes):
        check_bytes(len(source))
        frame = frame_of(source, whole=True)
    else:
        with opened(source) as (file, size):
            check_bytes(size)
            head = file.read(HEAD)
            frame = frame_of(head, whole=len(head) >= size)
            if frame is None:
                frame = frame_of(head + file.read(size - len(head)), whole=True)
    assert frame is not None
    check_size(frame.width, frame.height)
    return frame
