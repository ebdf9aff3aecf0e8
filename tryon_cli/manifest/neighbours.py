"""Which existing file a missing one may have meant. Knows one level of folders at a time."""

from __future__ import annotations

import os

from .trouble import nearest

SEARCHES = 200
"""Missing files for which a folder is searched for a name that looks alike; equal stems are always found."""

MOST = 2_000
"""Names of a folder that are looked at."""

FOLDERS = 64


class Neighbours:
    """Remembers the names in the folders it was asked about."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}
        self._stems: dict[str, dict[str, str]] = {}
        self._searches = 0

    def near(self, folder: str, name: str) -> str:
        """A name in the folder with the same stem, or one that looks alike; "" when there is none."""
        if folder not in self._names:
            self._list(folder)
        same = self._stems[folder].get(_stem(name), "")
        if not same and self._searches < SEARCHES:
            self._searches += 1
            same = nearest(name, self._names[folder], 0.7)
        return same

    def _list(self, folder: str) -> None:
        if len(self._names) >= FOLDERS:
            self._names.clear()
            self._stems.clear()
        names: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    names.append(entry.name)
                    if len(names) >= MOST:
                        break
        except (OSError, ValueError):
            pass  # no folder, no neighbours: the missing file itself is already told
        self._names[folder] = sorted(names)
        self._stems[folder] = {_stem(name): name for name in reversed(self._names[folder])}


def _stem(name: str) -> str:
    return name.rpartition(".")[0].casefold() or name.casefold()
