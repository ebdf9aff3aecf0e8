"""Reading a value out of a JSON document by a path such as "data.images[0].url". Knows no vendor."""

from __future__ import annotations

import re
from typing import Any

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_WHOLE = re.compile(r"(?:[^.\[\]]+|\[\d+\])(?:\.[^.\[\]]+|\[\d+\])*")


def well_formed(path: str) -> bool:
    """Is it a path at all?"""
    return _WHOLE.fullmatch(path) is not None


def value_at(document: Any, path: str) -> Any:
    """What lies there; None where the document has no such place. Never raises."""
    found = document
    for name, index in _PART.findall(path):
        if index:
            if not isinstance(found, list) or int(index) >= len(found):
                return None
            found = found[int(index)]
        else:
            if not isinstance(found, dict) or name not in found:
                return None
            found = found[name]
    return found


def text_at(document: Any, path: str) -> str:
    """The same as text, "" where there is nothing."""
    found = value_at(document, path)
    return "" if found is None else str(found)
