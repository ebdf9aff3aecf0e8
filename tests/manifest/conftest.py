"""A shop's folder with people and garments, and a way to read a manifest in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tryon_cli.manifest import Invalid, Manifest, ManifestOptions
from tryon_cli.model.errors import Complaint, Exit, TryonError
from tryon_cli.model.pair import Pair


class Reading(NamedTuple):
    """What one pass gave."""

    rows: list[Pair | Invalid]
    told: list[Complaint]
    """Notices and warnings."""

    @property
    def pairs(self) -> list[Pair]:
        return [row for row in self.rows if isinstance(row, Pair)]

    @property
    def invalid(self) -> list[Invalid]:
        return [row for row in self.rows if isinstance(row, Invalid)]

    @property
    def wrong(self) -> list[tuple[str, int, str, str]]:
        """(row, line, column, code) of everything that makes a row invalid."""
        return [(c.row, c.line, c.column, c.code) for row in self.invalid for c in row.complaints]

    @property
    def codes(self) -> list[str]:
        return [c.code for c in self.told]

    @property
    def ids(self) -> list[str]:
        return [row.id for row in self.rows]

    def only_complaint(self) -> Complaint:
        """The complaint, when there is exactly one."""
        (row,) = self.invalid
        (complaint,) = row.complaints
        return complaint


class Shop:
    """A folder with people/p1 p2 p10 .jpg and garments/g1 g2 g10 .png."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.picture("people/p1.jpg", "people/p2.jpg", "people/p10.jpg")
        self.picture("garments/g1.png", "garments/g2.png", "garments/g10.png")

    def picture(self, *names: str, content: bytes = b"some bytes") -> None:
        """Files that look like pictures from the outside: that is all that is looked at."""
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def write(self, text: str | bytes, name: str = "m.csv") -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return path

    def open(self, text: str | bytes, name: str = "m.csv", **options: Any) -> Manifest:
        return Manifest.open(self.write(text, name), ManifestOptions(**options))

    def read(self, text: str | bytes, name: str = "m.csv", **options: Any) -> Reading:
        told: list[Complaint] = []
        with self.open(text, name, **options) as manifest:
            return Reading(list(manifest.rows(told.append)), told)

    def refused(self, text: str | bytes, name: str = "m.csv", **options: Any) -> TryonError:
        """The error that opening, or reading, ends with."""
        with pytest.raises(TryonError) as caught:
            self.read(text, name, **options)
        assert caught.value.exit_code is Exit.MANIFEST
        return caught.value


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield Shop(tmp_path / "shop")
