"""All levels into one Settings: options, environment, project file, user file, defaults. Knows no screens.

A manifest's row beats all of these; that is settled where rows are read. Tables (map, limits, providers, ...)
are joined key by key over the levels, everything else is taken whole from the highest level that says it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..model.errors import Exit, TryonError
from ..model.secrets import HIDDEN, is_secret
from . import files, places
from .declare import Settings, declared
from .reading import Wrong, read
from .record import PLACES, RECORD, values_of
from .setting import PREFIX, Declared


class Said(NamedTuple):
    """One value that some level gives to a setting."""

    item: Declared
    raw: Any
    origin: str
    """As shown: "flag --style"."""
    text: bool
    base: Path | None = None


def resolve(
    flags: Mapping[str, object],
    manifest: str = "",
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user_file: Path | None = None,
    record: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> Settings:
    """The settings of one call, with their origins.

    flags: options that were given, by setting name (cli.options). manifest: as the user named it, for the
    project file beside it. record, folder: an earlier run's to_record() and its output folder; they stand
    between options and environment. Raises TryonError(USAGE) that names every problem at once.
    """
    environment = os.environ if environment is None else environment
    cwd = Path.cwd() if cwd is None else cwd
    found, wrong = _files(manifest, cwd, user_file)
    levels = [_level(file) for file in found]
    said, bad = _environment(environment)
    levels.append(said)
    wrong += bad
    if record is not None:
        values = values_of(record, folder)
        gone = {name for name in PLACES if name in values and not values[name].is_dir()}
        levels.append([Said(i, values[i.name], RECORD, False) for i in declared()
                       if i.says.kept and i.name in values and i.name not in gone])  # fmt: skip
    levels.append([Said(i, flags[i.name], f"flag {i.option}", True) for i in declared() if i.name in flags])
    values, origins, bad = _merge(levels)
    if wrong or bad:
        raise _refused([*wrong, *bad])
    return Settings(**values, origins=origins)


def _files(manifest: str, cwd: Path, user_file: Path | None) -> tuple[list[files.File], list[str]]:
    """The user's file, then the project's: the later ones win."""
    mine = user_file or places.user_file()
    read_files = [files.load(mine, _short(mine))]
    for path in places.project_files(manifest, cwd):
        own = path.parent.resolve() == cwd.resolve()
        file = files.load(path, path.name if own else _short(path), stranger=not own)
        if file is not None:
            read_files.append(file)
            break
    found = [file for file in read_files if file is not None]
    return found, [text for file in found for text in file.wrong]


def _short(path: Path) -> str:
    """~/.config/tryon/config.toml."""
    home = os.environ.get("HOME", "")
    return "~" + str(path)[len(home) :] if home and str(path).startswith(home + "/") else str(path)


def _level(file: files.File) -> list[Said]:
    """What a file says; [providers.NAME.options] becomes part of recipe.opt."""
    said = []
    for item, raw, line in file.found:
        origin = f"{file.name} line {line}"
        if item.name == "providers" and isinstance(raw, dict):
            options = {
                f"{name}.{key}": value
                for name, table in raw.items() if isinstance(table, dict)
                for key, value in _table(table.get("options")).items()
            }  # fmt: skip
            raw = {name: _without_options(table) for name, table in raw.items()}
            if options:
                said.append(Said(_OPT, options, origin, False))
        said.append(Said(item, raw, origin, False, file.path.parent))
    return said


_OPT = next(item for item in declared() if item.name == "opt")


def _table(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _without_options(table: Any) -> Any:
    if isinstance(table, dict) and isinstance(table.get("options"), dict):
        return {key: value for key, value in table.items() if key != "options"}
    return table


def _environment(environment: Mapping[str, str]) -> tuple[list[Said], list[str]]:
    """TRYON_... variables; empty ones count as not set."""
    said, known = [], {}
    for item in declared():
        if item.name in ("providers", "defaults"):
            continue  # tables are for files
        known[item.env] = item
        if value := environment.get(item.env):
            said.append(Said(item, value, f"environment {item.env}", True))
        elif item.env_off:
            known[item.env_off] = item
            if value := environment.get(item.env_off):
                said.append(Said(item, _turned(value), f"environment {item.env_off}", True))
    wrong = []
    for name in environment:
        if name.startswith(PREFIX) and name not in known and not is_secret(name):
            near = difflib.get_close_matches(name, known, 1, 0.85)
            if near:  # something quite different may belong to somebody else, and is left alone
                wrong.append(f"environment {name} is not known. Did you mean {near[0]}?")
    return said, wrong


def _turned(value: str) -> str:
    """TRYON_NO_PROGRESS=1 is TRYON_PROGRESS=0."""
    word = value.strip().lower()
    return {"1": "0", "true": "0", "yes": "0", "on": "0", "0": "1", "false": "1", "no": "1", "off": "1"}.get(
        word, value
    )


def _merge(levels: list[list[Said]]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Later levels win; tables are joined."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    wrong = []
    for said in (part for level in levels for part in level):
        item = said.item
        try:
            value = read(item, said.raw, text=said.text, base=said.base)
        except Wrong as error:
            wrong.append(_complaint(said, error))
            continue
        if item.pairs and values.get(item.name) and value:
            value = _joined(values[item.name], value)
            origins[item.name] += f" + {said.origin}"
        else:
            origins[item.name] = said.origin
        values[item.name] = value
    return values, origins, wrong


def _joined(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    """Key by key, one level deeper for provider tables."""
    both = {
        key: {**low[key], **high[key]}
        for key in low.keys() & high.keys()
        if isinstance(low[key], dict) and isinstance(high[key], dict)
    }
    return {**low, **high, **both}


def _complaint(said: Said, error: Wrong) -> str:
    """Where, value, allowed, nearest."""
    item = said.item
    raw = HIDDEN if is_secret(item.name) else error.shown or _plain(said.raw)
    name = "" if said.text else f"{item.toml} "
    text = f"{said.origin}: {name}{'is ' if name else ''}{raw}, expected {error.expected}."
    if error.near:
        return f"{text} Did you mean {error.near}?"
    for other in declared():
        if other.name != item.name and isinstance(said.raw, str) and said.raw in other.says.choices:
            return f"{text} Did you mean {other.option} {said.raw}?"
    return text


def _plain(raw: Any) -> str:
    """A value for a message: one line, not too long, no secrets of a table."""
    if isinstance(raw, dict):
        return "a table"
    text = repr(raw) if isinstance(raw, str) else str(raw).lower() if isinstance(raw, bool) else str(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def _refused(wrong: list[str]) -> TryonError:
    if len(wrong) == 1:
        return TryonError(Exit.USAGE, wrong[0], code="E-SETTING")
    return TryonError(
        Exit.USAGE, f"{len(wrong)} settings cannot be used.", details=tuple(wrong), code="E-SETTING"
    )
