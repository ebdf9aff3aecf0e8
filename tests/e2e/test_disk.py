"""Disks that are full, read-only, gone, damaged or planted; clocks that are wrong; few file descriptors."""

from __future__ import annotations

import os
import pickle  # noqa: TID251 - to plant what must never be unpickled
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tool import Tool

ROWS, QUESTIONS = 12, 32
IN_FLIGHT = 8
"""Steps that run at once here: four places at the provider, one per core for the gate and the files."""


class Mount:
    """A small file system of its own, in memory."""

    def __init__(self, path: Path, size: str) -> None:
        self.path = path
        path.mkdir(parents=True)
        self._call("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(path))

    def change(self, options: str) -> None:
        """Remount, e.g. with size=64m or ro."""
        self._call("mount", "-o", f"remount,{options}", str(self.path))

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes free."""
        free = shutil.disk_usage(self.path).free - leave
        if free > 0:
            with (self.path / "ballast").open("wb") as file:
                file.write(bytes(free))

    def close(self) -> None:
        self._call("umount", "-l", str(self.path))

    def _call(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip())


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    made = Tool(tmp_path)
    made.manifest()
    return made


@pytest.fixture
def mount() -> Iterator[Callable[[Path, str], Mount]]:
    made: list[Mount] = []

    def make(path: Path, size: str) -> Mount:
        try:
            made.append(Mount(path, size))
        except (OSError, PermissionError) as error:
            pytest.skip(f"a small file system is needed, and mounting one is not allowed here: {error}")
        return made[-1]

    yield make
    for one in made:
        one.close()


PLACES = {
    "cache": lambda tool: tool.base / "cache",
    "state": lambda tool: tool.base / "state",
    "output": lambda tool: tool.work / "out",
}
"""What lies in a file system of its own in each of the tests below."""


def names(ran_err: str, place: Path, tool: Tool) -> bool:
    """Does the message name this folder, as a path that somebody can act on?"""
    return str(place) in ran_err or str(place.relative_to(tool.work)) in ran_err if tool.work in place.parents \
        else str(place) in ran_err  # fmt: skip


def all_there(tool: Tool, out: str = "out") -> None:
    assert len(tool.images(out)) == ROWS
    assert len(tool.calls()) == QUESTIONS
    assert tool.leftovers() == []


# ---------------------------------------------------------------------- full
@pytest.mark.parametrize("place", ["cache", "output"])
def test_disk_gets_full_in_the_middle(tool: Tool, mount: Callable[[Path, str], Mount], place: str) -> None:
    folder = PLACES[place](tool)
    disk = mount(folder, "64m")
    tool.manifest("small.csv", people=1, garments=1)
    tool.run("run", "small.csv")
    disk.fill(leave=700_000 if place == "cache" else 24_000)
    ran = tool.run("run", "m.csv", expect=12)
    assert names(ran.err, folder, tool), ran.err
    assert "Traceback" not in ran.err
    asked, known = tool.asked(), tool.answers()
    assert len(asked) > 4, "it must come in the middle"
    assert 1 <= len(tool.images()) < ROWS
    (folder / "ballast").unlink()
    tool.run("resume", "out")
    all_there(tool)
    again = {key for key, n in tool.asked().items() if n > asked[key] > 0}
    assert not again & known, "asked again although the answer was recorded"
    assert len(again) <= IN_FLIGHT, f"{len(again)} pictures that were paid for were thrown away"


@pytest.mark.parametrize("place", ["cache", "state", "output"])
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_disk_that_takes_nothing(
    tool: Tool, mount: Callable[[Path, str], Mount], place: str, how: str
) -> None:
    folder = PLACES[place](tool)
    disk = mount(folder, "1m")
    if how == "full":
        disk.fill()
    else:
        disk.change("ro")
    ran = tool.run("run", "m.csv", expect=12)
    assert names(ran.err, folder, tool), ran.err
    assert "Traceback" not in ran.err
    assert not tool.calls(), "something was sent although nothing could have been kept"
    if how == "full":
        (folder / "ballast").unlink()
        disk.change("size=64m")
    else:
        disk.change("rw,size=64m")
    tool.run("run", "m.csv")
    all_there(tool)
    assert set(tool.calls().values()) == {1}


@pytest.mark.parametrize("place", ["cache", "output"])
def test_disk_becomes_read_only_between_two_runs(
    tool: Tool, mount: Callable[[Path, str], Mount], place: str
) -> None:
    folder = PLACES[place](tool)
    disk = mount(folder, "64m")
    tool.manifest("small.csv", people=1, garments=1)
    tool.run("run", "small.csv")
    disk.change("ro")
    ran = tool.run("run", "m.csv", expect=12)
    assert names(ran.err, folder, tool), ran.err
    assert sum(tool.calls().values()) == 4
    disk.change("rw")
    tool.run("run", "m.csv")
    all_there(tool)
    assert set(tool.calls().values()) == {1}


# ---------------------------------------------------------------------- gone
def test_cache_vanishes_while_running(tool: Tool) -> None:
    process = tool.start("run", "m.csv", env={"COUNTED_SECONDS": "0.4"})
    assert tool.wait_calls(6, process)
    gone = tool.cache.with_name("gone")
    tool.cache.rename(gone)  # in one instant, as unmounting would
    shutil.rmtree(gone)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 12, err
    assert str(tool.cache) in err
    assert "removed" in err
    tool.run("resume", "out")
    all_there(tool)


def test_cache_is_removed_between_two_runs(tool: Tool) -> None:
    """It is a cache: finished rows stay as they are, everything else is made again."""
    tool.run("run", "m.csv")
    before = tool.images()
    shutil.rmtree(tool.cache)
    tool.run("run", "m.csv")
    assert sum(tool.calls().values()) == QUESTIONS
    tool.run("run", "m.csv", "-o", "second")
    assert tool.images("second") == before
    assert sum(tool.calls().values()) == 2 * QUESTIONS


# ---------------------------------------------------------------------- damaged
def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def test_a_flipped_byte_in_each_stored_picture(tool: Tool) -> None:
    tool.manifest("one.csv", people=1, garments=1)
    tool.run("run", "one.csv")
    right = tool.images()
    blobs = sorted(path for path in (tool.cache / "blobs").rglob("*") if path.is_file())
    assert len(blobs) >= 7
    dice = random.Random(1)
    told = 0
    for n, path in enumerate(blobs):
        whole = path.read_bytes()
        flip(path, dice.randrange(len(whole)))
        ran = tool.run("run", "one.csv", "-o", f"out{n}")
        assert tool.images(f"out{n}") == right
        if path.exists() and path.read_bytes() == whole:
            told += "set aside" in ran.err
        else:  # nobody needed it: the pictures made from it were there
            assert "set aside" not in ran.err
            path.write_bytes(whole)
    assert told >= 1
    assert tool.leftovers() == []


def test_a_damaged_journal_is_set_aside(tool: Tool) -> None:
    tool.run("run", "m.csv")
    right = tool.images()
    (tool.work / "out/.tryon/journal.db").write_bytes(b"this is no database" * 100)
    ran = tool.run("run", "m.csv")
    assert "set aside" in ran.err
    assert tool.images() == right
    assert sum(tool.calls().values()) == QUESTIONS


# ---------------------------------------------------------------------- planted
class Trap:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("table", ["index"])
def test_planted_rows_do_nothing(tool: Tool, table: str) -> None:
    for picture in (tool.work / "pictures").iterdir():
        os.utime(picture, (1e9, 1e9))  # old enough to be remembered
    tool.run("run", "m.csv")
    right = tool.images()
    mark = tool.base / "code-ran"
    outside = tool.cache / "outside.txt"
    outside.write_text("not yours")
    trap = pickle.dumps(Trap(str(mark)))
    pickle.loads(trap)  # noqa: S301
    mark.rmdir()  # the trap works
    with sqlite3.connect(tool.cache / table / "cache.db") as db:
        (mode, filename) = (4, "../outside.txt")
        keys = [key for (key,) in db.execute("select key from Cache order by rowid")]
        db.execute("update Cache set mode=?, value=? where key=?", (mode, trap, keys[0]))
        db.execute("update Cache set mode=2, filename=?, value=null where key=?", (filename, keys[1]))
        db.execute("update Cache set mode=?, filename=?, value=null where key=?", (mode, filename, keys[2]))
        db.execute("update Cache set raw=0, key=? where key=?", (trap, keys[3]))
        plant = "insert into Cache(key, raw, store_time, access_time, tag, mode, filename, value) "
        db.execute(plant + "values(?,0,0,0,null,4,null,?)", (trap + b".", trap))
        db.execute(plant + "values('f',1,0,0,null,2,?,null)", (filename,))
        db.execute("update Settings set value=1 where key='size_limit'")
    db.close()
    tool.run("run", "m.csv", "-o", "second")
    assert not mark.exists(), "planted code ran"
    assert outside.read_text() == "not yours"
    assert tool.images("second") == right


# ---------------------------------------------------------------------- clocks and limits
@pytest.mark.parametrize("years", ["+10y", "-10y"])
def test_a_clock_that_is_years_off(tool: Tool, years: str) -> None:
    tool.run("run", "m.csv")
    right = tool.images()
    fake = ["faketime", "-f", years]
    if shutil.which("faketime") is None:
        pytest.skip("needs the program faketime")
    env = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    tool.run("run", "m.csv", before=fake, env=env)
    tool.run("run", "m.csv", "-o", "second", before=fake, env=env)
    tool.run("run", "m.csv", "-o", "third")
    assert tool.images() == tool.images("second") == tool.images("third") == right
    assert sum(tool.calls().values()) == QUESTIONS, "the clock alone made it ask again"


def test_few_file_descriptors(tool: Tool) -> None:
    tool.manifest(people=10, garments=12)
    few = ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"]
    tool.run("run", "m.csv", "--workers", "64", before=few)
    assert len(tool.images()) == 120
    assert set(tool.calls().values()) == {1}
