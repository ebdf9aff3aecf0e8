"""Tables of cells: CSV, TSV, semicolons. Knows how rows are written, not what they mean."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from tryon_cli.model.errors import Complaint

from .columns import Header, named, our_name, read_header
from .options import ManifestOptions
from .record import LONGEST_CELL, Record
from .source import LONGEST_LINE, Source
from .trouble import Refusal, bad, notice, refuse

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_FORMULA = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


class Delimited:
    """A table with a header line. Rows with broken quotes are bad rows; reading goes on behind them."""

    literal = False
    defaults: Mapping[str, str] = {}

    def __init__(
        self, source: Source, options: ManifestOptions, delimiter: str = "", said: Sequence[Complaint] = ()
    ) -> None:
        """Read the header. Raises TryonError with everything that is wrong with it."""
        self._source = source
        if source.widest > LONGEST_LINE:
            text = f"{source.name} has a line of more than {LONGEST_LINE:,} characters: this is no table."
            raise refuse([Refusal("M-LIMIT", text)])
        self._delimiter, header, found = self._find_header(options, delimiter or options.delimiter)
        refusals = (*header.lacking, *header.twins, *header.wrong)
        if refusals:
            raise refuse(named(refusals, source.name))
        self._layout = header.layout
        self.meta = tuple(theirs for _, theirs in header.layout.meta)
        self.notices: tuple[Complaint, ...] = (*said, *found, *header.complaints)
        self.expected = source.lines
        self._well_formed = _grammar(self._delimiter)

    def _find_header(self, options: ManifestOptions, given: str) -> tuple[str, Header, list[Complaint]]:
        """Delimiter, header, and what is to be said."""
        filled = {
            our_name(name): cell
            for both in (options.defaults, options.overrides)
            for name, cell in both.items()
        }
        choices = (given,) if given else (",", ";", "\t")
        best: tuple[int, str, list[str], int] | None = None
        ours = {theirs for _, theirs in options.columns}
        for choice in choices:
            cells, line = self._header_cells(choice)
            known = sum(bool(our_name(cell)) or cell.strip() in ours for cell in cells)
            if best is None or known > best[0]:
                best = (known, choice, cells, line)
        assert best is not None
        _, delimiter, cells, line = best
        if not cells:
            raise refuse(
                [Refusal("M-EMPTY", f"{self._source.name} has no rows: only blank lines and comments.")]
            )
        self.columns = tuple(cell.strip() for cell in cells)
        while len(cells) > 1 and not cells[-1].strip():
            cells.pop()
        said = (
            []
            if given or delimiter == ","
            else [notice("M-FORMAT", f"cells are separated by {_NAMES[delimiter]}", value=delimiter)]
        )
        if self._source.bom:
            said.append(notice("M-FORMAT", "the file starts with a byte order mark, which is left out"))
        return delimiter, read_header(cells, options.columns, filled), said

    def _header_cells(self, delimiter: str) -> tuple[list[str], int]:
        rows = _Rows(self._source, delimiter)
        try:
            found = next(rows, None)
        except csv.Error:
            return [self._source.sample().split("\n", 1)[0]], 1
        return (found[1], rows.line) if found else ([], 0)

    def records(self) -> Iterator[Record]:
        """All rows; the first is row 1."""
        layout, width = self._layout, len(self._layout.names)
        rows = _Rows(self._source, self._delimiter)
        next(rows, None)
        number = 0
        while True:
            try:
                start, cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                yield self._broken(number, rows, str(error))
                continue
            number += 1
            joined = "".join(cells)
            if len(cells) != width:
                while len(cells) > width and not cells[-1].strip():
                    cells.pop()  # spreadsheets add empty cells
            if len(cells) != width or len(joined) > LONGEST_CELL or (rows.spans and self._swallowed(cells)):
                yield self._misfit(number, start, cells, rows)
                continue
            if '"' in joined and not self._well_formed.fullmatch(rows.raw()):
                yield self._broken(number, rows, "a quote stands inside a cell without quotes")
                continue
            if "'" in joined:
                cells = [cell[1:] if _FORMULA.match(cell) else cell for cell in cells]
            yield Record(number, start, layout, [cell.strip() for cell in cells])

    def _swallowed(self, cells: Sequence[str]) -> bool:
        """True when a name runs over several lines: a lost quote ate the rows below."""
        names = self._layout.names
        return any(
            "\n" in cell.strip() or "\r" in cell.strip()
            for name, cell in zip(names, cells, strict=True)
            if not name.startswith("meta.") and name not in ("prompt", "negative")
        )

    def _misfit(self, number: int, start: int, cells: list[str], rows: _Rows) -> Record:
        width = len(self._layout.names)
        if rows.spans and (len(cells) != width or self._swallowed(cells)):
            return self._broken(number, rows, "a quote opened here ends in another row")
        if len(cells) != width:
            text = f"line {start} has {len(cells)} cells, the header has {width}"
            fix = f"put cells that hold {_NAMES.get(self._delimiter, self._delimiter)} in double quotes"
            complaint = bad("M-QUOTE", "", rows.raw().strip(), text, fix)
        else:
            longest = max(cells, key=len)
            column = self._layout.names[cells.index(longest)].removeprefix("meta.")
            text = f"line {start} is too long: a cell has {len(longest):,} characters"
            text += f", {LONGEST_CELL:,} are allowed for a row"
            complaint = bad(
                "M-QUOTE", column, longest, text, "shorten it, or look for a quote that is never closed"
            )
        cells = [cell[:200].strip() for cell in (cells + [""] * width)[:width]]
        return Record(number, start, self._layout, cells, (complaint,))

    def _broken(self, number: int, rows: _Rows, reason: str) -> Record:
        """The row that starts here is bad; the next line is read as a new row."""
        start, raw = rows.start, rows.raw()
        if rows.spans or "unexpected end" in reason or "field larger" in reason:
            reason = f"line {start}: the quote opened here is never closed, or closed in another row"
        else:
            reason = f"line {start}: broken quotes ({reason})"
        rows.go_back()
        cells = next(
            csv.reader([raw.split("\n", 1)[0].replace('"', "")[:2000]], delimiter=self._delimiter), []
        )
        width = len(self._layout.names)
        cells = [cell.strip() for cell in (cells + [""] * width)[:width]]
        fix = 'close the quote; write a quote inside a quoted cell twice ("")'
        return Record(number, start, self._layout, cells, (bad("M-QUOTE", "", raw.strip(), reason, fix),))


class _Rows:
    """csv.reader with the line each row starts at, its raw text, and a way back after broken quotes."""

    def __init__(self, source: Source, delimiter: str) -> None:
        self._lines: Iterator[str] = iter(source.text())
        self._delimiter = delimiter
        self._taken: list[str] = []
        self._again: deque[str] = deque()
        self.line = 0
        self._reader = self._fresh()

    def _fresh(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._delimiter, strict=True, skipinitialspace=True)

    def _feed(self) -> Iterator[str]:
        taken, again, lines = self._taken, self._again, self._lines
        while True:
            line = again.popleft() if again else next(lines, "")
            if not line:
                return
            self.line += 1
            if not taken and (line[0] in "#\r\n ") and line.lstrip(" ")[:1] in ("#", "\r", "\n", ""):
                continue
            taken.append(line)
            yield line

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        self._taken.clear()
        while True:
            cells = next(self._reader)
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                if len(cells) > 1 and not any(map(str.strip, cells)):
                    self._taken.clear()  # ",,," is how spreadsheets write a blank line
                    continue
                return self.line - len(self._taken) + 1, cells
            self._taken.clear()

    @property
    def start(self) -> int:
        """The line this row starts at."""
        return self.line - len(self._taken) + 1

    @property
    def spans(self) -> bool:
        """True when this row took more than one line."""
        return len(self._taken) > 1

    def raw(self) -> str:
        """The row as it is written."""
        return "".join(self._taken)

    def go_back(self) -> None:
        """Read on from the line after the first of this row.

        Linear in the file: a row that spans lines has no quote in the lines between its first and its
        last, so each of them is read again at most once. (And csv ends a cell at 131,072 characters.)
        """
        rest = self._taken[1:]
        self.line -= len(rest)
        self._again.extendleft(reversed(rest))
        self._taken.clear()
        self._reader = self._fresh()


def _grammar(delimiter: str) -> re.Pattern[str]:
    gap = re.escape(delimiter)
    # possessive (*+): a row of many spaces must not be tried in every possible way
    cell = rf' *+(?:"(?:[^"]|"")*+"|[^"{gap}\r\n]*+)'
    return re.compile(rf"{cell}(?:{gap}{cell})*+[\r\n]*+")
