"""What a Gradio app says about itself, checked against a recipe before the first picture is sent. Makes no job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...model.errors import Fault, FaultKind
from ...model.remote import Call

if TYPE_CHECKING:
    from .provider import Gradio
    from .recipes import Recipe

WAKING = 30.0
"""Seconds that a Space which is waking up is left alone."""


class App(NamedTuple):
    """Where the endpoint is."""

    prefix: str
    """Path before every route, e.g. gradio_api; "" in old versions."""
    function: int
    """Number of the endpoint, for the queue."""


def read_app(service: Gradio, recipe: Recipe) -> App:
    """Ask the app. Raises Fault: TRANSIENT while it sleeps, CONFIG when it has no such endpoint."""
    reply = service.http.send(Call("GET", service.at("config")))
    if reply.status in (502, 503, 504) or (reply.status == 200 and not reply.document()):
        text = f"{service.name}: the app is asleep or starting"
        raise Fault(FaultKind.TRANSIENT, text, code="E-PROV-ASLEEP", fix="tryon resume", wait=WAKING)
    if reply.status == 404:
        text = f"{service.name}: there is no Gradio app at {service.base_url}, or it is paused"
        raise _config(service, text, "open it in a browser")
    service.check(reply)
    config = service.object_in(reply)
    prefix = str(config.get("api_prefix") or "").strip("/")
    function = _function(config, recipe.api_name)
    if function is None:
        text = f"{service.name}: the app has no endpoint {recipe.api_name}"
        raise _config(service, text, f"it has: {', '.join(_named(config)) or 'none'}")
    _compare(service, recipe, prefix)
    return App(prefix, function)


def _function(config: dict[str, Any], api_name: str) -> int | None:
    for number, one in enumerate(config.get("dependencies") or ()):
        if isinstance(one, dict) and f"/{one.get('api_name')}" == api_name:
            return int(one.get("id", number))
    return None


def _named(config: dict[str, Any]) -> list[str]:
    found = [one.get("api_name") for one in config.get("dependencies") or () if isinstance(one, dict)]
    return [f"/{name}" for name in found if isinstance(name, str)]


def _compare(service: Gradio, recipe: Recipe, prefix: str) -> None:
    """As many values as the endpoint takes? An app would answer "error: null" to a wrong number."""
    reply = service.http.send(Call("GET", service.at(f"{prefix}/info")))
    named = reply.document().get("named_endpoints")
    takes = named.get(recipe.api_name) if isinstance(named, dict) else None
    parameters = takes.get("parameters") if isinstance(takes, dict) else None
    if reply.status != 200 or not isinstance(parameters, list):
        return  # apps may hide it
    if len(parameters) != len(recipe.data):
        names = ", ".join(str(one.get("parameter_name")) for one in parameters if isinstance(one, dict))
        text = f"{service.name}: {recipe.api_name} takes {len(parameters)} values, the recipe gives {len(recipe.data)}"
        raise _config(service, text, f"it takes: {names}")


def _config(service: Gradio, text: str, hint: str) -> Fault:
    fix = f"{hint}; then correct [providers.{service.name}]"
    return Fault(FaultKind.CONFIG, text, code="E-PROV-CONFIG", fix=fix)
