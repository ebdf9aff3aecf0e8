"""What every tier of blobs promises. A tier's own test inherits this and gives `blobs`."""

from __future__ import annotations

import threading

import pytest

from tryon_cli.model.digest import Digest, digest_of
from tryon_cli.model.ports import Blobs

SIZES = [0, 1, 4096, 65_537, 2_000_003]


class BlobsContract:
    """Whole or absent, named by content."""

    @pytest.fixture
    def blobs(self) -> Blobs:
        raise NotImplementedError

    @pytest.mark.parametrize("size", SIZES)
    def test_what_was_put_comes_back(self, blobs: Blobs, size: int) -> None:
        data = bytes(range(256)) * (size // 256 + 1)
        data = data[:size]
        digest = blobs.put(data)
        assert digest == digest_of(data)
        assert blobs.get(digest) == data and blobs.has(digest, size)

    def test_the_unknown_is_none(self, blobs: Blobs) -> None:
        assert blobs.get(digest_of(b"never")) is None
        assert not blobs.has(digest_of(b"never"), 5)

    def test_has_looks_at_the_size(self, blobs: Blobs) -> None:
        assert not blobs.has(blobs.put(b"12345"), 4)

    def test_putting_twice_is_putting_once(self, blobs: Blobs) -> None:
        assert blobs.put(b"same") == blobs.put(b"same", durable=True)

    def test_many_threads_with_the_same_and_with_other_bytes(self, blobs: Blobs) -> None:
        wrong: list[str] = []

        def work(me: int) -> None:
            for n in range(40):
                for data in (b"shared %d" % n, b"own %d %d" % (me, n)):
                    if blobs.get(blobs.put(data)) != data:
                        wrong.append(f"{me} {n}")

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong

    @pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 63 + "/"])
    def test_a_name_that_is_no_digest_reads_nothing(self, blobs: Blobs, name: str) -> None:
        with pytest.raises(ValueError, match="digest"):
            blobs.get(Digest(name))
