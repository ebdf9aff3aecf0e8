"""The shapes: which stages a row runs through, each written once. Knows no pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .engine.shape import Lane, Node, Shape
from .model.chains import chains_of, providers_of
from .model.digest import Value, salt_of
from .model.errors import Exit, TryonError
from .model.pair import Recipe
from .model.ports import Offer
from .model.step import Order, Other
from .stages.table import STAGES

PIPELINES: Mapping[str, tuple[str, ...]] = {
    "advanced-scene": ("stylize", "extract-face", "try-on", "face-swap"),
    "simple-scene": ("stylize", "try-on"),
    "tryon-only": ("try-on",),
}
"""Stages by pipeline. Every pipeline begins with prepare (the gate) and ends with finish (the file)."""

PLAIN = ("", "off", "none")
"""Styles that leave the person as photographed: no stylize step at all."""


class Composer:
    """Compiles recipes into shapes; equal recipes give the same shape."""

    def __init__(
        self,
        offers: Mapping[str, Offer],
        lane: Callable[[str, str], Lane],
        candidates: Mapping[str, str] | None = None,
    ) -> None:
        """offers: the providers at hand by name; lane(stage, provider): the queue its steps wait in; candidates: who
        gets a share of a provider's jobs, by its name."""
        self._offers = offers
        self._lane = lane
        self._candidates = candidates or {}
        self.makers: dict[str, None] = {}
        """Everybody else who may have made something for a shape so far, as keys name them. Only grows."""
        self._shapes: dict[tuple[Recipe, tuple[str, ...]], Shape] = {}

    def shape(self, recipe: Recipe, categories: tuple[str, ...]) -> Shape:
        """The graph for one person and len(categories) garments, dressed in that order.

        Sources: the person's file, then the garments' files. Finals: one finish per variant.
        Raises TryonError(USAGE) for an unknown pipeline, or a provider that cannot do a stage.
        """
        known = self._shapes.get((recipe, categories))
        if known is None:
            known = self._shapes[recipe, categories] = _Draft(self, recipe, categories).shape()
        return known

    def offer(self, name: str, stage: str) -> Offer:
        """The provider that renders a stage. Raises TryonError(USAGE) when it cannot."""
        offer = self._offers.get(name)
        if offer is None:
            raise TryonError(
                Exit.USAGE,
                f"there is no provider named {name!r}",
                details=(f"known   {', '.join(sorted(self._offers))}", "see     tryon providers"),
            )
        if STAGES[stage].task not in offer.tasks:
            raise TryonError(
                Exit.USAGE,
                f"{name} cannot do {stage}",
                details=(
                    f"it can  {', '.join(offer.tasks)}",
                    f"try     --provider {stage}=local,{name}   (or another provider for this stage)",
                ),
            )
        return offer

    def others(self, stage: str, name: str, recipe: Recipe) -> tuple[tuple[str, ...], tuple[Other, ...]]:
        """The names that step in for a provider, in order; and everybody else who may do it, a candidate included.

        Raises TryonError(USAGE) for a fallback that does not exist, or cannot do the stage that it is named for.
        """
        if self._offers[name].cpu:
            return (), ()  # it has nothing that could be down
        task, chains = STAGES[stage].task, chains_of(recipe.fallback)
        for other in chains.get(stage, ()):
            self.offer(other, stage)
        wished = chains.get(stage, chains.get("", ()))
        chain = tuple(
            other
            for other in dict.fromkeys(wished)
            if other != name and task in self._offers[other].tasks
        )  # fmt: skip
        candidate = self._candidates.get(name)
        able = (*chain, candidate) if candidate and task in self._offers[candidate].tasks else chain
        found = tuple(
            Other(other, self._offers[other].tasks[task], _own(recipe, other))
            for other in dict.fromkeys(able)
        )
        self.makers.update(dict.fromkeys(other.maker for other in found))
        return chain, found

    def lane(self, stage: str, provider: str) -> Lane:
        """The queue of a stage at a provider."""
        return self._lane(stage, provider)


class _Draft:
    """One shape while it is being written."""

    def __init__(self, composer: Composer, recipe: Recipe, categories: tuple[str, ...]) -> None:
        if recipe.pipeline not in PIPELINES:
            raise TryonError(
                Exit.USAGE,
                f"there is no pipeline named {recipe.pipeline!r}",
                details=(f"known   {', '.join(PIPELINES)}",),
            )
        self.composer = composer
        self.recipe = recipe
        self.categories = categories
        self.sources = 1 + len(categories)
        self.nodes: list[Node] = []
        self.gates: tuple[int, ...] = ()
        """The row's pictures, prepared. Nothing is rendered before all of them are: it may cost money, and one that is
        no picture ends the row."""
        self.makers = providers_of(recipe.provider)
        self.used: set[str] = set()
        self.story: dict[str, None] = {}
        stages = set(PIPELINES[recipe.pipeline])
        if recipe.style in PLAIN:
            stages.discard("stylize")
        if recipe.face != "swap":
            stages -= {"extract-face", "face-swap"}
        self.stages = stages

    def shape(self) -> Shape:
        human = self.prepare(0, "human")
        garments = [self.prepare(1 + i, "garment") for i in range(len(self.categories))]
        self.gates = (human, *garments)
        dressed = self.add("stylize", {"human": human}, self.look()) if "stylize" in self.stages else human
        face = self.add("extract-face", {"human": human}, {}) if "extract-face" in self.stages else None
        last = len(garments) - 1
        finals = []
        for i in range(last):
            dressed = self.tryon(dressed, garments[i], human, i, 0)
        for variant in range(self.recipe.variants):
            image = self.tryon(dressed, garments[last], human, last, variant)
            if face is not None:
                image = self.add("face-swap", {"image": image, "face": face}, {})
            finals.append(self.finish(image, human))
        return Shape(self.sources, self.nodes, finals)

    def look(self) -> dict[str, Value]:
        recipe = self.recipe
        return _stated(style=recipe.style, prompt=recipe.prompt, negative=recipe.negative, seed=recipe.seed)

    def tryon(self, human: int, garment: int, person: int, i: int, variant: int) -> int:
        """The i-th garment. The first also sees the person as photographed, where the look was changed."""
        recipe = self.recipe
        roles = {"human": human, "garment": garment}
        style = recipe.style if "stylize" in self.stages else ""
        if i == 0 and human != person:
            roles["reference"] = person
        wish = _stated(style=style, prompt=recipe.prompt, negative=recipe.negative, seed=recipe.seed)
        return self.add("try-on", roles, wish | _stated(category=self.categories[i], variant=variant or None))

    def prepare(self, source: int, role: str) -> int:
        order = Order("prepare", "", {"role": role}, ("source",))
        return self.node("prepare", "", "", order, (source,), takes_source=True)

    def finish(self, image: int, human: int) -> int:
        """Sources are named by digest only: they go into the file's record of where it comes from."""
        recipe = self.recipe
        settings = _stated(
            size=recipe.size,
            background=recipe.background,
            format=recipe.format,
            quality=recipe.quality,
            seed=recipe.seed,
            # what the file says about itself is part of its bytes, and so of its key
            pipeline=recipe.pipeline,
            providers=",".join(sorted(self.used)),
            stages=",".join(self.story),
        )
        order = Order("finish", "", settings, ("image", "human"))
        return self.node("finish", "", "", order, (image, human, *range(self.sources)))

    def add(self, stage: str, roles: Mapping[str, int], settings: Mapping[str, Value]) -> int:
        """A stage that somebody renders."""
        name = self.makers.get(stage) or self.makers.get("") or "local"
        offer = self.composer.offer(name, stage)
        self.used.add(name)
        task = STAGES[stage].task
        self.story[f"{stage}:{offer.tasks[task]}"] = None
        chain, others = self.composer.others(stage, name, self.recipe)
        order = Order(
            stage, name, {**settings, **_own(self.recipe, name)}, tuple(roles), task not in offer.price,
            ">".join((name, *chain)) if chain else "", others,
        )  # fmt: skip
        return self.node(
            stage, name, f"{name}:{offer.tasks[task]}", order, tuple(roles.values()), after=self.gates
        )

    def node(
        self, stage: str, provider: str, maker: str, order: Order, inputs: tuple[int, ...],
        *, takes_source: bool = False, after: tuple[int, ...] = (),
    ) -> int:  # fmt: skip
        salt = salt_of(stage, STAGES[stage].version, maker, order.settings)
        lane = self.composer.lane(stage, provider)
        self.nodes.append(Node(lane, salt, inputs, order, takes_source, after))
        return self.sources + len(self.nodes) - 1


def _own(recipe: Recipe, name: str) -> dict[str, Value]:
    """The options of one provider."""
    return {f"opt.{k}": v for k, v in recipe.options if k.startswith(f"{name}.")}


def _stated(**settings: Value) -> dict[str, Value]:
    """Only what was said: a setting that is not there must not be part of a key."""
    return {name: value for name, value in settings.items() if value not in (None, "")}
