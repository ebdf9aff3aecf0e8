"""The last picture as the file that the user asked for: size, format, and its label inside."""

from __future__ import annotations

from ..images.finish import finish
from ..images.provenance import Provenance
from ..images.sniff import glance
from ..model.ports import Done
from .table import Render, Wish


def run(wish: Wish, render: Render) -> Done:
    """image and human in, one file out. Nothing in it depends on the run, its time or its folder."""
    settings = wish.settings
    human = glance(wish.images["human"])
    image = finish(
        wish.images["image"],
        width=human.width,
        height=human.height,
        size=str(settings.get("size", "source")),
        background=str(settings.get("background", "keep")),
        format=str(settings.get("format", "jpg")),
        quality=int(settings.get("quality") or 92),
        label=_label(wish),
    )
    return Done(image)


def _label(wish: Wish) -> Provenance:
    settings = wish.settings
    seed = settings.get("seed")
    providers = _listed(settings.get("providers"))
    local = providers == ("local",)
    return Provenance(
        sources=tuple(digest for role, digest in wish.digests.items() if role.startswith("source")),
        providers=providers,
        pipeline=str(settings.get("pipeline", "")),
        stages=tuple(
            (name, version)
            for name, _, version in (s.partition(":") for s in _listed(settings.get("stages")))
        ),
        seed=seed if isinstance(seed, int) else None,
        # without the version: the same picture from the next release is the same file
        tool="tryon",
        trained=not local,
        quality="preview quality" if local else "",
    )


def _listed(text: object) -> tuple[str, ...]:
    return tuple(filter(None, str(text or "").split(",")))
