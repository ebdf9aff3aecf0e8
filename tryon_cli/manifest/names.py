"""Names of output files: rendered from a template, safe everywhere. Knows no folder and writes nothing."""

# Paths are text here: a Path costs more than all else that is done with it.
# ruff: noqa: PTH122
from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .trouble import nearest, shown

FORMATS = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".webp": "webp"}
_OTHERS = frozenset(
    (".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".svg", ".pdf", ".psd", ".jp2", ".jxl")
)

LONGEST_PART = 100
"""Characters of a folder or file name."""
LONGEST = 180
"""Bytes of the whole name below images/."""

FIELDS: tuple[str, ...] = ("id", "row", "format", "seed", "category", "provider", "style", "face", "size")
FIELDS += tuple(f"{who}.{what}" for who in ("human", "garment") for what in ("stem", "name", "folder"))

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DONE = re.compile(r"(?:[A-Za-z0-9_]|%[0-9A-F]{2})(?:[A-Za-z0-9._-]|%[0-9A-F]{2}){0,99}")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.I)
_DEVICE_SIGNS = frozenset("cpnlCPNL")
_FIELD = re.compile(r"\{([^{}]*)\}|([{}])")

Values = Callable[[str], str]
"""Field name -> its value for one row; "" when it has none."""


class BadName(ValueError):
    """A name that cannot be made: text and fix are for people."""

    def __init__(self, text: str, fix: str = "") -> None:
        super().__init__(text)
        self.text, self.fix = text, fix


class Template(NamedTuple):
    """An output name with gaps."""

    parts: tuple[tuple[tuple[str, bool], ...], ...]
    """Per folder or file: pieces of (literal text, False) or (field, True)."""
    plain: bool
    """True when it is the default: the id and the format's ending."""


class Name(NamedTuple):
    """A rendered name."""

    path: str
    """Below images/, "/" between folders."""
    format: str
    """jpg, png or webp."""
    encoded: bool
    """True when signs had to be replaced."""


def compile_template(text: str) -> Template:
    """Read a template. Raises BadName for unknown fields, absolute names and "..".

    {field} is one of FIELDS or meta.<name>. A "/" in the text parts folders; one in a value never does.
    """
    pieces: list[list[tuple[str, bool]]] = [[]]
    at = 0
    for found in _FIELD.finditer(text):
        _add_text(pieces, text[at : found.start()])
        if found[2]:
            raise BadName(f"{shown(text)} has a lone {found[2]}", "write {field}")
        if found[1] not in FIELDS and not re.fullmatch(r"meta\..+", found[1]):
            near = nearest(found[1], FIELDS, 0.5)
            known = f"did you mean {{{near}}}?" if near else f"known: {', '.join(FIELDS)}, meta.<column>"
            raise BadName(f"{shown(text)} has an unknown field {{{shown(found[1])}}}", known)
        pieces[-1].append((found[1], True))
        at = found.end()
    _add_text(pieces, text[at:])
    _refuse_ways_out(text, pieces)
    return Template(tuple(tuple(part) for part in pieces), text == "{id}.{format}")


def is_safe(stem: str) -> bool:
    """True for a name that can be written as it is, with any ending."""
    return (
        len(stem) < 95
        and _SAFE.fullmatch(stem) is not None
        and stem[-1] != "."
        and not (stem[0] in _DEVICE_SIGNS and _DEVICE.match(stem))
    )


def render(template: Template, value_of: Values, default_format: str) -> Name:
    """Fill the gaps. Raises BadName when a value is missing or the name cannot be written."""
    if template.plain:
        stem = value_of("id")
        if is_safe(stem):
            return Name(f"{stem}.{default_format}", default_format, False)
    raw = [_filled(part, value_of) for part in template.parts]
    stem, ending = os.path.splitext(raw[-1])
    picture = FORMATS.get(ending.lower(), "")
    if ending.lower() in _OTHERS:
        raise BadName(f"pictures cannot be written as {ending}", "end the name with .jpg, .png or .webp")
    if not picture:
        stem, picture, ending = raw[-1], default_format, f".{default_format}"
    if not stem or not all(raw):
        raise BadName("the output name, or a folder in it, comes out empty", "add a field that every row has")
    fixed = [all(not gap for _, gap in part) for part in template.parts]
    parts = [_encoded(text, "", done) for text, done in zip(raw[:-1], fixed[:-1], strict=True)]
    parts.append(_encoded(stem, ending, fixed[-1]))
    path = "/".join(parts)
    if len(path) > LONGEST:
        raise BadName(f"the output name has {len(path)} bytes, {LONGEST} are allowed", "shorten it")
    return Name(path, picture, path != "/".join([*raw[:-1], stem + ending]))


def folded(path: str) -> str:
    """Two names that some disk takes for one have one folded form."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def variant(path: str, number: int) -> str:
    """The name of a further candidate: variant("a.jpg", 2) is "a.v2.jpg"."""
    stem, ending = os.path.splitext(path)
    return f"{stem}.v{number}{ending}"


def fields_of(template: Template) -> Mapping[str, None]:
    """The fields a template asks for, in order."""
    return {text: None for part in template.parts for text, gap in part if gap}


def _add_text(pieces: list[list[tuple[str, bool]]], text: str) -> None:
    first, *others = text.split("/")
    if first:
        pieces[-1].append((first, False))
    for other in others:
        pieces.append([(other, False)] if other else [])


def _refuse_ways_out(text: str, pieces: list[list[tuple[str, bool]]]) -> None:
    if text.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", text):
        raise BadName(f"{shown(text)} is an absolute path", "names are below images/: leave out the start")
    if "\\" in text:
        raise BadName(f"{shown(text)} holds a backslash", "write folders with /")
    for part in pieces:
        if not part or part in ([("..", False)], [(".", False)]):
            raise BadName(f"{shown(text)} has an empty, . or .. folder", "name the folder, without ..")


def _filled(part: tuple[tuple[str, bool], ...], value_of: Values) -> str:
    texts = []
    for text, gap in part:
        value = value_of(text) if gap else text
        if gap and not value:
            raise BadName(f"{{{text}}} is empty in this row", f"fill it, or take {{{text}}} out of the name")
        texts.append(value)
    return "".join(texts)


def _encoded(stem: str, ending: str, literal: bool) -> str:
    """One part of a path. What is not plain is percent-encoded and gets 8 hex of its hash, so that two
    different names stay different on disks without case, and when they are cut."""
    safe = _DONE if literal else _SAFE
    room = LONGEST_PART - len(ending)
    if len(stem) <= room and safe.fullmatch(stem) and not _DEVICE.match(stem) and not stem.endswith("."):
        return stem + ending
    mark = hashlib.sha256(stem.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    signs = [_percent(sign) if not re.fullmatch(r"[A-Za-z0-9._-]", sign) else sign for sign in stem]
    if stem[0] in ".-" or _DEVICE.match(stem):
        signs[0] = _percent(stem[0])
    kept = ""
    for sign in signs:
        if len(kept) + len(sign) > room - 9:
            break
        kept += sign
    return f"{kept}-{mark}{ending}"


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogatepass"))
