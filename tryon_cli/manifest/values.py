"""Cells that are settings: text in, checked value out. Knows no rows and no files."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from tryon_cli.model import chains
from tryon_cli.model.digest import Value
from tryon_cli.model.pair import CATEGORIES

from .trouble import nearest, shown

SEED_MOST = 2**32 - 1
LONGEST_PROMPT = 4_000
FACES = ("swap", "keep", "off")
PICTURE_FORMATS = ("jpg", "png", "webp")
YES = frozenset(("1", "true", "yes", "y", "x", "on"))
NO = frozenset(("0", "false", "no", "n", "off", ""))

_CATEGORY_WORDS = {
    "tops": "upper", "top": "upper", "upper_body": "upper", "shirt": "upper",
    "bottoms": "lower", "bottom": "lower", "lower_body": "lower", "pants": "lower", "skirt": "lower",
    "dresses": "dress", "one_piece": "dress", "one_pieces": "dress",
    "outerwear": "outer", "coat": "outer", "jacket": "outer",
    "full_body": "full", "overall": "full", "shoe": "shoes", "accessories": "accessory",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_FLOAT = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")


class BadValue(ValueError):
    """A cell that is no such setting. text says what and what is allowed; fix what to do."""

    def __init__(self, text: str, fix: str = "", code: str = "M-VALUE") -> None:
        super().__init__(text)
        self.text, self.fix, self.code = text, fix, code


def whole(cell: str, name: str, least: int, most: int) -> int:
    """A whole number within bounds; never converts thousands of digits."""
    if not re.fullmatch(r"[0-9]{1,12}", cell) or not least <= int(cell) <= most:
        raise BadValue(
            f"{name} is {shown(cell)!r}, not a whole number from {least:,} to {most:,}", "correct it"
        )
    return int(cell)


def one_of(cell: str, name: str, allowed: Sequence[str]) -> str:
    """A word from a list; case does not matter."""
    word = cell.lower()
    if word not in allowed:
        near = nearest(word, allowed, 0.5)
        fix = f"did you mean {near}?" if near else "correct it"
        raise BadValue(f"{name} {shown(cell)!r} is not known; allowed: {', '.join(allowed)}", fix)
    return word


def category(cell: str) -> str:
    """One of CATEGORIES, also by the words of the common datasets."""
    word = re.sub(r"[\s-]+", "_", cell.strip().lower())
    return one_of(_CATEGORY_WORDS.get(word, word) or "auto", "category", CATEGORIES)


def size(cell: str) -> str:
    """source, 4k, a longest side or width x height in pixels."""
    word = cell.lower().replace("×", "x").replace(" ", "")
    if word in ("source", "4k"):
        return word
    numbers = re.fullmatch(r"([0-9]{2,5})(?:x([0-9]{2,5}))?", word)
    if not numbers or not all(64 <= int(n) <= 16_384 for n in numbers.groups() if n):
        raise BadValue(
            f"size {shown(cell)!r} is not known; allowed: source, 1024, 864x1296, 4k (64 to 16,384 pixels)"
        )
    return word


def background(cell: str) -> str:
    """keep, or a colour as #rrggbb in lower case."""
    word = cell.lower()
    if word == "keep":
        return word
    if re.fullmatch(r"#[0-9a-f]{3}", word):
        return "#" + "".join(sign * 2 for sign in word[1:])
    if not re.fullmatch(r"#[0-9a-f]{6}", word):
        hint = "pictures as backgrounds are not read yet" if "." in word else "colours are written #ffffff"
        raise BadValue(f"background {shown(cell)!r} is not known; allowed: keep, #rrggbb", hint)
    return word


def yes_or_no(cell: str) -> bool:
    """A switch."""
    if cell.lower() in YES:
        return True
    if cell.lower() not in NO:
        raise BadValue(f"skip is {shown(cell)!r}, neither true nor false", "write true or false")
    return False


def money(cell: str) -> float:
    """An amount in USD; a leading dollar sign is fine."""
    text = cell.removeprefix("$").strip()
    if not re.fullmatch(r"[0-9]{1,7}(?:\.[0-9]{1,6})?", text):
        raise BadValue(f"max_cost is {shown(cell)!r}, not an amount in USD", "write 0.25")
    return float(text)


def free_text(cell: str) -> str:
    """A prompt."""
    if len(cell) > LONGEST_PROMPT:
        raise BadValue(f"the text has {len(cell):,} characters, {LONGEST_PROMPT:,} are allowed", "shorten it")
    return cell


def word(cell: str) -> str:
    """A plain name: a style, a pipeline."""
    if not _WORD.fullmatch(cell):
        raise BadValue(f"{shown(cell)!r} is not a name (letters, digits, - _ .)", "correct it")
    return cell


def tags(cell: str) -> tuple[str, ...]:
    """Words separated by ";", or a JSON list; each once, in order."""
    words = texts_of(cell) if cell.startswith("[") else cell.split(";")
    return tuple(dict.fromkeys(text for text in map(str.strip, words or ()) if text))


def providers(cell: str, known: Sequence[str] | None, *, several: bool = False) -> str:
    """One name, or per stage "try-on=a,stylize=b"; several: a chain "a,b", too. Every name must be known."""
    for part in cell.split(","):
        name = part.rsplit("=", 1)[-1].strip()
        word(name)
        if "=" in part:
            word(part.split("=", 1)[0].strip())
        if known is not None and name not in known:
            near = nearest(name, known, 0.5)
            fix = f"did you mean {near}?" if near else "see `tryon providers`"
            raise BadValue(f"provider {shown(name)!r} is not known; known: {', '.join(known)}", fix)
    try:
        chains.check(cell, several=several)
    except chains.Misnamed as wrong:
        text = f"it says {shown(wrong.part)!r}, expected {wrong.expected}"
        raise BadValue(text, f"did you mean {wrong.near}?" if wrong.near else "correct it") from wrong
    return ",".join("=".join(map(str.strip, part.split("=", 1))) for part in cell.split(","))


def any_value(cell: str) -> Value:
    """A provider's option: true, false, null, a number, a text; a text that looks like these in quotes."""
    plain = {"true": True, "false": False, "null": None}.get(cell.lower(), cell)
    if plain is not cell:
        return plain
    if _INTEGER.fullmatch(cell):
        return int(cell)
    if re.fullmatch(r"-?[0-9]{19,}", cell):
        raise BadValue(f"{shown(cell)} has too many digits", 'for a text, put it in quotes: "..."')
    if _FLOAT.fullmatch(cell):
        number = float(cell)
        if math.isfinite(number):
            return number
        raise BadValue(f"{shown(cell)} is too large a number", "correct it")
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        try:
            text = _loads(cell)
        except ValueError:
            return cell
        return text if isinstance(text, str) else cell
    return cell


def spelled(value: Value) -> str:
    """The cell that any_value() reads as this value."""
    if isinstance(value, str):
        clean = value and value == value.strip() and any_value_or_none(value) == value
        return value if clean and value[0] != '"' else json_text(value)
    return json_text(value)


def json_text(value: object) -> str:
    """The value as JSON, letters as they are."""
    import json  # 3 ms to import, and plain tables need none of it

    return json.dumps(value, ensure_ascii=False)


def _loads(text: str) -> object:
    import json

    return json.loads(text)


def any_value_or_none(cell: str) -> Value:
    """As any_value(), but None when it is refused."""
    try:
        return any_value(cell)
    except BadValue:
        return None


def texts_of(cell: str) -> list[str] | None:
    """The texts of a JSON list; None when the cell is none."""
    try:
        found = _loads(cell)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        return None
    return found


Check = Callable[[str], Value]

CHECKS: dict[str, Check] = {
    "seed": lambda cell: whole(cell, "seed", 0, SEED_MOST),
    "variants": lambda cell: whole(cell, "variants", 1, 8),
    "quality": lambda cell: whole(cell, "quality", 1, 100),
    "face": lambda cell: one_of(cell, "face", FACES),
    "style": word,
    "pipeline": word,
    "size": size,
    "background": background,
    "prompt": free_text,
    "negative": free_text,
    "max_cost": money,
}
"""Settings that need no further knowledge; provider and fallback also need the known names."""
