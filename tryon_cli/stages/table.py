"""Every stage by name: a literal table. Opening it imports no picture library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple, Protocol

from ..model.digest import Digest, Value
from ..model.ports import Done, Job

Render = Callable[[Job], Done]
"""Ask whoever renders: returns Done, raises Fault."""


class Run(Protocol):
    """What a stage module's run() looks like."""

    def __call__(self, wish: Wish, render: Render) -> Done: ...


class Wish(NamedTuple):
    """A stage applied to known inputs, with the bytes at hand."""

    images: Mapping[str, bytes]
    """Encoded pictures by role."""
    settings: Mapping[str, Value]
    digests: Mapping[str, Digest]
    key: str


class Stage(NamedTuple):
    """A named, versioned, pure function from images and settings to one image."""

    name: str
    version: str
    """Part of every key: raise it whenever the same inputs may give other bytes."""
    task: str
    """What it asks a provider for; "" when it needs nobody."""
    module: str

    @property
    def run(self) -> Run:
        """The function itself; imports the stage's module."""
        run: Run = import_module(self.module).run
        return run


_HERE = __name__.rpartition(".")[0]

STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage("prepare", "1", "", f"{_HERE}.prepare"),
        Stage("stylize", "1", "stylize", f"{_HERE}.stylize"),
        Stage("extract-face", "1", "extract-face", f"{_HERE}.extract_face"),
        Stage("try-on", "1", "try-on", f"{_HERE}.tryon"),
        Stage("face-swap", "1", "face-swap", f"{_HERE}.faceswap"),
        Stage("finish", "1", "", f"{_HERE}.finish"),
    )
}
