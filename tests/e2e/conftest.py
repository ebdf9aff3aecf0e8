"""Services for tests that drive the installed command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hired import Hired
from vendors.server import FakeServer


@pytest.fixture
def hired(tmp_path: Path) -> Iterator[Hired]:
    """A user of a paid service; the test fails when the played service had a bug."""
    with FakeServer() as fakes:
        yield Hired(tmp_path, fakes)
        assert not fakes.errors
