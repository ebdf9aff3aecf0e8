"""What a manifest asked for, in 16 bytes a row: enough to say later which rows are new, edited or gone."""

from __future__ import annotations

import contextlib
import sys
from array import array
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from tryon_cli.model.digest import Digest
from tryon_cli.model.pair import Pair

from .options import Invalid

MOST = 250_000
"""Rows that are remembered; of a longer manifest is only known whether it has changed."""

_MAGIC = int.from_bytes(b"TRYROLL1", sys.byteorder)


class Difference(NamedTuple):
    """Rows of a manifest that were not so before."""

    new: int = 0
    edited: int = 0
    """Same id, another content."""
    removed: int = 0
    renamed: int = 0
    """Same content, another id."""

    def __str__(self) -> str:
        words = (
            f"{self.new:,} rows new" if self.new else "",
            f"{self.edited:,} edited" if self.edited else "",
            f"{self.renamed:,} renamed" if self.renamed else "",
            f"{self.removed:,} removed ({'its image stays' if self.removed == 1 else 'their images stay'})"
            if self.removed else "",
        )  # fmt: skip
        return ", ".join(filter(None, words)) or "no row asks for anything else"


class Roll:
    """Ids and contents of rows, each as 8 bytes. Where pictures lie counts, not what is in them."""

    def __init__(self, folder: Path) -> None:
        """folder: of the manifest; paths below it count without it, so that all of it may be moved."""
        self._top = f"{folder.resolve()}/"  # as the paths of pictures are
        self._rows = array("Q")
        self._full = False

    def add(self, row: Pair | Invalid) -> None:
        """One more row. A row that repeats another is none of its own."""
        if isinstance(row, Invalid):
            self._add(row.id or f"row {row.row}", repr(row.cells))
        elif not row.same_as:
            paths = [path.removeprefix(self._top) for path in (row.human, *row.garments)]
            self._add(row.id, repr((paths, row.categories, row.output, row.overrides, row.skip)))

    def _add(self, own_id: str, content: str) -> None:
        if len(self._rows) >= 2 * MOST:
            self._full = True
            return
        for text in (own_id, content):
            data = text.encode("utf-8", "surrogateescape")
            self._rows.append(int.from_bytes(blake2b(data, digest_size=8).digest(), "big"))

    def write(self, path: Path, digest: Digest) -> None:
        """Keep it for the next run, whole or not at all. digest: of the manifest. A run is worth more: no error."""
        part = path.with_suffix(".part")
        head = array("Q", (_MAGIC, int(digest[:16], 16), self._full))
        with contextlib.suppress(OSError):
            part.write_bytes(head.tobytes() + self._rows.tobytes())
            part.replace(path)

    def since(self, path: Path, digest: str) -> Difference | None:
        """What is different from the roll that was written there; None when that one is not known whole.

        digest: of the manifest that it must be the roll of.
        """
        before = _read(path, digest)
        if before is None or self._full:
            return None
        old, now = _table(before), _table(self._rows)
        edited = sum(old[name] != content for name, content in now.items() if name in old)
        added = [content for name, content in now.items() if name not in old]
        gone = [content for name, content in old.items() if name not in now]
        renamed = len(set(added) & set(gone))
        return Difference(len(added) - renamed, edited, len(gone) - renamed, renamed)


def _read(path: Path, digest: str) -> array[int] | None:
    found = array("Q")
    try:
        found.frombytes(path.read_bytes())
    except (OSError, ValueError):
        return None
    whole = len(found) >= 3 and len(found) % 2 == 1 and found[0] == _MAGIC and not found[2]
    return found[3:] if whole and digest and found[1] == int(digest[:16], 16) else None


def _table(rows: Iterable[int]) -> dict[int, int]:
    flat = iter(rows)
    return dict(zip(flat, flat, strict=True))
