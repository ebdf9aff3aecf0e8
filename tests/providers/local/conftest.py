"""Makes the helpers of these tests importable, and one provider for all tests: it may keep what it learns."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tryon_cli.providers.local.provider import LocalProvider


@pytest.fixture(scope="session")
def local() -> LocalProvider:
    return LocalProvider()
