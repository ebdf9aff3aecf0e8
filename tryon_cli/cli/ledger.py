"""`tryon ledger`: paid calls that are out or wait for a decision. Options, one call, exit code."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes


@takes("ledger")
def command(
    flags: Flags,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only what is out or waits for a decision.")
    ] = False,
) -> int:
    """Show the paid calls: what is out, what waits for a decision of yours, what it costs, what to do.

    Reads only. The ledger counts every paid call of this user on this machine, whatever folder it was for.
    """
    from ..journeys import owing
    from ..model.errors import Exit, TryonError

    settings = resolve(flags)
    try:
        now = owing.owing(settings.state_path)
    except (sqlite3.Error, ValueError) as error:
        raise TryonError(
            Exit.STORAGE,
            f"the ledger in {settings.state_path} cannot be read: {error}",
            details=("restore it from a backup, or: tryon resume --rebuild",),
        ) from error
    if settings.json:
        print(json.dumps(owing.as_json(now), ensure_ascii=False))
    else:
        print("\n".join(owing.as_lines(now, only_open=only_open, at=time.time())))
    return 0
