"""Named moments at which a test may let the process die, as if the machine had lost power.

TRYON_CRASH="blob:7" ends the process at the 7th "blob" moment, without any clean-up. Unset: does nothing.
"""

from __future__ import annotations

import os
from itertools import count

POINTS = ("made", "blob", "recorded", "publish", "published", "rows", "run-begun", "results", "run-ended")
"""After: the image was made; its bytes were stored; its answer was queued. Before and after: the output
file's renaming. After: row states were committed; the run's first record; results.jsonl; its last record."""

PAID = (
    "paid-K0", "paid-K1", "paid-K2", "paid-K3", "paid-K4", "paid-K5", "paid-K6", "paid-K7", "paid-K8", "paid-K9",
    "publish", "published",
)  # fmt: skip
"""The same around one paid call. Before and after its intent was written; sent, nothing read (named by the
provider's own client, in tests); reply read, not written; ticket written; asked, still at work; finished, not
written; written, not fetched; picture on disk, not written; written. Then as above, for its file."""

_name, _, _nth = os.environ.get("TRYON_CRASH", "").partition(":")
_turn = int(_nth or 1)
_seen = count(1)


def crashpoint(name: str) -> None:
    """Die here, if this is the moment that the environment names."""
    if name == _name and next(_seen) == _turn:
        os._exit(137)
