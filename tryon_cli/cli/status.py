"""`tryon status`: what runs, or how the last run ended. Reads only, never takes a lock."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from ..journeys import finding
from ..settings.resolve import resolve
from ..standing import as_json, as_lines
from .options import Flags, takes

EVERY = 1.0
"""Seconds between two looks with --follow; a run writes its stages once a second."""


@takes("status")
def command(
    flags: Flags,
    folder: Annotated[str, typer.Argument(help="Output folder; unset: here, else the newest run.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
) -> int:
    """Show how a run stands: rows, stages, and what to do next."""
    settings = resolve(flags)
    now = finding.newest(folder, settings)
    if now is None:
        print("{}" if settings.json else "No run yet. Start one:  tryon run manifest.csv")
        return 0
    while True:
        if settings.json:
            print(json.dumps(as_json(now), ensure_ascii=False), flush=True)
        else:
            shown = now._replace(folder=finding.shown(now.folder))
            print("\n".join(as_lines(shown, time.time())), flush=True)
        if not follow or now.state != "RUNNING":
            return 0
        time.sleep(EVERY)
        now = finding.at(now.folder, settings) or now
