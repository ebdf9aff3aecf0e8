"""Several places for blobs: the nearest answers, a failing one never fails the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from blobs import BlobsContract

from tryon_cli.model.digest import Digest, digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.events import Event, Warned
from tryon_cli.model.ports import Blobs
from tryon_cli.store.disk import DiskBlobs
from tryon_cli.store.tiers import REST, Tiers


class Far:
    """Blobs of another machine: a dict, with a script of what goes wrong."""

    def __init__(self) -> None:
        self.kept: dict[Digest, bytes] = {}
        self.down = False
        self.asked = 0

    def _answer(self) -> None:
        self.asked += 1
        if self.down:
            raise ConnectionError("no route to host")

    def put(self, data: bytes, *, durable: bool = False) -> Digest:
        self._answer()
        self.kept[digest_of(data)] = data
        return digest_of(data)

    def get(self, digest: Digest) -> bytes | None:
        self._answer()
        return self.kept.get(digest)

    def has(self, digest: Digest, size: int) -> bool:
        self._answer()
        return len(self.kept.get(digest, b"")) == size


class Set:
    """Two tiers, a clock, and what was told."""

    def __init__(self, near: Blobs) -> None:
        self.near, self.far = near, Far()
        self.now = 100.0
        self.heard: list[Event] = []
        self.tiers = Tiers(near, [("far", self.far)], self.heard.append, ticks=lambda: self.now)


@pytest.fixture
def tiered(tmp_path: Path) -> Iterator[Set]:
    near = DiskBlobs(tmp_path / "c", lambda e: None)
    yield Set(near)
    near.close()


class TestTiers(BlobsContract):
    @pytest.fixture
    def blobs(self, tiered: Set) -> Tiers:  # type: ignore[override]
        return tiered.tiers


class TestTiersWhoseFarOneIsDown(BlobsContract):
    @pytest.fixture
    def blobs(self, tiered: Set) -> Tiers:  # type: ignore[override]
        tiered.far.down = True
        return tiered.tiers


def test_the_near_tier_is_filled_on_the_way_back(tiered: Set) -> None:
    digest = tiered.far.put(b"made elsewhere")
    assert tiered.tiers.has(digest, 14) and not tiered.tiers.has(digest, 13)
    assert tiered.tiers.get(digest) == b"made elsewhere" == tiered.near.get(digest)
    asked = tiered.far.asked
    assert tiered.tiers.get(digest) and tiered.far.asked == asked, "the nearest answers"


def test_what_is_put_is_everywhere(tiered: Set) -> None:
    digest = tiered.tiers.put(b"mine", durable=True)
    assert tiered.near.get(digest) == tiered.far.kept[digest] == b"mine"


def test_other_bytes_than_asked_for_are_refused(tiered: Set) -> None:
    digest = digest_of(b"asked for")
    tiered.far.kept[digest] = b"a poisoned picture"
    assert tiered.tiers.get(digest) is None and tiered.near.get(digest) is None
    assert [e.code for e in tiered.heard if isinstance(e, Warned)] == ["S-TIER"]


def test_a_tier_that_fails_is_told_once_left_alone_and_asked_again_later(tiered: Set) -> None:
    tiered.far.down = True
    for n in range(20):
        assert tiered.tiers.get(tiered.tiers.put(b"%d" % n)) == b"%d" % n
        assert tiered.tiers.get(digest_of(b"unknown")) is None
    assert tiered.far.asked == 1
    assert [e.code for e in tiered.heard if isinstance(e, Warned)] == ["S-TIER"]
    tiered.far.down = False
    tiered.now += REST - 0.1
    tiered.tiers.put(b"too early")
    tiered.now += 0.2
    tiered.tiers.put(b"back")
    assert set(tiered.far.kept) == {digest_of(b"back")}


def test_a_fault_of_the_first_tier_is_a_fault(tiered: Set, tmp_path: Path) -> None:
    (tmp_path / "c").rename(tmp_path / "gone")
    with pytest.raises(Fault) as caught:
        tiered.tiers.put(b"x")
    assert caught.value.kind is FaultKind.STORAGE and not tiered.far.kept
