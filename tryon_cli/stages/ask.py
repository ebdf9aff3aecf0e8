"""Asking a provider, and believing nothing it returns. Knows no provider."""

from __future__ import annotations

from ..images.verdict import blank, decodes
from ..model.errors import Fault, FaultKind
from ..model.ports import Done, Job
from .table import Render, Wish


def ask(task: str, wish: Wish, render: Render) -> Done:
    """Render, then check that the picture decodes completely and is not one flat colour. Raises Fault."""
    done = render(Job(task, wish.images, wish.settings, wish.key, wish.digests))
    try:
        _look(task, done)
    except Fault as fault:
        if done.receipt is not None:
            done.receipt.spoiled(fault)
        raise
    return done


def _look(task: str, done: Done) -> None:
    decodes(done.image)
    if blank(done.image) and task != "extract-face":
        raise Fault(
            # one that was paid for is not asked for again: services answer so when they refuse a picture
            FaultKind.TRANSIENT if done.receipt is None else FaultKind.CONTENT,
            f"the {task} came back as a picture of one flat colour",
            code="E-IMG-BLANK",
            fix="look at the input pictures; some services answer so when they refuse a picture",
        )
