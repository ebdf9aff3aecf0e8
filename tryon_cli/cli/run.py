"""`tryon run`: the pictures of a manifest. Options, one call, exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes
from .question import asker


@takes("run")
def command(
    flags: Flags,
    manifest: Annotated[
        str,
        typer.Argument(help="CSV, TSV, JSONL, JSON or pair list; - for standard input.", metavar="MANIFEST"),
    ] = "",
) -> int:
    """Make a picture for every row of a manifest. Stop it anywhere; the same command goes on.

    Finished work is never done again: what is known is taken from the cache, and equal work of several rows is
    done once. Pictures appear in OUTPUT/images as soon as each is done.
    """
    from ..journeys.naming import named_source
    from ..journeys.run import Wish
    from ..journeys.run import run as go

    settings = resolve(flags, manifest)
    source = named_source(manifest, settings)
    if settings.dry_run:
        from ..journeys import dryrun

        return int(dryrun.show(settings, source))
    return int(go(Wish(settings, source, ask=asker(settings.input))))
