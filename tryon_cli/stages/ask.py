"""Asking a provider, and believing nothing it returns. Knows no provider."""

from __future__ import annotations

from ..images.verdict import blank, decodes
from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from .table import Render, Wish


def ask(task: str, wish: Wish, render: Render) -> Done:
    """Render, then check that the picture decodes completely and is not one flat colour. Raises Fault."""
    done = render(Job(task, wish.images, wish.settings, wish.key, wish.digests))
    decodes(done.image)
    if blank(done.image) and task != "extract-face":
        raise Fault(
            FaultKind.TRANSIENT,
            f"the {task} came back as a picture of one flat colour",
            code="E-IMG-BLANK",
            fix="look at the input pictures; some services answer so when they refuse a picture",
        )
    return done
