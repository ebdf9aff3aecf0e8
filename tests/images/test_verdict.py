"""Judging what a provider returned."""

from __future__ import annotations

import odd_pictures as odd
import pytest
from PIL import Image

from tryon_cli.images.verdict import blank, decodes
from tryon_cli.model.errors import Fault, FaultKind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_whole_picture_tells_its_size(kind: str) -> None:
    data = odd.saved(odd.drawn(300, 200), kind)
    assert decodes(data) == (300, 200)
    assert not blank(data)


def test_a_small_picture_is_fine_here() -> None:
    assert decodes(odd.saved(odd.drawn(20, 10), "PNG")) == (20, 10)


def test_size_is_upright() -> None:
    assert decodes(odd.saved(odd.drawn(300, 200), "JPEG", exif=odd.exif(6))) == (200, 300)


@pytest.mark.parametrize("name", [n for n, (_, r) in odd.REFUSED.items() if r not in ("blank", "too_small")])
def test_what_is_no_picture_is_said_so(name: str) -> None:
    make, reason = odd.REFUSED[name]
    passing = reason in ("truncated", "corrupt", "not_an_image")
    with pytest.raises(Fault) as caught:
        decodes(make())
    assert caught.value.code == "E-IMG-DECODE"
    assert caught.value.kind is (FaultKind.TRANSIENT if passing else FaultKind.INPUT)
    assert reason.replace("_", " ") in caught.value.text


@pytest.mark.parametrize("colour", ["black", "white", "#808182"])
def test_p16_flat_pictures_are_blank(colour: str) -> None:
    assert blank(odd.saved(Image.new("RGB", (100, 100), colour), "JPEG"))
    assert not blank(odd.jpeg())


def test_one_dot_is_something_to_see() -> None:
    image = Image.new("RGB", (100, 100), "white")
    image.putpixel((50, 50), (0, 0, 0))
    assert not blank(odd.saved(image, "PNG"))


def test_a_flat_picture_with_a_shape_in_its_alpha_is_not_blank() -> None:
    image = Image.new("RGBA", (100, 100), "red")
    image.putalpha(Image.radial_gradient("L").resize((100, 100)))
    assert not blank(odd.saved(image, "PNG"))
    assert blank(odd.saved(Image.new("RGBA", (100, 100), (255, 0, 0, 0)), "PNG"))


def test_blank_refuses_what_does_not_decode() -> None:
    with pytest.raises(Fault, match="truncated"):
        blank(odd.jpeg()[:-2])
