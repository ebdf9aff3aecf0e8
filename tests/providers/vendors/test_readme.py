"""What the README says about services is what they take."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tryon_cli.providers import registry

README = (Path(__file__).parents[3] / "README.md").read_text()
SERVICES = README[README.index("## Services") : README.index("## A provider of your own")]
TABLES: list[tuple[str, dict[str, Any]]] = [
    (name, values)
    for block in re.findall(r"```toml\n(.*?)```", SERVICES, re.S)
    for name, values in tomllib.loads(block).get("providers", {}).items()
]
ROWS = [line.split("|") for line in SERVICES.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("name,values", TABLES, ids=[name for name, _ in TABLES])
def test_every_table_makes_a_provider(name: str, values: dict[str, Any]) -> None:
    if "workflow" in values:  # ours has no node that makes masks
        inputs = {ours: node for ours, node in values["inputs"].items() if ours != "category"}
        ours = {
            "workflow": str(Path(__file__).parent / "tryon_workflow.json"),
            "inputs": inputs,
            "values": {},
        }
        values = {**values, **ours}
    offer = registry.load(name, {name: values}).offer
    assert offer.name == name and offer.tasks and set(offer.price) <= set(offer.tasks)


@pytest.mark.parametrize("row", ROWS, ids=[row[1].strip(" `") for row in ROWS])
def test_every_row_names_a_provider_its_stages_and_its_key(row: list[str]) -> None:
    name, stages, key = row[1].strip(" `"), row[2].strip(), row[3]
    module, _, attribute = registry.BUILT_IN[name].partition(":")
    kind = getattr(import_module(module), attribute)
    assert not kind.KEY_ENV or f"`{kind.KEY_ENV}`" in key
    if not stages.startswith(("by ", "any")):
        assert {stage.strip() for stage in stages.split(",")} == set(registry.load(name).offer.tasks)


def test_every_service_has_its_row() -> None:
    assert {row[1].strip(" `") for row in ROWS} == set(registry.BUILT_IN) - {"local"}
