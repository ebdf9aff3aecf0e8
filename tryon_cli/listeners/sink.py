"""A stream that one may write lines to without fear. Knows nothing about what is written."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TextIO


class Sink:
    """Lines to a text stream: each flushed at once; when the reader is gone, it goes quiet."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream

    @property
    def open(self) -> bool:
        """False once the reader is gone."""
        return self._stream is not None

    def line(self, text: str) -> None:
        """Write one line. Never raises: signs that the stream cannot encode are spelled out."""
        self.text(text + "\n")

    def text(self, text: str) -> None:
        """As line(), without its end."""
        if self._stream is None:
            return
        try:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self._stream.write(_spelled(text, self._stream.encoding))
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: somebody closed it
            self._hush(self._stream)
            self._stream = None

    @staticmethod
    def _hush(stream: TextIO) -> None:
        """What is still buffered goes nowhere: on leaving, Python would complain with status 120."""
        with suppress(OSError, ValueError):
            void = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(void, stream.fileno())
            finally:
                os.close(void)


def _spelled(text: str, encoding: str) -> str:
    """What the encoding has stays; other signs become \\u2192 and the like."""
    return text.encode(encoding, "backslashreplace").decode(encoding)
