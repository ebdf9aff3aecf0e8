"""The result files of an output folder, written from its journal: whole files, in the manifest's order.

results.jsonl is for machines, results.csv for spreadsheets, failed.csv is a manifest of what has no picture,
run.json tells what was run. Deleting any of them loses nothing: the next run writes them again.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from ..journal.look import rows_of
from ..journal.table import RowRecord
from ..manifest.cells import FIRST, inert
from ..manifest.vocabulary import ERRORS
from ..model.crash import crashpoint
from ..model.errors import Fault, FaultKind
from ..model.outcome import DONE, RowState

VERSION = 1
"""Of the shape of results.jsonl and run.json; fields are only added."""

CSV_COLUMNS = (
    "row", "id", "state", "image", "provider", "seed", "cost", "reasons", "code", "stage", "column", "value",
    "text", "fix", "sha256",
)  # fmt: skip

UNDONE = frozenset({RowState.FAILED, RowState.INVALID})


def write_results(folder: Path) -> None:
    """Write results.jsonl, results.csv and failed.csv in one pass. Raises Fault(STORAGE)."""
    metas: dict[str, None] = {}
    cells: dict[str, None] = {}
    undone = False
    for record in rows_of(folder):
        if record.meta:
            metas.update(dict.fromkeys(json.loads(record.meta)))
        if record.state in UNDONE:
            undone = True
            cells.update(dict.fromkeys(json.loads(record.cells)))
    names = ["results.jsonl", "results.csv", *(["failed.csv"] if undone else [])]
    with _whole(folder, *names) as files:
        lines, table = files[0], _Table(files[1], list(metas))
        failed = _Failed(files[2], list(cells)) if undone else None
        for record in rows_of(folder):
            lines.write(json.dumps(result_of(record), ensure_ascii=False) + "\n")
            table.write(record)
            if failed is not None and record.state in UNDONE:
                failed.write(record)
    crashpoint("results")
    if not undone:
        (folder / "failed.csv").unlink(missing_ok=True)


def written_by(folder: Path) -> str:
    """The run whose results lie there whole; "" when files are missing or nobody can tell."""
    if not all((folder / name).exists() for name in ("results.jsonl", "results.csv")):
        return ""
    try:
        found = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("run", "")) if isinstance(found, dict) else ""


def write_run(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write run.json, the last file: its run is the one whose results are whole. Raises Fault(STORAGE)."""
    text = json.dumps({"v": VERSION, **facts}, indent=2, ensure_ascii=False) + "\n"
    with _whole(folder, "run.json") as (file,):
        file.write(text)


def result_of(record: RowRecord) -> dict[str, Any]:
    """One line of results.jsonl."""
    line: dict[str, Any] = {
        "v": VERSION,
        "row": record.row,
        "id": _id(record),
        "state": str(record.state),
        "images": [file.path for file in record.files],
        "sha256": [file.digest for file in record.files],
        "provider": record.provider,
        "seed": record.seed,
        "cost": record.cost,
        "reasons": list(record.reasons),
    }
    if record.state not in DONE and record.state is not RowState.SKIPPED:
        names = ("code", "text", "fix", "stage", "column", "value")
        line["error"] = {name: getattr(record, name) for name in names}
    if record.meta:
        line["meta"] = json.loads(record.meta)
    return line


def _id(record: RowRecord) -> str:
    return record.id.partition("\0")[0]


class _Table:
    """results.csv."""

    def __init__(self, file: TextIO, metas: list[str]) -> None:
        self._metas = metas
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow([*CSV_COLUMNS, *(inert(name) for name in metas)])

    def write(self, record: RowRecord) -> None:
        meta = json.loads(record.meta) if record.meta else {}
        cells = [
            record.row, _id(record), str(record.state), ";".join(f.path for f in record.files),
            record.provider, "" if record.seed is None else str(record.seed), f"{record.cost:g}",
            "; ".join(record.reasons), record.code, record.stage, record.column, record.value, record.text,
            record.fix, ";".join(f.digest for f in record.files),
            *(meta.get(name, "") for name in self._metas),
        ]  # fmt: skip
        self._writer.writerow([inert(cell) for cell in cells])


class _Failed:
    """failed.csv."""

    def __init__(self, file: TextIO, columns: list[str]) -> None:
        names = list(dict.fromkeys((*FIRST, *columns, *ERRORS)))
        self._writer = csv.DictWriter(file, names, lineterminator="\n", restval="")
        self._writer.writeheader()

    def write(self, record: RowRecord) -> None:
        errors = (record.code, record.column, record.value, record.text, record.fix)
        cells = json.loads(record.cells) | dict(zip(ERRORS, errors, strict=True))
        self._writer.writerow({name: inert(cell) for name, cell in cells.items()})


@contextlib.contextmanager
def _whole(folder: Path, *names: str) -> Iterator[list[TextIO]]:
    """Files that appear under their names all whole, or not at all. Raises Fault(STORAGE)."""
    parts = [folder / ".tryon" / f"{name}.part" for name in names]
    try:
        with contextlib.ExitStack() as stack:
            files: list[TextIO] = [
                stack.enter_context(part.open("w", encoding="utf-8", newline="", errors="backslashreplace"))
                for part in parts
            ]
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for part, name in zip(parts, names, strict=True):
            part.replace(folder / name)
    except OSError as error:
        for part in parts:
            part.unlink(missing_ok=True)
        raise Fault(
            FaultKind.STORAGE,
            f"cannot write {folder / names[0]}: {(error.strerror or str(error)).lower()}",
            code="E-OUT-WRITE",
            fix="make room, then: tryon resume",
        ) from error
