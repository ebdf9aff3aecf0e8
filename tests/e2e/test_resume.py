"""`tryon resume` when something has changed: what it says, when it stops, and what then happens."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pytest
from test_commands import snapshot
from tool import TRYON, Tool, noise

FAILS = {"COUNTED_FAIL": "try-on:transient"}


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """Two people with two garments each."""
    tool = Tool(tmp_path)
    tool.manifest(people=2, garments=2)
    return tool


def film(tool: Tool) -> dict[str, str]:
    """The pictures of the same manifest in another style, made elsewhere."""
    other = Tool(tool.base / "other")
    other.manifest(people=2, garments=2)
    other.run("run", "m.csv", "--style", "film")
    return other.images()


def test_when_nothing_has_changed_it_says_so(tool: Tool) -> None:
    tool.run("run", "m.csv")
    ran = tool.run("resume", "out")
    assert "kept         4 finished rows" in ran.err and "changed      nothing" in ran.err
    quiet = tool.run("resume", "out", "--quiet")
    assert (quiet.out, quiet.err) == ("", "")


def test_options_that_change_finished_pictures_stop_where_nobody_can_be_asked(tool: Tool) -> None:
    tool.run("run", "m.csv")
    before, calls = snapshot(tool.work), tool.calls()
    stopped = tool.run("resume", "out", "--style", "film", "--opt", "counted.x=1", expect=2)
    assert "option style studio -> film" in stopped.err
    assert "option opt.counted.x unset -> 1 touches 4 finished rows" in stopped.err
    assert "--on-change keep" in stopped.err and "--on-change use" in stopped.err
    assert "Nothing was sent" in stopped.err and stopped.out == ""
    tool.run("resume", "out", "--style", "film", "--yes", expect=2)
    assert snapshot(tool.work) == before and tool.calls() == calls


def test_keep_goes_on_with_the_options_of_the_run(tool: Tool) -> None:
    tool.run("run", "m.csv")
    before, calls = tool.images(), tool.calls()
    ran = tool.run("resume", "out", "--style", "film", "--on-change", "keep")
    assert "not taken    style studio -> film" in ran.err
    assert tool.images() == before and tool.calls() == calls
    assert "changed      nothing" in tool.run("resume", "out").err, "the record still says studio"


def test_use_takes_the_new_options_for_every_row(tool: Tool) -> None:
    tool.run("run", "m.csv")
    ran = tool.run("resume", "out", "--style", "film", "--on-change", "use")
    assert "kept         0 finished rows" in ran.err and "style studio -> film touches 4" in ran.err
    assert tool.images() == film(tool)
    assert "changed      nothing" in tool.run("resume", "out", "--style", "film").err


def test_without_a_finished_picture_nothing_is_at_stake(tool: Tool) -> None:
    tool.run("run", "m.csv", "--attempts", "1", env=FAILS, expect=5)
    ran = tool.run("resume", "--style", "film", "--attempts", "1")
    assert "style studio -> film touches 0 finished rows" in ran.err
    assert tool.images() == film(tool)


def test_options_that_change_no_pixel_are_simply_taken(tool: Tool) -> None:
    tool.run("run", "m.csv")
    assert "changed      nothing" in tool.run("resume", "out", "--workers", "1", "--attempts", "2").err


def test_options_that_cost_more_stop_too(tool: Tool) -> None:
    tool.run("run", "m.csv", "--attempts", "1", env=FAILS, expect=5)
    calls = tool.calls()
    stopped = tool.run("resume", "-p", "priced:Priced", "--max-cost", "5", expect=2)
    assert "touches 0 finished rows, $0.31 more" in stopped.err and tool.calls() == calls


def test_stop_that_was_asked_for_stops_also_at_a_terminal(tool: Tool) -> None:
    tool.run("run", "m.csv")
    code, shown = at_terminal(tool, "resume", "out", "--style", "film", "--on-change", "stop")
    assert code == 2 and "Resume with" not in shown and "--on-change use" in shown


@pytest.mark.parametrize(
    ("answer", "code", "style"), [("o", 0, "old"), ("n", 0, "new"), ("", 2, "old"), ("x", 2, "old")]
)
def test_a_person_at_a_terminal_decides(tool: Tool, answer: str, code: int, style: str) -> None:
    tool.run("run", "m.csv")
    before = tool.images()
    ended, shown = at_terminal(tool, "resume", "out", "--style", "film", answer=answer)
    assert ended == code and "option style studio -> film touches 4 finished rows" in shown
    assert tool.images() == (before if style == "old" else film(tool))


def at_terminal(tool: Tool, *args: str, answer: str | None = None) -> tuple[int | None, str]:
    child = pexpect.spawn(
        TRYON, [*args, "--no-progress"], cwd=str(tool.work), env=tool.env, encoding="utf-8", timeout=60
    )  # type: ignore[arg-type]
    shown = ""
    if answer is not None:
        child.expect_exact("or stop (s)? [s] ")
        shown = child.before or ""
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, shown + (child.before or "")


def test_a_manifest_that_changed_runs_the_difference_and_says_so(tool: Tool) -> None:
    path = tool.work / "m.csv"
    tool.run("run", "m.csv", "--attempts", "1", env=FAILS, expect=5)
    tool.run("resume")
    before, calls = tool.images(), sum(tool.calls().values())
    header, *rows = path.read_text().splitlines()
    tool.pictures(people=3, garments=2)
    rows = [*rows[1:3], rows[3].replace("upper", "lower"), "pictures/p2.png,pictures/g0.png,upper"]
    path.write_text("\n".join([header, *rows]) + "\n")
    dry = tool.run("resume", "out", "--dry-run")
    wanted = "manifest: 1 rows new, 1 edited, 1 removed (its image stays)"
    assert wanted in dry.err and sum(tool.calls().values()) == calls
    ran = tool.run("resume", "out")
    assert wanted in ran.err and "options are the same" not in ran.err
    assert sum(tool.calls().values()) == calls + 2 + 4, "one edited garment, one new person"
    after = tool.images()
    assert after["p0__g0.jpg"] == before["p0__g0.jpg"], "its image stays"
    assert [r["id"] for r in tool.results()] == ["p0__g1", "p1__g0", "p1__g1", "p2__g0"]
    assert "changed      nothing" in tool.run("resume", "out").err


def test_a_manifest_that_only_says_the_same_in_other_words(tool: Tool) -> None:
    tool.run("run", "m.csv")
    path = tool.work / "m.csv"
    path.write_text("# spring\n" + path.read_text())
    assert "manifest: no row asks for anything else" in tool.run("resume", "out").err


def test_without_a_roll_it_still_says_that_the_manifest_changed(tool: Tool) -> None:
    tool.run("run", "m.csv")
    (tool.work / "out/.tryon/rows.bin").unlink()
    path = tool.work / "m.csv"
    path.write_text(path.read_text() + "pictures/p0.png,pictures/g1.png,lower\n")
    assert "manifest: 4 rows then, 5 now" in tool.run("resume", "out").err


def test_what_a_file_says_now_is_named_and_not_taken(tool: Tool) -> None:
    tool.run("run", "m.csv")
    before = tool.images()
    (tool.work / "tryon.toml").write_text('[recipe]\nstyle = "film"\n')
    ran = tool.run("resume", "out")
    assert "style = film (tryon.toml line 2); the run keeps studio" in ran.err and tool.images() == before


def test_rest_takes_the_new_options_for_rows_without_a_picture_only(tool: Tool) -> None:
    """What somebody does whose credit is used up: the rest with another provider, what is paid for stays."""
    tool.run("run", "m.csv")
    before = tool.images()
    with (tool.work / "m.csv").open("a") as file:
        file.write("pictures/p0.png,pictures/new.png,upper\n")
    (tool.work / "pictures/new.png").write_bytes(noise("new"))
    calls = sum(tool.calls().values())
    ran = tool.run("resume", "out", "--style", "film", "--on-change", "rest")
    assert "kept         4 finished rows" in ran.err and "for rows without a picture" in ran.err
    now = tool.images()
    assert {name: now[name] for name in before} == before and len(now) == 5
    assert sum(tool.calls().values()) == calls + 3, "a scene in the new style, a try-on, a face put back"
    again = tool.run("resume", "out")
    assert tool.images() == now and sum(tool.calls().values()) == calls + 3, again.err


def test_folders_that_an_option_chose_for_the_run_are_taken_along(tool: Tool) -> None:
    """Its pictures and its money lie there: with an empty cache all would be made again."""
    chosen = ("--cache-dir", "../big/cache", "--state-dir", "../big/state")
    tool.run("run", "m.csv", *chosen, "--attempts", "1", env=FAILS, expect=5)
    tool.run("resume", "out")
    assert len(tool.images()) == 4
    assert {key: n for key, n in tool.calls().items() if n > 1 and "try-on" not in key} == {}
    assert not (tool.base / "cache").exists() and not (tool.base / "state").exists()
    tool.run("resume", "out")
    assert not (tool.base / "cache").exists(), "nor does a second one forget them"


def test_folders_that_are_gone_or_chosen_anew_are_not(tool: Tool) -> None:
    tool.run("run", "m.csv", "--cache-dir", "../big")
    (tool.base / "big").rename(tool.base / "moved")
    tool.run("resume", "out", "--cache-dir", "../moved")
    assert not (tool.base / "cache").exists() and not (tool.base / "big").exists()
    (tool.base / "moved").rename(tool.base / "once more")
    assert "kept         4 finished rows" in tool.run("resume", "out").err
    assert (tool.base / "cache").is_dir() and not (tool.base / "big").exists()
