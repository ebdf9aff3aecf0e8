"""The last picture as the file that the user asked for: size, format, and its label inside."""

from __future__ import annotations

from ..images.finish import Provenance, finish
from ..images.sniff import size_of
from ..model.ports import Done
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """image and human in, one file out. Nothing in it depends on the run, its time or its folder."""
    settings = wish.settings
    width, height = size_of(wish.images["human"])
    sources = tuple(digest for role, digest in wish.digests.items() if role.startswith("source"))
    seed = settings.get("seed")
    label = Provenance(
        sources=sources,
        pipeline=str(settings.get("pipeline", "")),
        providers=tuple(filter(None, str(settings.get("providers", "")).split(","))),
        seed=seed if isinstance(seed, int) else None,
    )
    return Done(
        finish(
            wish.images["image"],
            width=width,
            height=height,
            size=str(settings.get("size", "source")),
            background=str(settings.get("background", "keep")),
            format=str(settings.get("format", "jpg")),
            quality=int(settings.get("quality") or 92),
            label=label,
        )
    )
