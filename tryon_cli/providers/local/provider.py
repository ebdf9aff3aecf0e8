"""The embedded provider behind the Provider port: what it offers, and the door to what renders.

Knows no picture: numpy and OpenCV are loaded when the first job arrives, so that asking for the offer stays cheap.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ...model.ports import Done, Job, Offer
from .presets import CATEGORIES, PRESETS
from .variety import MAX_VARIANTS

if TYPE_CHECKING:
    from .rendering import Renderer

_OFFER = Offer(
    name="local",
    tasks={"stylize": "1", "extract-face": "1", "try-on": "2", "face-swap": "1"},
    slots=1,
    max_variants=MAX_VARIANTS,
    categories=CATEGORIES,
    styles=PRESETS,
    cpu=True,
    about="preview quality, on this machine: no account, no network, no GPU",
)


class LocalProvider:
    """Classical picture work on this machine's processors. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._renderer: Renderer | None = None

    @property
    def offer(self) -> Offer:
        """What it can do; costs nothing to ask."""
        return _OFFER

    def submit(self, job: Job) -> Done:
        """Render the job now. Equal jobs give equal bytes. Raises Fault(INPUT)."""
        with self._lock:
            if self._renderer is None:
                from .rendering import Renderer

                self._renderer = Renderer()
        return self._renderer.render(job)

    def __reduce__(self) -> tuple[type[LocalProvider], tuple[()]]:
        """Travels to another process without what it has learned."""
        return LocalProvider, ()
