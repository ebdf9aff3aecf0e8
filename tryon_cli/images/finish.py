"""The final file: the size that was asked for, the background, the label, the encoding. Knows no folders.

Equal inputs give equal bytes: no time, run id or path goes in.
"""

from __future__ import annotations

import io

from PIL import Image, ImageColor, ImageStat, PngImagePlugin

from ..model.errors import Fault, FaultKind
from .colour import flattened
from .decode import opened, pixels
from .label import MAX_PACKET, packet, read_label
from .layout import Layout, layout
from .provenance import Provenance, source_type

VERSION = "1"
"""Part of the key: raise it when the bytes of finish() change."""

_WHITE = (255, 255, 255)
_FINE = 90
"""JPEG quality from which colour is kept at full resolution."""


def finish(
    image: bytes,
    *,
    width: int,
    height: int,
    size: str,
    background: str,
    format: str,
    quality: int,
    label: Provenance,
) -> bytes:
    """The file the user gets: image in the given size and format, labelled.

    width, height: the person's picture, upright, pixels. size: source, "1024" (longest side), "864x1296"
    (fits inside and pads) or 4k; never stretched. background: keep, or a colour such as #ffffff, for
    transparency and bars; with keep, bars take the mean colour of the picture's border. format: jpg, png or
    webp. quality: JPEG and WebP, 1 to 100. A generative label that a provider put into image is kept.
    Raises Fault(INPUT) when image does not decode, Fault(CONFIG, M-VALUE) for a setting that makes no sense.
    """
    colour = _colour(background)
    if format not in ("jpg", "png", "webp") or not 1 <= quality <= 100:
        raise _senseless(
            f"{format} at quality {quality} cannot be written", "use jpg, png or webp and 1 to 100"
        )
    picture = pixels(opened(image, smallest=False)).image
    plan = layout((picture.width, picture.height), (width, height), size)
    if colour is not None or format == "jpg":
        picture = flattened(picture, colour or _WHITE)
    own = read_label(image)
    kind = source_type(label, own.source_type if own else "")
    return _encoded(_placed(picture, plan, colour), format, quality, packet(label._replace(source_type=kind)))


def _placed(picture: Image.Image, plan: Layout, colour: tuple[int, int, int] | None) -> Image.Image:
    left, upper, right, lower = plan.place
    whole = plan.box == (0, 0, *picture.size)
    if not (whole and picture.size == (right - left, lower - upper)):
        shown = (right - left, lower - upper)
        inner = picture.resize(shown, Image.Resampling.LANCZOS, box=plan.box, reducing_gap=3.0)
    else:
        inner = picture
    if plan.canvas == inner.size:
        return inner
    fill = colour or _border(picture)
    canvas = Image.new(inner.mode, plan.canvas, (*fill, 0) if inner.mode == "RGBA" else fill)
    canvas.paste(inner, (left, upper))
    return canvas


def _border(picture: Image.Image) -> tuple[int, int, int]:
    """Mean colour of the outermost pixels."""
    width, height = picture.size
    rim = Image.new("RGB", (width + height, 2))
    for row, edge in enumerate((0, height - 1)):
        rim.paste(picture.crop((0, edge, width, edge + 1)).convert("RGB"), (0, row))
    for row, edge in enumerate((0, width - 1)):
        column = picture.crop((edge, 0, edge + 1, height)).convert("RGB")
        rim.paste(column.transpose(Image.Transpose.ROTATE_90), (width, row))
    red, green, blue = (round(mean) for mean in ImageStat.Stat(rim).mean)
    return red, green, blue


def _encoded(picture: Image.Image, format: str, quality: int, xmp: bytes) -> bytes:
    if len(xmp) > MAX_PACKET:
        raise _senseless(f"the provenance record has {len(xmp):,} bytes", "shorten the names in it")
    picture.info = {}
    out = io.BytesIO()
    if format == "png":
        record = PngImagePlugin.PngInfo()
        record.add_itxt("XML:com.adobe.xmp", xmp.decode())
        picture.save(out, "PNG", compress_level=3, pnginfo=record)
    elif format == "webp":
        picture.save(out, "WEBP", quality=quality, method=4, xmp=xmp)
    else:
        picture.save(out, "JPEG", quality=quality, subsampling=0 if quality >= _FINE else 2, xmp=xmp)
    return out.getvalue()


def _colour(background: str) -> tuple[int, int, int] | None:
    if background == "keep":
        return None
    try:
        red, green, blue, *_ = ImageColor.getrgb(background)
    except ValueError:
        raise _senseless(f'background "{background}" is no colour', "use keep, #ffffff or a name") from None
    return red, green, blue


def _senseless(text: str, fix: str) -> Fault:
    return Fault(FaultKind.CONFIG, text, code="M-VALUE", fix=fix)
