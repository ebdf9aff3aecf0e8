"""A state folder, and processes of ours around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paid_world import World

from tryon_cli.model.remote import Terms


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "state")
    yield made
    made.die()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Any]:
    made: list[World] = []

    def make(terms: Terms) -> World:
        made.append(World(tmp_path / f"state{len(made)}", terms))
        return made[-1]

    yield make
    for one in made:
        one.die()
