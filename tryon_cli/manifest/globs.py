"""Patterns of file names, in the order people expect. Knows no rows and checks no picture."""

# Paths are text here: a Path costs more than all else that is done with it.
# ruff: noqa: PTH113, PTH118, PTH122
from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".gif"))
"""Endings a pattern takes; other files in the folder are skipped and counted."""

MOST = 1_000_000
"""Files one pattern may find."""

DEEPEST = 16
"""Folders that "**" goes down."""

_NUMBER = re.compile(r"([0-9]+)")


class Found(NamedTuple):
    """What a pattern matched."""

    paths: tuple[str, ...]
    """In natural order."""
    skipped: tuple[str, ...]
    """Matching files that are no pictures by their ending (at most ten are named)."""
    skipped_count: int


def is_pattern(cell: str) -> bool:
    """True when the cell holds *, ? or [."""
    return "*" in cell or "?" in cell or "[" in cell


def natural(text: str) -> tuple[tuple[str | int, ...], str]:
    """Sort key with numbers as numbers and letters without case: p2 before p10, on every machine."""
    parts = _NUMBER.split(text.casefold())
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts)), text


def fixed_folder(pattern: str) -> str:
    """The part of the pattern before the first sign, as a folder: "a/b*/c" gives "a"."""
    parts = pattern.split("/")
    first = next(at for at, part in enumerate(parts) if is_pattern(part))
    return "/".join(parts[:first]) or ("/" if pattern.startswith("/") else ".")


def find(base: str, pattern: str, may_enter: Callable[[str], bool]) -> Found:
    """Files whose path fits the pattern, hidden ones left out unless asked for by name.

    base: where a relative pattern starts. may_enter: asked about every folder that a sign leads to, so that
    neither ".." nor a link behind a sign lists what may not be read.
    """
    parts = pattern.split("/")
    first = next(at for at, part in enumerate(parts) if is_pattern(part))
    folder = os.path.join(base, "/".join(parts[:first]) or ("/" if first else ""))
    paths: list[str] = []
    skipped: list[str] = []
    count = 0
    for path in _walk(folder.rstrip("/") or "/", parts[first:], 0, may_enter):
        if os.path.splitext(path)[1].lower() in PICTURES:
            paths.append(path)
            if len(paths) >= MOST:
                break
        else:
            count += 1
            if len(skipped) < 10:
                skipped.append(path)
    paths = sorted(set(paths), key=natural)
    return Found(tuple(paths), tuple(sorted(skipped, key=natural)), count)


def count_files(folder: str) -> int:
    """How many files lie directly in the folder; -1 when it is not there."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.is_file() for entry in entries)
    except OSError:
        return -1


def _walk(folder: str, parts: list[str], depth: int, may_enter: Callable[[str], bool]) -> Iterator[str]:
    part, rest = parts[0], parts[1:]
    if not may_enter(folder):
        return
    if not is_pattern(part):
        below = os.path.join(folder, part)
        if rest:
            yield from _walk(below, rest, depth, may_enter)
        elif os.path.isfile(below):
            yield below
        return
    if part == "**":
        if rest:
            yield from _walk(folder, rest, depth, may_enter)
        if depth < DEEPEST:
            for entry in _entries(folder):
                # a link to a folder may lead round in a circle, so "**" does not follow it
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    yield from _walk(entry.path, parts, depth + 1, may_enter)
        if not rest:
            yield from _walk(folder, ["*"], depth, may_enter)
        return
    fits = re.compile(fnmatch.translate(part)).match
    for entry in _entries(folder):
        if not fits(entry.name) or (entry.name.startswith(".") and not part.startswith(".")):
            continue
        if rest:
            if entry.is_dir():
                yield from _walk(entry.path, rest, depth, may_enter)
        elif not entry.is_dir():
            yield entry.path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
