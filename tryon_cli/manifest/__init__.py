"""CSV, TSV, JSON, pair lists, folders and patterns -> Pairs. Knows nothing of stages, money or screens.

Nothing is opened as a picture here, and nothing is fetched: a manifest from a stranger can make us
look at file names below the allowed folders, and at nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .options import Invalid, ManifestOptions

if TYPE_CHECKING:
    from .cells import to_cells, to_object
    from .reader import Manifest

__all__ = ["Invalid", "Manifest", "ManifestOptions", "to_cells", "to_object"]

_LATER = {"to_cells": "cells", "to_object": "cells", "Manifest": "reader"}


def __getattr__(name: str) -> object:
    """Import the reader when it is asked for: commands that read no manifest do not wait for it."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
