"""A recipe's values for one job: pictures uploaded, settings in the app's own words. Submits nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...model.errors import Fault, FaultKind
from ...model.ports import Job
from ..framing import blank_layer
from ..prompts import prompt_for
from .recipes import Place, place_of

if TYPE_CHECKING:
    from .provider import Gradio


def filled(service: Gradio, job: Job, value: Any) -> Any:
    """A value of the recipe with everything put in its place. Raises Fault."""
    if (place := place_of(value)) is not None:
        return _value(service, job, place)
    if isinstance(value, Mapping):
        return {name: filled(service, job, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(service, job, inner) for inner in value]
    return value


def _value(service: Gradio, job: Job, place: Place) -> Any:
    """What a placeholder stands for in this job."""
    if place.name in job.images:
        return _picture(service, job, place)
    if place.name == "seed":
        return service.seed_of(job, service.recipe.most_seed)
    if place.name == "prompt":
        return prompt_for(job.task, job.settings)
    said = job.settings.get(place.name)
    said = service.option(job, place.name, place.default) if said is None else said
    table = service.recipe.values.get(place.table)
    if table is None:
        return said
    word = "auto" if said is None else str(said)
    if word not in table:
        text = f"{service.name}: the app has no {place.name} {word!r}"
        raise Fault(FaultKind.INPUT, text, code="E-PROV-VALUE", fix=f"it has: {', '.join(map(str, table))}")
    return table[word]


def _picture(service: Gradio, job: Job, place: Place) -> dict[str, Any]:
    file = _file(service.reference(job, place.name))
    if place.form != "editor":
        return file
    layer = service.uploaded(blank_layer(service.picture(job, place.name)))
    return {"background": file, "layers": [_file(layer)], "composite": None}


def _file(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
