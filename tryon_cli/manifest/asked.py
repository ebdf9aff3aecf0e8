"""What a row asks for besides its pictures. Knows no files; the same cells are judged once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tryon_cli.model.digest import Value
from tryon_cli.model.errors import Complaint
from tryon_cli.model.pair import PRIORITY_DEFAULT

from . import values
from .trouble import bad

MEMO = 16_384


class Asked(NamedTuple):
    """The settings of a row, checked."""

    overrides: tuple[tuple[str, Value], ...] = ()
    """Sorted by name; without format, which follows from the output's name."""
    categories: tuple[str, ...] = ()
    """As written: none, one for all, or one per garment."""
    priority: int = PRIORITY_DEFAULT
    tags: tuple[str, ...] = ()
    skip: bool = False
    format: str = ""
    """jpg, png, webp, or "" when the row does not say."""
    complaints: tuple[Complaint, ...] = ()


NOTHING = Asked()


class Asking:
    """Judges the cells of settings, remembering what it judged."""

    def __init__(self, providers: Sequence[str] | None) -> None:
        """providers: the known names; None: any name goes."""
        self._providers = providers
        self._memo: dict[tuple[tuple[str, ...], tuple[str, ...]], Asked] = {}

    def judge(self, names: tuple[str, ...], cells: tuple[str, ...]) -> Asked:
        """The settings that these cells of these columns ask for."""
        known = self._memo.get((names, cells))
        if known is None:
            if len(self._memo) >= MEMO:
                self._memo.clear()
            known = self._memo[names, cells] = self._judge(names, cells)
        return known

    def _judge(self, names: tuple[str, ...], cells: tuple[str, ...]) -> Asked:
        overrides: dict[str, Value] = {}
        other: dict[str, object] = {}
        complaints = []
        for name, cell in zip(names, cells, strict=True):
            if not cell:
                continue
            try:
                if name in ("category", "priority", "tags", "skip", "format"):
                    other["categories" if name == "category" else name] = _other(name, cell)
                else:
                    overrides[name] = self._value(name, cell)
            except values.BadValue as wrong:
                complaints.append(bad(wrong.code, name, cell, wrong.text, wrong.fix))
        return Asked(
            overrides=tuple(sorted(overrides.items())),
            complaints=tuple(complaints),
            **other,  # type: ignore[arg-type]
        )

    def _value(self, name: str, cell: str) -> Value:
        if name in ("mask", "keep"):
            raise _no_masks(name)
        if name in ("provider", "fallback"):
            return values.providers(cell, self._providers, several=name == "fallback")
        if name.startswith("opt."):
            provider = name.split(".")[1]
            if self._providers is not None:
                values.providers(provider, self._providers)
            return values.any_value(cell)
        return values.CHECKS[name](cell)


def _other(name: str, cell: str) -> object:
    if name == "category":
        written = (values.texts_of(cell) if cell.startswith("[") else None) or cell.split("|")
        return tuple(values.category(word) for word in written)
    if name == "priority":
        return values.whole(cell, "priority", 0, 9)
    if name == "tags":
        return values.tags(cell)
    if name == "skip":
        return values.yes_or_no(cell)
    return values.one_of("jpg" if cell.lower() == "jpeg" else cell, "format", values.PICTURE_FORMATS)


def _no_masks(name: str) -> values.BadValue:
    """No stage takes a mask yet; a picture made without it is not what the row asks for."""
    return values.BadValue(
        f"{name} pictures are not used by any stage yet",
        f"empty the cell, or --map meta.{name}={name}",
        "M-CAP",
    )
