"""What one manifest row asks for. Knows no files and no formats."""

from __future__ import annotations

from typing import NamedTuple

from .digest import Value

CATEGORIES = ("auto", "upper", "lower", "dress", "outer", "full", "shoes", "accessory")

PRIORITY_DEFAULT = 5


class Pair(NamedTuple):
    """One person and one garment (or outfit), as asked for by one manifest row."""

    row: str
    """Row number as shown to people: "17", or "1.17" for the 17th row that row 1 expands to."""
    id: str
    """Unique name of the row."""
    human: str
    """Absolute path, or a URL."""
    garments: tuple[str, ...]
    """Absolute paths or URLs, in the order of dressing."""
    categories: tuple[str, ...]
    """One of CATEGORIES per garment."""
    output: str
    """Path of the picture below images/, "/" between folders. Variant 2 of "a.jpg" is "a.v2.jpg"."""
    overrides: tuple[tuple[str, Value], ...] = ()
    """Recipe settings that this row changes, sorted by name (see Recipe)."""
    priority: int = PRIORITY_DEFAULT
    """0 to 9, 9 first."""
    tags: tuple[str, ...] = ()
    skip: bool = False
    meta: tuple[tuple[str, str], ...] = ()
    """Columns we do not know, carried into the results as they are."""
    same_as: str = ""
    """The earlier row with this id and this content, whose picture is made: this one is skipped."""


class Recipe(NamedTuple):
    """Every setting that can change a pixel, and nothing else. A row may change any of them."""

    pipeline: str = "advanced-scene"
    provider: str = "local"
    """Who renders; per stage by "try-on=fashn,stylize=openai" with one bare name for the rest."""
    fallback: str = ""
    style: str = "studio"
    face: str = "swap"
    """swap, keep or off."""
    size: str = "source"
    """source, a longest side ("1024"), width x height ("864x1296") or 4k."""
    background: str = "keep"
    """keep, or a colour such as #ffffff."""
    format: str = "jpg"
    """jpg, png or webp: follows the ending of the output's name."""
    quality: int = 92
    """JPEG and WebP quality, 1 to 100."""
    seed: int | None = None
    """None: derived by the provider from the input digests."""
    variants: int = 1
    prompt: str = ""
    negative: str = ""
    options: tuple[tuple[str, Value], ...] = ()
    """opt.<provider>.<name> of the row or [providers.<name>.options], sorted by name."""
