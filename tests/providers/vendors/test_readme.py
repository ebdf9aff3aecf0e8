"""What the README says about services is what they take."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tryon_cli.providers import registry

README = (Path(__file__).parents[3] / "README.md").read_text()
SERVICES = README[README.index("## Services") : README.index("## A provider of your own")]
BLOCKS = re.findall(r"```toml\n(.*?)```", SERVICES, re.S)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("]")[0].strip("["))
def test_every_table_makes_a_provider(block: str) -> None:
    table = tomllib.loads(block)["providers"]
    for name in table:
        offer = registry.load(name, table).offer
        assert offer.name == name and offer.tasks and set(offer.price) == set(offer.tasks)


@pytest.mark.parametrize("name", re.findall(r"^\| `(\w+)` \|", SERVICES, re.M))
def test_every_row_names_a_provider_its_stages_and_its_key(name: str) -> None:
    row = next(line for line in SERVICES.splitlines() if line.startswith(f"| `{name}` |"))
    provider = registry.load(name)
    key = getattr(provider, "KEY_ENV", "")
    assert not key or f"`{key}`" in row
    stages = row.split("|")[2]
    assert "by `" in stages or {stage.strip() for stage in stages.split(",")} == set(provider.offer.tasks)
