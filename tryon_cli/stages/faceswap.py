"""The person's own face put back into the dressed picture. Knows no provider."""

from __future__ import annotations

from ..model.ports import Done
from .ask import ask
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """image, face in, one picture out. Raises Fault."""
    return ask("face-swap", wish, render)
