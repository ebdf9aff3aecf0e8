"""Pictures that the cache has lost or that were damaged in it are made again, in the same run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tool import Tool


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path)


@pytest.mark.parametrize("harm", ["flip", "delete"])
def test_every_stored_picture_harmed_at_once(tool: Tool, harm: str) -> None:
    tool.manifest()
    tool.run("run", "m.csv")
    right = tool.images()
    for path in (tool.cache / "blobs").rglob("*"):
        if path.is_file() and harm == "delete":
            path.unlink()
        elif path.is_file():
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
    tool.run("run", "m.csv", "-o", "out2")
    assert tool.images("out2") == right
    assert tool.leftovers() == []


def test_a_harmed_picture_in_the_middle_is_made_again_for_a_new_setting(tool: Tool) -> None:
    tool.manifest(people=1, garments=1)
    tool.run("run", "m.csv")
    for path in (tool.cache / "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    tool.run("run", "m.csv", "-o", "out2", "--quality", "50")
    assert len(tool.images("out2")) == 1
