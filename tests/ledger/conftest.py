"""A state folder, and processes of ours around it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paid_world import World

from tryon_cli.model.remote import Terms


@pytest.fixture
def place() -> Iterator[Path]:
    """Thousands of commits: in memory where there is room. What a disk does with them is tried elsewhere."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 256 << 20
    folder = Path(tempfile.mkdtemp(dir=memory if roomy else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def world(place: Path) -> Iterator[World]:
    made = World(place / "state")
    yield made
    made.die()


@pytest.fixture
def worlds(place: Path) -> Iterator[Any]:
    made: list[World] = []

    def make(terms: Terms) -> World:
        for old in made:
            old.die()
            shutil.rmtree(old.folder, ignore_errors=True)
        made.append(World(place / f"state{len(made)}", terms))
        return made[-1]

    yield make
    for one in made:
        one.die()
