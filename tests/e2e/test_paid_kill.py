"""SIGKILL around paid calls, on the installed command, against a service that survives it and counts its charges.

TRYON_PAID_ROWS, TRYON_PAID_SEEDS and TRYON_PAID_KILLS make it the full harness (200 rows, 12 kills, 5 seeds).
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from paid_server import PaidServer
from tool import Tool, wait_for

from tryon_cli.ledger import table
from tryon_cli.ledger.states import OUT, State
from tryon_cli.ledger.table import Unit
from tryon_cli.model.crash import PAID

ROWS = int(os.environ.get("TRYON_PAID_ROWS", "12"))
SEEDS = int(os.environ.get("TRYON_PAID_SEEDS", "1"))
KILLS = int(os.environ.get("TRYON_PAID_KILLS", "4"))
PEOPLE = max(2, ROWS // 10)
GARMENTS = -(-ROWS // PEOPLE)
CALLS = PEOPLE + PEOPLE * GARMENTS
"""Each person's scene once, then try-on for every row."""
PRICE = 50_000
IN_FLIGHT = 6
KINDS = ("idempotent", "lookup", "neither")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., tuple[Tool, PaidServer]]]:
    servers: list[PaidServer] = []

    def make(kind: str, **options: Any) -> tuple[Tool, PaidServer]:
        tool = Tool(tmp_path)
        tool.manifest(people=PEOPLE, garments=GARMENTS)
        # the service looks into the ledger whenever a request arrives
        servers.append(PaidServer(kind, ledger=tool.base / "state/tryon/ledger.db", **options).__enter__())
        tool.env |= servers[-1].env
        return tool, servers[-1]

    yield make
    for server in servers:
        server.__exit__()


def units(tool: Tool) -> list[Unit]:
    path = tool.base / "state/tryon/ledger.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db:
        if not db.execute("select 1 from sqlite_master where name='units'").fetchone():
            return []
        return list(table.select(db))


def judge(tool: Tool, server: PaidServer, kind: str, kills: int) -> None:
    """After the last run: what was charged is here, or named."""
    report = server.report()
    found = units(tool)
    twice = {key: n for key, n in report["charges"].items() if n != 1}
    assert not twice, f"charged more than once: {twice}"
    assert not report["unwritten"], "a request came whose intent was not on the disk"
    stored = {unit.step for unit in found if unit.state is State.STORED}
    held = {unit.step for unit in found if unit.state is State.MAYBE_PAID}
    assert set(report["charges"]) <= stored | held, "charged, and neither here nor named"
    assert not [unit for unit in found if unit.state in OUT], "something is out after the last run"
    done = [line for line in tool.results() if line["state"] in ("made", "cached")]
    rest = Counter(line["state"] for line in tool.results())
    if kind != "neither":
        assert len(report["charges"]) == CALLS
        assert not held
        assert len(done) == PEOPLE * GARMENTS
    else:
        assert len(held) <= IN_FLIGHT * kills + report["lost"]
        assert set(rest) <= {"made", "cached", "maybe_paid"}, rest
    with closing(sqlite3.connect(tool.base / "state/tryon/ledger.db")) as db:
        spent, reserved = db.execute("select sum(spent), sum(reserved) from journeys").fetchone()
    assert (spent, reserved) == (PRICE * len(stored), PRICE * len(held))
    assert tool.leftovers() == []
    tool.run("verify", "out")


def finish(tool: Tool, kind: str) -> None:
    """Runs until nothing is out any more."""
    for _ in range(4):
        ran = tool.run(*tool.go_on(), expect=None)
        assert ran.code in (0, 13), ran
        if ran.code == 0 or kind == "neither":
            return
    raise AssertionError(ran)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", KINDS)
def test_p01_killed_at_random_moments(world: Any, kind: str, seed: int) -> None:
    late = 0.8 if kind == "lookup" else 0.0
    tool, server = world(kind, drop=0.05, late=late, work=0.03, seed=seed)
    dice = random.Random(f"{kind}{seed}")
    kills = 0
    made: dict[str, str] = {}
    for _ in range(KILLS):
        before = server.report()["requests"]
        process = tool.start(*tool.go_on())
        try:
            more = dice.choice((0, 1, 2, 5, 9)) * ROWS // 12
            if more:
                wait_for(lambda n=before + more: server.report()["requests"] >= n, process, 60)  # type: ignore[misc]
            time.sleep(dice.uniform(0, 0.05 if more else 0.6))  # the moment itself is what is tried here
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
        kills += process.returncode == -signal.SIGKILL
        now = tool.images() if (tool.work / "out/images").exists() else {}
        assert made.items() <= now.items(), "a finished picture was made again or lost"
        made = now
    finish(tool, kind)
    assert made.items() <= tool.images().items()
    judge(tool, server, kind, kills)


UNSURE = ("paid-K1", "paid-K2", "paid-K3")
"""Points after which nobody but the service can tell whether it was charged."""
FULL = [(point, kind, n) for point in PAID for kind in KINDS for n in (1, 7)]
SHORT = [
    *((point, kind, 2) for point in ("paid-K2", "paid-K3") for kind in KINDS),
    ("paid-K1", "neither", 1),
    *((point, KINDS[i % 3], 3) for i, point in enumerate(PAID) if point not in UNSURE),
]


@pytest.mark.parametrize(("point", "kind", "n"), FULL if SEEDS > 1 else SHORT)
def test_killed_at_named_moments(world: Any, point: str, kind: str, n: int) -> None:
    tool, server = world(kind, work=0.3 if point == "paid-K5" else 0.0)
    ran = tool.run("run", "m.csv", expect=None, env={"TRYON_CRASH": f"{point}:{n}"})
    assert ran.code == 137, f"it never came to {point}"
    finish(tool, kind)
    judge(tool, server, kind, 1)
    held = [unit for unit in units(tool) if unit.state is State.MAYBE_PAID]
    if kind == "neither" and point in UNSURE:
        assert held
    elif not held:
        assert len(server.report()["charges"]) == CALLS
