"""How try-on apps on Gradio are asked: which endpoint, which values in which order. Data; asks nobody.

A value that is a string in braces stands for something of the job:

    "{human}", "{garment}"     the picture of this role, uploaded
    "{human|editor}"           the same as the value of an image editor, with one blank layer
    "{seed}"                   a whole number
    "{prompt}"                 the text for the look or the garment
    "{category}"               a setting of the job, by the recipe's table of values where it has one
    "{steps=30}"               an option of the app, opt.NAME.steps; 30 where nobody says
    "{category:model}"         another value that follows from the same setting

Public demos change without notice: the app is asked for its own list before the first job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PLACE = re.compile(r"\{(?P<name>\w+)(?::(?P<other>\w+))?(?:\|(?P<form>\w+))?(?:=(?P<default>[^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A value that stands for something of the job."""

    name: str
    table: str
    """Which table of values is looked at: the name, or name:other."""
    form: str = ""
    default: Any = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One endpoint of an app."""

    api_name: str
    data: tuple[Any, ...]
    output: str = "[0]"
    """Where the picture is among the answers: [0], or [0][0].image for a gallery."""
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the app calls a setting's values; what is not there cannot be asked for."""
    task: str = "try-on"
    url: str = ""
    """The public demo; "" where there is none."""
    shape: float = 0.0
    """Width by height that the app forces every person into; ours are padded to it and cut back. 0: any."""
    most_seed: int = 2**31 - 1

    def places(self) -> Iterator[Place]:
        """What the values stand for, in order."""
        yield from _places(self.data)


def place_of(value: Any) -> Place | None:
    """What a value stands for; None for one that is sent as it is."""
    found = _PLACE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    name, other = found["name"], found["other"]
    default = None if found["default"] is None else _literal(found["default"])
    return Place(name, f"{name}:{other}" if other else name, found["form"] or "", default)


def _places(value: Any) -> Iterator[Place]:
    if (place := place_of(value)) is not None:
        yield place
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _places(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _places(inner)


def _literal(text: str) -> Any:
    """A number, true, false or null where it looks like one, else the text."""
    import json

    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, dict | list) else found


_UPPER = ("auto", "upper", "outer")


def _named(upper: str, lower: str, whole: str) -> dict[str, str]:
    return {**dict.fromkeys(_UPPER, upper), "lower": lower, "dress": whole, "full": whole}


RECIPES: Mapping[str, Recipe] = {
    "catvton": Recipe(
        "/submit_function",
        # the app reads layers[0] before it looks whether there is one; a blank one makes it find the mask itself;
        # without "result only" the answer is a collage
        ("{human|editor}", "{garment}", "{category}", "{steps=50}", "{guidance=2.5}", "{seed}", "result only"),
        values={"category": _named("upper", "lower", "overall")},
        url="https://zhengchong-catvton.hf.space",
        most_seed=10_000,
    ),
    "idm-vton": Recipe(
        "/tryon",
        # is_checked: the app finds the mask; is_checked_crop: false, since the person comes as 3:4 already
        ("{human|editor}", "{garment}", "{prompt}", True, False, "{steps=30}", "{seed}"),
        # its automatic mask knows tops only
        values={"category": dict.fromkeys(_UPPER, "upper_body")},
        url="https://yisol-idm-vton.hf.space",
        shape=3 / 4,
    ),
    "leffa": Recipe(
        "/leffa_predict_vt",
        (
            "{human}", "{garment}", "{fast=false}", "{steps=30}", "{guidance=2.5}", "{seed}", "{category:model}",
            "{category}", "{repaint=false}",
        ),
        values={
            "category": _named("upper_body", "lower_body", "dresses"),
            "category:model": _named("viton_hd", "dress_code", "dress_code"),
        },
        url="https://franciszzj-leffa.hf.space",
    ),
    "fashn-vton-1.5": Recipe(
        "/try_on",
        (
            "{human}", "{garment}", "{category}", "{photo=flat-lay}", "{steps=30}", "{guidance=1.5}", "{seed}",
            "{segmentation_free=true}",
        ),
        values={"category": _named("tops", "bottoms", "one-pieces")},
        url="https://fashn-ai-fashn-vton-1-5.hf.space",
    ),
    "ootd": Recipe(
        "/process_dc",
        ("{human}", "{garment}", "{category}", 1, "{steps=20}", "{scale=2.0}", "{seed}"),
        output="[0][0].image",
        values={"category": _named("Upper-body", "Lower-body", "Dress")},
        url="https://levihsu-ootdiffusion.hf.space",
        shape=3 / 4,
    ),
}  # fmt: skip
"""Ready ones, by name."""


def recipe_from(options: dict[str, Any]) -> Recipe:
    """Take the recipe out of a provider's settings: a ready one, changed where the settings say so, or one's own.

    Raises TypeError.
    """
    name = str(options.pop("recipe", ""))
    if name and name not in RECIPES:
        raise TypeError(f"there is no recipe named {name!r} (ready: {', '.join(RECIPES)})")
    base = RECIPES.get(name, Recipe("", ()))
    recipe = Recipe(
        "/" + str(options.pop("api_name", base.api_name)).lstrip("/"),
        tuple(options.pop("data", base.data)),
        str(options.pop("output", base.output)),
        {**base.values, **options.pop("values", {})},
        str(options.pop("task", base.task)),
        base.url,
        _shape(options.pop("shape", base.shape)),
        int(options.pop("most_seed", base.most_seed)),
    )
    if recipe.api_name == "/" or not recipe.data:
        raise TypeError(f"a recipe ({', '.join(RECIPES)}) is needed, or api_name and data of your own")
    if recipe.task not in NEEDED:
        raise TypeError(f"task {recipe.task!r} is none of {', '.join(NEEDED)}")
    places = {place.name for place in recipe.places()}
    missing = [role for role in NEEDED[recipe.task] if role not in places]
    if missing:
        raise TypeError(f"data names no {' and no '.join('{' + role + '}' for role in missing)}")
    return recipe


NEEDED: Mapping[str, tuple[str, ...]] = {
    "try-on": ("human", "garment"),
    "stylize": ("human",),
    "face-swap": ("image", "face"),
}
"""Pictures without which a task makes no sense."""


def _shape(value: Any) -> float:
    """Width by height from 0.75 or "3:4"."""
    if isinstance(value, str) and ":" in value:
        width, _, height = value.partition(":")
        return float(width) / float(height)
    return float(value)
