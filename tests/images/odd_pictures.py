"""Odd picture files, built byte by byte: what people, phones and attackers send as pictures."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageCms, ImageDraw

CANARY = "GPS-CANARY-48.8584N"


def drawn(width: int = 192, height: int = 256, mode: str = "RGB") -> Image.Image:
    """Something to see, different in all four corners, smooth enough to survive JPEG."""
    image = Image.merge(
        "RGB",
        (
            Image.linear_gradient("L").resize((width, height)),
            Image.linear_gradient("L").rotate(90).resize((width, height)),
            Image.radial_gradient("L").resize((width, height)),
        ),
    )
    ImageDraw.Draw(image).rectangle((0, 0, width // 3, height // 5), fill=(200, 30, 30))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(**options: object) -> bytes:
    return saved(drawn(), "JPEG", **{"quality": 90, **options})


def png(mode: str = "RGB", **options: object) -> bytes:
    return saved(drawn(mode=mode), "PNG", **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bare_png(
    width: int, height: int, *middle: bytes, depth: int = 8, colour: int = 2, rows: bytes | None = None
) -> bytes:
    """A PNG with this header; rows are packed into one IDAT, None leaves it out."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = () if rows is None else (chunk(b"IDAT", zlib.compress(rows, 9)),)
    parts = (chunk(b"IHDR", header), *middle, *pixels, chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def exif(turn: int, *, gps: bool = False) -> bytes:
    found = Image.Exif()
    found[0x0112] = turn
    if gps:
        found[0x010E] = CANARY
        found.get_ifd(0x8825)[29] = CANARY
    return found.tobytes()


@lru_cache
def bomb(kind: bytes) -> bytes:
    squeezed = zlib.compress(bytes(200_000_000), 9)
    return bare_png(100, 100, chunk(kind, b"name\0\0" + squeezed), rows=bytes(100 * 301))


def deep_grey() -> bytes:
    """16-bit grey from 0 to 65535, left to right."""
    values = b"".join(struct.pack(">H", x * 65535 // 127) for x in range(128))
    return bare_png(128, 128, depth=16, colour=0, rows=(b"\0" + values) * 128)


def cut(data: bytes, part: float) -> bytes:
    return data[: int(len(data) * part)]


def zeroed(data: bytes, start: int, count: int) -> bytes:
    return data[:start] + bytes(count) + data[start + count :]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0x55,)) + data[at + 1 :]


def boxed(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand + bytes(400)


def animated(kind: str) -> bytes:
    frames = [drawn(), drawn().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def noisy_jpeg(**options: object) -> bytes:
    """Detail everywhere, so that a damaged byte lies in the picture and not between."""
    return saved(noise(), "JPEG", quality=90, **options)


def noise() -> Image.Image:
    """256 x 256, the same each time."""
    return Image.frombytes("RGB", (256, 256), random.Random(7).randbytes(256 * 256 * 3))


_HTML = (
    b"<!DOCTYPE html><html><body>403\x07 Forbidden \x1b[31mred "
    b"sk_live_0123456789abcdef0123456789</body></html>"
)

Make = Callable[[], bytes]

REFUSED: dict[str, tuple[Make, str]] = {
    "1 empty": (lambda: b"", "not_an_image"),
    "2 one byte": (lambda: b"\xff", "not_an_image"),
    "3 text": (lambda: b"hello, this is my shopping list\n", "not_an_image"),
    "4 HTML": (lambda: _HTML, "not_an_image"),
    "5 JSON": (lambda: b'{"error": "image expired", "code": 410}', "not_an_image"),
    "6 head of a JPEG": (lambda: jpeg()[:20], "not_an_image"),
    "7 JPEG cut at 50 %": (lambda: cut(jpeg(), 0.5), "truncated"),
    "8 JPEG without its last 2 bytes": (lambda: jpeg()[:-2], "truncated"),
    "9 JPEG without its last kB": (lambda: noisy_jpeg()[:-1024], "truncated"),
    "10 progressive JPEG cut at 30 %": (lambda: cut(noisy_jpeg(progressive=True), 0.3), "truncated"),
    "14 PNG cut at 50 %": (lambda: cut(png(), 0.5), "truncated"),
    "16 PNG with a wrong CRC": (lambda: flipped(png(), len(png()) - 20), "corrupt"),
    "16b PNG with whole pixels and a wrong CRC": (lambda: flipped(png(), len(png()) - 13), "corrupt"),
    "17 PNG without pixels": (lambda: bare_png(100, 100), "corrupt"),
    "18 PNG 60000 x 60000": (lambda: bare_png(60_000, 60_000, rows=b""), "too_many_pixels"),
    "19 PNG 0 x 0": (lambda: bare_png(0, 0, rows=b""), "corrupt"),
    "20 PNG 1 x 100000": (lambda: bare_png(1, 100_000, rows=bytes(400_000)), "bad_shape"),
    "21 PNG 13000 x 13000": (
        lambda: bare_png(13_000, 13_000, depth=1, colour=0, rows=bytes(1626 * 13_000)),
        "too_many_pixels",
    ),
    "22 PNG 20000 x 20000": (lambda: bare_png(20_000, 20_000, rows=b""), "too_many_pixels"),
    "23 zTXt bomb": (lambda: bomb(b"zTXt"), "corrupt"),
    "24 iCCP bomb": (lambda: bomb(b"iCCP"), "corrupt"),
    "25 GIF": (lambda: animated("GIF"), "format_not_allowed"),
    "26 BMP": (lambda: saved(drawn(), "BMP"), "format_not_allowed"),
    "27 TIFF": (lambda: saved(drawn(), "TIFF"), "format_not_allowed"),
    "28 ICO": (lambda: saved(drawn(), "ICO"), "format_not_allowed"),
    "29 WebP cut at 50 %": (lambda: cut(saved(drawn(), "WEBP"), 0.5), "truncated"),
    "30 animated WebP": (lambda: animated("WEBP"), "animated"),
    "30b animated PNG": (lambda: animated("PNG"), "animated"),
    "31 AVIF": (lambda: saved(drawn(), "AVIF"), "format_not_allowed"),
    "32 HEIC": (lambda: boxed(b"heic"), "heic_not_supported"),
    "33 SVG": (lambda: b'<?xml version="1.0"?><svg><image href="http://x/"/></svg>', "format_not_allowed"),
    "34 PDF": (lambda: saved(drawn(), "PDF"), "format_not_allowed"),
    "35 EPS": (lambda: saved(drawn(), "EPS"), "format_not_allowed"),
    "35b PSD": (lambda: b"8BPS\0\1" + bytes(200), "format_not_allowed"),
    "35c FITS": (lambda: b"SIMPLE  =                    T" + bytes(200), "format_not_allowed"),
    "42 1 x 1": (lambda: saved(Image.new("RGB", (1, 1)), "PNG"), "too_small"),
    "42b 63 x 100": (lambda: saved(drawn(63, 100), "PNG"), "too_small"),
    "46 gzip": (lambda: gzip.compress(jpeg()), "not_an_image"),
    "47 BOM": (lambda: b"\xef\xbb\xbf" + jpeg(), "not_an_image"),
    "also black": (lambda: saved(Image.new("RGB", (100, 100)), "JPEG"), "blank"),
    "also one colour": (lambda: saved(Image.new("RGB", (100, 100), "#a08060"), "PNG"), "blank"),
    "also all transparent": (
        lambda: saved(Image.new("RGBA", (100, 100), (9, 9, 9, 0)), "WEBP", lossless=True),
        "blank",
    ),
    "also over 30 MB": (lambda: jpeg() + bytes(30_000_000), "too_large"),
}
"""What must never pass, with the reason."""

TAKEN: dict[str, Make] = {
    "11 JPEG, a byte flipped": lambda: flipped(noisy_jpeg(), 9_000),
    "12 JPEG, 16 zero bytes": lambda: zeroed(noisy_jpeg(), 9_000, 16),
    "13 JPEG, second half zeroed": lambda: zeroed(
        noisy_jpeg(), len(noisy_jpeg()) // 2, len(noisy_jpeg()) // 2 - 2
    ),
    "15 PNG without IEND": lambda: png()[:-12],
    "36 JPEG and ZIP": lambda: jpeg() + b"PK\x03\x04" + CANARY.encode(),
    "37 JPEG and HTML": lambda: jpeg() + b"<script>" + CANARY.encode() + b"</script>",
    "38 CMYK JPEG": lambda: saved(drawn(mode="CMYK"), "JPEG"),
    "39 16-bit PNG": deep_grey,
    "40 RGBA": lambda: saved(faded(), "PNG"),
    "41 palette with transparency": lambda: saved(drawn().quantize(16), "PNG", transparency=3),
    "43 EXIF orientation 6": lambda: jpeg(exif=exif(6)),
    "44 broken EXIF": lambda: jpeg(exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20)),
    "44b senseless EXIF": lambda: jpeg(exif=b"Exif\0\0" + CANARY.encode()),
    "45 PNG, whatever its name": png,
}
"""What must pass. 11 and 12 cannot be seen by decoding."""


def faded() -> Image.Image:
    """RGBA: clear at the left, opaque at the right."""
    image = drawn(mode="RGBA")
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


def swapped_profile() -> bytes:
    """A working profile in which red and blue have changed places."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"?XYZ", b"bXYZ", 1)
