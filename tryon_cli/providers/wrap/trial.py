"""A candidate for a share of a provider's jobs, as the settings say it. Apart, so that reading it loads nothing."""

from __future__ import annotations

from typing import NamedTuple


class Trial(NamedTuple):
    """Who, and how much of it."""

    candidate: str
    share: float
    """0 to 1."""
