"""How long a service asks us to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.providers.http.hints import LONGEST, in_body, retry_after

NOW = 784_111_747.0
"""30 s before Sun, 06 Nov 1994 08:49:37 GMT."""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-5", None),
        ("1e20", LONGEST),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30.0),
        ("Sun Nov  6 08:49:37 1994", 30.0),
        ("Sun, 06 Nov 1994 08:40:00 GMT", 0.0),
        # and what else was seen
        ("inf", None),
        ("1_000", None),
        ("Sun, 06 Nov 1994 08:49:37", 30.0),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 30.0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("30, 60", None),
    ],
)
def test_n07_retry_after_in_all_its_forms(said: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": said}, now=NOW) == seconds


def test_n07_milliseconds_go_before_seconds() -> None:
    assert retry_after({"retry-after-ms": "250", "retry-after": "30"}) == 0.25


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"detail":"Request was throttled. Your rate limit resets in ~30s."}', 30.0),
        ('{"title":"Too many","retry_after":7}', 7.0),
        ('{"error":{"details":[{"@type":"RetryInfo","retryDelay":"34.5s"}]}}', 34.5),
        ("Please try again in 20ms.", 0.02),
        ("Rate limit reached. Please try again in 6 minutes", 360.0),
        ('{"retry_after": -1}', None),
        ('{"retry_after": true}', None),
        ('{"retry_after": NaN}', None),
        ("waiting for the bus", None),
        ("[" * 60_000, None),
        ("", None),
    ],
)
def test_n09_the_hint_may_stand_in_the_body_alone(body: str, seconds: float | None) -> None:
    assert in_body(body) == seconds
    assert retry_after({}, body) == seconds


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_is_said_the_wait_is_between_nothing_and_a_day(header: str, body: str) -> None:
    found = retry_after({"retry-after": header}, body)
    assert found is None or 0 <= found <= LONGEST
