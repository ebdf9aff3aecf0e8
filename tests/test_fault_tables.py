"""Every row of the fault tables N (network) and P (paid services) has a test that bears its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROWS = [*(f"n{n:02d}" for n in range(1, 18)), *(f"p{n:02d}" for n in range(1, 28))]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_test(row: str) -> None:
    named = re.compile(rf"def test_\w*?(?<![a-z0-9]){row}_\w+\(")
    assert [path for path in Path(__file__).parent.rglob("test_*.py") if named.search(path.read_text())]
