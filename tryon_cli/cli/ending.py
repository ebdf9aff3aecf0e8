"""How a command line ends: one clear message, the right exit code, and a report where it is our bug.

Knows no command. Nothing here may fail: it is what runs when something else has.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import typer

from .. import __version__
from ..model.errors import Exit, TryonError


def readable() -> None:
    """No name or sign may break a stream that cannot spell it (C locale, latin-1): it is shown escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


class Ending:
    """Turns whatever comes out of a command into its exit code; nothing passes it."""

    def __init__(self, args: list[str]) -> None:
        self._args = args
        self.code = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.code = self._told(error)
        with contextlib.suppress(OSError, ValueError):
            if sys.stdout is not None:  # None: it was closed before we began
                sys.stdout.flush()
            return True
        _silence(sys.stdout)
        return True

    def _told(self, error: BaseException) -> int:
        match error:
            case SystemExit(code=code):
                return code if isinstance(code, int) else 0 if code is None else 1
            case typer.Exit(exit_code=code):
                return code
            case KeyboardInterrupt() | typer.Abort() | EOFError():
                _say("\nStopped.")
                return Exit.INTERRUPTED
            case BrokenPipeError():
                _silence(sys.stdout)
                return 0
            case TryonError():
                say_error(error.what, error.details)
                return error.exit_code
            case typer.TyperException():
                return self._usage(error)
        return self._bug(error)

    def _usage(self, error: Any) -> int:
        if type(error).__name__ == "NoArgsIsHelpError":  # a group alone: its help
            typer.echo(error.format_message())
            return 0
        what, path = usage(error)
        if not path:
            path = " ".join(["tryon", *(word for word in self._args[:1] if not word.startswith("-"))])
        say_error(what, (f"see  {path} --help",))
        return Exit.USAGE

    def _bug(self, error: BaseException) -> int:
        if self._debug():
            import traceback

            from ..model.secrets import mask

            _say(mask("".join(traceback.format_exception(error))).rstrip())
        _say("Internal error (this is our bug). Rows finished so far are safe.")
        path = crash_report(error, self._args)
        if path is not None:
            _say(f"  details  {path}   (keys removed)")
        _say("  continue tryon resume")
        return Exit.INTERNAL

    def _debug(self) -> bool:
        on = os.environ.get("TRYON_DEBUG", "").lower() in ("1", "true", "yes", "on")
        return "--debug" in self._args or (on and "--no-debug" not in self._args)


def say_error(what: str, details: Iterable[str] = ()) -> None:
    """ "Error: what" and indented details on stderr, free of control signs and secrets."""
    from ..listeners.clean import clean
    from ..model.secrets import mask

    unicode = (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
    text = f"Error: {what}" if not what.startswith(("Stopped", "Error")) else what
    for line in text.splitlines() or [""]:
        _say(clean(mask(line), unicode))
    for detail in details:
        for line in detail.splitlines():
            _say("  " + clean(mask(line), unicode))


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def _silence(stream: Any) -> None:
    """Whoever read us has gone: nothing more is written, and the interpreter does not complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


# --------------------------------------------------------------------------- usage
def no_command(path: str, name: str, known: Iterable[str]) -> TryonError:
    """The message for a command that there is not."""
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    also = _OTHER_NAMES.get(name, "")
    if not near and path == "tryon" and (Path(name).suffix or "/" in name):
        hint = f" Did you mean tryon run {name}?"
    else:
        hint = f" Did you mean {(near or [also])[0]}?" if near or also else ""
    return TryonError(Exit.USAGE, f"no such command {name}.{hint}", details=(f"see  {path} --help",))


_OTHER_NAMES = {
    "validate": "check", "lint": "check", "continue": "resume", "settings": "config", "batch": "run",
    "process": "run", "start": "run", "setup": "init", "new": "init", "info": "inspect",
}  # fmt: skip


def usage(error: Any) -> tuple[str, str]:
    """What Typer complains about, in our words, and the command it is about ("" when Typer does not say)."""
    ctx = getattr(error, "ctx", None)
    name = getattr(error, "option_name", "")
    if name and type(error).__name__ == "NoSuchOption":
        near = _nearest(name, ctx)
        what = f"no such option {name}." + (f" Did you mean {near}?" if near else "")
    else:
        text = str(error.format_message()).strip()
        what = text[:1].lower() + text[1:]
    return what, ctx.command_path if ctx is not None else ""


def _nearest(name: str, ctx: Any) -> str:
    """The option of this command that was meant, by its spelling or by another word for it."""
    from ..settings.declare import declared

    if ctx is None:
        return ""
    own = {opt: opt for p in ctx.command.get_params(ctx) for opt in (*p.opts, *p.secondary_opts)}
    other = {f"--{word}": i.option for i in declared() if i.option in own for word in i.says.aka}
    words = {**other, **own}
    near = difflib.get_close_matches("--" + name.lstrip("-").replace("_", "-"), sorted(words), 1, 0.7)
    return words[near[0]] if near else ""


# --------------------------------------------------------------------------- our bugs
def crash_report(error: BaseException, args: list[str], now: float | None = None) -> Path | None:
    """Write what happened into the state folder, secrets masked, no values of variables. None: impossible."""
    import platform
    import traceback

    from ..model.secrets import mask
    from ..settings.places import crash_folder, private

    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    text = (
        f"tryon {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"tryon {' '.join(args)}\n\n{''.join(traceback.format_exception(error))}"
    )
    with contextlib.suppress(OSError, TryonError, ValueError):
        path = private(crash_folder(os.environ)) / f"crash-{stamp}-{os.getpid()}.txt"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(mask(text))
        return path
    return None
