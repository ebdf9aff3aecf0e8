"""The door for providers: built in, installed, and the user's own class."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tryon_cli.model.errors import Exit, TryonError
from tryon_cli.model.ports import Job, Provider
from tryon_cli.providers.registry import load, places


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(
        textwrap.dedent(
            """
            from tryon_cli.model.ports import Done, Offer
            class Mine:
                offer = Offer("mine", {"try-on": "1"})
                def __init__(self, colour="red"):
                    self.colour = colour
                def submit(self, job):
                    return Done(self.colour.encode())
            class NoSubmit:
                offer = Offer("x", {})
            class NoOffer:
                offer = "none"
                def submit(self, job): ...
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_the_built_in_one_comes_by_the_same_table() -> None:
    provider = load("local")
    assert isinstance(provider, Provider) and provider.offer.name == "local"
    assert set(provider.offer.tasks) == {"stylize", "extract-face", "try-on", "face-swap"}
    assert not provider.offer.price, "the local provider is free"


def test_a_class_of_ones_own_by_its_place_or_by_a_name(own: str) -> None:
    job = Job("try-on", {}, {})
    assert load(f"{own}:Mine").submit(job).image == b"red"  # type: ignore[union-attr]
    table = {"mine": {"provider": f"{own}:Mine", "colour": "blue"}}
    assert load("mine", table).submit(job).image == b"blue"  # type: ignore[union-attr]
    assert places(table)["mine"] == f"{own}:Mine"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody", "there is no provider named 'nobody'"),
        ("no_such_module:Class", "no module 'no_such_module'"),
        ("OWN:Missing", "Missing"),
        ("OWN:NoSubmit", "has no submit"),
        ("OWN:NoOffer", "offer that is no Offer"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said(own: str, name: str, words: str) -> None:
    with pytest.raises(TryonError) as caught:
        load(name.replace("OWN", own))
    assert words in caught.value.what and caught.value.exit_code is Exit.USAGE and caught.value.details


def test_settings_that_a_class_does_not_take_are_said(own: str) -> None:
    with pytest.raises(TryonError, match="does not take these settings"):
        load("mine", {"mine": {"provider": f"{own}:Mine", "size": 3}})


@pytest.mark.parametrize("options", [{"slots": "many"}, {"patience": "long"}, {"colour": "red"}])
def test_settings_that_a_service_cannot_take_are_told(options: dict[str, str]) -> None:
    with pytest.raises(TryonError, match="provider bfl does not take these settings") as caught:
        load("bfl", {"bfl": options})
    assert caught.value.exit_code is Exit.USAGE and "[providers.bfl]" in caught.value.details[0]


def test_a_provider_may_stand_for_several_names() -> None:
    one = load("fast", {"fast": {"provider": "bfl", "model": "vto-v1"}})
    assert one.offer.name == "fast" and one.offer.tasks["try-on"].startswith("vto-v1")
