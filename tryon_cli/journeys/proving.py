"""Is what a finished run promised true? From disk alone: pictures, counts, money, and nothing left lying about."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..journal.look import rows_of, runs_of
from ..journal.table import RowRecord, RunRecord
from ..ledger import look
from ..ledger.budget import spoken
from ..ledger.states import HELD, OUT, State, money
from ..ledger.table import Unit
from ..lock import holder
from ..model.outcome import DONE, RowState


class Breach(Exception):
    """A promise that was not kept: what, and where."""


class Proof:
    """One output folder and the ledger beside it."""

    def __init__(self, folder: Path, state: Path) -> None:
        """folder: of the output; state: the state folder."""
        self.folder = folder
        self.state = state
        self.runs: list[RunRecord] = runs_of(folder)
        self.mine: list[Unit] = []

    def checks(self) -> Iterator[str]:
        """One line for each promise that holds. Raises Breach at the first that does not."""
        yield self.ended()
        yield self.pictures()
        yield self.counts()
        yield self.tidy()
        yield from self.paid()

    def ended(self) -> str:
        """A run that goes on proves nothing yet."""
        if not self.runs:
            raise Breach(f"no run has written into {self.folder}")
        who = holder(self.folder)
        if who is not None:
            raise Breach(f"run {who.run} (pid {who.pid} on {who.host}) is at work in {self.folder}")
        last = self.runs[-1]
        if last.ended is None:
            raise Breach(f"run {last.run} did not come to its end; go on with: tryon resume {self.folder}")
        return f"run {last.run} ended, and nobody holds {self.folder}"

    # ------------------------------------------------------------------ pictures and rows
    def pictures(self) -> str:
        """Every picture is there, whole, with the bytes that were told."""
        seen = 0
        for record in rows_of(self.folder):
            if record.state in DONE and not record.files:
                raise Breach(f"row {record.row} is {record.state} and has no picture")
            for file in record.files if record.state in DONE else ():
                seen += 1
                self._picture(record, file.path, file.size, file.digest)
        return f"{seen:,} pictures are there and match their SHA-256"

    def _picture(self, record: RowRecord, path: str, size: int, digest: str) -> None:
        try:
            data = (self.folder / path).read_bytes()
        except OSError as error:
            raise Breach(f"row {record.row}: {path}: {(error.strerror or str(error)).lower()}") from error
        if len(data) != size:
            raise Breach(f"row {record.row}: {path} has {len(data):,} bytes, not {size:,}")
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            raise Breach(
                f"row {record.row}: {path} is not what was written: SHA-256 {found[:12]}…, not {digest[:12]}…"
            )

    def counts(self) -> str:
        """Each row ended in exactly one way, in the results as in the journal, and the sums are right."""
        journal = Counter(str(record.state) for record in rows_of(self.folder))
        told = self._run_json()
        rows = sum(journal.values())
        listed = Counter(line["state"] for line in self._results())
        if listed != journal:
            raise Breach(f"results.jsonl has {_spelled(listed)}; the journal has {_spelled(journal)}")
        left = told["counts"].get(str(RowState.LEFT), 0)
        if rows + left != told["rows"]:
            raise Breach(f"run.json tells of {told['rows']:,} rows; {rows:,} ended and {left:,} are left")
        if sum(told["counts"].values()) != told["rows"]:
            raise Breach(f"the counts in run.json do not add up to its {told['rows']:,} rows")
        return f"{rows:,} rows ended in one way each: {_spelled(journal)}"

    def _run_json(self) -> dict[str, Any]:
        path = self.folder / "run.json"
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if told["run"] != self.runs[-1].run:
                raise Breach(f"run.json is of run {told['run']}, the last one is {self.runs[-1].run}")
            return told
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Breach(f"run.json cannot be read: {error}") from error

    def _results(self) -> Iterator[dict[str, Any]]:
        path = self.folder / "results.jsonl"
        try:
            with path.open(encoding="utf-8") as file:
                for n, line in enumerate(file, 1):
                    try:
                        found = json.loads(line)
                        yield {"state": found["state"]}
                    except (ValueError, KeyError, TypeError) as error:
                        raise Breach(f"results.jsonl line {n} cannot be read: {error}") from error
        except OSError as error:
            raise Breach(f"results.jsonl: {(error.strerror or str(error)).lower()}") from error

    def tidy(self) -> str:
        """Nothing half written lies about."""
        found = [
            path
            for place in (".tryon", "images")
            for path in (self.folder / place).rglob("*")
            if path.is_file() and (path.parent.name == "tmp" or path.suffix == ".part")
        ]
        if found:
            raise Breach(f"a temporary file was left: {found[0]}")
        return "no temporary file was left"

    # ------------------------------------------------------------------ money
    def paid(self) -> Iterator[str]:
        """Every charge has its picture, or is named; the sums add up."""
        names = {run.run for run in self.runs}
        try:
            if wrong := look.wrong_sums(self.state):
                raise Breach(f"the sums of the ledger do not add up: {wrong}")
            self.mine = [unit for unit in look.units(self.state) if unit.run in names]
        except (sqlite3.Error, ValueError) as error:
            raise Breach(f"the ledger in {self.state} cannot be read: {error}") from error
        if not self.mine:
            yield "nothing was paid for"
            return
        for unit in self.mine:
            if unit.state in OUT:
                what = (
                    f"{unit.task} of row {unit.row} at {unit.provider} ({spoken(unit.price)}) is {unit.state}"
                )
                raise Breach(f"a paid call is not settled: {what}; go on with: tryon resume {self.folder}")
            if unit.state is State.STORED and not (unit.ticket or unit.digest):
                raise Breach(f"a paid call is stored and has no picture: {unit.call[:12]}")
        spent = sum(money(unit.state, unit.price, unit.billed)[0] for unit in self.mine)
        stored = [unit for unit in self.mine if unit.state is State.STORED]
        yield f"{len(stored):,} paid calls have their picture; {spoken(spent)} spent, and the sums add up"
        yield from self.named()

    def named(self) -> Iterator[str]:
        """What was charged, or may be, and has no picture."""
        for unit in self.mine:
            if unit.state in HELD or (
                unit.state is State.FAILED and money(unit.state, unit.price, unit.billed)[0]
            ):
                yield (
                    f"named: {unit.task} of row {unit.row} at {unit.provider} is {str(unit.state).replace('_', ' ')}, "
                    f"{spoken(unit.price)}, token {unit.token}"
                )


def _spelled(counts: Counter[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in sorted(counts.items())) or "nothing"
