"""Which run somebody means: by folder, in the current folder, or the newest of the history. Changes nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..history import History
from ..model.errors import Exit, TryonError
from ..standing import Standing, at_services, spoken, standing

if TYPE_CHECKING:
    from ..settings import Settings


def folders(settings: Settings) -> list[Path]:
    """Output folders that may be meant: the one that is set, then those of past runs, newest first."""
    found = [Path(settings.output).absolute()]
    if (settings.state_path / "history.db").exists():
        history = History(settings.state_path)
        found += [Path(run.output) for run in history.runs()]
        history.close()
    return list(dict.fromkeys(found))


def at(folder: Path, settings: Settings) -> Standing | None:
    """How this folder stands; its money is looked up where the run has it, or where an option says now."""
    return standing(folder, settings.state_path, told=settings.told("state_dir"))


def newest(folder: str, settings: Settings) -> Standing | None:
    """The run to show: of this folder, else of the current one, else the newest anywhere."""
    for place in [Path(folder).absolute()] if folder else folders(settings):
        now = at(place, settings)
        if now is not None:
            return now
    return None


def unfinished(folder: str, settings: Settings) -> Standing:
    """The run to resume. Raises TryonError(USAGE) when there is none."""
    seen = [
        now
        for place in ([Path(folder).absolute()] if folder else folders(settings))
        if (now := at(place, settings))
    ]
    for now in seen:
        if now.unfinished or folder:
            return now
    if seen:
        raise TryonError(
            Exit.USAGE,
            "there is nothing to resume: every run has come to its end.",
            details=(f"newest  {seen[0].run.run} in {seen[0].folder}, {seen[0].done:,} rows done",),
        )
    where = folder or "this folder, and no run anywhere"
    raise TryonError(
        Exit.USAGE, f"there is no run in {where}.", details=("start one:  tryon run manifest.csv",)
    )


def manifest_of(found: Standing) -> str:
    """Where the run's manifest lies now. Raises TryonError(USAGE) when it was read from standard input."""
    source = found.run.manifest
    if source == "-":
        raise TryonError(
            Exit.USAGE,
            f"the manifest of run {found.run.run} came through standard input and is not kept.",
            details=(f"send it again:  … | tryon run - -o {shown(found.folder)}   (finished rows are kept)",),
        )
    return str((found.folder / source).resolve()) if source else ""


def shown(folder: Path) -> Path:
    """The folder as somebody here would type it."""
    relative = os.path.relpath(folder)
    return Path(relative) if not relative.startswith("..") else folder


def introduce(found: Standing) -> None:
    """Say what is gone on with, on stderr."""
    run = found.run
    ago = spoken(time.time() - (run.ended or run.started))
    why = (
        found.text.splitlines()[0].rstrip(".") if found.text else ("killed" if run.ended is None else "ended")
    )
    print(
        f"Resuming {run.run} ({why}, {ago} ago): {found.done:,} of {run.total:,} rows are done",
        file=sys.stderr,
    )
    for line in at_services(found.money, found.elsewhere):
        print(line, file=sys.stderr)
