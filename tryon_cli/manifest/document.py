"""One JSON document: a list of rows, or {"defaults": {...}, "rows": [...]}. Read piece by piece."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn, TextIO

from tryon_cli.model.errors import Complaint

from .columns import our_name
from .objects import DECODER, LOOK, BadJson, Layouts, cell_of, guarded
from .options import ManifestOptions
from .record import Record
from .source import Source
from .trouble import Refusal, nearest, refuse, shown

PIECE = 1 << 16
LONGEST_ROW = 1 << 20
_SPACE = re.compile(r"[ \t\r\n]*")

Found = tuple[int, dict[str, object] | BadJson]


class Document:
    """A JSON document. What is broken inside a row is a bad row; a broken document is refused."""

    literal = False

    def __init__(self, source: Source, options: ManifestOptions, said: Sequence[Complaint] = ()) -> None:
        """Read it through once, so that what is broken far down is known before anything runs."""
        self._source = source
        defaults: dict[str, object] = {}
        rows = 0
        first: list[dict[str, object]] = []
        for _, found in self._walk(defaults):
            rows += 1
            if len(first) < LOOK and not isinstance(found, BadJson):
                first.append(found)
        self.defaults: Mapping[str, str] = self._cells(defaults)
        options = replace(options, defaults={**options.defaults, **self.defaults})
        self._layouts = Layouts(options)
        self.expected = rows
        self.columns, self.meta, complaints = self._layouts.check(source.name, first)
        self.notices = (*said, *complaints)

    def records(self) -> Iterator[Record]:
        """All rows; the first is row 1."""
        for number, (line, found) in enumerate(self._walk({}), 1):
            yield self._layouts.record(number, line, found)

    def _walk(self, defaults: dict[str, object]) -> Iterator[Found]:
        """Every row; fills defaults on the way, wherever they stand."""
        reader = _Reader(self._source)
        start = reader.peek()
        if start == "[":
            yield from reader.listed()
        elif start == "{":
            yield from self._parts(reader, defaults)
        else:
            reader.stop("a document starts with [ or {")
        if reader.peek():
            reader.stop("something follows the document")

    def _parts(self, reader: _Reader, defaults: dict[str, object]) -> Iterator[Found]:
        reader.take("{")
        seen: set[str] = set()
        while reader.peek() != "}":
            if seen:
                reader.take(",")
            key = reader.value()
            if not isinstance(key, str) or key not in ("defaults", "rows") or key in seen:
                reader.stop(f'expected "defaults" and "rows", once each, found {shown(str(key))!r}')
            seen.add(key)
            reader.take(":")
            if key == "rows":
                if reader.peek() != "[":
                    reader.stop('"rows" is not a list')
                yield from reader.listed()
            else:
                found = reader.value()
                if not isinstance(found, dict):
                    reader.stop('"defaults" is not an object')
                defaults.update(found)
        reader.take("}")

    def _cells(self, defaults: dict[str, object]) -> dict[str, str]:
        refusals, cells = [], {}
        for name, value in defaults.items():
            ours = our_name(name)
            try:
                cells[ours or name] = cell_of(ours or "meta.", value)
            except BadJson as wrong:
                refusals.append(
                    Refusal("M-VALUE", f'{self._source.name}: "defaults": {shown(name)}: {wrong.text}.')
                )
            if not ours:
                near = nearest(name, ("seed", "provider", "style", "size", "category", "face", "tags"), 0.5)
                hint = (f"did you mean {near}?",) if near else ()
                refusals.append(
                    Refusal("M-COLUMN", f'{self._source.name}: "defaults": no column {shown(name)!r}.', hint)
                )
        if refusals:
            raise refuse(refusals)
        return cells


class _Reader:
    """A cursor in a JSON text of any length; holds one row and a piece of text at a time."""

    def __init__(self, source: Source) -> None:
        self._name = source.name
        self._file: TextIO = source.text()
        self._text, self._at = "", 0
        self._lines = 1

    def peek(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            end = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            self._skip(end)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, sign: str) -> None:
        """Go behind this sign; anything else breaks the document."""
        if self.peek() != sign:
            self.stop(f"expected {sign}")
        self._at += 1

    def value(self) -> object:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                found, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at <= LONGEST_ROW and self._more():
                    continue
                self._skip(min(error.pos, len(self._text)))
                self.stop(error.msg)
            except RecursionError:
                self.stop("brackets are nested too deep")
            if end < len(self._text) or not self._more():  # a number at the end of a piece may go on
                text = self._text[self._at : end]
                guarded(text, lambda: None)
                self._skip(end)
                return found

    def listed(self) -> Iterator[Found]:
        """The elements of a list, each with its line."""
        self.take("[")
        first = True
        while self.peek() != "]":
            if not first:
                self.take(",")
                if self.peek() == "]":
                    self.stop("a comma too many before ]")
            first = False
            self.peek()
            line = self._lines
            yield line, self._element()
        self.take("]")

    def _element(self) -> dict[str, object] | BadJson:
        try:
            found = self.value()
        except BadJson as wrong:
            # the value itself is whole JSON, only more than we take: find its end and go on
            self._pass_over()
            return wrong
        return found if isinstance(found, dict) else BadJson("this is not an object")

    def _pass_over(self) -> None:
        plain = json.JSONDecoder(parse_int=lambda digits: 0)
        while True:
            try:
                self._skip(plain.raw_decode(self._text, self._at)[1])
                return
            except json.JSONDecodeError as error:
                if not self._more():
                    self.stop(error.msg)
            except RecursionError:
                self.stop("brackets are nested too deep")

    def stop(self, reason: str) -> NoReturn:
        """Refuse the document here."""
        line_start = self._text.rfind("\n", 0, self._at) + 1
        place = f"line {self._lines}, column {self._at - line_start + 1}"
        text = f"{self._name} is no JSON document: {place}: {reason}."
        raise refuse(
            [Refusal("M-JSON", text, ("try       one object per line (JSONL): a broken row stays one row",))]
        )

    def _skip(self, end: int) -> None:
        self._lines += self._text.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        piece = self._file.read(PIECE)
        if self._at > PIECE:  # keep the line that is being read, for the column in messages
            keep = max(self._text.rfind("\n", 0, self._at) + 1, self._at - PIECE)
            self._text, self._at = self._text[keep:], self._at - keep
        self._text += piece
        return bool(piece)
