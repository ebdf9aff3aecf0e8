"""Questions to the person at the terminal. Knows no command."""

from __future__ import annotations

import sys
from collections.abc import Callable


def answered(question: str, may_ask: bool) -> str | None:
    """The answer in lower case; None where nobody can be asked.

    The question goes to stderr: stdout holds results only. may_ask: False with --no-input.
    """
    if not may_ask or sys.stdin is None or not sys.stdin.isatty():
        return None
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower()


def asker(may_ask: bool) -> Callable[[str], str | None] | None:
    """answered() for somebody who knows no terminal; None where nobody can be asked."""
    if not may_ask or sys.stdin is None or not sys.stdin.isatty():
        return None
    return lambda question: answered(question, may_ask)
