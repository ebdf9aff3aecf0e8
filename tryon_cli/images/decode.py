"""Bytes to pixels, or a refusal that says why. The only place where a stranger's picture is decoded."""

from __future__ import annotations

import io

from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from ..model.errors import Fault
from .colour import Picture, srgb, upright
from .container import Opened, frame_of, orientation, take_apart
from .limits import check_bytes, check_size, clean, refuse

_READERS: dict[
    str, type[JpegImagePlugin.JpegImageFile | PngImagePlugin.PngImageFile | WebPImagePlugin.WebPImageFile]
] = {
    # the classes themselves, not Image.open: nothing else can be tried, a phone's MPO stays a JPEG, and no
    # warning is raised (their filters are not thread-safe); the size was checked before
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}


def opened(raw: bytes, *, smallest: bool = True) -> Opened:
    """Everything about a file but its pixels. Raises Fault(INPUT).

    smallest: refuse pictures below the smallest side or beyond the ratio, too.
    """
    check_bytes(len(raw))
    frame = frame_of(raw, whole=True)
    assert frame is not None
    if smallest:
        check_size(frame.width, frame.height)
    else:
        check_size(max(64, frame.width), max(64, frame.height))
    return take_apart(raw, frame)


def pixels(found: Opened, *, bound: int | None = None) -> Picture:
    """Upright sRGB pixels. Raises Fault(INPUT).

    bound: the caller will shrink to this longest side, so a JPEG far above it is decoded at a half or less.
    """
    image = _loaded(found, bound)
    turn = orientation(found.exif)
    picture = srgb(image, found.icc, deep=found.deep)
    notices = picture.notices
    if turn is None:
        notices = (*notices, "broken EXIF left out")
    elif turn > 1:
        notices = (*notices, "turned upright as its EXIF says")
    return Picture(upright(picture.image, turn or 1), notices)


def _loaded(found: Opened, bound: int | None) -> Image.Image:
    frame = found.frame
    try:
        image = _READERS[frame.format](io.BytesIO(found.lean))
        if image.size != (frame.width, frame.height):
            raise refuse("corrupt", f"the {frame.format} names two different sizes")
        if bound and frame.format == "JPEG" and max(image.size) > bound:
            scale = bound / max(image.size)
            image.draft(None, (round(frame.width * scale), round(frame.height * scale)))
        image.load()
    except Fault:
        raise
    except MemoryError:
        raise
    except Exception as error:  # SyntaxError, ValueError, IndexError, OSError, struct.error were all seen
        raise _refusal(frame.format, error) from None
    return image


def _refusal(name: str, error: Exception) -> Fault:
    why = clean(str(error), 120)
    if "truncated" in why:
        return refuse("truncated", f"the {name} ends before its picture is complete")
    return refuse("corrupt", f"the {name} cannot be decoded ({why})")
