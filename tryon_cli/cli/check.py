"""`tryon check`: everything that is wrong with a manifest and its pictures, before anything runs."""

from __future__ import annotations

import json
import sys
import time
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
    from ..batch.check import check, described, refuse_bad_rows
    from ..journeys.naming import named_source
    from ..looking import Looker
    from ..manifest import Manifest
    from ..model.errors import Exit, Level

    settings = resolve(flags, manifest)
    source = named_source(manifest, settings)
    began = time.monotonic()
    looker = Looker(deep=deep)
    with Manifest.open(source, settings.manifest_options(source), stdin=sys.stdin.buffer) as opened:
        found = check(opened, looker.look)
    found.invalid += looker.bad_rows
    for complaint in looker.complaints:
        found.add(complaint)
    if settings.strict and found.invalid:
        refuse_bad_rows(found, source)
    if settings.json:
        counts = {
            "rows": found.rows,
            "valid": found.valid,
            "invalid": found.invalid,
            "skipped": found.skipped,
        }
        print(json.dumps({"v": 1, **counts, "codes": found.counts,
                          "complaints": [c._asdict() for c in found.complaints]}, ensure_ascii=False))  # fmt: skip
        return int(Exit.PARTIAL if found.invalid else Exit.OK)
    shown = (
        found.complaints
        if settings.rows
        else [c for c in found.complaints if c.level is not Level.NOTICE][:20]
    )
    if not settings.quiet or found.invalid:
        print(f"{found.rows:,} rows, {found.valid:,} valid ({time.monotonic() - began:.1f} s)")
        for line in described(shown):
            print(f"  {line}")
        hidden = len(found.complaints) - len(shown)
        if hidden > 0:
            print(f"  {hidden:,} more: tryon check {source} --rows")
    return int(Exit.PARTIAL if found.invalid else Exit.OK)
