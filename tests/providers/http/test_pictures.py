"""Pictures as a service takes them."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.remote import Accepts
from tryon_cli.providers.http.pictures import data_uri, decoded, fitted, media_of, raw_base64, size_of


def made(kind: str, size: tuple[int, int] = (600, 800), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise(size, 60).convert("RGB")
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(size))
    image.save(out, kind, **options)
    return out.getvalue()


def seen(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_fits_goes_as_it_is(kind: str) -> None:
    data = made(kind)
    assert fitted(data, Accepts((kind.lower(),), 300, 800, len(data))) == data


def test_another_format_is_made_where_ours_is_not_taken() -> None:
    assert seen(fitted(made("WEBP"), Accepts(("jpeg", "png")))).format == "JPEG"
    assert seen(fitted(made("JPEG"), Accepts(("png",)))).format == "PNG"
    assert seen(fitted(made("PNG"), Accepts(("webp",)))).format == "WEBP"


def test_transparency_is_laid_on_white_or_kept() -> None:
    data = made("PNG", mode="RGBA")
    flat = seen(fitted(data, Accepts(("png",))))
    assert flat.mode == "RGB" and min(flat.getpixel((300, 0))) > 250  # type: ignore[type-var]
    assert fitted(data, Accepts(("png",), alpha=True)) == data
    kept = seen(fitted(data, Accepts(("jpeg", "png"), most=400, alpha=True)))
    assert (kept.format, kept.mode, max(kept.size)) == ("PNG", "RGBA", 400)
    assert seen(fitted(data, Accepts(("jpeg",), alpha=True))).format == "JPEG"


def test_larger_ones_shrink_and_keep_their_shape() -> None:
    assert seen(fitted(made("JPEG", (1200, 1600)), Accepts(most=800))).size == (600, 800)


def test_small_ones_are_refused_and_never_enlarged() -> None:
    for size, accepts in (((299, 900), Accepts(least=300)), ((300, 2100), Accepts(least=300, most=1400))):
        with pytest.raises(Fault) as caught:
            fitted(made("JPEG", size), accepts)
        assert caught.value.kind is FaultKind.INPUT and caught.value.code == "E-IMG-SMALL"


@pytest.mark.parametrize("formats", [("jpeg",), ("png",), ("webp", "jpeg"), ("png", "jpeg")])
def test_bytes_are_brought_below_the_limit(formats: tuple[str, ...]) -> None:
    data = made("PNG", (900, 1200))
    small = fitted(data, Accepts(formats, 64, 4096, 150_000))
    assert len(small) <= 150_000 < len(data)
    assert seen(small).format.lower() in formats  # type: ignore[union-attr]


def test_what_cannot_be_brought_below_the_limit_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        fitted(made("PNG"), Accepts(("png",), least=600, size=1000))
    assert caught.value.code == "E-IMG-LARGE"


def test_a_turned_picture_is_sent_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = made("JPEG", (400, 300), exif=exif)
    assert seen(fitted(data, Accepts())).size == (300, 400)


def test_equal_pictures_give_equal_bytes() -> None:
    data = made("PNG", (500, 500))
    accepts = Accepts(("jpeg",), most=300)
    assert fitted(data, accepts) == fitted(bytes(bytearray(data)), accepts)


def test_how_they_stand_in_json() -> None:
    data = made("JPEG")
    assert media_of(data) == "image/jpeg" and size_of(data) == (600, 800)
    assert base64.b64decode(raw_base64(data)) == data
    assert data_uri(data) == f"data:image/jpeg;base64,{raw_base64(data)}"
    assert decoded(data_uri(data)) == decoded(raw_base64(data)) == data
    assert media_of(made("WEBP")) == "image/webp" and media_of(made("PNG")) == "image/png"
    with pytest.raises(Fault):
        decoded("no base64 at all!")
    with pytest.raises(Fault):
        media_of(b"GIF89a")
