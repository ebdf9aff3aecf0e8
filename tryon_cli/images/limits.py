"""What a picture may be, and how a refusal is worded. Knows no formats."""

from __future__ import annotations

import re

from ..model.errors import Fault, FaultKind

MAX_BYTES = 30_000_000
"""A file above this is refused unread."""

MAX_PIXELS = 50_000_000
MIN_SIDE = 64
MAX_SIDE = 12_000
MAX_RATIO = 8
"""Long side by short side."""

BOUND = 4096
"""Longest side in pixels of a normalised picture: more than any provider takes."""

_CODES = {"too_many_pixels": "M-BOMB", "too_small": "M-SMALL", "bad_shape": "M-RATIO"}

_FIXES = {
    "not_an_image": "put a JPEG, PNG or WebP picture there",
    "truncated": "copy or download the file again, or open it in an editor and save it anew",
    "corrupt": "copy or download the file again, or open it in an editor and save it anew",
    "format_not_allowed": "save it as JPEG, PNG or WebP",
    "heic_not_supported": "save it as JPEG (on an iPhone: Settings > Camera > Formats > Most Compatible; "
    "on a Mac: sips -s format jpeg photo.heic --out photo.jpg)",
    "animated": "save the frame you want as a still picture",
    "too_many_pixels": f"shrink it to at most {BOUND} pixels on the longest side",
    "too_small": f"use a picture of at least {MIN_SIDE} x {MIN_SIDE} pixels",
    "bad_shape": "crop it to the person or the garment",
    "blank": "check that the right picture was exported; nothing is visible in this one",
    "too_large": f"shrink it to at most {BOUND} pixels on the longest side, or save it as JPEG",
}

_TOKEN = re.compile(r"[\w+/=-]{24,}")


class Refusal(Fault):
    """Fault(INPUT) for one of the reasons above; its text says the reason in plain words, then why.

    Travels between processes as a plain Fault.
    """

    def __init__(self, reason: str, why: str, fix: str = "", name: str = "") -> None:
        """name: the picture's name, put in front when it is known."""
        text = f"{reason.replace('_', ' ')}: {why}"
        where = f"{clean(name, 200)}: " if name else ""
        code = _CODES.get(reason, "M-IMAGE")
        super().__init__(FaultKind.INPUT, where + text, code=code, fix=fix or _FIXES[reason])
        self.reason = reason
        self.why = why

    def named(self, name: str) -> Refusal:
        """The same refusal, saying which picture it is about."""
        return Refusal(self.reason, self.why, self.fix, name)


def refuse(reason: str, why: str, *, fix: str = "") -> Refusal:
    """A refusal for one of the reasons above."""
    return Refusal(reason, why, fix)


def clean(text: str, limit: int) -> str:
    """Safe to print: no control characters or lone surrogates, one line, at most `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def first_words(head: bytes) -> str:
    """What a text file begins with, for a message; long words are cut out, they may be keys or tokens."""
    return clean(_TOKEN.sub("…", head[:600].decode("utf-8", "replace")), 80)


def check_bytes(size: int) -> None:
    """Raises Fault when a file of this many bytes is not worth reading."""
    if size == 0:
        raise refuse("not_an_image", "the file is empty (0 bytes)")
    if size > MAX_BYTES:
        raise refuse("too_large", f"{size / 1e6:,.0f} MB, limit {MAX_BYTES // 1_000_000} MB")


def check_size(width: int, height: int) -> None:
    """Raises Fault when a picture of this size in pixels must not be decoded."""
    if not (width and height):
        raise refuse("corrupt", f"the header says {width} x {height} pixels")
    shape = f"{width} x {height} pixels"
    if width * height > MAX_PIXELS:
        megas = width * height / 1e6
        raise refuse("too_many_pixels", f"{megas:,.0f} MP, limit {MAX_PIXELS // 1_000_000} MP ({shape})")
    short, long = sorted((width, height))
    if long > MAX_RATIO * short:
        raise refuse("bad_shape", f"{shape}, the long side is more than {MAX_RATIO} times the short one")
    if long > MAX_SIDE:
        raise refuse("bad_shape", f"{shape}, no side may be longer than {MAX_SIDE:,}")
    if short < MIN_SIDE:
        raise refuse("too_small", f"{shape}, the shortest side must be at least {MIN_SIDE}")
