"""The played vendors, one server for all tests of a file, as new for each test."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from vendors.server import FakeServer


@pytest.fixture(scope="module")
def _server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.fixture
def fakes(_server: FakeServer) -> Iterator[FakeServer]:
    """One port, every vendor: fakes["fashn"]. Fails the test when a played vendor had a bug."""
    _server.clock = time.time
    _server.reset()
    yield _server
    assert not _server.errors


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Closes what vendors' SDKs leave open, so that no socket is left to the garbage collector."""
    import httpx

    opened: list[httpx.Client] = []
    begin = httpx.Client.__init__

    def remembered(self: httpx.Client, *args: object, **options: object) -> None:
        begin(self, *args, **options)  # type: ignore[arg-type]
        opened.append(self)

    monkeypatch.setattr(httpx.Client, "__init__", remembered)
    yield
    for client in opened:
        client.close()
