"""The person's own face put back into the dressed picture. Knows no provider."""

from __future__ import annotations

from ..images.verdict import blank
from ..model.ports import Done
from .ask import ask
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """image, face in, one picture out: the image as it is where extract-face has found nobody. Raises Fault.

    Nobody is asked then, since services take the money for a face that is not there, too. VERSION stays: what was
    bought that way is not thrown away.
    """
    if blank(wish.images["face"]):
        return Done(wish.images["image"], ("there was no face to put back",))
    return ask("face-swap", wish, render)
