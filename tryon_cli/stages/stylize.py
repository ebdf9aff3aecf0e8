"""The person in another look; pose and size stay. Knows no provider."""

from __future__ import annotations

from ..model.ports import Done
from .ask import ask
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """human in, one picture out. Raises Fault."""
    return ask("stylize", wish, render)
