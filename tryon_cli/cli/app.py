"""The command line: which commands there are, and what happens when one ends. Knows no command's work.

A command is a module of its own, imported only when it is called. It exposes either

- `command`: a function decorated with `options.takes(NAME)`, whose docstring is its help, or
- `app`: for a group, a `typer.Typer()` with such functions (`@app.command("show")` above `@takes(NAME)`).

What it returns is the exit code (None: 0). It raises TryonError for all that its user can do something about.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import CompletionItem, TyperCommand, TyperGroup  # type: ignore[attr-defined]

from .. import __version__
from . import ending
from .options import plain


class Entry(NamedTuple):
    """One line of the table of commands."""

    module: str
    help: str
    panel: str


COMMANDS: Mapping[str, Entry] = {
    "run": Entry("tryon_cli.cli.run", "Make the pictures of a manifest.", "Make"),
    "resume": Entry("tryon_cli.cli.resume", "Go on where a run stopped.", "Make"),
    "status": Entry("tryon_cli.cli.status", "What runs, or how the last run ended.", "Make"),
    "precompute": Entry("tryon_cli.cli.precompute", "Make pictures that will be asked for.", "Make"),
    "check": Entry("tryon_cli.cli.check", "Find what is wrong with a manifest.", "Look"),
    "expand": Entry("tryon_cli.cli.expand", "Print the rows a manifest stands for.", "Look"),
    "inspect": Entry("tryon_cli.cli.inspect", "How a picture was made.", "Look"),
    "ledger": Entry("tryon_cli.cli.ledger", "Paid calls that are out or wait for you.", "Look"),
    "verify": Entry("tryon_cli.cli.verify", "Prove that a finished run is whole.", "Look"),
    "cache": Entry("tryon_cli.cli.cache", "Size, check and clean the cache.", "Set up"),
    "providers": Entry("tryon_cli.cli.providers", "Who can render, and whether they work.", "Set up"),
    "config": Entry("tryon_cli.cli.config", "Settings, and where they come from.", "Set up"),
    "doctor": Entry("tryon_cli.cli.doctor", "Is everything here that a run needs?", "Set up"),
    "init": Entry("tryon_cli.cli.init", "Write an example to start from.", "Set up"),
}

NAMES = {"help_option_names": ["-h", "--help"]}


class _Grouped:
    """Plain help with one section per panel: short lines, no boxes, readable in a pipe and at 60 columns.

    Typer's own help draws with Rich, whose import alone takes longer than all of ours.
    """

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # TyperCommand's or TyperGroup's
        plain([option] if option is not None else [])
        return option

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        me: Any = self
        for param in me.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if param.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(param, "rich_help_panel", None) or usual, []).append(record)
        first = [name for name in ("Arguments", "Options") if name in panels]
        for name in [*first, *(name for name in panels if name not in first)]:
            with formatter.section(name):
                formatter.write_dl(panels[name], col_max=26)
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)


class Command(_Grouped, TyperCommand):
    """A command with our help and cheap parameters."""


class Group(_Grouped, TyperGroup):
    """A command with commands below it."""

    usual = ""
    """The one that is meant when none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        if self.usual and (not args or args[0].startswith("-")) and not {"-h", "--help"} & set(args):
            args = [self.usual, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise ending.no_command(ctx.command_path, args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


class Root(Group):
    """`tryon` itself: knows its commands by table, imports only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = load(cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, entry in COMMANDS.items():
            panels.setdefault(entry.panel, []).append((name, entry.help))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        names = [
            CompletionItem(name, help=entry.help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *TyperCommand.shell_complete(self, ctx, incomplete)]


def load(name: str) -> Any:
    """Import a command and build it."""
    module = import_module(COMMANDS[name].module)
    if hasattr(module, "app"):
        made: Any = typer.main.get_group(module.app)
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, context_settings=NAMES)(module.command)
        made = typer.main.get_command(app)
    made.help = made.help or COMMANDS[name].help
    ours = _ours(made, name)
    if isinstance(ours, Group):
        ours.usual = getattr(module, "USUAL", "")
    return ours


def _ours(made: Any, name: str) -> Any:
    """The same command with our help."""
    plain(made.params)
    shared = {
        "name": name, "params": made.params, "callback": made.callback, "help": made.help,
        "epilog": made.epilog, "context_settings": {**NAMES, **made.context_settings},
        "rich_markup_mode": None,
    }  # fmt: skip
    if isinstance(made, TyperGroup):
        below = {child: _ours(command, child) for child, command in made.commands.items()}
        return Group(commands=below, no_args_is_help=True, **shared)
    return Command(**shared)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tryon {__version__}")
        raise typer.Exit


def build() -> Any:
    """The whole command line, no command imported yet."""
    app = typer.Typer(
        cls=Root, rich_markup_mode=None, pretty_exceptions_enable=False, suggest_commands=False,
        context_settings=NAMES,
    )  # fmt: skip

    @app.callback()
    def tryon(
        version: bool = typer.Option(
            False, "--version", help="Show the version.", callback=_version, is_eager=True
        ),
    ) -> None:
        """Virtual try-on in batches: a manifest of people and garments in, pictures out.

        Start with `tryon init`, then `tryon run manifest.csv`. Stop it anywhere: `tryon resume` goes on.
        """

    root = typer.main.get_command(app)
    plain(root.params)
    return root


def main(args: list[str] | None = None) -> int:
    """Run one command line and return its exit code. Never raises, never shows a traceback unasked."""
    args = sys.argv[1:] if args is None else args
    ending.readable()
    with ending.Ending(args) as end:
        root = build()
        if "_TRYON_COMPLETE" in os.environ:  # the shell asks what could come next
            root.main(args, prog_name="tryon", complete_var="_TRYON_COMPLETE")
        with root.make_context("tryon", args or ["--help"]) as ctx:
            end.code = int(root.invoke(ctx) or 0)
    return end.code
