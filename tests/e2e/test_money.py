"""Money on the installed command: budgets, decisions, what is shown of it, and the proof afterwards."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from paid_server import PaidServer
from tool import Tool, wait_for

PEOPLE, GARMENTS = 2, 4
CALLS = PEOPLE + PEOPLE * GARMENTS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., tuple[Tool, PaidServer]]]:
    servers: list[PaidServer] = []

    def make(kind: str = "neither", **options: Any) -> tuple[Tool, PaidServer]:
        tool = Tool(tmp_path)
        tool.manifest(people=PEOPLE, garments=GARMENTS)
        servers.append(PaidServer(kind, **options).__enter__())
        tool.env |= servers[-1].env
        return tool, servers[-1]

    yield make
    for server in servers:
        server.__exit__()


def ledger_of(tool: Tool) -> Path:
    return tool.base / "state/tryon/ledger.db"


def test_what_was_spent_is_shown_everywhere_and_proved(world: Any) -> None:
    tool, server = world()
    ran = tool.run("run", "m.csv", "--max-cost", "3")
    assert sum(server.report()["charges"].values()) == CALLS
    assert "budget=3.00" in ran.err and "spent=0.50" in ran.err
    assert json.loads((tool.work / "out/run.json").read_text())["spent"] == 0.5
    assert "  $0.50 of $3.00" in tool.run("status", "out").out
    assert tool.run("ledger").out.startswith("spent $0.50 in all\n")
    assert "Nothing is out" in tool.run("ledger", "--open").out
    assert json.loads(tool.run("ledger", "--json").out)["spent"] == 0.5
    proof = tool.run("verify", "out").out
    assert "8 pictures are there" in proof and "10 paid calls have their picture; $0.50 spent" in proof
    assert os.stat(ledger_of(tool)).st_mode & 0o777 == 0o600
    assert os.stat(ledger_of(tool).parent).st_mode & 0o777 == 0o700


def test_the_ledger_of_a_state_folder_chosen_by_an_option_is_found_again(world: Any) -> None:
    tool, server = world()
    tool.run("run", "m.csv", "--max-cost", "0.3", "--state-dir", "../till", expect=8)
    assert "of $0.30" in tool.run("status", "out").out
    tool.run("resume", "out", "--max-cost", "3")
    assert sum(server.report()["charges"].values()) == CALLS
    assert "$0.50 of $3.00" in tool.run("status", "out").out
    assert "10 paid calls have their picture; $0.50 spent" in tool.run("verify", "out").out
    assert not ledger_of(tool).exists()
    assert "$0.50" not in tool.run("status", "out", "--state-dir", "../empty").out, "an option of today wins"


def spoil_picture(tool: Tool) -> None:
    path = next((tool.work / "out/images").iterdir())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def lose_picture(tool: Tool) -> None:
    next((tool.work / "out/images").iterdir()).unlink()


def lose_result(tool: Tool) -> None:
    path = tool.work / "out/results.jsonl"
    path.write_text("".join(path.read_text().splitlines(True)[1:]))


def change_count(tool: Tool) -> None:
    path = tool.work / "out/run.json"
    told = json.loads(path.read_text())
    told["counts"]["made"] -= 1
    path.write_text(json.dumps(told))


def leave_part(tool: Tool) -> None:
    (tool.work / "out/.tryon/results.jsonl.part").write_text("")


def change_sum(tool: Tool) -> None:
    with closing(sqlite3.connect(ledger_of(tool), isolation_level=None)) as db:
        db.execute("update journeys set spent=spent-1")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (spoil_picture, "is not what was written"), (lose_picture, "no such file"),
        (lose_result, "results.jsonl has"), (change_count, "do not add up"), (leave_part, "temporary file"),
        (change_sum, "sums of the ledger"),
    ],
)  # fmt: skip
def test_verify_names_the_first_breach(world: Any, harm: Callable[[Tool], None], said: str) -> None:
    tool, _ = world()
    tool.run("run", "m.csv")
    tool.run("verify", "out")
    harm(tool)
    ran = tool.run("verify", "out", expect=1)
    assert "BREACH" in ran.out and said in ran.out
    assert json.loads(tool.run("verify", "out", "--json", expect=1).out)["ok"] is False


def test_a_call_that_is_not_settled_is_a_breach(world: Any) -> None:
    tool, _ = world()
    tool.run("run", "m.csv")
    with closing(sqlite3.connect(ledger_of(tool), isolation_level=None)) as db:
        db.execute("update units set state='accepted' where row='1' and task='try-on'")
        db.execute("update journeys set spent=spent-50000, reserved=reserved+50000")
    ran = tool.run("verify", "out", expect=1)
    assert "not settled" in ran.out and "row 1" in ran.out


def test_p13_the_budget_is_never_passed_and_resume_has_no_new_one(world: Any) -> None:
    tool, server = world()
    ran = tool.run("run", "m.csv", "--max-cost", "0.22", expect=8)
    assert "--max-cost" in ran.out + ran.err
    spent = sum(server.report()["charges"].values())
    assert 1 <= spent <= 4
    tool.run("resume", "out", expect=8)
    assert sum(server.report()["charges"].values()) <= 4, (
        "the limit is for all runs since the last finished one"
    )
    tool.run("resume", "out", "--max-cost", "1")
    assert server.report()["charges"] and max(server.report()["charges"].values()) == 1
    assert sum(server.report()["charges"].values()) == CALLS
    tool.run("verify", "out")


def test_a_limit_of_calls(world: Any) -> None:
    tool, server = world()
    tool.run("run", "m.csv", "--max-calls", "3", expect=8)
    assert sum(server.report()["charges"].values()) == 3
    tool.run("resume", "out", "--max-calls", "100")
    assert sum(server.report()["charges"].values()) == CALLS


def test_a_limit_of_one_row_fails_that_row_only(world: Any) -> None:
    tool, server = world()
    with (tool.work / "m.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (tool.work / "m.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "max_cost"])
        writer.writeheader()
        for n, row in enumerate(rows):
            writer.writerow({**row, "max_cost": "0.01" if n == len(rows) - 1 else ""})
    tool.run("run", "m.csv", expect=3)
    states = [line["state"] for line in tool.results()]
    assert states == ["made"] * 7 + ["failed"]
    assert tool.results()[-1]["error"]["code"] == "E-BUDGET-ROW"
    assert sum(server.report()["charges"].values()) == CALLS - 1


def test_what_may_be_paid_waits_for_a_decision(world: Any) -> None:
    tool, server = world(drop=0.3, seed=5)
    ran = tool.run("run", "m.csv", expect=13)
    held = json.loads(tool.run("ledger", "--open", "--json").out)
    assert held["decide"] == len(held["open"]) > 0
    assert {one["state"] for one in held["open"]} == {"maybe_paid"}
    assert held["reserved"] == pytest.approx(0.05 * held["decide"])
    shown = tool.run("ledger", "--open").out
    assert "maybe_paid" in shown and "--assume-unpaid" in shown and "$0.05" in shown
    assert "decision" in tool.run("status", "out").out
    before = server.report()["requests"]
    tool.run("resume", "out", expect=13)
    assert server.report()["requests"] - before <= CALLS - before, "nothing of it is sent again by itself"
    assert max(server.report()["charges"].values()) == 1
    for _ in range(8):
        ran = tool.run("resume", "out", "--resubmit-maybe-paid", expect=None)
        if ran.code == 0:
            break
    assert {line["state"] for line in tool.results()} <= {"made", "cached"}
    tool.run("verify", "out")


def test_a_decision_is_asked_for_with_the_command_that_shows_it(world: Any) -> None:
    """The ledger of another state folder is found only by whoever names it."""
    tool, _server = world(drop=0.3, seed=5)
    tool.run("run", "m.csv", "--state-dir", "../a till", expect=13)
    for told in (tool.run("status", "out"), tool.run("resume", "out", expect=13)):
        (line,) = [line for line in (told.out + told.err).splitlines() if "for a decision of yours" in line]
        shown = tool.run(*shlex.split(line.partition(": tryon ")[2]))
        assert "maybe_paid" in shown.out


def accepted(tool: Tool) -> int:
    if not ledger_of(tool).exists() or not ledger_of(tool).stat().st_size:
        return 0
    with closing(sqlite3.connect(ledger_of(tool), timeout=30)) as db:
        if not db.execute("select 1 from sqlite_master where name='units'").fetchone():
            return 0
        found = db.execute("select count(*) from units where state='accepted'").fetchone()
    return int(found[0])


def test_calls_that_a_kill_left_out_are_shown_and_collected(world: Any) -> None:
    tool, _server = world(work=30)
    process = tool.start("run", "m.csv")
    wait_for(lambda: accepted(tool) == 2, process, 60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    shown = tool.run("ledger", "--open").out
    assert "accepted" in shown and "tryon resume collects it" in shown and "job-0" in shown
    assert "2 paid calls were in flight" in tool.run("status", "out").out
    assert "did not come to its end" in tool.run("verify", "out", expect=1).out


def test_two_runs_that_share_pairs_pay_once(world: Any) -> None:
    tool, server = world(work=0.05)
    first = tool.start("run", "m.csv", "-o", "a")
    second = tool.start("run", "m.csv", "-o", "b")
    for process in (first, second):
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (out, err)
    assert tool.images("a") == tool.images("b") != {}
    assert set(server.report()["charges"].values()) == {1}
    assert len(server.report()["charges"]) == CALLS


def test_a_damaged_ledger_stops_everything_that_costs_money(world: Any) -> None:
    tool, server = world("lookup")
    tool.run("run", "m.csv", "--max-calls", "3", expect=8)
    data = bytearray(ledger_of(tool).read_bytes())
    data[4096 : 4096 * 3] = os.urandom(4096 * 2)
    ledger_of(tool).write_bytes(data)
    ran = tool.run("resume", "out", "--max-calls", "99", expect=12)
    assert "damaged" in ran.err and "--rebuild" in ran.err
    assert sum(server.report()["charges"].values()) == 3
    tool.run("resume", "out", "--max-calls", "99", "--rebuild")
    assert set(server.report()["charges"].values()) == {1}
    assert len(server.report()["charges"]) == CALLS
    assert list(ledger_of(tool).parent.glob("ledger.damaged-*"))


def test_an_unfinished_run_does_not_go_on_beside_another_ledger(world: Any) -> None:
    tool, server = world("lookup")
    tool.run("run", "m.csv", "--max-calls", "3", expect=8)
    ledger_of(tool).rename(ledger_of(tool).with_name("elsewhere.db"))
    for _ in range(2):
        ran = tool.run("resume", "out", "--max-calls", "99", expect=12)
        assert "not" in ran.err and "--rebuild" in ran.err
    assert sum(server.report()["charges"].values()) == 3
    tool.run("resume", "out", "--max-calls", "99", "--rebuild")
    assert set(server.report()["charges"].values()) == {1}
    assert len(server.report()["charges"]) == CALLS
    tool.run("resume", "out")


def test_a_finished_folder_may_go_on_with_another_ledger(world: Any) -> None:
    tool, _server = world("lookup")
    tool.run("run", "m.csv")
    ledger_of(tool).rename(ledger_of(tool).with_name("elsewhere.db"))
    tool.run("run", "m.csv", "--style", "off")
