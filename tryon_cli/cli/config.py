"""`tryon config`: every setting, its value and who set it. Knows no command that uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..model.secrets import hide
from ..settings import places
from ..settings.declare import Settings, declared
from ..settings.resolve import resolve
from .options import Flags, takes

app = typer.Typer(help="Settings, and where they come from.", add_completion=False)

_Manifest = Annotated[
    str, typer.Argument(help="Also read the tryon.toml beside this manifest.", metavar="MANIFEST")
]


@app.command("show")
@takes("config")
def show(
    flags: Flags,
    manifest: _Manifest = "",
    origin: Annotated[bool, typer.Option("--origin", help="Also say who set each value.")] = False,
) -> int:
    """Print every setting with its value. Keys and tokens are shown as ***."""
    settings = resolve(flags, manifest)
    rows = [(item.says.section, item.name, value_of(settings, item.name), settings.origin(item.name))
            for item in declared()]  # fmt: skip
    if settings.json:
        table = {
            name: {"value": value, "origin": source, "section": section}
            for section, name, value, source in rows
        }
        print(json.dumps(table, ensure_ascii=False, indent=2))
        return 0
    width = max(len(name) for _, name, _, _ in rows)
    shown = [(section, f"{name:{width}}  {_text(value)}", source) for section, name, value, source in rows]
    column = min(44, max(len(line) for _, line, _ in shown))
    before = ""
    for section, line, source in shown:
        if section != before:
            print(f"[{section}]")
            before = section
        print(f"{line:{column}}  {source}".rstrip() if origin else line.rstrip())
    return 0


@app.command("path")
@takes("config")
def path(flags: Flags, manifest: _Manifest = "") -> int:
    """Print where settings, cache and state lie."""
    settings = resolve(flags, manifest)
    files = [places.user_file(), *places.project_files(manifest, Path.cwd())]
    if settings.json:
        found = {"files": [str(p) for p in files if p.is_file()], "cache": str(settings.cache_path),
                 "state": str(settings.state_path)}  # fmt: skip
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    for file in files:
        print(f"settings  {file}{'' if file.is_file() else '   (not there)'}")
    print(f"cache     {settings.cache_path}")
    print(f"state     {settings.state_path}")
    return 0


def value_of(settings: Settings, name: str) -> Any:
    """A value as JSON knows it, without secrets; the places as they really are."""
    value = getattr(settings, name)
    if name in ("cache_dir", "state_dir"):
        return str(settings.cache_path if name == "cache_dir" else settings.state_path)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [str(part) for part in value]
    return hide(value) if isinstance(value, dict) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
