"""Named moments at which a test may let the process die, as if the machine had lost power.

TRYON_CRASH="blob:7" ends the process at the 7th "blob" moment, without any clean-up. Unset: does nothing.
"""

from __future__ import annotations

import os
from itertools import count

POINTS = ("made", "blob", "recorded", "publish", "published", "rows", "run-begun", "results", "run-ended")
"""After: the image was made; its bytes were stored; its answer was queued. Before and after: the output
file's renaming. After: row states were committed; the run's first record; results.jsonl; its last record."""

_name, _, _nth = os.environ.get("TRYON_CRASH", "").partition(":")
_turn = int(_nth or 1)
_seen = count(1)


def crashpoint(name: str) -> None:
    """Die here, if this is the moment that the environment names."""
    if name == _name and next(_seen) == _turn:
        os._exit(137)
