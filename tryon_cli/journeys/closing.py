"""What a run leaves behind for people and programs: its line in the history, run.json, the paths of its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..batch.ending import Ending, finished
from ..history import PastRun
from ..journal.look import rows_of
from ..model.outcome import DONE, RowState

if TYPE_CHECKING:
    from ..settings import Settings


def ended(past: PastRun, ending: Ending, now: float) -> PastRun:
    """The run as the history keeps it. now: UTC seconds."""
    counts = ending.counts
    return past._replace(
        ended=now, exit=int(ending.exit), made=counts[RowState.MADE] + counts[RowState.FLAGGED],
        cached=counts[RowState.CACHED], failed=counts[RowState.FAILED] + counts[RowState.INVALID],
        seconds=ending.seconds,
    )  # fmt: skip


def summary(past: PastRun, ending: Ending, settings: Settings) -> dict[str, Any]:
    """run.json; paths relative to the output folder."""
    return {
        "run": past.run, "version": __version__, "manifest": past.manifest,
        "started": past.started, "seconds": round(ending.seconds, 3), "exit": int(ending.exit),
        "name": ending.exit.name.lower(), "rows": ending.rows, "done": finished(ending.counts),
        "counts": {str(s): n for s, n in sorted(ending.counts.items())},
        "spent": ending.spent, "budget": settings.max_cost,
        "settings": settings.to_record(Path(past.output)),
    }  # fmt: skip


def images(folder: Path, shown: str | Path) -> list[str]:
    """Every picture of this manifest, as the user would type it. shown: the folder in the user's words."""
    return [
        f"{shown}/{file.path}" for record in rows_of(folder) if record.state in DONE for file in record.files
    ]
