"""Rows written back as manifest cells, so that failed.csv is itself a manifest. Judges nothing."""

# Paths are text here: a Path costs more than all else that is done with it.
# ruff: noqa: PTH117, PTH118
from __future__ import annotations

import os
from pathlib import Path

from tryon_cli.model.digest import Value
from tryon_cli.model.pair import PRIORITY_DEFAULT, Pair

from .columns import our_name
from .links import is_link
from .options import Invalid
from .values import json_text, spelled

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

FIRST = ("human", "garment", "category", "id", "output")
"""Columns that are always there, in this order."""


def to_cells(row: Pair | Invalid, root: Path, folder: Path | None = None) -> dict[str, str]:
    """Our column names and the cells that are read as this row again.

    root: paths below it become relative to it; read the result with --root root (or from that folder).
    folder: where relative paths of an invalid row start (the manifest's folder); root when not given.
    """
    top = os.path.realpath(root)
    if isinstance(row, Invalid):
        return _cells_as_written(row, top, os.path.realpath(folder or root))
    cells = {
        "human": _listed([_relative(row.human, top)]),
        "garment": _listed([_relative(path, top) for path in row.garments]),
        "category": "|".join(row.categories),
        "id": row.id,
        "output": row.output,
    }
    for name, value in row.overrides:
        if name != "format":  # follows from the output's ending
            cells[name] = spelled(value) if name.startswith("opt.") else _setting(value)
    if row.priority != PRIORITY_DEFAULT:
        cells["priority"] = str(row.priority)
    if row.tags:
        plain = not any(";" in tag or tag.startswith("[") for tag in row.tags)
        cells["tags"] = ";".join(row.tags) if plain else json_text(row.tags)
    if row.skip:
        cells["skip"] = "true"
    return cells | {_meta_name(name): cell for name, cell in row.meta}


def to_object(row: Pair | Invalid, root: Path, folder: Path | None = None) -> dict[str, Value]:
    """As to_cells(), for a line of JSONL: options of providers keep their types there."""
    typed = dict(row.overrides) if isinstance(row, Pair) else {}
    cells = to_cells(row, root, folder)
    return {name: typed[name] if name.startswith("opt.") and typed else cell for name, cell in cells.items()}


def inert(cell: str) -> str:
    """The cell with a ' in front when a spreadsheet would calculate it; reading takes one ' away again."""
    return f"'{cell}" if cell.lstrip("'").startswith(_DANGEROUS) else cell


def _cells_as_written(row: Invalid, top: str, folder: str) -> dict[str, str]:
    cells = {_meta_name(name[5:]) if name.startswith("meta.") else name: cell for name, cell in row.cells}
    if folder != top:
        for name in ("human", "garment", *(f"garment_{n}" for n in range(2, 10))):
            if cells.get(name) and not cells[name].startswith("["):
                parts = [part.strip() for part in cells[name].split("|")]
                cells[name] = "|".join(_moved(part, top, folder) for part in parts)
    return {"human": "", "garment": "", "category": "", "id": "", "output": ""} | cells


def _moved(path: str, top: str, folder: str) -> str:
    if not path or is_link(path) or os.path.isabs(path) or path.startswith(("~", "$")):
        return path
    if not os.path.lexists(os.path.join(folder, path)) and os.path.lexists(os.path.join(top, path)):
        return path  # found by --root already
    return os.path.relpath(os.path.join(folder, path), top)


def _relative(path: str, top: str) -> str:
    if not path.startswith(top.rstrip("/") + "/"):
        return path
    below = path[len(top.rstrip("/")) + 1 :]
    return (
        f"./{below}" if below.startswith((*_DANGEROUS, "'", "#", "~", "$", " ")) or is_link(below) else below
    )


def _listed(paths: list[str]) -> str:
    """One path as it is, several with bars; a JSON list when a path would be misread."""
    if all(
        "|" not in path and not path.startswith("[") and path == path.strip() and path.isprintable()
        for path in paths
    ):
        return "|".join(paths)
    return json_text(paths)


def _setting(value: object) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _meta_name(name: str) -> str:
    """Their own name, marked when it would be read as one of ours."""
    dangerous = name.startswith(_DANGEROUS) or name.startswith(("#", "'", "meta."))
    return f"meta.{name}" if our_name(name) or dangerous else name
