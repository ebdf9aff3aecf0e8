"""Settings <-> plain JSON, so that a run can be resumed. Holds no secrets and no absolute paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..model.errors import Exit, TryonError
from ..model.secrets import hide
from .declare import Settings, declared

PLACES = frozenset(("cache_dir", "state_dir"))
"""Of this machine, not of the run: left out, unless they were chosen for this run alone."""
RECORD = "the run's record"
"""Origin of a setting that a resumed run takes from there."""


def to_record(settings: Settings, folder: Path | None = None) -> dict[str, Any]:
    """Every setting as JSON values; secrets are left out, and the machine's own folders unless an option chose them.

    folder: where the record will lie (the output folder); paths are written relative to it, so that it can
    be moved together with its surroundings.
    """
    record: dict[str, Any] = {}
    for item in declared():
        if item.name in PLACES and not (settings.told(item.name) or settings.origin(item.name) == RECORD):
            continue
        value = getattr(settings, item.name)
        if isinstance(value, Mapping):
            record[item.name] = hide(value, instead=None) if item.name == "providers" else dict(value)
        elif isinstance(value, tuple):
            record[item.name] = [_spelled(part, folder) for part in value]
        else:
            record[item.name] = _spelled(value, folder)
    return record


def _spelled(value: Any, folder: Path | None) -> Any:
    if not isinstance(value, Path):
        return value
    return str(value) if folder is None else os.path.relpath(value, folder)


def place_of(record: Mapping[str, Any], name: str, folder: Path) -> Path | None:
    """The folder that an option chose for that run, where it is still there. folder: where the record lies."""
    chosen = record.get(name)
    place = folder / chosen if isinstance(chosen, str) and chosen else None
    return place.resolve() if place is not None and place.is_dir() else None


def from_record(record: Mapping[str, Any], folder: Path | None = None) -> Settings:
    """The settings of a record. Raises TryonError(USAGE) for one that is not ours."""
    return Settings(**values_of(record, folder))


def values_of(record: Mapping[str, Any], folder: Path | None = None) -> dict[str, Any]:
    """Values by name, checked like everything from outside. Raises TryonError(USAGE)."""
    from .reading import Wrong, read

    known = {item.name: item for item in declared()}
    wrong = [f"{name} is not known here: it was written by another version of tryon" for name in record
             if name not in known]  # fmt: skip
    values = {}
    for name, raw in record.items():
        if name not in known or (raw is None and known[name].default is None):
            continue
        try:
            values[name] = read(known[name], raw, text=False, base=folder)
        except Wrong as error:
            wrong.append(f"{name} is not {error.expected}")
    if wrong:
        details = (*wrong, "run it anew with `tryon run`: finished pictures are kept")
        raise TryonError(Exit.USAGE, "the run's record of its settings cannot be read.", details=details)
    return values
