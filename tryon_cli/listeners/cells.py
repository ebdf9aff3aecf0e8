"""Styled text measured in terminal cells: cut, pad, paint. Knows no run and no terminal."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
"""Text and the name of its style, "" for none."""
Line = list[Span]

_CODES = {"dim": "2", "bold": "1", "good": "32", "bad": "31", "look": "33", "bar": "36"}


def _cells(text: str) -> int:
    """Rich's tables are asked about what is not ASCII only: half of a frame's time went there."""
    return len(text) if text.isascii() else cell_len(text)


def width_of(line: Line) -> int:
    """Cells."""
    return sum([_cells(text) for text, _ in line])


def pad(text: str, width: int, right: bool = False) -> str:
    """Exactly width cells; right: the text at the right edge. Longer text is cut."""
    size = _cells(text)
    if size > width:
        return set_cell_size(text, width)
    space = " " * (width - size)
    return space + text if right else text + space


def cut(line: Line, width: int) -> Line:
    """At most width cells."""
    kept: Line = []
    room = width
    for text, style in line:
        size = _cells(text)
        if size > room:
            if room > 0:
                kept.append((set_cell_size(text, room), style))
            break
        kept.append((text, style))
        room -= size
    return kept


def paint(line: Line, colour: bool) -> str:
    """As text for a terminal; without colour no escape sequence at all."""
    if not colour:
        return "".join(text for text, _ in line)
    return "".join(f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style else text for text, style in line)
