"""Who really made the pictures of a row: where others may step in, the order of a step cannot know it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from ..engine.asks import Ask, Step
from ..engine.shape import Shape
from ..model.digest import Key, Value, alternate_key
from ..model.outcome import Answer
from ..model.step import Order

Find = Callable[[Sequence[Key]], dict[Key, Answer]]


class Known:
    """Known answers among keys: the one that was asked for first, then those that others of this run made."""

    def __init__(self, find: Find, makers: Collection[str]) -> None:
        """makers: who else may have made something, as keys name them; may grow."""
        self._find = find
        self._makers = makers

    def __call__(self, keys: Sequence[Key]) -> dict[Key, Answer]:
        known = self._find(keys)
        makers = tuple(self._makers)
        if not makers or len(known) == len(keys):
            return known
        missing = [key for key in keys if key not in known]
        names = {alternate_key(key, maker): key for maker in makers for key in missing}
        found = self._find(list(names))
        for name, key in names.items():  # in the order of the makers
            if name in found and key not in known:
                known[key] = found[name]
        return known


def may_have_made(shape: Shape, names: str) -> bool:
    """May these providers (as a row's record names them) have made what a row of this shape asks for?"""
    orders: list[Order] = [node.order for node in shape.nodes]
    able = {o.provider for o in orders} | {other.provider for o in orders for other in o.others}
    return able.issuperset(filter(None, names.split(",")))


def turned_out(step: Step) -> Mapping[str, Value]:
    """For the last stage: what the picture says about its making, where somebody stepped in; {} where nobody did."""
    order: Order = step.node.order
    if order.stage != "finish":
        return {}
    ask, i = step.waiting[0]
    before = _before(ask, i)
    made = {n: answer.provider for n in before if (answer := ask.answers[n]) is not None and answer.provider}
    orders: dict[int, Order] = {n: ask.shape.nodes[n].order for n in before}
    if all(made.get(n, o.provider) == o.provider for n, o in orders.items()):
        return {}
    versions = {
        orders[n].stage: next((o.version for o in orders[n].others if o.provider == name), "")
        for n, name in made.items()
        if name != orders[n].provider
    }
    stages = [part.partition(":") for part in str(order.settings.get("stages", "")).split(",")]
    return {
        "providers": ",".join(sorted(set(made.values()))),
        "stages": ",".join(f"{stage}:{versions.get(stage) or version}" for stage, _, version in stages),
    }


def _before(ask: Ask, i: int) -> list[int]:
    """The nodes that node i needs, directly or not."""
    shape, seen = ask.shape, list[int]()
    todo = [slot - shape.sources for slot in shape.nodes[i].inputs]
    while todo:
        n = todo.pop()
        if n >= 0 and n not in seen:
            seen.append(n)
            todo += [slot - shape.sources for slot in shape.nodes[n].inputs]
    return sorted(seen)
