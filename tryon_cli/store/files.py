"""Whole files: written beside and renamed, read in one go. Knows no digests and no folders of ours."""

from __future__ import annotations

import contextlib
import os
import stat

LARGEST = 1 << 30
"""Bytes. No picture is larger, so a larger file is not loaded to find out that it is none of ours."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def make_folders(blobs: str) -> None:
    """All 256 at once, so that no put has to look for its folder."""
    os.makedirs(blobs, 0o700, exist_ok=True)  # noqa: PTH103
    if len(os.listdir(blobs)) >= 256:  # noqa: PTH208
        return
    for n in range(256):
        with contextlib.suppress(FileExistsError):
            os.mkdir(f"{blobs}/{n:02x}", 0o700)  # noqa: PTH102


def write_whole(part: str, path: str, data: bytes, durable: bool) -> None:
    """Beside, then renamed: under its final name a file is whole at every instant."""
    fd = os.open(part, _NEW, 0o600)
    try:
        try:
            written = os.write(fd, data)
            while written < len(data):
                written += os.write(fd, memoryview(data)[written:])
            if durable:
                os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(part, path)  # noqa: PTH104
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise
    if durable:
        sync_folder(path)


def sync_folder(path: str) -> None:
    fd = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)  # noqa: PTH120
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read_all(fd: int, size: int) -> bytes:
    """The whole file in one read, as a rule; one byte more shows a file that grew."""
    data = os.read(fd, size + 1)
    while len(data) < size:
        more = os.read(fd, size - len(data))
        if not more:
            break
        data += more
    return data


def inode_of(path: str) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return -1


def is_ours(found: os.stat_result) -> bool:
    """Could we have written it? Nothing but regular files that a picture may be as large as."""
    return stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST
