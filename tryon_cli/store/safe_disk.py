"""diskcache's Disk, cut down to what cannot hurt: hex keys, small byte values, nothing else.

The stock class unpickles keys and values that anybody who can write the folder may plant, reads and removes
files whose names stand in the database, and writes a value line by line (CVE-2025-69872 has no fix upstream,
and JSONDisk does not close it). Here every such row is refused before it is touched.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from diskcache import Disk

from ..model.digest import is_digest

RAW = 1
"""diskcache's mode of a value that stands in the row itself."""

LARGEST = 1 << 20
"""Bytes a value may have: answers are small, pictures never lie here."""


class Refused(ValueError):
    """A row that we never wrote."""


class SafeDisk(Disk):  # type: ignore[misc]
    """Keys are 64 hex characters, values are bytes inside the row."""

    def __init__(self, directory: str, **_: Any) -> None:
        """Settings of other disks may stand in the database: none of them is listened to."""
        super().__init__(directory, min_file_size=LARGEST)

    def put(self, key: Any) -> tuple[Any, bool]:
        if type(key) is not str or not is_digest(key):
            raise Refused(f"not one of our keys: {str(key)[:80]!r}")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        if not raw or type(key) is not str or not is_digest(key):
            raise Refused("a key that we never wrote")
        return key

    def store(self, value: Any, read: bool, key: Any = None) -> tuple[int, int, None, Any]:
        if read or type(value) is not bytes or len(value) > LARGEST:
            raise Refused(f"not one of our values: {type(value).__name__}")
        return 0, RAW, None, sqlite3.Binary(value)

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> bytes:
        if mode != RAW or filename is not None or read or not isinstance(value, bytes):
            raise Refused("a value that we never wrote")
        return bytes(value)

    def remove(self, file_path: Any) -> None:
        """Never: no row of ours has a file, so a name that stands there was planted."""
