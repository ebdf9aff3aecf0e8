"""`tryon expand`: the rows that a manifest stands for, as JSON lines: a manifest again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes


@takes("expand")
def command(
    flags: Flags,
    manifest: Annotated[str, typer.Argument(help="As for `tryon run`.", metavar="MANIFEST")] = "",
) -> int:
    """Print the rows that would run, one JSON object a line, patterns and outfits written out.

    Paths are relative to the current folder where they lie below it. Bad rows are named on stderr, exit code 3.
    """
    from ..journeys.naming import named_source
    from ..manifest import Invalid, Manifest
    from ..manifest.cells import to_object
    from ..model.errors import Exit

    settings = resolve(flags, manifest)
    source = named_source(manifest, settings)
    bad = 0
    with Manifest.open(source, settings.manifest_options(source), stdin=sys.stdin.buffer) as opened:
        for row in opened.rows():
            if isinstance(row, Invalid):
                bad += 1
                for complaint in row.complaints:
                    print(f"row {row.row}  {complaint.code}  {complaint.text}", file=sys.stderr)
                continue
            if row.same_as:
                continue  # read again, it would be a second one of the same name
            cells = {k: v for k, v in to_object(row, Path.cwd()).items() if v != ""}
            print(json.dumps(cells, ensure_ascii=False))
    return int(Exit.PARTIAL if bad else Exit.OK)
