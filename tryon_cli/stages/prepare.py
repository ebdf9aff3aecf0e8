"""A picture as the user has it, through the gate: upright, sRGB, bounded, nothing hidden in it."""

from __future__ import annotations

from ..images.gate import prepare
from ..model.ports import Done
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """source in, the normalised picture out. Raises Fault(INPUT) with an M- code."""
    made = prepare(wish.images["source"], "human" if wish.settings["role"] == "human" else "garment")
    return Done(made.image, notes=made.notes)
