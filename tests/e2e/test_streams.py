"""What comes out of the command: pipes, odd terminals, odd locales, machines reading, people watching."""

from __future__ import annotations

import csv
import fcntl
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest
from tool import TRYON, Tool

ROWS = 12
ESC = "\x1b"


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    made = Tool(tmp_path)
    made.manifest()
    return made


# ---------------------------------------------------------------------- streams and locales
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"TERM": "dumb"},
        {"LANG": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm-256color"},
        {"NO_COLOR": "1"},
    ],
    ids=["pipe", "dumb", "c-locale", "latin-1", "force-color", "no-color"],
)
def test_a_pipe_gets_plain_lines(tool: Tool, env: dict[str, str]) -> None:
    strange = tool.work / "pictures/żółć-写真.png"
    (tool.work / "pictures/p0.png").rename(strange)
    text = (tool.work / "m.csv").read_text().replace("p0.png", strange.name)
    (tool.work / "m.csv").write_text(text + "pictures/none-写.png,pictures/g0.png,upper\n")
    ran = tool.run("run", "m.csv", expect=3, env=env, encoding="utf-8", errors="surrogateescape")
    assert ESC not in ran.out + ran.err
    assert "\r" not in ran.out + ran.err
    assert "Traceback" not in ran.err
    # where the system spells names in ASCII, a file with another name cannot be opened: those rows say so
    assert len(tool.images()) == (ROWS - 3 if env.get("LC_ALL") == "C" else ROWS)
    assert len(ran.err.splitlines()) < 40


def test_stdout_is_closed(tool: Tool) -> None:
    for closed in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        out = f"out{len(closed)}"
        shell = f'"{TRYON}" run m.csv -o {out} --print paths {closed}'
        done = subprocess.run(
            ["sh", "-c", shell], cwd=tool.work, env=tool.env, capture_output=True, timeout=60
        )
        assert done.returncode == 0, (closed, done.stderr)
        assert len(tool.images(out)) == ROWS


def test_head_takes_one_line(tool: Tool) -> None:
    shell = f'"{TRYON}" run m.csv --json | head -1; "{TRYON}" run m.csv --print paths | head -1'
    done = subprocess.run(
        ["sh", "-c", shell], cwd=tool.work, env=tool.env, capture_output=True, text=True, timeout=60
    )
    first, second = done.stdout.splitlines()
    assert json.loads(first)["type"] == "run_started"
    assert second.startswith("out/images/")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert len(tool.images()) == ROWS


def test_quiet_says_nothing_when_all_is_well(tool: Tool) -> None:
    for _ in range(2):
        ran = tool.run("run", "m.csv", "--quiet")
        assert ran.out == ran.err == ""
    (tool.work / "m.csv").write_text("human,garment,category\nnone.png,pictures/g0.png,upper\n")
    assert "failed.csv" in tool.run("run", "m.csv", "--quiet", expect=3).err


def test_json_lines(tool: Tool) -> None:
    ran = tool.run("run", "m.csv", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert all(line["v"] == 1 and line["t"] and line["type"] for line in lines)
    assert lines[0]["type"] == "run_started"
    assert lines[-1]["type"] == "run_finished"
    assert lines[-1]["exit"] == 0
    assert sum(line["type"] == "row" for line in lines) == ROWS
    again = [json.loads(line) for line in tool.run("run", "m.csv", "--json").out.splitlines()]
    assert sum(line["count"] for line in again if line["type"] == "rows_kept") == ROWS


# ---------------------------------------------------------------------- hostile names
def test_hostile_ids(tool: Tool) -> None:
    ids = ["../../../evil", "/etc/evil", "[red]x[/red]", f"{ESC}[31mred{ESC}]0;t\x07", '=HYPERLINK("http://x")',
           "@SUM(1)", "a;b", "con", "x" * 300, "..", "-rf"]  # fmt: skip
    with (tool.work / "h.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "human", "garment", "category", "note"])
        for n, name in enumerate(ids):
            writer.writerow([name, f"pictures/p{n % 4}.png", f"pictures/g{n % 3}.png", "upper", name])
    ran = tool.run("run", "h.csv", expect=None)
    assert ran.code in (0, 3), ran
    assert ESC not in ran.out + ran.err
    results = tool.results()
    assert len(results) == len(ids)
    made = [line for line in results if line["state"] == "made"]
    assert "[red]x[/red]" in {line["id"] for line in made}
    images = (tool.work / "out/images").resolve()
    for line in made:
        for name in line["images"]:
            path = (tool.work / "out" / name).resolve()
            assert images in path.parents
            assert re.fullmatch(r"[^\x00-\x1f/]{1,255}", path.name)
    assert not list(tool.base.glob("**/evil*.jpg")) or all(
        images in path.resolve().parents for path in tool.base.glob("**/evil*.jpg")
    )
    for sheet in ("results.csv", "failed.csv"):
        if (tool.work / "out" / sheet).exists():
            with (tool.work / "out" / sheet).open(newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    log = next((tool.work / "out/logs").glob("*.jsonl")).read_text()
    assert ESC not in log


# ---------------------------------------------------------------------- exit codes, as documented
@pytest.mark.parametrize(
    ("code", "args", "env"),
    [
        (0, [], {}),
        (2, ["--workers", "many"], {}),
        (2, ["--no-such-option"], {}),
        (3, ["--rehearse", "flaky:3"], {"COUNTED_FAIL": "try-on:input"}),
        (5, ["--rehearse", "outage", "--attempts", "1"], {}),
        (6, ["--max-flagged", "0"], {"COUNTED_NOTES": "try-on"}),
        (7, ["--rehearse", "refused"], {}),
        (10, ["--max-duration", "1"], {"COUNTED_SECONDS": "0.6"}),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else None,
)
def test_exit_code(tool: Tool, code: int, args: list[str], env: dict[str, str]) -> None:
    ran = tool.run("run", "m.csv", *args, expect=code, env=env)
    assert "Traceback" not in ran.err
    if code not in (0, 2):
        assert json.loads((tool.work / "out/run.json").read_text())["exit"] == code
    if code in (5, 7, 10):
        assert "resume" in ran.err
        tool.run("resume", "out")
        assert len(tool.images()) == ROWS


def test_exit_code_of_a_broken_manifest(tool: Tool) -> None:
    (tool.work / "m.csv").write_text("human,price\npictures/p0.png,3\n")
    ran = tool.run("run", "m.csv", expect=4)
    assert "garment" in ran.err
    assert not tool.calls()


def test_exit_code_of_nothing_to_do(tool: Tool) -> None:
    tool.run("run", "m.csv", "--error-on-nothing")
    tool.run("run", "m.csv", "--error-on-nothing", expect=9)


def test_exit_code_of_a_folder_in_use(tool: Tool) -> None:
    lock = tool.work / "out/.tryon/lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        tool.run("run", "m.csv", expect=11)
    tool.run("run", "m.csv")


def test_one_bad_row_or_picture_stops_nobody(tool: Tool) -> None:
    (tool.work / "pictures/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture")
    (tool.work / "pictures/empty.png").write_bytes(b"")
    with (tool.work / "m.csv").open("a") as file:
        file.write("pictures/broken.png,pictures/g0.png,upper\n")
        file.write("pictures/p0.png,pictures/empty.png,upper\n")
        file.write("pictures/none.png,pictures/g0.png,upper\n")
        file.write("pictures/p0.png,pictures/g0.png,hat\n")
    ran = tool.run("run", "m.csv", expect=3)
    assert len(tool.images()) == ROWS
    bad = [line for line in tool.results() if line["state"] != "made"]
    assert len(bad) == 4
    assert all(line["error"]["code"] and line["error"]["text"] for line in bad)
    with (tool.work / "out/failed.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4
    assert "failed.csv" in ran.out + ran.err


# ---------------------------------------------------------------------- a person at a terminal
def watched(tool: Tool, columns: int, seconds: str) -> pexpect.spawn:
    env = {**tool.env, "TERM": "xterm-256color", "COUNTED_SECONDS": seconds}
    return pexpect.spawn(
        TRYON,
        ["run", "m.csv"],
        cwd=str(tool.work),
        env=env,
        dimensions=(24, columns),
        encoding="utf-8",
        timeout=30,
    )


@pytest.mark.parametrize("columns", [80, 60])
def test_live_screen(tool: Tool, columns: int) -> None:
    child = watched(tool, columns, "0.1")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    text = child.before
    logs = "".join(log.read_text() for log in (tool.work / "out/logs").glob("*.jsonl"))
    stages = {line["stage"] for line in map(json.loads, logs.splitlines()) if line["type"] == "stage"}
    assert len(stages) >= 4
    assert not [stage for stage in stages if stage not in text]
    assert "  rows  " in text
    assert "█" in text
    assert f"{ROWS}/{ROWS}" in text
    hidden, shown = text.rfind(f"{ESC}[?25l"), text.rfind(f"{ESC}[?25h")
    assert 0 <= hidden < shown, "the cursor was not given back"
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    live = plain[: plain.rfind(f"{ROWS}/{ROWS}")]
    assert max(len(line) for line in re.split(r"[\r\n]+", live)) <= columns


def test_live_screen_after_ctrl_c(tool: Tool) -> None:
    child = watched(tool, 80, "0.4")
    child.expect("  rows  ")
    until = time.monotonic() + 20
    while not tool.calls() and time.monotonic() < until:
        time.sleep(0.01)
    child.sendintr()
    child.expect(pexpect.EOF)
    text = child.before
    child.close()
    assert child.exitstatus == 130
    assert f"{ESC}[?25h" in text
    assert f"{ESC}[?25l" not in text[text.rfind(f"{ESC}[?25h") :]
    assert "resume" in text


def test_live_screen_after_two_ctrl_c(tool: Tool) -> None:
    child = watched(tool, 80, "60")
    child.expect("  rows  ")
    child.kill(signal.SIGINT)
    child.expect("Stopped by Ctrl-C")  # two signals at the same moment are one
    child.kill(signal.SIGINT)
    child.expect(pexpect.EOF, timeout=9)  # after one signal the calls would get 10 s
    text = child.before
    child.close()
    assert child.exitstatus == 130
    assert f"{ESC}[?25h" in text and f"{ESC}[?25l" not in text
