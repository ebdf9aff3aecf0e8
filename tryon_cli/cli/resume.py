"""`tryon resume`: the same manifest and settings as a run before, run again. Options, one call, exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes


@takes("resume")
def command(
    flags: Flags,
    folder: Annotated[
        str, typer.Argument(help="Output folder of the run; unset: the newest unfinished one.")
    ] = "",
) -> int:
    """Go on where a run stopped: after Ctrl-C, a crash, a full disk or failed rows.

    Manifest and settings are those of the run's first record; an option given here wins over them.
    """
    from ..journeys import finding
    from ..journeys.naming import with_output
    from ..journeys.run import Wish, run

    found = finding.unfinished(folder, resolve(flags))
    source = finding.manifest_of(found)
    record = {**json.loads(found.run.settings), "output": "."}
    settings = resolve(flags, source, record=record, folder=found.folder)
    out = Path(folder) if folder else finding.shown(found.folder)
    settings = with_output(settings, out)
    if settings.dry_run:
        from ..journeys import dryrun

        return int(dryrun.show(settings, source))
    if not settings.quiet and not settings.json:
        finding.introduce(found)
    return int(run(Wish(settings, source, resumed=True)))
