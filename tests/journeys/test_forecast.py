"""What a plan means in uploads, money and time: pure counts in, lines out."""

from __future__ import annotations

import pytest

from tryon_cli.batch.survey import Line, Sent, Survey
from tryon_cli.journeys import forecast
from tryon_cli.model.digest import digest_of


def survey() -> Survey:
    seen = Survey(rows=788, valid=788)
    seen.stages["stylize", "fashn"] = Line("stylize", "fashn", 0.015, calls=61, unshared=788)
    seen.stages["try-on", "fashn"] = Line("try-on", "fashn", 0.07, calls=788, known=10, took=80.0, slots=6)
    seen.stages["finish", ""] = Line("finish", "here", calls=788)
    return seen


def test_uploads_are_told_with_what_sharing_saves() -> None:
    seen = survey()
    seen.sent = Sent({digest_of(b"a"): 300_000, digest_of(b"b"): 700_000}, 4, 2_000_000)
    assert [line.strip() for line in forecast.uploads(seen)] == [
        "2 files to send, 1.0 MB", "(without sharing 4 files, 2.0 MB)",
    ]  # fmt: skip
    assert list(forecast.uploads(survey())) == [], "nothing goes anywhere"


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (None, "no limit is set"), (40.0, "$40.00 covers 71% of the plan"), (57.0, "covers the plan, not the bad case"),
        (70.0, "$70.00 covers the plan"),
    ],
)  # fmt: skip
def test_the_budget_is_held_against_the_plan(limit: float | None, says: str) -> None:
    text = "\n".join(forecast.prospects(survey(), limit, {"fashn": 0.1}))
    assert (
        says in text and "likely    $56.08 to $61.68   (10% of your past calls were paid for nothing)" in text
    )


def test_a_limit_that_covers_all_says_no_more_than_that() -> None:
    assert "  budget    $70.00 covers the plan" in list(forecast.prospects(survey(), 70.0, {}))


def test_time_follows_from_what_is_known_and_is_not_made_up() -> None:
    seen = survey()
    assert forecast.time_of(seen) is None, "nothing is known of stylize"
    del seen.stages["stylize", "fashn"]
    assert forecast.time_of(seen) == pytest.approx(788 * 8 / 6)
    assert any("time      about 17m 30s" in line for line in forecast.prospects(seen, None, {}))


def test_the_document_has_the_same() -> None:
    found = forecast.document(survey(), 60.0, {"fashn": 0.5})
    assert found["cost_worst"] == pytest.approx(56.075 * 1.5, abs=0.001) and found["budget"] == 60.0
    assert found["seconds"] is None and found["uploads"]["files"] == 0
