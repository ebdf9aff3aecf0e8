"""The command line as a whole: help, near misses, endings, streams, and what is imported when."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
import typer

from tryon_cli import __version__
from tryon_cli.cli import app as app_module
from tryon_cli.cli.app import COMMANDS, Entry, main
from tryon_cli.cli.options import Flags, takes
from tryon_cli.model.errors import Exit, TryonError
from tryon_cli.settings.declare import EVERY, declared

TRYON = str(Path(sys.executable).parent / "tryon")
THERE = [name for name, entry in COMMANDS.items() if importlib.util.find_spec(entry.module)]


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CACHE", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.delenv("TRYON_DEBUG", raising=False)
    return tmp_path


Says = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Says:
    def run(*args: str) -> tuple[int, str, str]:
        code = main(list(args))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], list[Flags]]]:
    """Puts a function in the place of `tryon run`; gives the list of flags it was called with."""
    calls: list[Flags] = []

    def put(body: Any) -> list[Flags]:
        @takes("run")
        def command(flags: Flags, manifest: Annotated[str, typer.Argument()] = "") -> int | None:
            """Make the pictures of a manifest."""
            calls.append({**flags, "manifest": manifest})
            return body()  # type: ignore[no-any-return]

        module = ModuleType("stand_in_run")
        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "stand_in_run", module)
        entry = Entry("stand_in_run", "Stand in.", "Make")
        monkeypatch.setattr(app_module, "COMMANDS", {**COMMANDS, "run": entry})
        return calls

    yield put


# --------------------------------------------------------------------------- help
def test_the_table_of_commands_is_the_one_of_the_settings() -> None:
    assert set(COMMANDS) == set(EVERY)
    assert {name for item in declared() for name in item.says.commands} <= set(COMMANDS)


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_help_names_every_command_on_stdout(say: Says, args: list[str]) -> None:
    code, out, err = say(*args)
    assert code == 0 and err == ""
    for name, entry in COMMANDS.items():
        assert f"  {name} " in out and entry.help in out


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("name", ["", *THERE])
def test_help_fits_the_terminal(say: Says, monkeypatch: pytest.MonkeyPatch, name: str, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERMINAL_WIDTH", str(columns))
    code, out, _ = say(*([name] if name else []), "--help")
    assert code == 0 and out.startswith("Usage: tryon")
    assert max(len(line) for line in out.splitlines()) <= columns
    for item in declared():
        if name in item.says.commands and "Commands:" not in out:
            assert item.option in out


def test_options_come_from_the_declarations(say: Says, stand_in: Callable[[Any], list[Flags]]) -> None:
    calls = stand_in(lambda: None)
    assert say("run", "m.csv")[0] == 0
    args = (
        "-p",
        "a",
        "-p",
        "try-on=b",
        "-yq",
        "--no-input",
        "--only",
        "tag:a",
        "--only",
        "id:b",
        "--face",
        "keep",
    )
    assert say("run", *args, "m")[0] == 0
    assert calls == [
        {"manifest": "m.csv"},
        {
            "manifest": "m", "provider": "a,try-on=b", "yes": True, "quiet": True, "input": False,
            "only": ["tag:a", "id:b"], "face": "keep",
        },
    ]  # fmt: skip


def test_a_command_may_not_declare_a_setting_again() -> None:
    with pytest.raises(TypeError, match="style"):

        @takes("run")
        def command(flags: Flags, style: str = "") -> int:
            return 0


def test_groups_of_options_stand_under_their_headings(
    say: Says, stand_in: Callable[[Any], list[Flags]]
) -> None:
    stand_in(lambda: 0)
    out = say("run", "--help")[1]
    order = """Arguments: | Options: | What the pictures look like: | --style | How it runs: | --workers |
        How the manifest is read: | --map | What is shown: | --json"""
    places = [out.index(text.strip()) for text in order.split("|")]
    assert places == sorted(places)
    assert "swap|keep|off" in out and "[92]" in out


def test_version(say: Says) -> None:
    assert say("--version") == (0, f"tryon {__version__}\n", "")


# --------------------------------------------------------------------------- usage errors
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["rnu"], "Error: no such command rnu. Did you mean run?"),
        (["validate"], "Error: no such command validate. Did you mean check?"),
        (["spring.csv"], "Error: no such command spring.csv. Did you mean tryon run spring.csv?"),
        (["config", "shwo"], "Error: no such command shwo. Did you mean show?"),
        (["--versoin"], "Error: no such option --versoin. Did you mean --version?"),
        (["run", "--threads", "3"], "Error: no such option --threads. Did you mean --workers?"),
        (["run", "--retrys", "3"], "Error: no such option --retrys. Did you mean --attempts?"),
        (["run", "--style"], "Error: option '--style' requires an argument."),
        (["run", "--zzzz"], "Error: no such option --zzzz."),
        (["run", "-Z"], "Error: no such option -Z."),
        (["run", "a", "b"], "Error: got unexpected extra argument(s) (b)"),
        (["run", "--no-colour"], "Error: no such option --no-colour. Did you mean --color?"),
        (["x\x1b[31m"], "Error: no such command x␛[31m."),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    say: Says, stand_in: Callable[[Any], list[Flags]], args: list[str], message: str
) -> None:
    stand_in(lambda: 0)
    code, out, err = say(*args)
    assert (code, out, err.splitlines()[0]) == (Exit.USAGE, "", message)
    assert err.splitlines()[1].startswith("  see  tryon")


# --------------------------------------------------------------------------- endings
def ends(error: BaseException) -> Callable[[], int]:
    def body() -> int:
        raise error

    return body


@pytest.mark.parametrize("code", list(Exit))
def test_a_command_ends_with_its_own_code(
    say: Says, stand_in: Callable[[Any], list[Flags]], code: Exit
) -> None:
    stand_in(lambda: code)
    assert say("run") == (code, "", "")
    stand_in(ends(TryonError(code, "it\nwent", details=("why  so", "try  this"))))
    assert say("run") == (code, "", "Error: it\nwent\n  why  so\n  try  this\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130), (typer.Abort(), 130), (EOFError(), 130), (typer.Exit(7), 7), (SystemExit(5), 5),
        (SystemExit(), 0),
    ],
)  # fmt: skip
def test_other_endings(
    say: Says, stand_in: Callable[[Any], list[Flags]], error: BaseException, code: int
) -> None:
    stand_in(ends(error))
    assert say("run")[0] == code


def test_a_bug_is_told_without_a_traceback_and_kept_in_a_file(
    say: Says, stand_in: Callable[[Any], list[Flags]], own_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASHN_API_KEY", "hunter2-hunter2")
    hidden = "a-value-of-a-variable"  # locals are never written
    stand_in(ends(ValueError(f"boom hunter2-hunter2 token=abcdef {len(hidden)}")))
    code, out, err = say("run", "--style", "x")
    assert (code, out) == (Exit.INTERNAL, "")
    assert err.startswith("Internal error (this is our bug). Rows finished so far are safe.\n")
    assert "Traceback" not in err and "boom" not in err
    (report,) = (own_machine / "state/tryon/crash").iterdir()
    assert str(report) in err
    assert report.stat().st_mode & 0o777 == 0o600 and report.parent.stat().st_mode & 0o777 == 0o700
    text = report.read_text()
    assert "ValueError: boom *** token=***" in text and "tryon run --style x" in text
    assert "hunter2-hunter2" not in text and "abcdef" not in text and hidden not in text
    code, _, err = say("run", "--debug")
    assert code == 1 and "Traceback" in err and "boom ***" in err and "hunter2-hunter2" not in err


def test_a_bug_with_nowhere_to_write_still_ends_well(
    say: Says, stand_in: Callable[[Any], list[Flags]], own_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_machine / "file").touch()
    monkeypatch.setenv("TRYON_STATE_DIR", str(own_machine / "file/x"))
    stand_in(ends(RuntimeError("boom")))
    code, _, err = say("run")
    assert code == 1 and "details" not in err


# --------------------------------------------------------------------------- the real command
def real(*args: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([TRYON, *args], capture_output=True, env={**os.environ, **env}, timeout=60)


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "env", [C_LOCALE, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "ascii:strict"}]
)
def test_a_terminal_that_cannot_spell_a_name_gets_it_escaped(env: dict[str, str]) -> None:
    done = real("config", "show", TRYON_STYLE="", TRYON_PROMPT="caf\u00e9 \u6f22", **env)
    assert (
        done.returncode == 0 and b"caf" in done.stdout and b"\\u6f22" in done.stdout
    ) or b"\\udc" in done.stdout
    done = real("n\u00e4me\u6f22", **env)
    assert done.returncode == 2 and b"no such command n" in done.stderr and b"Traceback" not in done.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    script = f"{TRYON} config show --origin; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({script}) | head -1"], capture_output=True, env={**os.environ}, timeout=60
    )
    assert done.stderr == b"code 0\n" and done.stdout == b"[recipe]\n"
    done = subprocess.run(["bash", "-c", f"{TRYON} config show >&-"], capture_output=True, timeout=60)
    assert b"Traceback" not in done.stderr


def test_help_and_small_commands_import_nothing_heavy() -> None:
    script = """
import sys
from tryon_cli.cli.app import main
main(sys.argv[1:])
heavy = {"rich", "pydantic", "numpy", "PIL", "cv2", "httpx", "tenacity", "diskcache", "msgspec", "platformdirs"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
print(sorted(m for m in sys.modules if m.startswith("tryon_cli.cli.")), file=sys.stderr)
"""

    def imported(*args: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", script, *args], capture_output=True, text=True, timeout=60
        )
        return done.stderr.splitlines()[-2:]

    light = "['tryon_cli.cli.app', 'tryon_cli.cli.ending', 'tryon_cli.cli.options']"
    assert imported("--help") == ["[]", light]
    assert imported("--version") == ["[]", light]
    assert imported("config", "show")[0] == "['msgspec', 'platformdirs']"


def test_the_shell_is_told_commands_options_and_choices() -> None:
    def complete(line: str) -> list[str]:
        words = line.split(" ")
        done = real(_TRYON_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
        return done.stdout.decode().split()

    assert complete("tryon re") == ["resume"]
    assert complete("tryon config s") == ["show"]
    assert complete("tryon config show --col") == ["--color"]
    assert complete("tryon config show --color a") == ["auto", "always"]
    done = real("--show-completion", SHELL="/bin/bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="")
    assert done.returncode in (0, 1) and b"Traceback" not in done.stderr
    source = real(_TRYON_COMPLETE="source_bash")
    assert source.returncode == 0 and b"complete" in source.stdout and b"_TRYON_COMPLETE" in source.stdout


def test_providers_alone_lists_them(say: Says) -> None:
    code, alone, _ = say("providers")
    assert (code, alone) == say("providers", "list")[:2]
    assert "local" in alone and "price   free" in alone and "{" not in alone
    assert "check" in say("providers", "--help")[1]
