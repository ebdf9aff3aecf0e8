"""What unfinished runs need of the cache: their rows' questions, asked of the index. Removes nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from ..batch.check import check
from ..manifest import Manifest
from ..model.digest import Digest
from ..model.errors import TryonError
from ..settings import Settings
from ..standing import standing
from . import dryrun, finding

if TYPE_CHECKING:
    from ..standing import Standing


def needed(settings: Settings) -> tuple[set[Digest], list[str]]:
    """Digests that unfinished or running runs would reuse, and the runs that could not be read."""
    digests: set[Digest] = set()
    unread: list[str] = []
    for folder in finding.folders(settings):
        now = standing(folder)
        if now is None or not (now.unfinished or now.state == "RUNNING"):
            continue
        try:
            digests |= _of(now, settings)
        except TryonError as error:
            unread.append(f"{now.run.run} in {folder}: {error.what}")
    return digests, unread


def _of(now: Standing, settings: Settings) -> set[Digest]:
    record = {**json.loads(now.run.settings), "output": "."}
    theirs = Settings.from_record(record, now.folder)
    theirs = dataclasses.replace(theirs, cache_dir=settings.cache_path, state_dir=settings.state_path)
    source = finding.manifest_of(now)
    with Manifest.open(source, theirs.manifest_options(source)) as manifest:
        return dryrun.survey(theirs, check(manifest).providers, manifest.rows()).needed
