"""Every command, as typed: what it prints, what it leaves, what it exits with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tool import Tool


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path)


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_run_makes_shares_and_remembers(tool: Tool) -> None:
    tool.manifest()
    first = tool.run("run", "m.csv")
    assert len(tool.images()) == 12 and sum(tool.calls().values()) == 2 * 4 + 2 * 12
    assert set(tool.calls().values()) == {1} and "made=12" in first.err
    before = tool.images()
    second = tool.run("run", "m.csv")
    assert "cached=12" in second.err and sum(tool.calls().values()) == 32 and tool.images() == before
    assert tool.leftovers() == []


def test_results_say_what_lies_there(tool: Tool) -> None:
    tool.manifest(sku="S-1")
    tool.run("run", "m.csv")
    results = tool.results()
    assert [r["row"] for r in results] == [str(n) for n in range(1, 13)]
    assert {f"{r['images'][0]}": r["sha256"][0] for r in results} == {
        f"images/{name}": digest for name, digest in tool.images().items()
    }
    assert {r["meta"]["sku"] for r in results} == {"S-1"} and {r["state"] for r in results} == {"made"}
    header, *lines = (tool.work / "out/results.csv").read_text().splitlines()
    assert header.endswith(",sku") and len(lines) == 12
    assert json.loads((tool.work / "out/run.json").read_text())["exit"] == 0
    assert not (tool.work / "out/failed.csv").exists()
    absolute = [
        p
        for p, data in snapshot(tool.work / "out").items()
        if str(tool.base).encode() in data and ".jsonl" not in p
    ]
    assert not absolute, "nothing in the output folder names where it lies"


def test_a_lost_or_changed_picture_comes_back_without_a_call(tool: Tool) -> None:
    tool.manifest()
    tool.run("run", "m.csv")
    before = tool.images()
    names = sorted(before)
    (tool.work / "out/images" / names[0]).unlink()
    (tool.work / "out/images" / names[1]).write_bytes(b"scribble")
    tool.run("run", "m.csv")
    assert tool.images() == before and sum(tool.calls().values()) == 32


def test_another_setting_redoes_only_what_it_touches(tool: Tool) -> None:
    tool.manifest()
    tool.run("run", "m.csv")
    tool.run("run", "m.csv", "--quality", "70")
    assert sum(tool.calls().values()) == 32, "the quality of the file asks no provider"
    tool.run("run", "m.csv", "--style", "film")
    assert sum(tool.calls().values()) == 32 + 4 + 12 + 12, "faces are known"


def test_a_manifest_that_changed_runs_the_difference(tool: Tool) -> None:
    path = tool.manifest()
    tool.run("run", "m.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[3:], "pictures/p0.png,pictures/g0.png,lower"]) + "\n")
    tool.run("run", "m.csv")
    assert sum(tool.calls().values()) == 32 + 2
    assert len(tool.results()) == 11


def test_dry_run_says_what_a_run_then_does_and_changes_no_byte(tool: Tool) -> None:
    tool.manifest()
    tool.run("run", "m.csv", "--only", "id:p0__*")
    made = sum(tool.calls().values())
    before = snapshot(tool.base)
    plan = json.loads(tool.run("run", "m.csv", "--dry-run", "--json").out)
    assert snapshot(tool.base) == before
    assert plan["rows"] == {
        "read": 12, "valid": 12, "invalid": 0, "skipped": 0, "merged": 0, "complete": 3, "make": 9
    }  # fmt: skip
    tool.run("run", "m.csv")
    planned = sum(s["calls"] for s in plan["stages"] if s["provider"] != "here")
    assert sum(tool.calls().values()) - made == planned == 2 * 3 + 2 * 9
    text = tool.run("run", "m.csv", "--dry-run").out
    assert "Nothing was sent, nothing was written" in text and "every row is known" in text


def test_status_follows_the_lock_not_a_word(tool: Tool) -> None:
    assert "No run yet" in tool.run("status").out
    tool.manifest()
    with tool.start("run", "m.csv", env={"COUNTED_SECONDS": "0.3"}) as process:
        while not tool.calls():
            os.sched_yield()
        running = json.loads(tool.run("status", "--json").out)
        process.kill()
        process.communicate()
    after = json.loads(tool.run("status", "--json").out)
    assert (running["state"], running["pid"]) == ("running", process.pid)
    assert (after["state"], after["text"], after["pid"]) == ("stopped", "killed", None)
    assert "continue: tryon resume" in tool.run("status").out
    assert "m.csv -> " in tool.run("status").out and ".." not in tool.run("status").out
    tool.run("resume")
    assert json.loads(tool.run("status", "--json").out)["state"] == "done"


def test_resume_knows_manifest_and_settings_from_anywhere(tool: Tool) -> None:
    tool.manifest()
    stopped = tool.run(
        "run", "m.csv", "-o", "far/out", "--style", "noir", "--max-duration", "0.01", expect=10
    )
    assert "tryon resume far/out" in stopped.err
    tool.run("resume")
    undisturbed = Tool(tool.base / "other")
    undisturbed.manifest()
    undisturbed.run("run", "m.csv", "--style", "noir")
    assert tool.images("far/out") == undisturbed.images()
    nothing = tool.run("resume", expect=2)
    assert "nothing to resume" in nothing.err


def test_failed_rows_are_a_manifest_that_runs_once_mended(tool: Tool) -> None:
    path = tool.manifest()
    path.write_text(
        path.read_text() + "pictures/p9.png,pictures/g0.png,upper\npictures/p0.png,pictures/bad.png,upper\n"
    )
    (tool.work / "pictures/bad.png").write_bytes(b"not a picture")
    ran = tool.run("run", "m.csv", expect=3)
    assert "failed.csv" in ran.err and len(tool.images()) == 12
    failed = (tool.work / "out/failed.csv").read_text()
    assert "M-FILE" in failed and "M-IMAGE" in failed and len(failed.splitlines()) == 3
    for name in ("p9.png", "bad.png"):
        (tool.work / "pictures" / name).write_bytes((tool.work / "pictures/p1.png").read_bytes())
    tool.run("run", "out/failed.csv", "--root", ".", "-o", "out2")
    assert len(tool.images("out2")) == 2
    tool.run("run", "m.csv")
    assert len(tool.images()) == 14 and not (tool.work / "out/failed.csv").exists()


def test_variants_and_outfits(tool: Tool) -> None:
    tool.pictures()
    (tool.work / "m.csv").write_text(
        "human,garment,category,variants\npictures/p0.png,pictures/g0.png|pictures/g1.png,upper|lower,3\n"
        "pictures/p0.png,pictures/g0.png,upper,1\n"
    )
    tool.run("run", "m.csv")
    names = set(tool.images())
    assert len(names) == 4 and {n.count(".v") for n in names} == {0, 1}
    assert sum(tool.calls().values()) == 1 + 1 + 1 + 3 + 3 + 1, "the first garment is shared"


def test_cache_commands(tool: Tool) -> None:
    tool.manifest()
    tool.run("run", "m.csv")
    assert json.loads(tool.run("cache", "stats", "--json").out)["blobs"] == 51
    assert "51 pictures are whole" in tool.run("cache", "verify").out
    victim = next(p for p in (tool.cache / "blobs").rglob("*") if p.is_file())
    victim.write_bytes(b"damaged")
    assert "1 were damaged" in tool.run("cache", "verify", expect=3).out
    assert json.loads(tool.run("cache", "gc", "--max", "1B", "--dry-run", "--json").out)["blobs"] == 50
    assert json.loads(tool.run("cache", "gc", "--max", "1B", "--json").out)["left"] == 0
    assert "not a size" in tool.run("cache", "gc", "--max", "huge", expect=2).err


def test_gc_keeps_what_an_unfinished_run_needs(tool: Tool) -> None:
    path = tool.manifest()
    path.write_text(path.read_text() + "pictures/missing.png,pictures/g0.png,upper\n")
    (tool.work / "pictures/missing.png").write_bytes((tool.work / "pictures/p0.png").read_bytes() + b"x")
    tool.run("run", "m.csv", "--attempts", "1", env={"COUNTED_FAIL": "face-swap:transient"}, expect=5)
    calls = sum(tool.calls().values())
    tool.run("cache", "gc", "--max", "1B")
    tool.run("resume")
    faces = sum(n for line, n in tool.calls().items() if line.startswith("face-swap"))
    assert sum(tool.calls().values()) - calls <= faces, "only the failed stage ran again"
    assert {n for line, n in tool.calls().items() if not line.startswith("face-swap")} == {1}


def test_precompute_makes_what_a_run_then_finds(tool: Tool) -> None:
    tool.manifest()
    sales = tool.manifest("sales.csv", views="7")
    sales.write_text("\n".join(sales.read_text().splitlines()[:6]) + "\n")
    dry = json.loads(tool.run("precompute", "popular", "--from", "sales.csv", "--dry-run", "--json").out)
    assert len(dry["make"]) == 5 and {p["wishes"] for p in dry["make"]} == {7.0}
    tool.run("precompute", "popular", "--from", "sales.csv", "--top", "5")
    calls = sum(tool.calls().values())
    assert calls == 2 * 2 + 2 * 5 and not (tool.work / "out").exists()
    tool.run("run", "m.csv", "--only", "id:p0__*")
    assert sum(tool.calls().values()) == calls, "not a single stage ran"
    again = tool.run("precompute", "popular", "--style", "film", "--top", "2")
    assert "2 of 2 pictures are in the cache" in again.out


def test_check_and_expand(tool: Tool) -> None:
    path = tool.manifest()
    assert "12 valid" in tool.run("check", "m.csv", "--deep").out
    path.write_text(
        path.read_text() + "pictures/p00.png,pictures/g0.png,upper\npictures/p0.png,pictures/x.jpg,upper\n"
    )
    (tool.work / "pictures/x.jpg").write_bytes(b"<html>sold out</html>")
    bad = tool.run("check", "m.csv", expect=3).out
    assert "M-FILE" in bad and "M-IMAGE" in bad and "row 13" in bad and "row 14" in bad
    assert "Nothing was sent" in tool.run("run", "m.csv", "--strict", expect=4).err
    rows = [json.loads(line) for line in tool.run("expand", "m.csv", expect=3).out.splitlines()]
    assert len(rows) == 13 and rows[0]["id"] == "p0__g0"


def test_providers_and_doctor_and_config(tool: Tool) -> None:
    assert "every promise is kept" in tool.run("providers", "check", "counted:Counted").out
    listed = json.loads(tool.run("providers", "list", "--json").out)
    assert {p["name"] for p in listed["providers"]} >= {"local"}
    tool.manifest()
    assert "no module 'nowhere'" in tool.run("run", "m.csv", "-p", "nowhere:X", expect=2).err
    assert tool.run("doctor").code == 0
    shown = json.loads(tool.run("config", "show", "--json").out)
    assert shown["provider"]["origin"] == "environment TRYON_PROVIDER"


def test_init_writes_what_runs_and_overwrites_nothing(tool: Tool) -> None:
    tool.run("init", "shop")
    toml = tool.work / "shop/tryon.toml"
    assert toml.exists() and (tool.work / "shop/manifest.csv").exists()
    toml.write_text("# mine\n")
    assert "kept" in tool.run("init", "shop").out and toml.read_text() == "# mine\n"


def test_inspect_tells_whether_a_picture_is_unchanged(tool: Tool) -> None:
    tool.manifest(people=1, garments=1)
    tool.run("run", "m.csv")
    picture = tool.work / "out/images/p0__g0.jpg"
    facts = json.loads(tool.run("inspect", str(picture), "--json").out)
    assert facts["verified"] is True and facts["pipeline"] == "advanced-scene" and len(facts["sources"]) == 2
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert json.loads(tool.run("inspect", str(picture), "--json").out)["verified"] is False
    assert "says nothing" in tool.run("inspect", "pictures/p0.png", expect=2).err
