"""Pair -> the question it asks: its recipe, its shape, the names of its pictures. Knows no run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ..engine.shape import Shape
from ..model.digest import Digest, Key, Value
from ..model.errors import Complaint, Fault, FaultKind, Level
from ..model.links import bare
from ..model.pair import Pair, Recipe
from ..pipeline import Composer

MEMO = 200_000
"""Paths whose digest is kept for the rest of the run (about 250 bytes each)."""


class Names(Protocol):
    """Digests of pictures, by path or address."""

    def ahead(self, paths: Iterable[str]) -> None:
        """These will be asked for soon."""
        ...

    def digest(self, path: str) -> tuple[Digest, int]:
        """Digest and size in bytes. Raises Fault(INPUT)."""
        ...


class Question(NamedTuple):
    """What one row asks."""

    shape: Shape
    sources: tuple[str, ...]
    digests: tuple[Digest, ...]
    name: Key
    """Equal questions have equal pictures."""
    recipe: Recipe


class Wrong(Exception):
    """A picture of this row cannot be used."""

    def __init__(self, fault: Fault, column: str, value: str) -> None:
        super().__init__(fault.text)
        self.fault = fault
        self.column = column
        self.value = bare(value)

    def complaint(self, row: str) -> Complaint:
        """The same as a complaint about a manifest."""
        fault = self.fault
        return Complaint(Level.ROW, fault.code, fault.text, row, 0, self.column, self.value, fault.fix)


class Asker:
    """Turns rows into questions; looks at each file once."""

    def __init__(self, composer: Composer, base: Recipe, names: Names) -> None:
        """base: the recipe that rows change."""
        self._composer = composer
        self._base = base
        self._names = names
        self._digests: dict[str, Digest] = {}
        self._recipes: dict[tuple[tuple[str, Value], ...], Recipe] = {}

    def recipe(self, pair: Pair) -> Recipe:
        """The run's recipe as this row changes it."""
        known = self._recipes.get(pair.overrides)
        if known is None:
            known = self._recipes[pair.overrides] = self._change(pair.overrides)
        return known

    def _change(self, overrides: tuple[tuple[str, Value], ...]) -> Recipe:
        values = dict(overrides)
        fields = {name: values[name] for name in Recipe._fields if name in values}
        options = dict(self._base.options)
        options |= {name[4:]: value for name, value in values.items() if name.startswith("opt.")}
        return self._base._replace(**{**fields, "options": tuple(sorted(options.items()))})  # type: ignore[arg-type]

    def ahead(self, pairs: Iterable[Pair]) -> None:
        """These will be asked soon: what lies far away may be fetched meanwhile."""
        paths = (path for pair in pairs for path in (pair.human, *pair.garments))
        self._names.ahead(path for path in paths if path not in self._digests)

    def ask(self, pair: Pair) -> Question:
        """What the row asks. Raises Wrong for a picture that cannot be read, TryonError for a recipe."""
        recipe = self.recipe(pair)
        shape = self._composer.shape(recipe, pair.categories)
        sources = (pair.human, *pair.garments)
        digests = tuple([self._digest(path, i) for i, path in enumerate(sources)])
        return Question(shape, sources, digests, shape.question(digests), recipe)

    def _digest(self, path: str, i: int) -> Digest:
        known = self._digests.get(path)
        if known is None:
            try:
                known, _ = self._names.digest(path)
            except Fault as fault:
                if fault.kind is not FaultKind.INPUT:
                    raise
                raise Wrong(fault, "human" if i == 0 else "garment", path) from fault
            if len(self._digests) >= MEMO:
                self._digests.clear()
            self._digests[path] = known
        return known
