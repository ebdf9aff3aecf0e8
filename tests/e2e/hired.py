"""The installed command and one service that it pays for, played in this process: one paid call a row."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tool import Ran, Tool
from vendors.server import FakeServer, Vendor

from tryon_cli.ledger import table
from tryon_cli.ledger.table import Unit

KEY = "canarykey0123456789abcdefcanary"
RUN, STATUS, FILES = "POST /v1/run", "GET /v1/status/{id}", "GET /files/{name}"
CENTS = 7.5
"""Of one try-on."""


class Hired(Tool):
    """A user of FASHN with the pipeline tryon-only."""

    def __init__(self, base: Path, fakes: FakeServer) -> None:
        super().__init__(base)
        self.fakes = fakes
        self.env |= {
            "TRYON_PROVIDER": "fashn", "TRYON_PIPELINE": "tryon-only", "TRYON_MAX_COST": "100",
        }  # fmt: skip
        self.key = base / "key.txt"
        self.key.write_text(KEY + "\n")
        self.key.chmod(0o600)
        self.fashn.polls = 0
        self.providers(fashn="")

    @property
    def fashn(self) -> Vendor:
        return self.fakes["fashn"]

    def providers(self, **tables: str) -> None:
        """[providers.NAME] of the user's own config.toml: further lines, below the key and the address."""
        own = self.base / "config/tryon/config.toml"
        own.parent.mkdir(parents=True, exist_ok=True)
        text = ""
        for name, lines in tables.items():
            text += f'[providers.{name}]\napi_key_file = "{self.key}"\n'
            text += f'base_url = "{self.fakes[name].url}"\n{lines}\n'
        own.write_text(text)

    def rows(self, count: int, **columns: str) -> None:
        """A manifest of so many pairs, each of its own."""
        self.manifest(people=count, garments=1, **columns)

    def copies(self, count: int) -> None:
        """The same pair in every row."""
        self.pictures(1, 1)
        with (self.work / "m.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["human", "garment", "category"])
            writer.writerows([["pictures/p0.png", "pictures/g0.png", "upper"]] * count)

    # ------------------------------------------------------------------ what came of it
    @property
    def submits(self) -> int:
        """Paid requests that the service has seen."""
        return len(self.fashn.asked(RUN))

    @property
    def charges(self) -> dict[str, int]:
        """How often each request was charged."""
        return self.fashn.charged()

    def ledger(self) -> list[Unit]:
        """Every paid call, as the disk has it."""
        path = self.base / "state/tryon/ledger.db"
        if not path.exists() or not path.stat().st_size:
            return []
        with closing(sqlite3.connect(path, timeout=30)) as db:
            known = db.execute("select 1 from sqlite_master where name='units'").fetchone()
            return list(table.select(db)) if known else []

    def open_calls(self) -> list[dict[str, Any]]:
        """tryon ledger --open, for a script."""
        found: list[dict[str, Any]] = json.loads(self.run("ledger", "--open", "--json").out)["open"]
        return found

    def states(self) -> list[str]:
        return [line["state"] for line in self.results()]

    def errors(self) -> list[dict[str, Any]]:
        """What results.jsonl says of rows without a picture."""
        return [line["error"] for line in self.results() if "error" in line]


def shown(ran: Ran) -> str:
    """All that a person sees, in one line."""
    return " ".join((ran.out + ran.err).split())
