"""Where the cache, the state and the settings files lie. Knows nothing of what is in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..model.errors import Exit, TryonError

APP = "tryon"
PROJECT_FILE = "tryon.toml"


def cache_dir(chosen: Path | None = None) -> Path:
    """The cache, shared by all runs of this user."""
    import platformdirs

    return _whole(chosen or Path(platformdirs.user_cache_dir(APP)))


def state_dir(chosen: Path | None = None) -> Path:
    """History of runs and crash reports."""
    import platformdirs

    return _whole(chosen or Path(platformdirs.user_state_dir(APP)))


def user_file() -> Path:
    """The settings file of this user; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_config_dir(APP)) / "config.toml"


def project_files(manifest: str, cwd: Path) -> tuple[Path, ...]:
    """Where a project file may lie, the first one counts: beside the manifest, in the current folder."""
    beside = [(cwd / manifest).parent] if manifest and manifest != "-" and "://" not in manifest else []
    return tuple(dict.fromkeys(folder / PROJECT_FILE for folder in (*beside, cwd)))


def private(folder: Path) -> Path:
    """Make a folder that only its owner may enter, with its parents. Raises TryonError(STORAGE)."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise TryonError(
            Exit.STORAGE,
            f"cannot make the folder {folder}: {(error.strerror or str(error)).lower()}",
            details=("choose another one with --cache-dir or --state-dir",),
        ) from error
    return folder


def crash_folder(environment: Mapping[str, str]) -> Path:
    """Where crash reports go even when the settings could not be read."""
    chosen = environment.get("TRYON_STATE_DIR")
    return state_dir(Path(chosen) if chosen else None) / "crash"


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - without following links
