"""The face of the person, with what is needed to put it back. Knows no provider."""

from __future__ import annotations

from ..model.ports import Done
from .ask import ask
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """human in, one picture out. Raises Fault."""
    return ask("extract-face", wish, render)
