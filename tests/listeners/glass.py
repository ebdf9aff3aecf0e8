"""A terminal for tests: a real pty, and a glass that knows what a person would see on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios

_PARTS = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)|(\x1b)")


class Glass:
    """Understands what the live screen uses and nothing else: anything else is an error."""

    def __init__(self, columns: int = 80) -> None:
        self.columns = columns
        self.lines: list[str] = [""]
        self.at = (0, 0)
        self.cursor = True

    def resize(self, columns: int) -> None:
        """Break lines that no longer fit in two, as terminals do. The cursor rests in the last line."""
        self.columns = columns
        broken: list[str] = []
        for line in self.lines:
            broken += [line[i : i + columns] for i in range(0, len(line), columns)] or [""]
        self.lines = broken
        self.at = (len(broken) - 1, 0)

    def write(self, text: str) -> None:
        for code, letter, move, plain, stray in _PARTS.findall(text):
            assert not stray, f"a stray ESC in {text!r}"
            y, x = self.at
            if letter:
                self._escape(code, letter)
            elif move:
                self.at = (y, 0) if move == "\r" else (y + 1, 0)
                if len(self.lines) <= self.at[0]:
                    self.lines.append("")
            else:
                line = self.lines[y].ljust(x)
                self.lines[y] = line[:x] + plain + line[x + len(plain) :]
                self.at = (y, x + len(plain))
                assert len(self.lines[y]) <= self.columns, "a line was broken"

    def _escape(self, code: str, letter: str) -> None:
        y, x = self.at
        if letter == "A":
            assert y - int(code) >= 0, "the cursor left the window"
            self.at = (y - int(code), x)
        elif letter == "K":
            self.lines[y] = self.lines[y][:x]
        elif letter == "J":
            self.lines[y] = self.lines[y][:x]
            del self.lines[y + 1 :]
        elif code == "?25":
            self.cursor = letter == "h"
        else:
            assert letter == "m", f"unknown sequence {code}{letter}"

    @property
    def text(self) -> str:
        """What is to be seen."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n") + "\n"


class Window:
    """A pty, what was written to it, and its glass."""

    def __init__(self, columns: int, lines: int) -> None:
        self.end, self.tty = pty.openpty()
        self.stream = open(self.tty, "w", encoding="utf-8")  # noqa: SIM115
        self.written = ""
        self.glass = Glass(columns)
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.glass.resize(columns)

    def read(self, until: str = "", seconds: float = 10.0) -> str:
        """What has been written since; waits for `until`, else takes what is there."""
        new = b""
        while select.select([self.end], [], [], seconds if until and until.encode() not in new else 0)[0]:
            try:
                new += os.read(self.end, 65536)
            except OSError:  # the other side is closed
                break
        text = new.decode()
        assert until in text, text
        self.written += text
        self.glass.write(text)
        return text

    def close(self) -> None:
        if not self.stream.closed:
            self.stream.close()
        os.close(self.end)
