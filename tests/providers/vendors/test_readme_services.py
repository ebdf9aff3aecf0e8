"""The README's examples of ComfyUI and Gradio make providers."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tryon_cli.model.remote import Remote
from tryon_cli.providers import registry

README = (Path(__file__).parents[3] / "README.md").read_text()
GRAPH = json.loads(Path(__file__).with_name("tryon_workflow.json").read_text())


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in re.findall(r"```toml\n(.*?)```", README, re.S):
        found |= tomllib.loads(block).get("providers", {})
    masker = {"class_type": "AutoMasker", "inputs": {"type": "upper"}, "_meta": {"title": "masker"}}
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "tryon.json").write_text(json.dumps({**GRAPH, "13": masker}))
    return {
        name: {key: value for key, value in table.items() if key != "options"}
        for name, table in found.items()
    }


@pytest.mark.parametrize(("name", "kind"), [("comfy", "ComfyUi"), ("catvton", "Gradio"), ("app", "Gradio")])
def test_an_example_is_a_provider(tables: dict[str, Any], name: str, kind: str) -> None:
    remote = registry.load(name, tables)
    assert type(remote).__name__ == kind and isinstance(remote, Remote)
    assert remote.offer.name == name and set(remote.offer.tasks) == {"try-on"} and not remote.offer.price


@pytest.mark.parametrize("name", ["openai", "gemini", "vertex"])
def test_the_others_need_no_table_at_all(name: str) -> None:
    offer = registry.load(name).offer
    assert offer.name == name and set(offer.price) == set(offer.tasks)


def test_every_one_is_in_the_readme() -> None:
    for name in ("openai", "gemini", "vertex", "comfyui", "gradio"):
        assert f"| `{name}` |" in README
