"""Recipes and their graphs: which stages, which keys, and what does and does not change them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.engine.limits import Pool
from tryon_cli.engine.shape import Lane, Shape
from tryon_cli.model.digest import digest_of, key_of
from tryon_cli.model.errors import TryonError
from tryon_cli.model.pair import Recipe
from tryon_cli.model.ports import Offer
from tryon_cli.pipeline import Composer

TASKS = ("stylize", "extract-face", "try-on", "face-swap")
OFFERS = {
    "local": Offer("local", dict.fromkeys(TASKS, "1")),
    "other": Offer("other", dict.fromkeys(TASKS, "7"), price={"try-on": 0.07}),
    "dresser": Offer("dresser", {"try-on": "2"}),
}


def composer(offers: dict[str, Offer] = OFFERS) -> Composer:
    pool = Pool("all", 4)
    return Composer(offers, lambda stage, provider: Lane(stage, provider, [pool]))


def shape(recipe: Recipe = Recipe(), categories: tuple[str, ...] = ("upper",)) -> Shape:
    return composer().shape(recipe, categories)


def stages(of: Shape) -> list[str]:
    return [node.lane.stage for node in of.nodes]


def keys(of: Shape, *sources: str) -> dict[str, str]:
    """Key of each stage when every step answers with the digest of its key."""
    slots = [digest_of(s.encode()) for s in sources]
    found = {}
    for node in of.nodes:
        key = key_of(node.salt, [slots[i] for i in node.inputs])
        found[node.lane.stage] = key
        slots.append(digest_of(key.encode()))
    return found


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (Recipe(), ["prepare", "prepare", "stylize", "extract-face", "try-on", "face-swap", "finish"]),
        (Recipe(style="off"), ["prepare", "prepare", "extract-face", "try-on", "face-swap", "finish"]),
        (Recipe(face="off"), ["prepare", "prepare", "stylize", "try-on", "finish"]),
        (Recipe(pipeline="simple-scene"), ["prepare", "prepare", "stylize", "try-on", "finish"]),
        (Recipe(pipeline="tryon-only"), ["prepare", "prepare", "try-on", "finish"]),
    ],
)  # fmt: skip
def test_each_pipeline_has_its_stages(recipe: Recipe, expected: list[str]) -> None:
    assert stages(shape(recipe)) == expected


def test_stylize_and_extract_face_do_not_wait_for_each_other() -> None:
    one = shape()
    by = {node.lane.stage: i for i, node in enumerate(one.nodes)}
    assert one.sources + by["stylize"] not in one.nodes[by["extract-face"]].inputs
    assert one.sources + by["extract-face"] not in one.nodes[by["stylize"]].inputs


def test_an_outfit_is_a_chain_and_shares_its_beginning() -> None:
    short = keys(shape(Recipe(), ("upper",)), "human", "shirt")
    two = shape(Recipe(), ("upper", "lower"))
    assert Counter(stages(two))["try-on"] == 2
    slots = [digest_of(s.encode()) for s in ("human", "shirt", "trousers")]
    first = None
    for node in two.nodes:
        key = key_of(node.salt, [slots[i] for i in node.inputs])
        first = first or (key if node.lane.stage == "try-on" else None)
        slots.append(digest_of(key.encode()))
    assert first == short["try-on"]


def test_variants_share_everything_before_the_last_garment() -> None:
    three = shape(Recipe(variants=3))
    assert Counter(stages(three)) == {
        "prepare": 2, "stylize": 1, "extract-face": 1, "try-on": 3, "face-swap": 3, "finish": 3,
    }  # fmt: skip
    assert (
        len(three.finals) == 3
        and len({node.salt for node in three.nodes if node.lane.stage == "try-on"}) == 3
    )


CHANGES = {
    "style": ("film", {"stylize", "try-on", "face-swap", "finish"}),
    "prompt": ("on a beach", {"stylize", "try-on", "face-swap", "finish"}),
    "negative": ("blur", {"stylize", "try-on", "face-swap", "finish"}),
    "seed": (7, {"stylize", "try-on", "face-swap", "finish"}),
    "size": ("1024", {"finish"}),
    "background": ("#ffffff", {"finish"}),
    "format": ("png", {"finish"}),
    "quality": (80, {"finish"}),
    "provider": ("other", {"stylize", "extract-face", "try-on", "face-swap", "finish"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_changes_exactly_the_stages_that_it_can_change(name: str) -> None:
    value, touched = CHANGES[name]
    before = keys(shape(), "h", "g")
    after = keys(shape(Recipe()._replace(**{name: value})), "h", "g")
    assert {stage for stage in before if before[stage] != after.get(stage)} == touched


def test_every_setting_of_a_recipe_is_either_tried_above_or_changes_the_graph() -> None:
    graph = {"pipeline", "face", "variants"}
    nothing_yet = {"fallback"}  # only says who else may render; whoever does is named in the key
    options = {"options"}
    assert set(Recipe._fields) == set(CHANGES) | graph | nothing_yet | options


def test_an_option_of_one_provider_does_not_touch_the_others() -> None:
    recipe = Recipe(options=(("other.model", "max"),))
    assert keys(shape(recipe), "h", "g") == keys(shape(), "h", "g")
    other = Recipe(provider="other")
    assert keys(shape(other._replace(options=recipe.options)), "h", "g") != keys(shape(other), "h", "g")


def test_a_stage_can_have_a_provider_of_its_own() -> None:
    mixed = shape(Recipe(provider="try-on=dresser,other"))
    assert {n.lane.stage: n.lane.label for n in mixed.nodes if n.lane.label} == {
        "stylize": "other", "extract-face": "other", "try-on": "dresser", "face-swap": "other",
    }  # fmt: skip
    assert keys(mixed, "h", "g") == keys(shape(Recipe(provider=" other, try-on = dresser")), "h", "g")


def test_a_new_version_of_a_provider_asks_new_questions() -> None:
    newer = {**OFFERS, "local": Offer("local", {**OFFERS["local"].tasks, "try-on": "2"})}
    before = keys(shape(), "h", "g")
    after = keys(composer(newer).shape(Recipe(), ("upper",)), "h", "g")
    assert {s for s in before if before[s] != after[s]} == {"try-on", "face-swap", "finish"}


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(pipeline="nonsense"), "advanced-scene"),
        (Recipe(provider="nobody"), "local"),
        (Recipe(provider="dresser"), "cannot do stylize"),
    ],
)
def test_what_cannot_work_says_what_can(recipe: Recipe, words: str) -> None:
    with pytest.raises(TryonError) as caught:
        shape(recipe)
    assert words in "\n".join((caught.value.what, *caught.value.details))


@given(st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=2, unique=True))
def test_questions_differ_where_their_sources_differ(names: list[str]) -> None:
    one = shape()
    a, b = (digest_of(name.encode()) for name in names)
    assert one.question([a, b]) != one.question([b, a])
    assert one.question([a, b]) == shape().question([a, b])
