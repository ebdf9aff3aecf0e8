"""Declared settings -> options of a command. Knows no values and no order of levels.

    @takes("run")
    def command(flags: Flags, manifest: Annotated[str, typer.Argument(help="...")] = "") -> int: ...

`flags` holds the settings that were given as options, by name and unread: settings.resolve checks them,
so that options, environment and files give the same messages, all at once. The function's other parameters
are options and arguments of its own, in Typer's way.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperOption

from ..settings.declare import declared
from ..settings.setting import Declared

Flags = dict[str, object]
"""Settings given as options: name -> text, list of texts, True or False."""

Body = Callable[..., int | None]


def takes(command: str) -> Callable[[Body], Body]:
    """Give a command's function the options of all settings that are declared for this command."""
    items = [item for item in declared() if command in item.says.commands]

    def wrap(body: Body) -> Body:
        own = [p for p in inspect.signature(body, eval_str=True).parameters.values() if p.name != "flags"]
        clash = {p.name for p in own} & {item.name for item in items}
        if clash:
            raise TypeError(f"{command} declares a setting's option itself: {', '.join(sorted(clash))}")

        @functools.wraps(body)
        def called(**values: Any) -> int | None:
            given = {item.name: values.pop(item.name) for item in items}
            given |= {
                item.name: ",".join(given[item.name]) for item in items if item.chain and given[item.name]
            }
            return body(flags={n: v for n, v in given.items() if v not in (None, (), [])}, **values)

        options = [_parameter(item) for item in items]
        only = inspect.Parameter.KEYWORD_ONLY
        called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what Typer reads
            [*(p.replace(kind=only) for p in own), *options]
        )
        called.__annotations__ = {}
        return called

    return wrap


def _parameter(item: Declared) -> inspect.Parameter:
    """One setting as Typer sees it: always optional, so that "not given" can be told from a default."""
    kind: Any = bool | None if item.switch else list[str] | None if item.many or item.chain else str | None
    names = [f"{item.option}/--no-{item.option[2:]}" if item.switch else item.option]
    option = typer.Option(
        *names, *filter(None, [item.says.short]), help=_help(item), metavar=_metavar(item),
        show_default=False, rich_help_panel=_PANELS[item.says.section],
        autocompletion=_completion(item.says.choices),
    )  # fmt: skip
    return inspect.Parameter(
        item.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


_PANELS = {
    "recipe": "What the pictures look like",
    "run": "How it runs",
    "manifest": "How the manifest is read",
    "screen": "What is shown",
    "places": "Where things are kept",
    "limits": "How it runs",
}


LONGEST_CHOICES = 24
"""Characters of choices that stand beside an option; longer lists go into its help, for narrow terminals."""


def _metavar(item: Declared) -> str | None:
    if item.switch:
        return None
    choices = "|".join(item.says.choices)
    if choices:
        return choices if len(choices) <= LONGEST_CHOICES else "NAME"
    return item.says.metavar or ("PATH" if "Path" in str(item.type) else "N")


def _help(item: Declared) -> str:
    """The one line, with long lists of choices, and with the default where that says something."""
    text = item.says.help
    if len("|".join(item.says.choices)) > LONGEST_CHOICES:
        text += f" One of {', '.join(item.says.choices)}."
    if item.many:
        return f"{text} (repeatable)"
    if item.switch or item.default in (None, ""):
        return text
    return f"{text} [{item.default:g}]" if isinstance(item.default, float) else f"{text} [{item.default}]"


def _completion(choices: tuple[str, ...]) -> Callable[[str], list[str]] | None:
    if not choices:
        return None

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete


# ------------------------------------------------------------------ parameters without a second validator
# Typer's own way imports a validator for every parameter, which takes longer than the whole rest of a
# command's start. Texts and switches need none here: settings.resolve runs later and says more.
class PlainOption(TyperOption):
    """An option that takes texts and switches as they are."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        return _taken(self, ctx, value) if _is_plain(self, value) else super().process_value(ctx, value)


class PlainArgument(TyperArgument):
    """An argument that takes texts as they are."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        return _taken(self, ctx, value) if _is_plain(self, value) else super().process_value(ctx, value)


def _is_plain(param: Any, value: Any) -> bool:
    many = param.multiple or param.nargs == -1
    texts = value is None or isinstance(value, bool | str) or (many and isinstance(value, list | tuple))
    missing = param.required and value in (None, (), [])  # Typer words that
    return texts and not missing and param.type_descriptor.annotation in (str, bool, list[str])


def _taken(param: Any, ctx: Any, value: Any) -> Any:
    if value is None and (param.multiple or param.nargs == -1):
        value = ()
    return value if param.callback is None else param.callback(ctx, param, value)


def plain(params: Iterable[Any]) -> None:
    """Make these parameters cheap; what they take and mean stays as declared."""
    for param in params:
        if type(param) is TyperOption:
            param.__class__ = PlainOption
        elif type(param) is TyperArgument:
            param.__class__ = PlainArgument
