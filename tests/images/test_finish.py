"""The final file: its size, its bars, its bytes and the label in it."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from xml.etree import ElementTree

import odd_pictures as odd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from tryon_cli.images.finish import finish
from tryon_cli.images.label import NAMESPACE, packet, read_label
from tryon_cli.images.layout import layout
from tryon_cli.images.provenance import COMPOSITE, EDITED_BY_AI, IPTC, Provenance
from tryon_cli.model.errors import Fault, FaultKind

FORMATS = ("jpg", "png", "webp")

LABEL = Provenance(
    sources=("a" * 64, "b" * 64),
    providers=("fashn", "a <b> & \"c\" 'd' ü"),
    pipeline="advanced-scene",
    stages=(("prepare", "1"), ("try-on", "fashn tryon-v1.6 2")),
    seed=-7,
    tool="0.1.0",
    trained=True,
    quality="preview quality",
)


def made(image: bytes | None = None, **changes: object) -> bytes:
    """A finished file; the person's picture is 192 x 256."""
    wishes: dict[str, object] = {
        "width": 192, "height": 256, "size": "source", "background": "keep", "format": "png", "quality": 92,
        "label": LABEL,
    }  # fmt: skip
    return finish(odd.png() if image is None else image, **{**wishes, **changes})  # type: ignore[arg-type]


def seen(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("format", FORMATS)
def test_the_label_is_written_and_read(format: str) -> None:
    data = made(format=format)
    assert read_label(data) == LABEL._replace(source_type=EDITED_BY_AI)
    assert read_label(data).generative  # type: ignore[union-attr]
    assert seen(data).format == {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[format]


@pytest.mark.parametrize("format", FORMATS)
def test_another_reader_finds_the_packet_where_the_standards_put_it(format: str) -> None:
    image = seen(made(format=format))
    xmp = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    assert xmp == packet(LABEL._replace(source_type=EDITED_BY_AI))
    (found,) = ElementTree.fromstring(xmp).iter(
        "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    )
    assert found.text == EDITED_BY_AI


def test_work_without_a_model_is_not_called_ai() -> None:
    found = read_label(made(label=LABEL._replace(trained=False, seed=None)))
    assert found == LABEL._replace(trained=False, seed=None, source_type=COMPOSITE)
    assert not found.generative


def test_a_providers_own_generative_label_is_kept_and_no_other() -> None:
    for term, kept in (("trainedAlgorithmicMedia", True), ("digitalCapture", False)):
        for kind in ("JPEG", "WEBP"):
            theirs = odd.saved(odd.drawn(), kind, xmp=packet(Provenance(source_type=IPTC + term)))
            found = read_label(made(theirs, label=LABEL._replace(trained=False)))
            assert found is not None
            assert found.source_type == (IPTC + term if kept else COMPOSITE)


@pytest.mark.parametrize("form", ["attribute", "element", "resource"])
def test_other_programs_ways_to_write_the_source_type(form: str) -> None:
    name, value = "e:DigitalSourceType", IPTC + "trainedAlgorithmicMedia"
    inside = {
        "attribute": f'<r:Description {name}="{value}"/>',
        "element": f"<r:Description><{name}>{value}</{name}></r:Description>",
        "resource": f'<r:Description><{name} r:resource="{value}"/></r:Description>',
    }[form]
    spaces = (
        'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    )
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF {spaces}>{inside}</r:RDF></x:xmpmeta>'.encode()
    found = read_label(odd.jpeg(xmp=xmp))
    assert found is not None and found.source_type == value and found.generative
    assert found.sources == ()


def test_no_label_is_none() -> None:
    good = packet(Provenance(source_type=COMPOSITE)).split(b"\n", 1)[1]
    attack = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + good.replace(b"composite<", b"&a;<")
    assert b"&a;" in attack and read_label(odd.jpeg(xmp=good)) is not None
    for data in (odd.jpeg(), odd.png(), b"", b"text", odd.jpeg(xmp=b"<broken"), odd.jpeg(xmp=attack)):
        assert read_label(data) is None
    assert read_label(odd.jpeg(xmp=b"<a xmlns:t='" + NAMESPACE.encode() + b"'/>")) is None


@pytest.mark.parametrize("format", FORMATS)
def test_equal_wishes_give_equal_bytes_in_every_thread(format: str) -> None:
    alone = made(format=format, size="300")
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: made(format=format, size="300"), range(32))) == {alone}


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_the_rendered_file_but_its_pixels_comes_through(format: str) -> None:
    canary = odd.CANARY.encode()
    raw = odd.saved(odd.drawn(), "JPEG", exif=odd.exif(1, gps=True), comment=canary) + b"PK" + canary
    assert canary not in made(raw, format=format)


def test_png_of_the_same_size_keeps_every_pixel() -> None:
    assert ImageChops.difference(seen(made()), odd.drawn()).getbbox() is None


@pytest.mark.parametrize(
    ("size", "canvas"),
    [
        ("source", (192, 256)),
        ("1024", (768, 1024)),
        ("864x1296", (864, 1296)),
        ("4k", (2880, 3840)),
        ("100x900", (100, 900)),
    ],
)
def test_sizes(size: str, canvas: tuple[int, int]) -> None:
    assert seen(made(size=size)).size == canvas


@pytest.mark.parametrize("size", ["", "0", "x", "12x", "-3", "99999", "12000x12000", "1e3", "1024 "])
def test_senseless_sizes_are_refused(size: str) -> None:
    with pytest.raises(Fault, match="is not one of source") as caught:
        made(size=size)
    assert caught.value.kind is FaultKind.CONFIG and caught.value.code == "M-VALUE"


def test_senseless_settings_are_refused() -> None:
    for wrong in ({"background": "sky"}, {"format": "gif"}, {"quality": 0}, {"quality": 101}):
        with pytest.raises(Fault) as caught:
            made(**wrong)
        assert caught.value.code == "M-VALUE"
    with pytest.raises(Fault, match="truncated"):
        made(odd.cut(odd.png(), 0.5))


def test_bars_take_the_background_or_the_border() -> None:
    picture = Image.new("RGB", (192, 256), "#204060")
    picture.paste("#ff0000", (60, 60, 120, 120))
    raw = odd.saved(picture, "PNG")
    keep, green = seen(made(raw, size="400x256")), seen(made(raw, size="400x256", background="#00ff00"))
    assert keep.getpixel((3, 3)) == (0x20, 0x40, 0x60) and green.getpixel((3, 3)) == (0, 255, 0)
    assert keep.getpixel((200, 20)) == green.getpixel((200, 20)) == (0x20, 0x40, 0x60)


def test_transparency_is_kept_where_it_can_be_and_wished() -> None:
    raw = odd.saved(odd.faded(), "PNG")
    assert seen(made(raw)).mode == "RGBA"
    assert seen(made(raw, format="jpg")).mode == "RGB"
    assert seen(made(raw, background="#00ff00")).getpixel((0, 100))[:3] == (0, 255, 0)


def test_a_circle_stays_a_circle() -> None:
    dot = Image.new("RGB", (832, 1248), "white")
    dot.paste("black", (316, 524, 516, 724))
    for size in ("source", "500", "864x1296", "300x900"):
        done = seen(made(odd.saved(dot, "PNG"), width=800, height=1067, size=size))
        left, upper, right, lower = ImageChops.invert(
            done.convert("L").point(lambda v: 255 * (v > 127))
        ).getbbox()
        assert abs((right - left) - (lower - upper)) <= 1, size
    assert ImageStat.Stat(done).mean[0] > 100


_SIDE = st.integers(64, 4096)
_SIZES = st.one_of(
    st.sampled_from(["source", "4k"]),
    st.integers(64, 5000).map(str),
    st.tuples(st.integers(64, 5000), st.integers(64, 5000)).map(lambda s: f"{s[0]}x{s[1]}"),
)


@settings(max_examples=400)
@given(rendered=st.tuples(_SIDE, _SIDE), source=st.tuples(_SIDE, _SIDE), size=_SIZES)
def test_nothing_is_stretched_and_nothing_grows_beyond_what_was_asked(
    rendered: tuple[int, int], source: tuple[int, int], size: str
) -> None:
    assume(all(max(side) <= 8 * min(side) for side in (rendered, source)))
    plan = layout(rendered, source, size)
    left, upper, right, lower = plan.place
    box = plan.box
    across, down = (right - left) / (box[2] - box[0]), (lower - upper) / (box[3] - box[1])
    assert across == pytest.approx(down, rel=1e-9)
    assert 0 <= left < right <= plan.canvas[0] and 0 <= upper < lower <= plan.canvas[1]
    assert box[0] >= 0 and box[1] >= 0 and box[2] <= rendered[0] and box[3] <= rendered[1]
    kept = (box[2] - box[0]) * (box[3] - box[1]) / (rendered[0] * rendered[1])
    # 2 % at most, or what rounding a short side to a whole pixel costs
    assert kept >= min(0.98, 1 - 1 / min(right - left, lower - upper)) - 1e-9
    if size == "source":
        assert plan.canvas == source
    elif "x" in size:
        assert f"{plan.canvas[0]}x{plan.canvas[1]}" == size
    else:
        assert max(plan.canvas) == (3840 if size == "4k" else int(size))
        assert abs(Fraction(*plan.canvas) / Fraction(*source) - 1) <= Fraction(1, 2 * min(plan.canvas)) * 2
