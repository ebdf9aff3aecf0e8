"""The commented example file, written from the declarations. Knows no user and no place."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from .declare import declared
from .setting import Declared

_HEAD = """\
# Settings of tryon. Copy to tryon.toml beside your manifest (or into the folder you run in), or to
# ~/.config/tryon/config.toml for all projects, and take the "# " away from what you want to change.
#
# A column of the manifest beats an option, an option the environment (TRYON_STYLE, TRYON_MAX_ROWS, ...),
# that beats tryon.toml, and that your own config.toml. `tryon config show --origin` says who set what.
# Paths are relative to this file.
"""

_ABOUT = {
    "recipe": "What the pictures look like. Changing any of these makes pictures anew.",
    "run": "How a run goes. None of these changes a picture.",
    "manifest": "How a manifest is read.",
    "screen": "What is shown.",
    "places": "Where things are kept.",
    "limits": "How many steps of a stage, or of a provider, run at once.",
    "defaults": "What empty cells of a manifest hold, by column.",
    "providers": "Providers. `provider` names a class of your own; keys come from a file, never from here.",
    "assets": "A bucket of your own (extra s3): services fetch pictures from it instead of getting their bytes.",
}


def example_toml() -> str:
    """The whole file. Every setting is in it, commented out, with its default or an example."""
    parts = [_HEAD]
    section = ""
    for item in declared():
        if not item.says.filed:
            continue
        if item.says.section != section:
            section = item.says.section
            parts.append(f"\n# {_ABOUT[section]}\n[{section}]\n")
        parts.append(_entry(item))
    return "".join(parts)


def _entry(item: Declared) -> str:
    note = item.says.help
    if item.says.choices:
        note += " One of " + ", ".join(item.says.choices) + "."
    comment = "".join(f"# {line}\n" for line in textwrap.wrap(note, 100))
    if item.says.table:
        return f"{comment}# {item.says.example}\n"
    return f"{comment}# {item.key} = {item.says.example or toml(item.default)}\n"


def toml(value: Any) -> str:
    """A value as TOML spells it: JSON's strings, numbers and lists are TOML too."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


if __name__ == "__main__":
    print(example_toml(), end="")
