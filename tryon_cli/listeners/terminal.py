"""What kind of screen there is: decided once from streams and environment. Draws nothing.

The streams are asked themselves: Rich takes FORCE_COLOR in a pipe for a terminal, and would animate into
a log.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import NamedTuple, TextIO

COLOURS = ("auto", "always", "never")


class Screen(NamedTuple):
    """How to talk to whoever watches."""

    live: bool
    """stderr can be drawn on."""
    colour: bool
    """On stderr."""
    unicode: bool
    """stderr shows more than ASCII."""
    out_terminal: bool
    """stdout is a terminal."""
    out_colour: bool
    out_unicode: bool

    @property
    def summary(self) -> bool:
        """Somebody reads the end summary on stdout; else the lines on stderr end with the same numbers."""
        return self.live or self.out_terminal


def look(
    err: TextIO, out: TextIO, env: Mapping[str, str], *, color: str = "auto", progress: bool = True
) -> Screen:
    """color: one of COLOURS; "always" wins over NO_COLOR, but colours nothing that is not a terminal.

    progress: False for --no-progress.
    """
    dumb = env.get("TERM", "") in ("dumb", "unknown")
    err_terminal, out_terminal = _is_terminal(err), _is_terminal(out)
    wanted = color == "always" or (color == "auto" and not env.get("NO_COLOR") and not dumb)
    return Screen(
        live=err_terminal and progress and not dumb and bool(env.get("TERM")),
        colour=wanted and err_terminal,
        unicode=_shows_unicode(err),
        out_terminal=out_terminal,
        out_colour=wanted and out_terminal,
        out_unicode=_shows_unicode(out),
    )


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # None under pythonw-like starts; closed
        return False


def _shows_unicode(stream: TextIO) -> bool:
    try:
        return codecs.lookup(stream.encoding or "ascii").name in ("utf-8", "utf-16", "utf-8-sig")
    except (AttributeError, LookupError):
        return False
