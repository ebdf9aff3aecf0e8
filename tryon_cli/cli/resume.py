"""`tryon resume`: the same manifest and settings as a run before, run again. Options, one call, exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes
from .question import asker


@takes("resume")
def command(
    flags: Flags,
    folder: Annotated[
        str, typer.Argument(help="Output folder of the run; unset: the newest unfinished one.")
    ] = "",
) -> int:
    """Go on where a run stopped: after Ctrl-C, a crash, a full disk or failed rows.

    Manifest and settings are those of the run's first record; an option given here wins over them. Where such an
    option changes finished pictures or costs more, you are asked; --on-change answers: keep the run's, use the new
    ones, use them for the rest (rows without a picture), or stop (exit 2, also where nobody can be asked). A manifest
    that has changed runs the difference.
    """
    from ..journeys import finding
    from ..journeys.naming import with_output
    from ..journeys.resuming import Resuming
    from ..journeys.run import Wish, run

    first = resolve(flags)
    found = finding.unfinished(folder, first)
    source = finding.manifest_of(found)
    resuming = Resuming(found, source, flags)
    asking = asker(first.input)
    settings = resuming.planned() if first.dry_run else resuming.choose(asking)
    settings = with_output(settings, Path(folder) if folder else finding.shown(found.folder))
    if not settings.quiet and not settings.json:
        finding.introduce(found)
        print("\n".join(resuming.lines()), file=sys.stderr)
    if settings.dry_run:
        from ..journeys import dryrun

        return int(dryrun.show(settings, source))
    return int(run(Wish(settings, source, True, asking, resuming.earlier)))
