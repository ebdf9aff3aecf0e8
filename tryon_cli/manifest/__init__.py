"""CSV, TSV, JSON, pair lists, folders and patterns -> Pairs. Knows nothing of stages, money or screens.

Nothing is opened as a picture here, and nothing is fetched: a manifest from a stranger can make us
look at file names below the allowed folders, and at nothing else.
"""

from __future__ import annotations

from .cells import FailedRows, to_cells
from .options import Invalid, ManifestOptions
from .reader import Manifest

__all__ = ["FailedRows", "Invalid", "Manifest", "ManifestOptions", "to_cells"]
