"""`tryon precompute popular`: what it says, what it makes, what it refuses, and that a run finds it all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect
import pytest
from test_commands import snapshot
from tool import TRYON, Tool

from tryon_cli.lock import FolderLock

POPULAR = ("precompute", "popular", "--from", "sales.csv")
PRICED = ("-p", "priced:Priced")


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A shop where p0 was loved before and still is a little, p1 only lately, p2 never much."""
    tool = Tool(tmp_path)
    tool.manifest(people=3, garments=1)
    views = [(0, 20, 30), (2, 20, 1), (0, 1, 3), (1, 1, 6), (2, 1, 1)]
    rows = [f"pictures/p{p}.png,pictures/g0.png,upper,{n},{ago(days)}" for p, days, n in views]
    (tool.work / "sales.csv").write_text("\n".join(["human,garment,category,views,date", *rows]) + "\n")
    return tool


def document(tool: Tool, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tool.run(*POPULAR, *args, "--json").out)
    return found


def test_it_says_what_it_knows_and_changes_no_byte(tool: Tool) -> None:
    before = snapshot(tool.base)
    out = tool.run(*POPULAR, *PRICED, "--top", "1", "--dry-run").out
    assert snapshot(tool.base) == before and not tool.calls()
    assert "41 wishes for 3 pairs in 20 days (0 runs + sales.csv)" in out
    assert "top 1 pairs   80% of the wishes   (back-test on the last 7 days: 30%)" in out
    assert "already made 0 · to make 1 · 4 calls · about $0.09" in out
    assert "next 1 would add 15% for about $0.09" in out
    plan = document(tool, *PRICED, "--top", "1", "--dry-run")
    assert (plan["share"], plan["back_test"]["rate"], plan["calls"]) == (0.804878, 0.3, 4)
    assert [Path(p["human"]).stem for p in plan["make"]] == ["p0"] and plan["cost"] == 0.085


def test_the_curve_shows_every_step_and_makes_nothing(tool: Tool) -> None:
    out = tool.run(*POPULAR, *PRICED, "--top", "1", "--curve").out
    table = [
        line.split()
        for line in out.splitlines()
        if "%" in line and "wishes" not in line and "next" not in line
    ]
    assert table == [
        ["1", "80%", "30%", "1", "4", "$0.09"], ["2", "95%", "40%", "2", "8", "$0.17"],
        ["3", "100%", "40%", "3", "12", "$0.26"],
    ]  # fmt: skip
    assert not tool.calls()
    assert [s["pairs"] for s in document(tool, "--top", "2", "--curve")["curve"]] == [2, 3]


def test_a_hit_rate_that_is_too_low_is_refused_before_anything_is_made(tool: Tool) -> None:
    refused = tool.run(*POPULAR, "--top", "1", "--min-hit-rate", "31%", expect=2)
    assert "met 30% of the wishes in the back-test, less than 31%" in refused.err
    assert "--top 2 would have met that" in refused.err and not tool.calls()
    never = tool.run(*POPULAR, "--top", "1", "--min-hit-rate", "50%", "--dry-run", expect=2)
    assert "not even all pairs" in never.err
    assert "not a share" in tool.run(*POPULAR, "--min-hit-rate", "often", expect=2).err
    tool.run(*POPULAR, "--top", "1", "--min-hit-rate", "30%")
    assert sum(tool.calls().values()) == 4


def test_without_days_no_hit_rate_is_promised(tool: Tool) -> None:
    path = tool.work / "sales.csv"
    path.write_text(path.read_text().replace(",date\n", ",season\n"))
    assert "no back-test" in tool.run(*POPULAR, "--dry-run").out
    assert "nobody can tell" in tool.run(*POPULAR, "--min-hit-rate", "1%", expect=2).err
    assert not tool.calls()


def test_a_later_run_finds_every_picture(tool: Tool) -> None:
    tool.run(*POPULAR, "--top", "3")
    calls = tool.calls()
    assert sum(calls.values()) == 3 * 4 and not (tool.work / "out").exists()
    ran = tool.run("run", "m.csv")
    assert tool.calls() == calls and "cached=3" in ran.err and len(tool.images()) == 3
    again = tool.run(*POPULAR, "--top", "3")
    assert tool.calls() == calls and "already made 3 · to make 0" in again.out
    tool.run(*POPULAR, "--top", "3", "--error-on-nothing", expect=9)


def test_history_alone_is_enough(tool: Tool) -> None:
    assert "nothing yet" in tool.run("precompute", "popular").out
    tool.run("run", "m.csv", "--only", "id:p1*")
    tool.run("run", "m.csv", "--only", "id:p[12]*")
    out = tool.run("precompute", "popular", "--style", "film", "--top", "1").out
    assert "3 wishes for 2 pairs in 1 days (2 runs)" in out and "1 of 1 pictures are in the cache" in out
    assert "wishes" in out and "top 1 pairs   67% of the wishes" in out
    (tool.work / "pictures/p1.png").unlink()
    assert "left out 1 pairs whose pictures are gone" in tool.run("precompute", "popular", "--dry-run").out


def test_p25_money_needs_a_limit_and_a_yes(tool: Tool) -> None:
    assert "no limit is set" in tool.run(*POPULAR, *PRICED, "--yes", expect=2).err
    assert "nobody is here to agree" in tool.run(*POPULAR, *PRICED, "--max-cost", "5", expect=2).err
    assert "not one of 3" in tool.run(*POPULAR, *PRICED, "--max-cost", "0.05", "--yes", expect=8).err
    assert not tool.calls()
    tool.run(*POPULAR, *PRICED, "--top", "1", "--max-cost", "5", "--yes")
    assert sum(tool.calls().values()) == 4
    tool.run(*POPULAR, *PRICED, env={"TRYON_UNLIMITED": "1"})
    assert sum(tool.calls().values()) == 12


def test_what_the_limit_does_not_reach_is_left_out_the_least_wanted_first(tool: Tool) -> None:
    cut = tool.run(*POPULAR, *PRICED, "--max-cost", "0.18", "--yes", expect=8)
    assert "enough for the first 2 of 3" in cut.out and sum(tool.calls().values()) == 8
    left = document(tool, *PRICED, "--dry-run")["make"]
    assert [Path(p["human"]).stem for p in left] == ["p2"]
    tool.run(*POPULAR, *PRICED, "--max-cost", "0.18", "--yes")
    assert sum(tool.calls().values()) == 12


@pytest.mark.parametrize(("answer", "calls"), [("y", 12), ("n", 0), ("", 0)])
def test_a_person_at_a_terminal_is_asked(tool: Tool, answer: str, calls: int) -> None:
    child = pexpect.spawn(
        TRYON, [*POPULAR, "--no-progress"], cwd=str(tool.work), env=tool.env, encoding="utf-8", timeout=60
    )  # type: ignore[arg-type]
    child.expect_exact("Start? [y/N] ")
    assert not tool.calls()
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, sum(tool.calls().values())) == (0, calls)


def test_quiet_says_nothing_when_all_is_well(tool: Tool) -> None:
    ran = tool.run(*POPULAR, "--quiet")
    assert (ran.out, ran.err) == ("", "") and sum(tool.calls().values()) == 12
    refused = tool.run(
        *POPULAR, "--quiet", "--style", "film", "--top", "1", "--min-hit-rate", "90%", expect=2
    )
    assert refused.out == "" and "back-test" in refused.err


def test_never_two_at_once(tool: Tool) -> None:
    folder = tool.base / "state/tryon/precompute"
    (folder / ".tryon").mkdir(parents=True)
    lock = FolderLock(folder)
    assert lock.take("somebody")
    try:
        assert "in use" in tool.run(*POPULAR, expect=11).err
        tool.run(*POPULAR, "--skip-if-running")
        assert not tool.calls()
    finally:
        lock.release()
    tool.run(*POPULAR)
    assert sum(tool.calls().values()) == 12


def test_one_that_was_stopped_by_the_clock_is_gone_on_with(tool: Tool) -> None:
    tool.run(*POPULAR, "--max-duration", "0.001", expect=10)
    tool.run(*POPULAR)
    assert sum(tool.calls().values()) == 12 and tool.leftovers() == []


def test_what_failed_is_told_with_a_command_that_helps(tool: Tool) -> None:
    ran = tool.run(*POPULAR, "--attempts", "1", env={"COUNTED_FAIL": "try-on:input"}, expect=3)
    assert "next: tryon precompute popular" in ran.err and "E-TOLD=3" in ran.err
    assert "failed.csv" not in ran.err and "resume" not in ran.err, "there is no output folder"


def test_a_file_that_cannot_be_used_is_refused_and_odd_rows_are_named(tool: Tool) -> None:
    path = tool.work / "sales.csv"
    path.write_text(
        path.read_text()
        + "pictures/p9.png,pictures/g0.png,upper,5,\npictures/p0.png,pictures/g0.png,upper,x,\n"
    )
    out = tool.run(*POPULAR, "--dry-run").out
    assert "2 of 7 rows of sales.csv say less than they should" in out and "row 7: 'x' is not a number" in out
    tool.run(*POPULAR, "--strict", expect=4)
    path.write_text("human,garment\nnone.png,none.png\n")
    assert "1 of 1 rows of sales.csv cannot be used" in tool.run(*POPULAR, expect=4).err
