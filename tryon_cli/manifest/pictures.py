"""From a cell to the pictures it names: looks at the files' outside only. Knows no rows.

Nothing is opened: a pipe would block and a device has side effects, so a look is one lstat. What may not be
read is refused by its text, before the disk is asked: the answer must not tell a stranger what lies there.
"""

# Paths are text here: a Path costs more than all else that is done with it.
# ruff: noqa: PTH100, PTH116, PTH118, PTH119, PTH120, PTH122
from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

from . import globs, links
from .kinds import kind_of
from .neighbours import Neighbours
from .trouble import bad, notice, shown

MEMO = 32_768
"""Paths whose verdict is kept; then the memory starts afresh."""


class Picture(NamedTuple):
    """A file that may be read as a picture."""

    path: str
    """Real and absolute: links are resolved, so that what was checked is what is opened. Or an address in the web."""
    name: str
    """As it was called in the row, without folders: the stem of ids and output names."""
    kind: str
    """"human" or "garment" when the folder's name says so, else ""."""
    file: tuple[int, int]
    """Device and inode: two names of one file are one file."""

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return os.path.splitext(self.name)[0]


Look = Picture | Complaint


class Pictures:
    """Looks paths up below the allowed folders; each path once."""

    def __init__(
        self,
        base: Path,
        root: Path | None = None,
        allow_roots: Iterable[Path] = (),
        *,
        allow_outside: bool = False,
        expand_vars: bool = False,
        allow_private: bool = False,
    ) -> None:
        """base: where relative paths start; root: where they are tried next."""
        self._allow_private = allow_private
        folders = [base, *([root] if root else [])]
        self._bases = [os.path.realpath(folder) for folder in folders]
        named = [os.path.abspath(folder) for folder in (*folders, *allow_roots)]
        real = [os.path.realpath(folder) for folder in named]
        self._allowed = tuple({folder.rstrip("/") + "/" for folder in real})
        self._named = tuple({folder.rstrip("/") + "/" for folder in (*named, *real)})
        self._allow_outside, self._expand_vars = allow_outside, expand_vars
        self._looks: dict[str, Look] = {}
        self._folders: dict[str, str] = {}
        self._names = Neighbours()

    def look(self, cell: str) -> Look:
        """The picture a path names, or what is wrong with it (without row and column)."""
        known = self._looks.get(cell)
        if known is None:
            if len(self._looks) >= MEMO:
                self._looks.clear()
            known = self._looks[cell] = self._look(cell)
        return known

    def expand(self, cell: str) -> tuple[tuple[Look, ...], tuple[Complaint, ...]]:
        """Every picture that a path or a pattern names, in natural order; and notices."""
        if not globs.is_pattern(cell) or links.is_link(cell):
            return (self.look(cell),), ()
        plain = self.look(cell)
        if isinstance(plain, Picture):  # a file may really be called "a[1].jpg"
            return (plain,), ()
        return self._find(self._expanded(cell))

    def _look(self, cell: str) -> Look:
        if links.is_link(cell):
            link = links.look("", cell, private=self._allow_private)
            return Picture(*link) if isinstance(link, links.Link) else link
        path = self._expanded(cell)
        refused: Complaint | None = None
        tried: list[str] = []
        for base in self._bases:
            full = os.path.join(base, path)
            if not self._may_lie(path, full):
                continue
            tried.append(full)
            try:
                found = self._judge(cell, full)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                return bad("M-FILE", "", cell, f"{shown(cell)} cannot be read: {reason}", "correct the path")
            if isinstance(found, Picture):
                return found
            refused = refused or found
        return refused or (self._missing(cell, path, tried) if tried else _outside(cell))

    def _may_lie(self, path: str, full: str) -> bool:
        """By its text alone: could it lie in a folder that may be read? Links are seen to later."""
        if self._allow_outside or (not path.startswith("/") and ".." not in path):
            return True
        return (os.path.normpath(full) + "/").startswith(self._named)

    def _judge(self, cell: str, full: str) -> Look:
        """Raises OSError, ValueError when it is not there or cannot be asked about."""
        real = os.path.join(self._folder(full), os.path.basename(full))
        if not self._allow_outside and not real.startswith(self._allowed):
            return _outside(cell, " (through a link)")
        seen = os.lstat(full)
        if stat.S_ISLNK(seen.st_mode):
            real = os.path.realpath(full)
            if not self._allow_outside and not real.startswith(self._allowed):
                return _outside(cell, " (through a link)")
            try:
                seen = os.stat(real)
            except OSError:
                return bad("M-FILE", "", cell, f"{shown(cell)} is a link to nothing", "correct the link")
        return self._judge_file(cell, full, real, seen)

    def _judge_file(self, cell: str, full: str, real: str, seen: os.stat_result) -> Look:
        wrong = _form_of(seen.st_mode)
        if wrong:
            fix = (
                f"write {shown(cell.rstrip('/'))}/* for all of its pictures"
                if wrong == "a folder"
                else "give a file"
            )
            return bad("M-FILE", "", cell, f"{shown(cell)} is {wrong}, not a file", fix)
        if not seen.st_size:
            return bad(
                "M-IMAGE", "", cell, f"{shown(cell)} is empty (0 bytes)", "put the picture there again"
            )
        if not os.access(real, os.R_OK):
            return bad(
                "M-FILE", "", cell, f"{shown(cell)} may not be read by this user", f"chmod u+r {shown(real)}"
            )
        return Picture(real, os.path.basename(full), kind_of(cell), (seen.st_dev, seen.st_ino))

    def _folder(self, full: str) -> str:
        """The real folder of a path."""
        folder = os.path.dirname(full)
        real = self._folders.get(folder)
        if real is None:
            if len(self._folders) >= MEMO:
                self._folders.clear()
            real = self._folders[folder] = os.path.realpath(folder)
        return real

    def _expanded(self, cell: str) -> str:
        return os.path.expandvars(os.path.expanduser(cell)) if self._expand_vars else cell  # noqa: PTH111

    def _missing(self, cell: str, path: str, tried: list[str]) -> Complaint:
        fix = ""
        if not self._expand_vars and (path.startswith("~") or "$" in path):
            fix = "--expand-vars reads ~ and $NAME"
        elif "\\" in path:
            fix = "write folders with /"
        else:
            near = self._neighbour(path)
            fix = f"did you mean {shown(near)}?" if near else "correct the path"
        places = " and ".join(map(shown, tried))
        return bad("M-FILE", "", cell, f"{shown(cell)} not found (tried {places})", fix)

    def _neighbour(self, path: str) -> str:
        folder, name = os.path.split(path)
        place = os.path.join(self._bases[0], folder)
        # never tell what lies in folders that may not be read
        near = self._names.near(place, name) if self._is_inside(place) else ""
        return os.path.join(folder, near) if near else ""

    def _is_inside(self, folder: str) -> bool:
        return self._allow_outside or (os.path.realpath(folder) + "/").startswith(self._allowed)

    def _find(self, pattern: str) -> tuple[tuple[Look, ...], tuple[Complaint, ...]]:
        fixed = globs.fixed_folder(pattern)
        places = [(base, os.path.join(base, fixed)) for base in self._bases]
        where = [base for base, full in places if self._may_lie(fixed, full) and self._is_inside(full)]
        if not where:
            text = f"{shown(pattern)} looks outside the manifest's folder"
            return (bad("M-GLOB", "", pattern, text, "--root DIR or --allow-outside"),), ()
        notices: list[Complaint] = []
        for base in where:
            found = globs.find(base, pattern, self._is_inside)
            if found.skipped:
                names = ", ".join(shown(os.path.basename(path)) for path in found.skipped)
                text = (
                    f"{found.skipped_count} files are no pictures by their ending and were skipped: {names}"
                )
                notices.append(notice("M-GLOB", text, value=pattern))
            if found.paths:
                return tuple(self.look(path) for path in found.paths), tuple(notices)
        return (self._nothing(where[0], pattern, fixed),), tuple(notices)

    def _nothing(self, base: str, pattern: str, fixed: str) -> Complaint:
        count = globs.count_files(os.path.join(base, fixed))
        there = (
            f"the folder {shown(fixed)} holds {count:,} files"
            if count >= 0
            else f"there is no folder {shown(fixed)}"
        )
        return bad("M-GLOB", "", pattern, f"{shown(pattern)} finds nothing: {there}", "correct the pattern")


def _outside(cell: str, how: str = "") -> Complaint:
    text = f"{shown(cell)} lies outside the manifest's folder{how}"
    return bad("M-FILE", "", cell, text, "move it there, or --root DIR, or --allow-outside")


def _form_of(mode: int) -> str:
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
