"""`tryon verify`: proves a finished run from disk alone. Options, one call, exit code."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes


@takes("verify")
def command(
    flags: Flags,
    folder: Annotated[str, typer.Argument(help="Output folder; unset: here, else the newest run.")] = "",
) -> int:
    """Check every promise about a finished run: pictures, counts, money, nothing left lying about.

    Reads every picture and changes nothing. Exit code 0: all is as it was told. 1: something is not, and what.
    """
    from ..journeys import finding
    from ..journeys.proving import Breach, Proof
    from ..model.errors import Exit, TryonError

    settings = resolve(flags)
    now = finding.newest(folder, settings)
    if now is None:
        raise TryonError(
            Exit.USAGE, f"there is no run in {folder or 'this folder'}.", details=("try  tryon verify OUT",)
        )
    proof = Proof(now.folder, now.home or settings.state_path)
    held: list[str] = []
    breach = ""
    try:
        for line in proof.checks():
            held.append(line)
            if not settings.json and not settings.quiet:
                print(f"ok      {line}" if not line.startswith("named: ") else f"        {line}")
    except Breach as found:
        breach = str(found)
    if settings.json:
        print(
            json.dumps({"v": 1, "folder": str(now.folder), "ok": not breach, "held": held, "breach": breach})
        )
    elif breach:
        print(f"BREACH  {breach}")
    return int(Exit.INTERNAL if breach else Exit.OK)
