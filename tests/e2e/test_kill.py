"""SIGKILL at any moment and at every named one: what was paid for is kept, what comes out is the same."""

from __future__ import annotations

import csv
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from tool import Tool, wait_for

from tryon_cli.model.crash import POINTS

PEOPLE, GARMENTS = 4, 5
QUESTIONS = 2 * PEOPLE + 2 * PEOPLE * GARMENTS
"""Each person's scene and face once, then try-on and face-swap for every row."""
KILLS = 5
"""What one kill can lose: the four calls that are out, and as many answers that wait for the running commit."""
AFTER_RECORD = ("results", "run-ended")
"""Points at which every answer is on disk already."""


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pictures of a run that nobody disturbs."""
    tool = Tool(tmp_path_factory.mktemp("undisturbed"))
    tool.manifest(people=PEOPLE, garments=GARMENTS)
    tool.run("run", "m.csv")
    assert len(tool.images()) == PEOPLE * GARMENTS
    assert sum(tool.calls().values()) == QUESTIONS
    return tool.images()


class Watch:
    """Judges after each kill what the next run may ask again."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.kept: dict[str, int] = {}
        """Recorded keys, and how often they had been asked when they were first seen recorded."""
        self.lost = 0

    def look(self) -> None:
        """After a kill, before the next start."""
        asked, known = self.tool.asked(), self.tool.answers()
        self.lost += len(set(asked) - known)
        for key in known & set(asked):
            self.kept.setdefault(key, asked[key])

    def judge(self, kills: int) -> None:
        """After the last run."""
        asked = self.tool.asked()
        again = {key: (n, asked[key]) for key, n in self.kept.items() if asked[key] != n}
        assert not again, f"asked again although the answer was recorded: {again}"
        assert len(asked) == QUESTIONS
        twice = sum(asked.values()) - QUESTIONS
        assert twice <= self.lost, "asked again without a kill between the call and its record"
        assert kills or not twice


def whole(tool: Tool, undisturbed: dict[str, str]) -> None:
    """Everything is there as if nothing had happened, and nothing else."""
    assert tool.images() == undisturbed
    assert tool.leftovers() == []
    assert not (tool.work / "out/failed.csv").exists()
    assert {line["state"] for line in tool.results()} <= {"made", "cached"}
    with (tool.work / "out/results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [line["id"] for line in tool.results()]
    assert len(rows) == PEOPLE * GARMENTS
    there, named = tool.cache_bytes()
    assert named <= there <= 1.01 * named, f"{there - named} bytes in the cache that no answer names"


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_random_moments(tmp_path: Path, seed: int, undisturbed: dict[str, str]) -> None:
    dice = random.Random(seed)
    tool = Tool(tmp_path)
    tool.env["COUNTED_SECONDS"] = "0.03"
    tool.manifest(people=PEOPLE, garments=GARMENTS)
    watch, kills = Watch(tool), 0
    for _ in range(KILLS):
        # by calls, so that the moments lie within the work however busy the machine is; by time as well, for
        # the moments before the first call and after the last
        more, late = dice.choice((0, 1, 3, 6, 9)), dice.uniform(0, 0.06)
        before = sum(tool.calls().values())
        process = tool.start(*tool.go_on())
        try:
            if more:
                tool.wait_calls(before + more, process)
            else:
                late = dice.uniform(0, 0.5)
            time.sleep(late)  # the moment itself is what is tried here
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
        kills += process.returncode == -signal.SIGKILL
        watch.look()
    tool.run(*tool.go_on())
    watch.judge(kills)
    whole(tool, undisturbed)


MOMENTS = [(point, n) for point, later in zip(POINTS, (17, 23, 30, 11, 9, 2, 0, 0, 0), strict=True)
           for n in ((1, later) if later else (1,))]  # fmt: skip


@pytest.mark.parametrize(("point", "turn"), MOMENTS)
def test_killed_at_named_moment(tmp_path: Path, point: str, turn: int, undisturbed: dict[str, str]) -> None:
    tool = Tool(tmp_path)
    tool.manifest(people=PEOPLE, garments=GARMENTS)
    tool.env["COUNTED_SECONDS"] = "0.01"
    watch = Watch(tool)
    tool.run("run", "m.csv", expect=137, env={"TRYON_CRASH": f"{point}:{turn}"})
    watch.look()
    if point == "run-begun":
        assert not tool.calls(), "a call went out before the run's first record was on disk"
    tool.run("resume", "out")
    watch.judge(1)
    whole(tool, undisturbed)
    if point in AFTER_RECORD:
        assert set(tool.calls().values()) == {1}


@pytest.mark.parametrize("point", ["run-begun", "rows", "run-ended", "results"])
def test_killed_in_a_later_run(tmp_path: Path, point: str, undisturbed: dict[str, str]) -> None:
    """The results of the first run must not stand for those of the second one."""
    tool = Tool(tmp_path)
    tool.manifest(people=2, garments=GARMENTS)
    tool.run("run", "m.csv")
    tool.manifest(people=PEOPLE, garments=GARMENTS)
    tool.run("run", "m.csv", expect=137, env={"TRYON_CRASH": f"{point}:1"})
    tool.run("resume", "out")
    assert len(tool.asked()) == QUESTIONS
    whole(tool, undisturbed)


def test_the_same_moment_kills_every_run_until_there_is_nothing_left(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    """Each run gets at least as far as its kill: there is progress however often it happens."""
    tool = Tool(tmp_path)
    tool.manifest(people=PEOPLE, garments=GARMENTS)
    watch, kills = Watch(tool), 0
    for _ in range(12):
        ran = tool.run(*tool.go_on(), expect=None, env={"TRYON_CRASH": "published:4"})
        if ran.code == 0:
            break
        assert ran.code == 137
        kills += 1
        watch.look()
    assert 2 <= kills <= PEOPLE * GARMENTS // 3
    watch.judge(kills)
    whole(tool, undisturbed)


def test_the_lock_of_a_killed_run_is_free_at_once(tmp_path: Path) -> None:
    tool = Tool(tmp_path)
    tool.manifest()
    process = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "30"})
    assert tool.wait_calls(1, process)
    process.kill()
    process.communicate(timeout=10)
    began = time.monotonic()
    tool.run("resume", "out")
    assert time.monotonic() - began < 29, "it waited for a call of the dead one"
    assert len(tool.images()) == 12


def test_a_killed_run_leaves_no_process_behind(tmp_path: Path) -> None:
    tool = Tool(tmp_path)
    tool.manifest()
    process = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "30"}, start_new_session=True)
    assert tool.wait_calls(1, process)
    process.kill()
    process.communicate(timeout=10)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_the_counter_counts(tmp_path: Path) -> None:
    """The tests above stand on it: a forgotten answer is asked for again, and that is seen."""
    tool = Tool(tmp_path)
    tool.manifest(people=1, garments=1)
    tool.run("run", "m.csv")
    once = tool.calls()
    assert once == Counter(dict.fromkeys(once, 1))
    tool.run("run", "m.csv", "--cache-dir", str(tmp_path / "other"), "--output", "other")
    assert tool.calls() == Counter(dict.fromkeys(once, 2))
    process = tool.start("config", "show")
    assert not wait_for(lambda: False, process)
    process.communicate()
