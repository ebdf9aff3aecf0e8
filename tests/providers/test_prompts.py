"""The words that services get: every look says something of its own, and what must stay is always said."""

from __future__ import annotations

import pytest

from tryon_cli.providers.local.presets import PRESETS
from tryon_cli.providers.prompts import LOOKS, negative_of, prompt_for


@pytest.mark.parametrize("style", [p for p in PRESETS if p not in ("none", "off")])
def test_every_look_of_the_local_provider_has_words_of_its_own(style: str) -> None:
    text = prompt_for("stylize", {"style": style})
    assert LOOKS[style] in text
    assert "Keep the same person" in text and "Keep every piece of clothing" in text


def test_a_style_that_nobody_named_is_taken_as_words() -> None:
    assert "art deco poster" in prompt_for("stylize", {"style": "art deco poster"})


def test_the_users_words_are_added_and_never_replace_what_must_stay() -> None:
    text = prompt_for("stylize", {"style": "film", "prompt": "on a beach\n at dusk", "negative": "hat"})
    assert LOOKS["film"] in text and " on a beach at dusk. " in text
    assert "Keep the same person" in text
    assert text.endswith("Do not show: hat.")


def test_what_must_not_be_seen_is_left_out_where_the_vendor_has_a_field_for_it() -> None:
    settings = {"style": "film", "negative": "hat"}
    assert "hat" not in prompt_for("stylize", settings, negative=False)
    assert negative_of(settings) == "hat"
    assert negative_of({}) == ""


def test_a_garment_is_named_by_its_category_and_other_clothes_stay() -> None:
    text = prompt_for("try-on", {"category": "lower"})
    assert "the lower-body garment from the second picture" in text
    assert "All other clothing stays as it is." in text
    assert "Keep every piece of clothing" not in text, "the one that is replaced must not be kept"
    assert "All other clothing" not in prompt_for("try-on", {"category": "dress"})
    assert "It replaces what is worn in its place" in text
    assert "over the other clothes" in prompt_for("try-on", {"category": "outer"})
    assert "in the garment from" in prompt_for("try-on", {"category": "auto"})


def test_a_dressed_picture_stays_in_the_look_it_was_given() -> None:
    assert LOOKS["pencil"] in prompt_for("try-on", {"style": "pencil"})
    assert "stay in that look" not in prompt_for("try-on", {"style": "off"})
    assert "stay in that look" not in prompt_for("try-on", {})


def test_a_job_without_any_words_still_says_what_must_stay() -> None:
    assert prompt_for("stylize", {}).startswith("Edit this photograph")
    assert prompt_for("stylize", {"style": "off", "prompt": "make it snow"}).count("make it snow.") == 1
