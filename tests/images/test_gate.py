"""The gate: every odd picture as a person and as a garment, and what comes out of the good ones."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor

import odd_pictures as odd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from tryon_cli.images import limits
from tryon_cli.images.gate import Prepared, prepare
from tryon_cli.model.errors import Fault, FaultKind

ROLES = ("human", "garment")


def seen(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference in levels."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", odd.REFUSED)
def test_is_refused_with_its_reason(name: str, role: str) -> None:
    make, reason = odd.REFUSED[name]
    with pytest.raises(limits.Refusal) as caught:
        prepare(make(), role, name="a\nb.jpg")
    fault = caught.value
    assert fault.reason == reason
    assert fault.text.startswith(f"a b.jpg: {reason.replace('_', ' ')}: ")
    assert fault.kind is FaultKind.INPUT and fault.fix
    codes = {"too_many_pixels": "M-BOMB", "too_small": "M-SMALL", "bad_shape": "M-RATIO"}
    assert fault.code == codes.get(reason, "M-IMAGE")
    assert fault.text.isprintable()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", odd.TAKEN)
def test_is_taken_and_comes_out_clean(name: str, role: str) -> None:
    done = prepare(odd.TAKEN[name](), role)
    image = seen(done.image)
    assert image.size == (done.width, done.height)
    assert image.mode == ("RGBA" if done.alpha else "RGB")
    assert not (done.alpha and role == "human")
    assert odd.CANARY.encode() not in done.image
    assert not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert done.image.endswith(b"\xff\xd9" if image.format == "JPEG" else b"IEND\xaeB`\x82")


def test_the_two_tables_cover_all_numbers() -> None:
    numbers = {
        int("".join(c for c in name.split()[0] if c.isdigit()) or 0) for name in {**odd.REFUSED, **odd.TAKEN}
    }
    assert set(range(1, 48)) <= numbers


def test_text_in_place_of_a_picture_is_quoted_without_secrets() -> None:
    with pytest.raises(Fault, match=r'HTML page that begins "<!DOCTYPE html>.*403 Forbidden') as page:
        prepare(odd.REFUSED["4 HTML"][0](), "human")
    assert "sk_live_0123456789" not in page.value.text and "\x1b" not in page.value.text
    with pytest.raises(Fault, match=r'JSON that begins "\{"error": "image expired"'):
        prepare(odd.REFUSED["5 JSON"][0](), "human")
    with pytest.raises(Fault, match="gzip"):
        prepare(odd.REFUSED["46 gzip"][0](), "human")


@pytest.mark.parametrize(("megas", "side"), [(51, 7142), (89, 9434), (179, 13_380), (400, 20_000)])
def test_pixel_bombs_are_named_by_size(megas: int, side: int) -> None:
    with pytest.raises(Fault, match=f"too many pixels: {megas} MP, limit 50 MP"):
        prepare(odd.bare_png(side, side, depth=1, colour=0, rows=b""), "human")


def test_limits_are_where_they_are_said_to_be() -> None:
    for width, height, reason in ((64, 512, ""), (64, 513, "bad_shape"), (64, 64, ""), (63, 64, "too_small")):
        raw = odd.saved(odd.drawn(width, height), "PNG")
        if not reason:
            assert prepare(raw, "garment").width == width
            continue
        with pytest.raises(limits.Refusal) as caught:
            prepare(raw, "garment")
        assert caught.value.reason == reason
    limits.check_size(12_000, 4_000)
    with pytest.raises(limits.Refusal):
        limits.check_size(12_001, 4_000)


def stored_turned(turn: int) -> Image.Image:
    """The picture as a camera stores it that says `turn`."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = odd.drawn()
    return image if turn == 1 else image.transpose(Image.Transpose(back[turn]))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TAG"])
def test_eight_orientations_are_one_picture(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    results = set()
    for turn in range(1, 9):
        image = stored_turned(turn)
        if kind == "TAG":  # big-endian EXIF, built by hand
            tag = b"MM\0*" + struct.pack(">IHHHIHH", 8, 1, 0x0112, 3, 1, turn, 0) + bytes(4)
            raw = odd.saved(image, "PNG", exif=tag)
        else:
            raw = odd.saved(image, kind, exif=odd.exif(turn), **options)
        results.add(prepare(raw, "human").image)
    assert len(results) == 1
    assert apart(seen(results.pop()), odd.drawn()) == 0


def test_a_camera_jpeg_is_turned() -> None:
    for turn in range(1, 9):
        done = prepare(odd.saved(stored_turned(turn), "JPEG", quality=95, exif=odd.exif(turn)), "human")
        assert apart(seen(done.image), odd.drawn()) < 2
        assert ("turned upright as its EXIF says" in done.notices) is (turn > 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_customer_lives_goes_nowhere(kind: str) -> None:
    raw = odd.saved(odd.drawn(), kind, exif=odd.exif(1, gps=True), xmp=b"<x>" + odd.CANARY.encode() + b"</x>")
    assert odd.CANARY.encode() in raw
    done = prepare(raw, "human")
    assert odd.CANARY.encode() not in done.image


def test_16_bits_are_scaled_not_clipped() -> None:
    done = prepare(odd.deep_grey(), "garment")
    row = [seen(done.image).getpixel((x, 5))[0] for x in range(128)]
    assert row == [(x * 65535 // 127 * 255 + 32767) // 65535 for x in range(128)]
    assert "16 bits a channel scaled to 8" in done.notices


def test_16_bit_colour_with_a_transparent_colour() -> None:
    red, blue = struct.pack(">HHH", 0xFFFF, 0x1234, 0), struct.pack(">HHH", 0, 0x1234, 0xFFFF)
    rows = (b"\0" + red * 50 + blue * 50) * 100
    raw = odd.bare_png(100, 100, odd.chunk(b"tRNS", blue), depth=16, rows=rows)
    image = seen(prepare(raw, "garment").image)
    assert image.getpixel((10, 10)) == (255, 0x12, 0, 255)
    assert image.getpixel((90, 10)) == (255, 255, 255, 0)


def test_transparency_becomes_white_for_people_and_stays_for_garments() -> None:
    raw = odd.saved(odd.faded(), "PNG")
    person, garment = prepare(raw, "human"), prepare(raw, "garment")
    white = Image.new("RGBA", odd.faded().size, "white")
    white.alpha_composite(odd.faded())
    assert apart(seen(person.image), white) <= 1
    assert seen(garment.image).getchannel("A").tobytes() == odd.faded().getchannel("A").tobytes()
    assert any("white" in notice for notice in person.notices)


def test_what_transparency_hides_is_gone() -> None:
    hidden = odd.drawn(mode="RGBA")
    hidden.paste((11, 22, 33, 0), (0, 0, 96, 256))
    image = seen(prepare(odd.saved(hidden, "PNG"), "garment").image)
    assert image.getpixel((10, 200)) == (255, 255, 255, 0)


def test_an_opaque_alpha_channel_is_left_out() -> None:
    done = prepare(odd.png("RGBA"), "garment")
    assert not done.alpha and done.notices == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_is_applied(kind: str) -> None:
    image = odd.drawn()
    done = prepare(odd.saved(image, kind, icc_profile=odd.swapped_profile()), "garment")
    red, green, blue = image.split()
    assert apart(seen(done.image), Image.merge("RGB", (blue, green, red))) < 4
    assert any("by the picture's profile" in notice for notice in done.notices)


def test_srgb_and_broken_profiles_change_no_pixel() -> None:
    plain = prepare(odd.png(), "garment").image
    from PIL import ImageCms

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = prepare(odd.png(icc_profile=srgb), "garment")
    assert told.image == plain and told.notices == ()
    broken = prepare(odd.png(icc_profile=b"nothing of the kind"), "garment")
    assert broken.image == plain
    assert broken.notices == ("a colour profile that cannot be used was left out",)


def test_converted_colours_look_the_same() -> None:
    for mode in ("CMYK", "L"):
        stored = odd.drawn(mode=mode)
        done = prepare(odd.saved(stored, "JPEG", quality=95), "human")
        assert apart(seen(done.image), stored.convert("RGB")) < 4, mode
        assert any(mode in notice or "grey" in notice for notice in done.notices)
    stored = odd.drawn().quantize(32)
    done = prepare(odd.saved(stored, "PNG"), "human")
    assert apart(seen(done.image), stored) == 0 and "palette converted to RGB" in done.notices


def test_lossy_stays_jpeg_and_lossless_png() -> None:
    formats = {
        seen(prepare(raw, "garment").image).format: name
        for name, raw in (("lossy", odd.saved(odd.drawn(), "WEBP")), ("lossless", odd.png()))
    }
    assert formats == {"JPEG": "lossy", "PNG": "lossless"}
    assert seen(prepare(odd.saved(odd.drawn(), "WEBP", lossless=True), "human").image).format == "PNG"


def test_big_pictures_are_bounded_with_their_ratio() -> None:
    for kind, size in (("JPEG", (9000, 1500)), ("JPEG", (5000, 1000)), ("PNG", (4500, 900))):
        done = prepare(odd.saved(odd.drawn(*size), kind), "human")
        assert max(done.width, done.height) == 4096
        assert abs(done.width / done.height - size[0] / size[1]) < 0.01
        assert apart(seen(done.image), odd.drawn(done.width, done.height)) < 3
        assert done.notices == (f"shrunk from {size[0]} x {size[1]} pixels",)


def test_a_phones_multi_picture_file_is_its_first_picture() -> None:
    frames = [odd.drawn(), odd.drawn(100, 100)]
    raw = odd.saved(frames[0], "MPO", save_all=True, append_images=frames[1:], quality=95)
    done = prepare(raw, "human")
    assert (done.width, done.height) == odd.drawn().size


def test_half_a_file_of_zeros_is_noted_for_people() -> None:
    noisy = odd.noise()
    noisy.paste((128, 128, 128), (0, 128, 256, 256))
    raw = odd.saved(noisy, "JPEG", quality=95)
    assert "may be damaged" in prepare(raw, "human").notes[0]
    assert prepare(raw, "garment").notes == ()


def test_threads_agree_and_nothing_warns(recwarn: pytest.WarningsRecorder) -> None:
    cases = [make() for make in odd.TAKEN.values()]
    cases.append(odd.jpeg(icc_profile=odd.swapped_profile()))
    alone = [prepare(raw, "garment") for raw in cases]

    def again(index: int) -> tuple[int, Prepared]:
        return index % len(cases), prepare(cases[index % len(cases)], "garment")

    with ThreadPoolExecutor(16) as pool:
        for index, done in pool.map(again, range(160)):
            assert done == alone[index]
    assert not recwarn.list


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(64, 400),
    height=st.integers(64, 400),
    mode=st.sampled_from(["RGB", "L", "RGBA", "P", "CMYK", "1", "LA"]),
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    role=st.sampled_from(ROLES),
    turn=st.integers(1, 8),
)
def test_what_was_prepared_passes_again(
    width: int, height: int, mode: str, kind: str, role: str, turn: int
) -> None:
    image = odd.drawn(width, height, "RGB").convert(mode)
    if mode in _CANNOT[kind]:
        image = image.convert("RGB")
    first = prepare(odd.saved(image, kind, exif=odd.exif(turn)), role)
    second = prepare(first.image, role)
    assert (second.width, second.height) == (first.width, first.height)
    assert (first.width, first.height) == ((width, height) if turn < 5 else (height, width))
    if seen(first.image).format == "PNG":
        assert second.image == first.image


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_brings_anything_but_a_refusal(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(_SEEDS)))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, min(len(raw) - 1, 900)))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    try:
        done = prepare(bytes(raw), "garment")
    except Fault as fault:
        assert fault.kind is FaultKind.INPUT and fault.fix
    else:
        assert seen(done.image).size == (done.width, done.height)


_CANNOT = {"JPEG": ("RGBA", "P", "LA", "1"), "WEBP": ("CMYK", "1"), "PNG": ("CMYK",)}

_SEEDS = (
    odd.saved(odd.drawn(80, 80), "JPEG", exif=odd.exif(6), icc_profile=odd.swapped_profile()),
    odd.saved(odd.drawn(80, 80).quantize(8), "PNG", transparency=2, exif=odd.exif(6)),
    odd.saved(odd.drawn(80, 80, "RGBA"), "WEBP", exif=odd.exif(6)),
    odd.saved(odd.drawn(80, 80), "WEBP", lossless=True),
    odd.deep_grey(),
)
