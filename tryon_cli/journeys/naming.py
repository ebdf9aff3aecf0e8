"""What a run and its manifest are called, here and on the screen. Opens nothing."""

from __future__ import annotations

import dataclasses
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import Exit, TryonError

if TYPE_CHECKING:
    from ..settings import Settings


def run_id(now: float) -> str:
    """Month, day, time and four letters: 1123-1412-k7q2."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return time.strftime("%m%d-%H%M-", time.localtime(now)) + "".join(
        secrets.choice(letters) for _ in range(4)
    )


def named_source(manifest: str, settings: Settings) -> str:
    """What to read: the manifest as named, or "" for lists in the settings. Raises TryonError(USAGE)."""
    if manifest or settings.humans or settings.garments:
        return manifest
    raise TryonError(
        Exit.USAGE,
        "which manifest?",
        details=(
            "try  tryon run manifest.csv",
            "or   tryon run --humans 'people/*.jpg' --garments 'garments/*.png' --pairing cross",
            "or   tryon init    writes an example",
        ),
    )


def named_shortly(source: str) -> str:
    """A manifest as somebody here would type it."""
    if source in ("", "-"):
        return "standard input" if source else "the lists"
    relative = os.path.relpath(source)
    return relative if len(relative) < len(source) else source


def with_output(settings: Settings, folder: Path) -> Settings:
    """The same settings for this output folder."""
    return dataclasses.replace(settings, output=folder)
