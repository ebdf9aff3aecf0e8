"""What is written down is true: README, changelog and help agree with the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tryon_cli import __version__
from tryon_cli.cli.app import COMMANDS
from tryon_cli.model.errors import EXIT_ORDER, Exit
from tryon_cli.pipeline import PIPELINES
from tryon_cli.providers.wrap.rehearsed import KINDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`tryon {name}" in README


@pytest.mark.parametrize("code", [c for c in Exit if c < 100])
def test_every_exit_code_is_in_the_readme(code: Exit) -> None:
    assert f"| {int(code)} | {code.name.lower()} |" in README


def test_the_order_of_exit_codes_is_the_written_one() -> None:
    assert set(EXIT_ORDER) == set(Exit) and len(EXIT_ORDER) == len(Exit)
    written = re.search(r"first in the order ([0-9a-z, ]+) is given", README)
    assert written is not None
    wanted = [int(c) if c.isdigit() else 129 for c in written[1].split(", ")]
    ours = [c for c in EXIT_ORDER if c not in (Exit.OK, Exit.INTERRUPTED, Exit.TERMINATED)]
    assert wanted == [int(c) for c in ours]


@pytest.mark.parametrize("word", [*PIPELINES, *KINDS])
def test_pipelines_and_rehearsals_are_in_the_readme(word: str) -> None:
    assert f"`{word}`" in README or f"--rehearse {word}`" in README


def test_the_two_commands_are_there() -> None:
    commands = re.findall(r"^    (python3 -m venv .*)$", README, re.M)
    assert len(commands) == 2
    assert "tryon run samples/manifest.csv" in commands[0] and commands[1].endswith("-m pytest")


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_example_of_a_provider_is_a_provider() -> None:
    code = re.search(r"```python\n(.*?)```", README, re.S)
    assert code is not None
    space: dict[str, object] = {"my_render": lambda human, garment, category: b"picture"}
    exec(code[1], space)
    from tryon_cli.model.ports import Job, Provider

    mine = space["Mine"]()  # type: ignore[operator]
    assert isinstance(mine, Provider)
    assert mine.submit(Job("try-on", {"human": b"", "garment": b""}, {})).image == b"picture"  # type: ignore[union-attr]
