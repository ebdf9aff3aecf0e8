"""Reading [providers.NAME.tasks.STAGE] of a service that is described in the settings. Sends nothing.

Every mistake is told at once, with the key that holds it, what it holds and what may stand there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.chains import STAGES
from ..model.errors import FaultKind
from ..model.remote import Call
from .http.faults import Words
from .http.paths import well_formed

PICTURES = ("data-uri", "base64", "file")
KINDS = ("throttled", "transient", "lost", "input", "content", "account", "config")


@dataclass(frozen=True)
class StatusRecipe:
    """How a job is asked about."""

    path: str = ""
    at: str = ""
    method: str = "GET"
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    wait: float = 2.0
    """Seconds between two questions."""


@dataclass(frozen=True)
class TaskRecipe:
    """One stage of a described service."""

    path: str
    output: str
    method: str = "POST"
    version: str = "1"
    price: float | None = None
    """USD; None: nobody said."""
    pictures: str = "data-uri"
    json: Any = None
    form: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Part name -> role of the picture."""
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    status: StatusRecipe = StatusRecipe()
    seconds: float = 60.0
    """Deadline of the paid request."""
    error_code: str = ""
    error_text: str = ""
    words: Words = field(default_factory=Words)

    def asked(self) -> dict[str, Any]:
        """What decides the pixels: everything that is sent, nothing about prices, errors or waiting."""
        return {
            "path": self.path, "method": self.method, "pictures": self.pictures, "json": self.json,
            "form": dict(self.form), "files": dict(self.files), "query": dict(self.query), "output": self.output,
        }  # fmt: skip

    def fits(self, call: Call) -> bool:
        """Could this recipe have made the request? By the fields that its body has."""
        ours = set(self.json) if isinstance(self.json, Mapping) else set(self.form)
        theirs = set(call.json) if isinstance(call.json, Mapping) else set(call.form)
        return theirs <= ours and {part for part, *_ in call.files} <= set(self.files)


class _Reader:
    """Takes keys out of one table and notes what is wrong with them."""

    def __init__(self, table: Mapping[str, Any], place: str, wrong: list[str]) -> None:
        self.table = dict(table)
        self.place = place
        self.wrong = wrong

    def take(self, key: str, kind: type | tuple[type, ...], default: Any) -> Any:
        value = self.table.pop(key, default)
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            names = kind if isinstance(kind, tuple) else (kind,)
            self.wrong.append(f"{self.place}.{key} must be {' or '.join(n.__name__ for n in names)}")
            return default
        return value

    def path(self, key: str) -> str:
        """A place in an answer."""
        value: str = self.take(key, str, "")
        if value and not well_formed(value):
            self.wrong.append(f"{self.place}.{key}: {value!r} is no path such as data.images[0].url")
            return ""
        return value

    def strange(self) -> None:
        for key in self.table:
            self.wrong.append(f"{self.place}.{key} is not known")


def read_tasks(tables: Any, name: str) -> dict[str, TaskRecipe]:
    """The recipes by stage. Raises TypeError with every mistake."""
    wrong: list[str] = []
    if not isinstance(tables, Mapping) or not tables:
        raise TypeError(f"[providers.{name}] needs at least one table [providers.{name}.tasks.try-on]")
    recipes = {}
    for stage, table in tables.items():
        place = f"providers.{name}.tasks.{stage}"
        if stage not in STAGES:
            wrong.append(f"{place}: a stage is one of {', '.join(STAGES)}")
        elif not isinstance(table, Mapping):
            wrong.append(f"{place} must be a table")
        else:
            recipes[stage] = _read(_Reader(table, place, wrong))
    if wrong:
        raise TypeError("; ".join(wrong))
    return recipes


def _read(reader: _Reader) -> TaskRecipe:
    path, output = reader.take("path", str, ""), reader.path("output")
    id_path = reader.path("id")
    status = reader.take("status", Mapping, {})
    error = _Reader(reader.take("error", Mapping, {}), f"{reader.place}.error", reader.wrong)
    codes = reader.take("codes", Mapping, {})
    pictures = reader.take("pictures", str, "data-uri")
    recipe = TaskRecipe(
        path=path,
        output=output,
        method=reader.take("method", str, "POST").upper(),
        version=str(reader.take("version", (str, int), "1")),
        price=reader.take("price", (int, float), None),
        pictures=pictures,
        json=reader.take("json", Mapping, None),
        form=reader.take("form", Mapping, {}),
        files=reader.take("files", Mapping, {}),
        query=reader.take("query", Mapping, {}),
        headers=reader.take("headers", Mapping, {}),
        id=id_path,
        status=_status(status, reader),
        seconds=float(reader.take("seconds", (int, float), 60.0)),
        error_code=error.path("code"),
        error_text=error.path("text"),
        words=Words(kinds=_kinds(codes, reader)),
    )
    reader.strange()
    error.strange()
    _complete(recipe, reader)
    return recipe


def _status(table: Mapping[str, Any], reader: _Reader) -> StatusRecipe:
    part = _Reader(table, f"{reader.place}.status", reader.wrong)
    made = StatusRecipe(
        part.take("path", str, ""),
        part.path("at"),
        part.take("method", str, "GET").upper(),
        tuple(map(str, part.take("done", list, []))),
        tuple(map(str, part.take("failed", list, []))),
        float(part.take("wait", (int, float), 2.0)),
    )
    part.strange()
    return made


def _kinds(codes: Mapping[str, Any], reader: _Reader) -> dict[str, FaultKind]:
    for code, kind in codes.items():
        if kind not in KINDS:
            reader.wrong.append(f"{reader.place}.codes.{code}: {kind!r} is none of {', '.join(KINDS)}")
    return {str(code): FaultKind(kind) for code, kind in codes.items() if kind in KINDS}


def _complete(recipe: TaskRecipe, reader: _Reader) -> None:
    """What must be there for a job to come to an end."""
    needs = {"path": recipe.path}
    if recipe.id:
        needs |= {
            "output": recipe.output, "status.path": recipe.status.path, "status.at": recipe.status.at,
            "status.done": "".join(recipe.status.done), "status.failed": "".join(recipe.status.failed),
        }  # fmt: skip
    reader.wrong += [f"{reader.place}.{key} is missing" for key, value in needs.items() if not value]
    if recipe.pictures not in PICTURES:
        reader.wrong.append(f"{reader.place}.pictures must be one of {', '.join(PICTURES)}")
    if recipe.json is not None and (recipe.form or recipe.files):
        reader.wrong.append(f"{reader.place}: json does not go with form or files")
