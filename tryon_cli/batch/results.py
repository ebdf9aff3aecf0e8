"""The result files of an output folder, written from its journal: whole files, in the manifest's order.

results.jsonl is for machines, results.csv for spreadsheets, failed.csv is a manifest of what has no picture,
run.json tells what was run. Deleting any of them loses nothing: the next run writes them again.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Mapping
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
    """Write results.jsonl, results.csv and failed.csv. Raises Fault(STORAGE)."""
    _whole(folder, "results.jsonl", lambda file: _jsonl(file, rows_of(folder)))
    crashpoint("results")
    metas = _columns(json.loads(record.meta) for record in rows_of(folder) if record.meta)
    _whole(folder, "results.csv", lambda file: _csv(file, rows_of(folder), metas))
    cells = _columns(json.loads(record.cells) for record in rows_of(folder) if record.state in UNDONE)
    failed = folder / "failed.csv"
    if any(record.state in UNDONE for record in rows_of(folder)):
        _whole(folder, failed.name, lambda file: _failed(file, rows_of(folder), cells))
    else:
        failed.unlink(missing_ok=True)


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
    _whole(folder, "run.json", lambda file: file.write(text))


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


def _columns(cells: Iterable[Mapping[str, str]]) -> list[str]:
    names: dict[str, None] = {}
    for row in cells:
        names.update(dict.fromkeys(row))
    return list(names)


def _jsonl(file: TextIO, records: Iterable[RowRecord]) -> None:
    for record in records:
        file.write(json.dumps(result_of(record), ensure_ascii=False) + "\n")


def _csv(file: TextIO, records: Iterable[RowRecord], metas: list[str]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*CSV_COLUMNS, *(inert(name) for name in metas)])
    for record in records:
        meta = json.loads(record.meta) if record.meta else {}
        cells = [
            record.row, _id(record), str(record.state), ";".join(f.path for f in record.files),
            record.provider, "" if record.seed is None else str(record.seed), f"{record.cost:g}",
            "; ".join(record.reasons), record.code, record.stage, record.column, record.value, record.text,
            record.fix, ";".join(f.digest for f in record.files), *(meta.get(name, "") for name in metas),
        ]  # fmt: skip
        writer.writerow([inert(cell) for cell in cells])


def _failed(file: TextIO, records: Iterable[RowRecord], columns: list[str]) -> None:
    names = list(dict.fromkeys((*FIRST, *columns, *ERRORS)))
    writer = csv.DictWriter(file, names, lineterminator="\n", restval="")
    writer.writeheader()
    for record in records:
        if record.state in UNDONE:
            errors = (record.code, record.column, record.value, record.text, record.fix)
            cells = json.loads(record.cells) | dict(zip(ERRORS, errors, strict=True))
            writer.writerow({name: inert(cell) for name, cell in cells.items()})


def _whole(folder: Path, name: str, write: Callable[[TextIO], object]) -> None:
    part = folder / ".tryon" / f"{name}.part"
    try:
        with part.open("w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Fault(
            FaultKind.STORAGE,
            f"cannot write {folder / name}: {(error.strerror or str(error)).lower()}",
            code="E-OUT-WRITE",
            fix="make room, then: tryon resume",
        ) from error
