"""Money within a limit that somebody has set: the installed command, a provider with prices, calls counted outside."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect
import pytest
from tool import TRYON, Tool

PEOPLE, GARMENTS = 2, 3
COST = PEOPLE * 0.015 + PEOPLE * GARMENTS * 0.07


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    made = Tool(tmp_path)
    made.env["TRYON_PROVIDER"] = "priced:Priced"
    made.manifest(people=PEOPLE, garments=GARMENTS)
    return made


def paid(tool: Tool) -> int:
    return sum(n for line, n in tool.calls().items() if line.startswith(("stylize", "try-on")))


def test_without_a_limit_nothing_is_spent_where_nobody_can_be_asked(tool: Tool) -> None:
    ran = tool.run("run", "m.csv", expect=2)
    assert "about 8 paid calls for $0.45, and no limit is set" in ran.err
    assert "--max-cost" in ran.err and "unlimited = true" in ran.err and "Nothing was sent." in ran.err
    assert not tool.calls()
    assert "Traceback" not in ran.err


def test_yes_does_not_stand_for_a_limit_in_cron(tool: Tool) -> None:
    tool.run("run", "m.csv", "--yes", expect=2)
    assert not tool.calls()


def test_a_limit_that_covers_it(tool: Tool) -> None:
    ran = tool.run("run", "m.csv", "--max-cost", "1")
    assert paid(tool) == PEOPLE + PEOPLE * GARMENTS
    assert f"spent={COST:.2f}" in ran.err
    assert json.loads((tool.work / "out/run.json").read_text())["name"] == "ok"
    again = tool.run("run", "m.csv")
    assert "spent=0.00" in again.err or again.code == 0, "what is finished needs no limit"


def test_a_limit_in_the_users_own_settings_file(tool: Tool) -> None:
    own = tool.base / "config/tryon/config.toml"
    own.parent.mkdir(parents=True)
    own.write_text("[run]\nunlimited = true\n")
    tool.run("run", "m.csv")
    assert paid(tool) == PEOPLE + PEOPLE * GARMENTS


def test_a_file_that_came_with_a_manifest_cannot_lift_the_limit(tool: Tool) -> None:
    job = tool.work / "job"
    (tool.work / "pictures").rename(tool.work / "kept")
    job.mkdir()
    (tool.work / "kept").rename(job / "pictures")
    (tool.work / "m.csv").rename(job / "m.csv")
    (job / "tryon.toml").write_text("[run]\nunlimited = true\n")
    ran = tool.run("run", "job/m.csv", expect=2)
    assert "unlimited" in ran.err and not tool.calls()


def test_the_limit_is_never_passed_and_resume_goes_on(tool: Tool) -> None:
    ran = tool.run("run", "m.csv", "--max-cost", "0.20", expect=8)
    assert "budget" in ran.err.lower() and "tryon resume" in ran.err
    spent = sum(0.07 if line.startswith("try-on") else 0.015 for line in tool.calls() if line[0] in "ts")
    assert 0 < spent <= 0.20
    done = len(tool.images())
    assert 1 <= done < PEOPLE * GARMENTS
    tool.run("resume", "out", "--max-cost", "0.20", expect=8)
    assert len(tool.images()) == done, "the limit counts what was spent before"
    tool.run("resume", "out", "--max-cost", "1")
    assert len(tool.images()) == PEOPLE * GARMENTS
    assert set(tool.calls().values()) == {1}


@pytest.mark.parametrize(("answer", "code", "calls"), [("n", 2, 0), ("y", 0, PEOPLE + PEOPLE * GARMENTS)])
def test_at_a_terminal_somebody_is_asked(tool: Tool, answer: str, code: int, calls: int) -> None:
    child = pexpect.spawn(
        TRYON, ["run", "m.csv"], cwd=str(tool.work), env=tool.env, encoding="utf-8", timeout=60
    )
    child.expect(r"\$0\.45.*Start\? \[y/N\] ")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert paid(tool) == calls
