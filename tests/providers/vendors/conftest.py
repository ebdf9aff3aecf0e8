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
