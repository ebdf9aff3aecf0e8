"""`tryon providers compare`: how providers did, a canary that is rolled back, and its second chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tool import Tool

SETTINGS = """
[providers.usual]
provider = "counted:Counted"
canary = "fresh"
canary_share = 0.5
[providers.fresh]
provider = "picky:Picky"
"""
PICKY = """
import dataclasses
from counted import Counted
from tryon_cli.model.errors import Fault, FaultKind

class Picky(Counted):
    "Refuses three pictures in four."
    offer = dataclasses.replace(Counted.offer, name="picky")

    def submit(self, job):
        if job.task == "try-on" and int(job.key[0], 16) < 12:
            raise Fault(FaultKind.INPUT, "no person found", code="E-NOBODY")
        return super().submit(job)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Tool:
    tool = Tool(tmp_path)
    (tool.work / "tryon.toml").write_text(SETTINGS)
    (tool.work / "picky.py").write_text(PICKY)
    tool.env["PYTHONPATH"] += f":{tool.work}"
    tool.env["TRYON_PROVIDER"] = "usual"
    tool.manifest(people=12, garments=12)
    return tool


def compared(tool: Tool, *args: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(tool.run("providers", "compare", *args, "--json").out)
    return found


def test_before_the_first_run_it_says_so(shop: Tool) -> None:
    assert "nothing was counted yet" in shop.run("providers", "compare").out
    ran = shop.run("providers", "compare", "usual", "fresh", "--forget", expect=2)
    assert "nothing is known of fresh" in ran.err


def test_a_worse_candidate_is_shown_rolled_back_and_gets_another_chance(shop: Tool) -> None:
    ran = shop.run("run", "m.csv", "--pipeline", "tryon-only")
    assert "fresh is rolled back" in ran.err, "every row has its picture all the same"
    told = shop.run("providers", "compare").out
    assert "fresh on trial beside usual: rolled back:" in told and "of its calls failed" in told
    [canary] = compared(shop)["canaries"]  # type: ignore[misc]
    rows = {row["provider"]: row for row in canary["providers"]}
    assert rows["usual"]["refused"] == 0 < rows["fresh"]["refused"] <= rows["fresh"]["calls"]
    assert rows["usual"]["p50"] is not None and canary["share"] == 0.5

    shop.run("providers", "compare", "usual", "fresh", "--forget")
    [canary] = compared(shop, "fresh", "usual")["canaries"]  # type: ignore[misc]
    assert canary["rolled_back"] == "" and canary["providers"] == []
    assert "fresh on trial beside usual: 50% of the jobs" in shop.run("providers", "compare").out


def test_a_new_version_of_a_candidate_is_not_shown_as_rolled_back(shop: Tool) -> None:
    shop.run("run", "m.csv", "--pipeline", "tryon-only")
    newer = PICKY.replace('name="picky"', 'name="picky", tasks=dict.fromkeys(Counted.offer.tasks, "2")')
    (shop.work / "picky.py").write_text(newer)
    [canary] = compared(shop)["canaries"]  # type: ignore[misc]
    assert canary["rolled_back"] == ""
    (shop.work / "picky.py").write_text(PICKY)
    [canary] = compared(shop)["canaries"]  # type: ignore[misc]
    assert "of its calls failed" in canary["rolled_back"]
    (shop.work / "picky.py").unlink()
    [canary] = compared(shop)["canaries"]  # type: ignore[misc]
    assert "of its calls failed" in canary["rolled_back"], "shown also where it cannot be loaded"


def test_only_those_that_were_named(shop: Tool) -> None:
    shop.run("run", "m.csv", "--pipeline", "tryon-only")
    found = compared(shop, "fresh")
    assert {row["provider"] for row in found["providers"]} == {"fresh"}  # type: ignore[attr-defined]
    assert "needs two names" in shop.run("providers", "compare", "fresh", "--forget", expect=2).err
