"""The exit code says what matters most."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.batch.ending import Stop, choose, finished
from tryon_cli.model.errors import EXIT_ORDER, Exit
from tryon_cli.model.outcome import RowState

R = RowState


@pytest.mark.parametrize(
    ("counts", "changes", "code"),
    [
        ({}, {}, Exit.OK),
        ({R.MADE: 3, R.CACHED: 2, R.SKIPPED: 1}, {}, Exit.OK),
        ({R.MADE: 3, R.FAILED: 1}, {}, Exit.PARTIAL),
        ({R.MADE: 3, R.INVALID: 1}, {}, Exit.PARTIAL),
        ({R.MADE: 3, R.FAILED: 1}, {"temporary": 1}, Exit.TEMPORARY),
        ({R.FLAGGED: 3}, {}, Exit.OK),
        ({R.FLAGGED: 3}, {"max_flagged": 3}, Exit.OK),
        ({R.FLAGGED: 4}, {"max_flagged": 3}, Exit.QUALITY),
        ({R.FLAGGED: 4, R.FAILED: 1}, {"max_flagged": 3}, Exit.PARTIAL),
        ({R.CACHED: 9}, {"error_on_nothing": True}, Exit.NOTHING),
        ({R.CACHED: 9, R.MADE: 1}, {"error_on_nothing": True}, Exit.OK),
        ({R.WAITING: 1, R.FAILED: 1}, {"temporary": 1}, Exit.DECIDE),
        ({R.MAYBE_PAID: 1}, {}, Exit.DECIDE),
    ],
)
def test_counts_decide(counts: dict[RowState, int], changes: dict[str, int], code: Exit) -> None:
    assert choose(Counter(counts), None, **changes) is code  # type: ignore[arg-type]


@given(st.sampled_from([c for c in Exit if c is not Exit.OK]), st.integers(0, 3))
def test_a_stop_is_weighed_like_everything_else(code: Exit, failed: int) -> None:
    chosen = choose(Counter({R.FAILED: failed}), Stop("x", code, "why"))
    rivals = [code] + ([Exit.PARTIAL] if failed else [])
    assert chosen is min(rivals, key=EXIT_ORDER.index)


def test_finished_rows_are_those_with_a_picture() -> None:
    assert finished(Counter({R.MADE: 1, R.CACHED: 2, R.FLAGGED: 4, R.FAILED: 8, R.LEFT: 16})) == 7
