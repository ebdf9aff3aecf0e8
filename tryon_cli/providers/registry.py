"""Who can render: a literal table, and the same door for everybody else's classes.

Opening the registry imports no provider; naming one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from ..model.errors import Exit, TryonError
from ..model.ports import Offer, Provider
from .wrap.trial import Trial

GROUP = "tryon.providers"
"""Entry-point group under which installed packages offer providers."""

_HERE = __name__.rpartition(".")[0]

BUILT_IN: Mapping[str, str] = {
    "local": f"{_HERE}.local.provider:LocalProvider",
    "kling": f"{_HERE}.kling:Kling",
    "fashn": f"{_HERE}.fashn:Fashn",
    "fal": f"{_HERE}.fal:Fal",
    "replicate": f"{_HERE}.replicate:Replicate",
    "faceswap": f"{_HERE}.faceswap:FaceSwap",
    "bfl": f"{_HERE}.bfl:Bfl",
    "dashscope": f"{_HERE}.dashscope:DashScope",
    "http": f"{_HERE}.recipe:HttpService",
    "piapi": f"{_HERE}.piapi:PiApi",
    "segmind": f"{_HERE}.segmind:Segmind",
    "comfyui": f"{_HERE}.comfyui.provider:ComfyUi",
    "gemini": f"{_HERE}.gemini:Gemini",
    "gradio": f"{_HERE}.gradio.provider:Gradio",
    "openai": f"{_HERE}.openai:OpenAi",
    "vertex": f"{_HERE}.vertex:Vertex",
}


OURS = ("provider", "canary", "canary_share")
"""Keys of [providers.NAME] that are not the provider's own."""

SHARE = 0.05
"""Of the jobs that a candidate gets when nothing else is said."""


def places(settings: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, str]:
    """Provider name -> "module:Class": built in, installed, and named in the settings (the last wins).

    In the settings `provider` is a class, or the name of another provider of which this is one more instance.
    """
    table = dict(BUILT_IN)
    for point in entry_points(group=GROUP):
        table.setdefault(point.name, point.value)
    for name, values in (settings or {}).items():
        if isinstance(place := values.get("provider"), str):
            table[name] = table.get(place, place)
    return table


def load(name: str, settings: Mapping[str, Mapping[str, Any]] | None = None) -> Provider:
    """Make the provider of this name, or of this "module:Class".

    Its [providers.<name>] table goes to the constructor as keyword arguments, without what is said about it (OURS).
    Raises TryonError(USAGE) that says what is missing.
    """
    table = places(settings)
    place = table.get(name) or (name if ":" in name else "")
    if not place:
        raise TryonError(
            Exit.USAGE,
            f"there is no provider named {name!r}",
            details=(
                f"known  {', '.join(sorted(table))}",
                'or     "my_package.my_module:MyProvider" for a class of your own',
            ),
        )
    options = {k: v for k, v in (settings or {}).get(name, {}).items() if k not in OURS}
    provider = _make(name, place, options)
    lacks = [part for part in ("offer", "submit") if not hasattr(provider, part)]
    if lacks or not isinstance(provider.offer, Offer):
        wrong = f"has no {' and no '.join(lacks)}" if lacks else "has an offer that is no Offer"
        raise TryonError(Exit.USAGE, f"provider {name} ({place}) {wrong}", details=_PORT)
    return provider


_PORT = (
    "a provider has .offer (tryon_cli.model.ports.Offer) and .submit(job) -> Done",
    "see README, own providers",
)


def _make(name: str, place: str, options: Mapping[str, Any]) -> Provider:
    module, _, attribute = place.partition(":")
    try:
        kind = getattr(import_module(module), attribute)
        # one class may stand for several providers: it is told which one it is
        made = kind(name, **options) if getattr(kind, "NAME", "") else kind(**options)
    except ModuleNotFoundError as error:
        raise TryonError(
            Exit.USAGE,
            f"provider {name}: there is no module {error.name!r} here",
            details=(f"named by  {place}", "install it beside tryon, or set PYTHONPATH"),
        ) from error
    except AttributeError as error:
        raise TryonError(Exit.USAGE, f"provider {name}: {error}", details=(f"named by  {place}",)) from error
    except (TypeError, ValueError) as error:  # ValueError: slots = "many"
        raise TryonError(
            Exit.USAGE, f"provider {name} does not take these settings: {error}",
            details=(f"from  [providers.{name}]", f"given {', '.join(options) or 'nothing'}"),
        ) from error  # fmt: skip
    provider: Provider = made
    return provider


def trials(names: Iterable[str], settings: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Trial]:
    """The candidates of these providers, by their names. Raises TryonError(USAGE)."""
    found = {}
    for name in dict.fromkeys(names):
        table = (settings or {}).get(name, {})
        candidate, share = table.get("canary"), table.get("canary_share", SHARE)
        if candidate is None:
            continue
        fine = isinstance(share, int | float) and not isinstance(share, bool) and 0.0 <= share <= 1.0
        if not isinstance(candidate, str) or candidate == name or not fine:
            raise TryonError(
                Exit.USAGE, f"the canary of {name} cannot be used",
                details=(
                    f"given    canary = {candidate!r}, canary_share = {share!r}",
                    "expected another provider's name, and a share from 0 to 1",
                ),
            )  # fmt: skip
        found[name] = Trial(candidate, float(share))
    return found


def named(
    names: Iterable[str], settings: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Provider]:
    """Load several."""
    return {name: load(name, settings) for name in dict.fromkeys(names)}
