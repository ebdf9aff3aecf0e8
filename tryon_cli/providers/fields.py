"""One model behind a gateway that hosts many: which of its inputs gets what of ours, written as data.

    fields      ours -> theirs; ours: human, garment, image, face, reference (pictures), prompt, negative, words (a
                few words for the garment), style, category, seed; theirs with [] at the end: one more of a list
    values      inputs that are always sent; a row may change these, and no others: opt.NAME.guidance_scale
    categories  our category -> the word of the model; one that is missing there is refused before anything is paid
    output      where the picture lies in the answer, e.g. image.url

Knows no gateway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..model.digest import canonical
from ..model.errors import Fault, FaultKind
from ..model.ports import Job
from .prompts import PROMPTS, negative_of, prompt_for

PICTURES = ("human", "garment", "image", "face", "reference")
_TEXTS = ("prompt", "negative", "words", "style", "category", "seed")
STAGES = ("stylize", "try-on", "face-swap")
UPPER_BODY = {
    "upper": "upper_body",
    "outer": "upper_body",
    "lower": "lower_body",
    "dress": "dresses",
    "full": "dresses",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """How one model is asked."""

    stage: str
    fields: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    price: float = 0.10
    """USD; where no page names a price this much is reserved: price = { try-on = 0.04 } says it better."""

    @property
    def version(self) -> str:
        """Changes with everything that decides pixels."""
        whole = {
            "stage": self.stage, "fields": dict(self.fields), "values": dict(self.values),
            "categories": dict(self.categories), "output": self.output,
        }  # fmt: skip
        words = f"/{PROMPTS}" if "prompt" in self.fields else ""
        return f"{hashlib.sha256(canonical(whole)).hexdigest()[:8]}{words}"

    def filled(
        self, name: str, job: Job, put: Callable[[str], str], seed: Callable[[], int],
        option: Callable[[str], Any],
    ) -> dict[str, Any]:  # fmt: skip
        """The model's inputs for a job. put(role): how the request names that picture. Raises Fault(INPUT)."""
        inputs: dict[str, Any] = {}
        for field_, value in self.values.items():
            said = option(field_)
            inputs[field_] = value if said is None else said
        for ours, theirs in self.fields.items():
            value = self._value(name, ours, job, put, seed)
            if value is None:
                continue
            if theirs.endswith("[]"):
                inputs.setdefault(theirs[:-2], []).append(value)
            else:
                inputs[theirs] = value
        return inputs

    def _value(
        self, name: str, ours: str, job: Job, put: Callable[[str], str], seed: Callable[[], int]
    ) -> Any:
        if ours in PICTURES:
            return put(ours) if ours in job.images else None
        if ours == "seed":
            return seed()
        if ours == "prompt":
            return prompt_for(job.task, job.settings, negative="negative" not in self.fields)
        if ours == "negative":
            return negative_of(job.settings) or None
        if ours == "category":
            return self._category(name, str(job.settings.get("category") or "auto"))
        if ours == "words":
            return str(
                job.settings.get("prompt") or _GARMENTS.get(str(job.settings.get("category")), "a garment")
            )
        return job.settings.get(ours)

    def _category(self, name: str, category: str) -> str | None:
        """None: as `values` says, or as the model finds out itself."""
        found = self.categories.get(category)
        if found is None and category != "auto":
            raise Fault(
                FaultKind.INPUT,
                f"{name} cannot dress {category}, only {', '.join(self.categories)}",
                code="E-PROV-CATEGORY",
                fix="another provider for this row, or category = auto",
            )
        return found


_GARMENTS = {
    "upper": "upper-body garment", "lower": "lower-body garment", "dress": "dress", "outer": "jacket or coat",
    "full": "outfit",
}  # fmt: skip


def read(options: dict[str, Any], ready: Fields | None) -> Fields:
    """Take stage, fields, values, categories and output out of a provider's table, over what is ready.

    Raises TypeError that says what is wrong.
    """
    given = {
        key: options.pop(key)
        for key in ("stage", "fields", "values", "categories", "output")
        if key in options
    }
    for key in ("fields", "values", "categories"):
        if not isinstance(given.get(key, {}), Mapping):
            raise TypeError(f'{key} must be a table, e.g. {key} = {{ human = "human_image_url" }}')
    if ready is None and not {"stage", "fields"} <= given.keys():
        raise TypeError("a model that is not known here needs stage and fields")
    base = ready or Fields("", {})
    made = replace(
        base,
        stage=str(given.get("stage", base.stage)),
        fields=given.get("fields", base.fields),
        values={**base.values, **given.get("values", {})},
        categories=given.get("categories", base.categories),
        output=str(given.get("output", base.output)),
    )
    if made.stage not in STAGES:
        raise TypeError(f"stage must be one of {', '.join(STAGES)}")
    if strange := set(made.fields) - {*PICTURES, *_TEXTS}:
        raise TypeError(f"fields knows {', '.join((*PICTURES, *_TEXTS))}, not {', '.join(sorted(strange))}")
    return made
