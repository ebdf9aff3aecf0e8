"""`tryon check`: everything that is wrong with a manifest and its pictures, before anything runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes


@takes("check")
def command(
    flags: Flags,
    manifest: Annotated[str, typer.Argument(help="As for `tryon run`.", metavar="MANIFEST")] = "",
    deep: Annotated[bool, typer.Option("--deep", help="Decode every picture, not only its header.")] = False,
) -> int:
    """Find what is wrong with a manifest: every row, every reason, how to mend it. Makes nothing.

    Exit code 0: all rows can run. 3: some cannot. 4: none can, or some cannot and --strict.
    """
    from ..journeys import checking
    from ..journeys.naming import named_source

    settings = resolve(flags, manifest)
    return int(checking.show(settings, named_source(manifest, settings), deep=deep))
