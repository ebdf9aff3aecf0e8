"""What services that work from text are told: one wording per task and look, for all of them.

    text = prompt_for(job.task, job.settings)                       a vendor with one text field
    text = prompt_for(job.task, job.settings, negative=False)       a vendor with a field of its own for
    unwanted = negative_of(job.settings)                            what must not be seen

Knows no vendor. The wording decides pixels: whoever changes it raises PROMPTS, and every vendor that uses it names
PROMPTS in the version of its tasks, for example {"stylize": f"gpt-image-2/{PROMPTS}"}.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model.digest import Value

PROMPTS = "p1"
"""Version of the wording."""

LOOKS: Mapping[str, str] = {
    "studio": (
        "a clean fashion studio photograph: seamless light grey backdrop, large soft key light from the front left, "
        "gentle fill, true colours, sharp fabric detail"
    ),
    "film": (
        "an analogue 35 mm film photograph: fine natural grain, slightly lifted shadows, warm highlights, "
        "muted greens, soft contrast"
    ),
    "noir": (
        "a black and white film noir photograph: one hard light from the side, deep shadows, strong contrast, "
        "a dark plain background"
    ),
    "vivid": "a vivid advertising photograph: saturated clean colours, crisp contrast, bright even light",
    "watercolor": (
        "a watercolour painting on textured paper: transparent washes, soft bleeding edges, "
        "light pencil lines left visible"
    ),
    "pencil": "a detailed graphite pencil drawing on white paper: fine hatching, clear outlines, no colour",
    "cartoon": "a clean hand-drawn cartoon: firm outlines, flat cel shading, friendly simple colours",
}
"""What the looks of the style setting mean in words. Any other style is taken as words itself."""

_PLAIN = ("", "none", "off")

_KEEP_PERSON = (
    "Keep the same person: identity, face, expression, hair, skin tone, body shape, hands and pose stay exactly "
    "as they are. Keep the framing and the proportions; nothing may be cut off or added."
)

_KEEP_CLOTHES = "Keep every piece of clothing as it is: cut, colour, pattern, text and logos."

_GARMENTS: Mapping[str, str] = {
    "upper": "the upper-body garment",
    "lower": "the lower-body garment",
    "dress": "the dress",
    "outer": "the outer garment",
    "full": "the complete outfit",
    "shoes": "the shoes",
    "accessory": "the accessory",
}

_ADDED: Mapping[str, str] = {
    "outer": "It is worn open or closed over the other clothes",
    "accessory": "It is added to what is worn",
}


def prompt_for(task: str, settings: Mapping[str, Value], *, negative: bool = True) -> str:
    """The text for a job: the look or the garment, the user's own words, what must stay, what must not be seen.

    task: stylize or try-on; in a try-on the first picture is the person and the second the garment.
    negative: False where the vendor has a field of its own for what must not be seen.
    """
    parts = [_tryon(settings) if task == "try-on" else _stylize(settings)]
    if words := _said(settings, "prompt"):
        parts.append(_sentence(words))
    parts.append(_KEEP_PERSON)
    if task != "try-on":
        parts.append(_KEEP_CLOTHES)
    if negative and (unwanted := negative_of(settings)):
        parts.append(_sentence(f"Do not show: {unwanted}"))
    return " ".join(parts)


def negative_of(settings: Mapping[str, Value]) -> str:
    """What must not be seen, as the user said it; "" when nothing was said."""
    return _said(settings, "negative")


def _stylize(settings: Mapping[str, Value]) -> str:
    style = _said(settings, "style")
    if style in _PLAIN:
        return "Edit this photograph of a person as described."
    return f"Turn this photograph of a person into {LOOKS.get(style, f'a picture in this style: {style}')}."


def _tryon(settings: Mapping[str, Value]) -> str:
    category = _said(settings, "category")
    garment = _GARMENTS.get(category, "the garment")
    rest = "" if category in ("full", "dress") else " All other clothing stays as it is."
    style = _said(settings, "style")
    look = (
        f" The first picture is {LOOKS.get(style, style)}; stay in that look." if style not in _PLAIN else ""
    )
    place = _ADDED.get(category, "It replaces what is worn in its place")
    return (
        f"Dress the person in the first picture in {garment} from the second picture. {place}, fits the body and the "
        "pose, and keeps its cut, length, colour, pattern, text, logos and fabric exactly. Light and shadows match "
        f"the first picture; show one person and no second picture.{rest}{look}"
    )


def _said(settings: Mapping[str, Value], name: str) -> str:
    """A text setting on one line."""
    return " ".join(str(settings.get(name) or "").split())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
