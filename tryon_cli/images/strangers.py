"""Names for files that are not JPEG, PNG or WebP, so that a refusal says what lies there. Decodes nothing."""

from __future__ import annotations

from ..model.errors import Fault
from .limits import first_words, refuse

_HEIF = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))
_AVIF = frozenset((b"avif", b"avis"))

_FORMATS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\1\0", "icon (ICO)"),
    (b"\0\0\2\0", "cursor (CUR)"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "Photoshop (PSD)"),
    (b"SIMPLE  =", "FITS"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
)

_OTHERS = (
    (b"\x1f\x8b", "gzip-compressed data", "unpack it first (gunzip)"),
    (b"PK\x03\x04", "a ZIP archive", "unpack it first"),
    (b"version https://git-lfs", "a Git LFS pointer, the picture itself was not fetched", "run git lfs pull"),
)

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")


def stranger(head: bytes) -> Fault:
    """The refusal for a file that begins so and is none of the three formats. Needs at most 4 kB."""
    if head[4:8] == b"ftyp":
        return _boxed(head)
    for start, name in _FORMATS:
        if head.startswith(start):
            return refuse("format_not_allowed", f"this is a {name} file")
    for start, name, fix in _OTHERS:
        if head.startswith(start):
            return refuse("not_an_image", f"this is {name}", fix=fix)
    if head.startswith(b"\xef\xbb\xbf") and head[3:].startswith(_PICTURES):
        why = "a UTF-8 byte-order mark lies before the picture, some program rewrote it as text"
        return refuse("not_an_image", why, fix="take the original file again")
    return _text(head) or refuse("not_an_image", f"{len(head)} unknown bytes, beginning {head[:8].hex(' ')}")


def _boxed(head: bytes) -> Fault:
    brands = {head[8:12], *(head[i : i + 4] for i in range(16, min(len(head), 64), 4))}
    if brands & _AVIF:
        return refuse("format_not_allowed", "this is an AVIF file")
    if brands & _HEIF:
        return refuse("heic_not_supported", "this is a HEIC photo, as phones write them")
    return refuse("format_not_allowed", "this is a video or an unknown container (ISO media)")


def _text(head: bytes) -> Fault | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2000].lower()
    if b"<svg" in start:
        return refuse("format_not_allowed", "this is an SVG drawing")
    words = first_words(head)
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return refuse("not_an_image", f'this is an HTML page that begins "{words}"')
    if start.startswith((b"{", b"[")):
        return refuse("not_an_image", f'this is JSON that begins "{words}"')
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head[:600])
    if len(start) > 1 and control == 0 and "\ufffd" not in words:
        return refuse("not_an_image", f'this is text that begins "{words}"')
    return None
