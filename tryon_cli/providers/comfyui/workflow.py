"""A ComfyUI workflow of the user's with named places for pictures and settings. Asks no server.

    workflow = "tryon.json"            exported with "Export (API)"
    inputs = { human = "human", garment = "garment.image", seed = "sampler.seed", prompt = "text.text" }
    output = "output"

A node is named by its title, or by its number in the file; after a dot stands the input of that node.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...model.digest import canonical, digest_of

GUESSES: Mapping[str, tuple[str, ...]] = {
    "seed": ("seed", "noise_seed"),
    "prompt": ("text", "prompt", "positive"),
    "negative": ("text", "negative", "prompt"),
}
"""Inputs that are tried where only the node is named; pictures go to "image", others to one of their own name."""

ROLES = ("human", "garment", "face", "image", "reference")

NEEDED: Mapping[str, tuple[str, ...]] = {
    "try-on": ("human", "garment"),
    "stylize": ("human",),
    "face-swap": ("image", "face"),
}
"""Pictures that a task must have a place for."""

_SAVING = ("SaveImage", "PreviewImage", "SaveImageWebsocket")


class Spot(NamedTuple):
    """An input of a node."""

    node: str
    input: str


class Workflow:
    """A graph, checked: every place that is named exists."""

    def __init__(self, graph: Mapping[str, Any], task: str, inputs: Mapping[str, Any], output: str) -> None:
        """Raises TypeError that names what is missing."""
        self.graph = _nodes(graph)
        self.task = task
        if task not in NEEDED:
            raise TypeError(f"task {task!r} is none of {', '.join(NEEDED)}")
        without = [role for role in NEEDED[task] if role not in inputs]
        if without:
            raise TypeError(f"inputs names no place for {' and '.join(without)}")
        missing: list[str] = []
        self.spots: dict[str, Spot] = {}
        for name, told in inputs.items():
            try:
                self.spots[name] = self._spot(name, str(told))
            except LookupError as error:
                missing.append(str(error.args[0]))
        self.output = ""
        try:
            self.output = self._end(output)
        except LookupError as error:
            missing.append(str(error.args[0]))
        if missing:
            raise TypeError("; ".join(missing) + f" (titles: {', '.join(self.titles())})")

    @property
    def version(self) -> str:
        """Changes with everything that can change a picture."""
        spots = {name: list(spot) for name, spot in self.spots.items()}
        return digest_of(canonical({"graph": self.graph, "spots": spots, "output": self.output}))[:12]

    def titles(self) -> list[str]:
        """What the nodes are called, in the order of the file."""
        return [self.title(node) for node in self.graph]

    def title(self, node: str) -> str:
        """What people call a node; its number where it has no title or is unknown."""
        found = self.graph.get(node, {})
        return str((found.get("_meta") or {}).get("title") or node)

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The graph with these values in their places; what is not given stays as it is in the file."""
        graph = copy.deepcopy(self.graph)
        for name, value in values.items():
            spot = self.spots[name]
            graph[spot.node]["inputs"][spot.input] = value
        return graph

    def _spot(self, name: str, told: str) -> Spot:
        node, given = self._node(told), ""
        if node is None:
            head, _, given = told.rpartition(".")
            node = self._node(head) if head else None
        if node is None:
            raise LookupError(f"no node is called {told.rpartition('.')[0] or told!r} (for {name})")
        has = self.graph[node]["inputs"]
        tried = (given,) if given else ("image",) if name in ROLES else GUESSES.get(name, (name,))
        found = next((one for one in tried if one in has), None)
        if found is None:
            raise LookupError(
                f"node {self.title(node)!r} has no input {tried[0]!r} (it has: {', '.join(has)})"
            )
        return Spot(node, found)

    def _node(self, told: str) -> str | None:
        named = [node for node in self.graph if self.title(node) == told]
        if len(named) > 1:
            raise LookupError(f"{len(named)} nodes are called {told!r}: use their numbers {', '.join(named)}")
        return named[0] if named else told if told in self.graph else None

    def _end(self, told: str) -> str:
        if told:
            node = self._node(told)
            if node is None:
                raise LookupError(f"no node is called {told!r} (for output)")
            return node
        saving = [node for node, what in self.graph.items() if what.get("class_type") in _SAVING]
        if len(saving) != 1:
            raise LookupError(f"output is needed: {len(saving)} nodes save a picture")
        return saving[0]


def read_workflow(path: str, task: str, inputs: Mapping[str, Any], output: str) -> Workflow:
    """From a file. Raises TypeError for one that cannot be read or lacks a place."""
    place = Path(path).expanduser().absolute()
    try:
        graph = json.loads(place.read_text("utf-8"))
    except OSError as error:
        raise TypeError(f"workflow {place} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise TypeError(f"workflow {place} is no JSON") from None
    try:
        return Workflow(graph, task, inputs, output)
    except TypeError as error:
        raise TypeError(f"workflow {place.name}: {error}") from None


def _nodes(graph: Any) -> dict[str, dict[str, Any]]:
    if isinstance(graph, dict) and isinstance(graph.get("nodes"), list):
        raise TypeError('it is saved for the editor; use "Export (API)"')
    if isinstance(graph, dict) and isinstance(graph.get("prompt"), dict):
        graph = graph["prompt"]
    if not isinstance(graph, dict) or not graph:
        raise TypeError("it holds no nodes")
    for node, what in graph.items():
        if not isinstance(what, dict) or not isinstance(what.get("inputs"), dict) or "class_type" not in what:
            raise TypeError(f"node {node} has no class_type or no inputs")
    return graph
