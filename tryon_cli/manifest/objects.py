"""Rows as JSON: one object per line, or one document. Knows how they are written, not what they mean."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

from .columns import Layout, named, our_name, read_header
from .options import ManifestOptions
from .record import LONGEST_CELL, Record
from .source import LONGEST_LINE, Source
from .trouble import Refusal, bad, refuse, shown
from .values import spelled

DEEPEST = 20
LAYOUTS = 256
LOOK = 100
"""Rows whose keys together are the columns of the file."""
_BRACKETS = re.compile(r"[\[\]{}]")


class BadJson(ValueError):
    """A text that is no JSON object we take. column: where, from 1; 0 when it is the whole."""

    def __init__(self, text: str, column: int = 0) -> None:
        super().__init__(text)
        self.text, self.column = text, column


class Lines:
    """JSON Lines: a broken line is a bad row, the others are read."""

    literal = False
    defaults: Mapping[str, str] = {}

    def __init__(self, source: Source, options: ManifestOptions, said: Sequence[Complaint] = ()) -> None:
        """Look at the first object. Raises TryonError when lines are too long or columns are missing."""
        if source.widest > LONGEST_LINE:
            text = f"{source.name} has a line of more than {LONGEST_LINE:,} characters."
            raise refuse([Refusal("M-LIMIT", text, ("try       --format json, if it is one document",))])
        self._source = source
        self._layouts = Layouts(options)
        self.expected = source.lines
        found = (row for _, row in self._objects() if not isinstance(row, BadJson))
        self.columns, self.meta, complaints = self._layouts.check(source.name, list(islice(found, LOOK)))
        self.notices = (*said, *complaints)

    def records(self) -> Iterator[Record]:
        """All rows; the first is row 1."""
        for number, (line, found) in enumerate(self._objects(), 1):
            yield self._layouts.record(number, line, found)

    def _objects(self) -> Iterator[tuple[int, dict[str, object] | BadJson]]:
        # never splitlines(): it also cuts at signs such as U+2028, which may stand inside a text
        for line, text in enumerate(self._source.text(), 1):
            stripped = text.strip()
            if stripped and stripped[0] != "#":
                try:
                    yield line, parse_object(stripped)
                except BadJson as wrong:
                    yield line, wrong


class FirstLook(NamedTuple):
    """Their columns, those we do not know, and what is to be said about them."""

    columns: tuple[str, ...]
    meta: tuple[str, ...]
    complaints: tuple[Complaint, ...]


class Layouts:
    """Turns objects into records; equal sets of keys are looked at once."""

    def __init__(self, options: ManifestOptions) -> None:
        self._mapping = options.columns
        self._filled = {
            our_name(n): c for both in (options.defaults, options.overrides) for n, c in both.items()
        }
        self._known: dict[tuple[str, ...], tuple[Layout, tuple[Complaint, ...]]] = {}

    def check(self, name: str, found: Sequence[dict[str, object]]) -> FirstLook:
        """What the first objects have for columns. Refuses a file in which none of them has a human."""
        keys = list(dict.fromkeys(key for row in found for key in row))
        header = read_header(keys, self._mapping, self._filled)
        if found and (header.lacking or header.wrong):
            raise refuse(named((*header.lacking, *header.wrong), name))
        return FirstLook(tuple(keys), tuple(theirs for _, theirs in header.layout.meta), header.complaints)

    def record(self, number: int, line: int, found: dict[str, object] | BadJson) -> Record:
        """The row as cells; what cannot be a cell is a complaint."""
        if isinstance(found, BadJson):
            place = f"line {line}" if line else f"row {number}"
            if found.column:
                place += f", column {found.column}"
            complaint = bad(
                "M-JSON", "", "", f"{place}: {found.text}", 'write {"human": "...", "garment": "..."}'
            )
            return Record(number, line, self._layout(())[0], [], (complaint,))
        layout, complaints = self._layout(tuple(found))
        cells = []
        for name, value in zip(layout.names, found.values(), strict=True):
            try:
                cells.append(cell_of(name, value))
            except BadJson as wrong:
                cells.append("")
                column = name.removeprefix("meta.")
                complaints += (
                    bad("M-VALUE", column, "", f"{column}: {wrong.text}", "write a text or a number"),
                )
        return Record(number, line, layout, cells, complaints)

    def _layout(self, keys: tuple[str, ...]) -> tuple[Layout, tuple[Complaint, ...]]:
        known = self._known.get(keys)
        if known is None:
            if len(self._known) >= LAYOUTS:
                self._known.clear()
            header = read_header(keys, self._mapping, self._filled)  # what it lacks are empty cells
            complaints = tuple(bad("M-JSON", "", "", r.what, "take one of them out") for r in header.twins)
            known = self._known[keys] = (header.layout, complaints)
        return known


def parse_object(text: str) -> dict[str, object]:
    """One object. Raises BadJson, also for twice the same key, NaN, huge numbers and deep nesting."""
    found = parse(text)
    if not isinstance(found, dict):
        kind = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(
            type(found), "a number"
        )
        raise BadJson(f"this is {kind}, not an object")
    return found


def parse(text: str) -> object:
    """Any JSON value within our limits."""
    return guarded(text, lambda: DECODER.decode(text))


def guarded(text: str, decode: Callable[[], object]) -> object:
    """What decode() gives, with every way it can fail as BadJson."""
    if text.count("[") + text.count("{") > DEEPEST and _depth(text) > DEEPEST:
        raise BadJson(f"brackets are nested more than {DEEPEST} deep")
    try:
        return decode()
    except json.JSONDecodeError as error:
        raise BadJson(_reason(text, error), error.colno) from None
    except RecursionError:
        raise BadJson(f"brackets are nested more than {DEEPEST} deep") from None


def cell_of(name: str, value: object) -> str:
    """A JSON value as the cell that a table would hold. Raises BadJson when there is none."""
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            raise BadJson(f"the text has {len(value):,} characters, {LONGEST_CELL:,} are allowed")
        return spelled(value) if name.startswith("opt.") else value.strip()
    if value is None:
        return "null" if name.startswith("opt.") else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BadJson("the number is too large")
        return repr(value)
    if isinstance(value, list) and name in _LISTS:
        return _list_cell(name, value)
    if name.startswith("meta."):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    raise BadJson("a list or an object cannot stand here")


_LISTS = frozenset(("human", "garment", "category", "tags", *(f"garment_{n}" for n in range(2, 10))))


def _list_cell(name: str, value: list[object]) -> str:
    if not all(isinstance(text, str) for text in value):
        raise BadJson("the list may only hold texts")
    return json.dumps(value, ensure_ascii=False) if value else ""


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJson(f"the key {shown(twice)!r} is there twice")
    return found


def _no_constant(word: str) -> object:
    raise BadJson(f"{word} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 400:
        raise BadJson(f"a number has {len(digits):,} digits")
    return int(digits)


DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant, parse_int=_integer)


def _depth(text: str) -> int:
    """How deep brackets are nested; those inside texts count too when quotes are broken."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*+"', "", text)
    depth = deepest = 0
    for bracket in _BRACKETS.finditer(bare):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest


def _reason(text: str, error: json.JSONDecodeError) -> str:
    rest = text[error.pos :].lstrip()
    before = text[: error.pos].rstrip()
    if rest[:1] in ("}", "]") or (before[-1:] == "," and rest[:1] in ("}", "]")):
        return "a comma too many before the bracket"
    if error.msg.startswith("Extra data"):
        return "something follows the object: one object per line"
    return f"this is no JSON ({error.msg})"
