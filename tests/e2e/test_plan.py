"""What is said before anything is made: each row with its why, each stage with its price; and it comes true."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tool import Tool

ROWS = """id,human,garment,category,skip
a,pictures/p0.png,pictures/g0.png,upper,
b,pictures/p0.png,pictures/g0.png,upper,
a,pictures/p0.png,pictures/g0.png,upper,
c,pictures/p1.png,pictures/g0.png,upper,yes
d,pictures/p7.png,pictures/g0.png,upper,
e,pictures/bad.png,pictures/g0.png,upper,
f,pictures/p1.png,pictures/g1.png,upper,
"""


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    tool = Tool(tmp_path)
    tool.pictures(people=2, garments=2)
    (tool.work / "pictures/bad.png").write_bytes(b"<html>sold out</html>")
    (tool.work / "m.csv").write_text(ROWS)
    return tool


def test_p21_a_row_that_repeats_another_is_skipped_and_all_counts_add_up(tool: Tool) -> None:
    ran = tool.run("run", "m.csv", expect=3)
    results = tool.results()
    assert [(r["row"], r["id"], r["state"]) for r in results] == [
        ("1", "a", "made"), ("2", "b", "made"), ("3", "a", "skipped"), ("4", "c", "skipped"),
        ("5", "d", "invalid"), ("6", "e", "invalid"), ("7", "f", "made"),
    ]  # fmt: skip
    assert results[2]["reasons"] == ["the same as row 1: made once"] and "skip" in results[3]["reasons"][0]
    told = json.loads((tool.work / "out/run.json").read_text())
    assert told["rows"] == 7 == sum(told["counts"].values()) and told["counts"]["skipped"] == 2
    assert len((tool.work / "out/results.csv").read_text().splitlines()) == 8
    assert set(tool.images()) == {"a.jpg", "b.jpg", "f.jpg"} and set(tool.calls().values()) == {1}, ran
    before, calls = tool.images(), tool.calls()
    tool.run("resume", "out", expect=3)
    assert tool.images() == before and tool.calls() == calls
    assert tool.results() == results and Counter(r["state"] for r in results)["made"] == 3
    again = json.loads((tool.work / "out/run.json").read_text())["counts"]
    assert {state: n for state, n in again.items() if n} == {"cached": 3, "skipped": 2, "invalid": 2}
    assert json.loads(tool.run("status", "--json").out)["left"] == 0


def test_the_row_that_is_left_out_never_takes_the_other_ones_place(tool: Tool) -> None:
    (tool.work / "m.csv").write_text("\n".join(ROWS.splitlines()[i] for i in (0, 1, 3)) + "\n")
    tool.run("run", "m.csv", env={"COUNTED_FAIL": "face-swap:input"}, expect=3)
    assert [r["state"] for r in tool.results()] == ["failed", "skipped"]
    assert len((tool.work / "out/failed.csv").read_text().splitlines()) == 2
    tool.run("run", "out/failed.csv", "--root", ".", "-o", "again")
    assert set(tool.images("again")) == {"a.jpg"}


def test_every_decision_is_shown_with_its_why_and_comes_true(tool: Tool) -> None:
    tool.run("run", "m.csv", "--only", "id:f")
    plan = json.loads(tool.run("run", "m.csv", "--dry-run", "--rows", "--json", expect=3).out)
    decisions = {d["row"]: (d["id"], d["decision"], d["why"]) for d in plan["decisions"]}
    assert decisions["1"] == ("a", "make", "")
    assert decisions["2"] == ("b", "make", "shares all work with row 1")
    assert decisions["3"] == ("a", "merged", "the same as row 1: made once")
    assert decisions["4"] == ("c", "skipped", "skip is set in the manifest")
    assert decisions["5"][1] == "invalid" and "M-FILE" in decisions["5"][2]
    assert decisions["7"] == ("f", "cached", "")
    assert set(decisions) == {str(n) for n in range(1, 8)}
    counts = plan["rows"]
    assert counts["read"] == 7 == sum(counts[n] for n in ("valid", "invalid", "skipped", "merged"))
    text = tool.run("run", "m.csv", "--dry-run", "--rows", expect=3).out
    assert "1 merged as duplicates" in text
    lines = [line.split() for line in text.splitlines() if line.startswith("  row ")]
    assert [(w[1], w[2]) for w in lines if w[2] in ("make", "cached", "merged", "skipped")] == [
        ("1", "make"), ("2", "make"), ("3", "merged"), ("4", "skipped"), ("6", "make"), ("7", "cached"),
    ]  # fmt: skip
    assert any("invalid" in w and "M-FILE" in w for w in lines)


def test_check_shows_every_row_with_what_is_wrong_with_it(tool: Tool) -> None:
    short = tool.run("check", "m.csv", expect=3).out
    assert short.startswith("7 rows, 3 valid") and "2 invalid, 1 merged, 1 skipped" in short
    assert "tryon check m.csv --rows" in short and "row 3 " not in short
    found = json.loads(tool.run("check", "m.csv", "--rows", "--json", expect=3).out)
    decisions = {d["row"]: (d["decision"], d["why"]) for d in found["decisions"]}
    assert [decisions[str(n)][0] for n in range(1, 8)] == [
        "valid", "valid", "merged", "skipped", "invalid", "invalid", "valid"
    ]  # fmt: skip
    assert "M-IMAGE" in decisions["6"][1] and "p7.png" in decisions["5"][1]
    assert "row 3        merged   a   the same as row 1" in tool.run("check", "m.csv", "--rows", expect=3).out
    rows = tool.run("expand", "m.csv", expect=3).out
    (tool.work / "again.jsonl").write_text(rows)
    again = tool.run("check", "again.jsonl", expect=3).out
    assert again.startswith("5 rows, 3 valid"), "what is printed can be read again"


def test_the_plan_names_the_price_of_each_stage_and_the_total(tool: Tool) -> None:
    tool.manifest(people=2, garments=2)
    provider = ("-p", "priced:Priced")
    plan = json.loads(tool.run("run", "m.csv", *provider, "--dry-run", "--json").out)
    found = {s["stage"]: (s["calls"], s["unshared"], s["price"], s["cost"]) for s in plan["stages"]}
    assert found["stylize"] == (2, 4, 0.015, 0.03) and found["try-on"] == (4, 4, 0.07, 0.28)
    assert found["extract-face"] == (2, 4, 0.0, 0.0) and found["face-swap"] == (4, 4, 0.0, 0.0)
    assert plan["cost"] == 0.31
    text = tool.run("run", "m.csv", *provider, "--dry-run").out
    table = {line.split()[0]: line.split()[1:] for line in text.splitlines() if "$" in line}
    assert table["stylize"] == ["priced:Priced", "2", "4", "0", "$0.015", "$0.03"]
    assert table["try-on"] == ["priced:Priced", "4", "4", "0", "$0.070", "$0.28"]
    assert table["extract-face"] == ["priced:Priced", "2", "4", "0", "free", "$0.00"]
    assert table["total"] == ["$0.31"]


def test_a_stage_at_two_providers_has_two_prices(tool: Tool) -> None:
    (tool.work / "m.csv").write_text(
        "human,garment,category,provider\npictures/p0.png,pictures/g0.png,upper,\n"
        "pictures/p0.png,pictures/g1.png,upper,dear\n"
    )
    (tool.work / "tryon.toml").write_text('[providers.dear]\nprovider = "priced:Priced"\n')
    plan = json.loads(tool.run("run", "m.csv", "--dry-run", "--json").out)
    tryons = [(s["provider"], s["calls"], s["cost"]) for s in plan["stages"] if s["stage"] == "try-on"]
    assert tryons == [("counted:Counted", 1, 0.0), ("dear", 1, 0.07)]


def test_the_plan_of_a_run_that_costs_money_tells_uploads_budget_and_time(tool: Tool) -> None:
    tool.manifest(people=3, garments=4)
    provider = ("--provider", "priced:Priced")
    text = tool.run("run", "m.csv", *provider, "--dry-run", "--max-cost", "0.5").out
    assert "7 files to send" in text and "(without sharing 24 files" in text
    assert "budget    $0.50 covers 56% of the plan" in text and "time" not in text
    assert "no limit is set" in tool.run("run", "m.csv", *provider, "--dry-run").out
    plan = json.loads(tool.run("run", "m.csv", *provider, "--dry-run", "--json", "--max-cost", "1").out)
    assert plan["uploads"]["files"] == 7 and plan["uploads"]["unshared"] == 24 and plan["budget"] == 1.0
    assert not tool.calls()
