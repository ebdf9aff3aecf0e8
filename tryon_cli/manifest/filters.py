"""--only: which rows are wanted. Knows no file."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from typing import NamedTuple

from .trouble import Refusal, shown


class Filters(NamedTuple):
    """Which rows are wanted."""

    tags: frozenset[str]
    ids: tuple[re.Pattern[str], ...]

    def fit(self, row_id: str, tags: Sequence[str]) -> bool:
        """True when one of the tags and one of the ids fits (or none is asked for)."""
        if self.tags and self.tags.isdisjoint(tags):
            return False
        return not self.ids or any(pattern.fullmatch(row_id) for pattern in self.ids)


def filters_of(only: Sequence[str]) -> tuple[Filters, list[Refusal]]:
    """Read "tag:NAME" and "id:PATTERN"."""
    tags, ids, refusals = [], [], []
    for text in only:
        kind, _, rest = text.partition(":")
        if kind == "tag" and rest:
            tags.append(rest)
        elif kind == "id" and rest:
            ids.append(re.compile(fnmatch.translate(rest)))
        else:
            refusals.append(
                Refusal("M-VALUE", f"--only {shown(text)!r} is not known.", ("write tag:NAME or id:PATTERN",))
            )
    return Filters(frozenset(tags), tuple(ids)), refusals
