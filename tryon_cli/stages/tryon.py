"""The garment on the person. Knows no provider."""

from __future__ import annotations

from ..model.ports import Done
from .ask import ask
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """human, garment in, one picture out. Raises Fault."""
    return ask("try-on", wish, render)
