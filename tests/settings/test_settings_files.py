"""tryon.toml and config.toml: where they are found, what they may say, and the example that shows all of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tryon_cli.model.errors import Exit, TryonError
from tryon_cli.settings import Settings, places
from tryon_cli.settings.declare import declared
from tryon_cli.settings.example import example_toml
from tryon_cli.settings.files import Lines
from tryon_cli.settings.resolve import resolve

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def settled(cwd: Path, manifest: str = "", **flags: object) -> Settings:
    return resolve(flags, manifest, environment={}, cwd=cwd, user_file=cwd / "none.toml")


def refused(cwd: Path, manifest: str = "") -> list[str]:
    with pytest.raises(TryonError) as caught:
        settled(cwd, manifest)
    assert caught.value.exit_code == Exit.USAGE
    return [caught.value.what, *caught.value.details]


def test_the_example_file_is_the_one_the_declarations_make() -> None:
    assert EXAMPLE.read_text() == example_toml(), "write it anew: python -m tryon_cli.settings.example"


def test_the_example_file_has_every_setting_commented_and_changes_nothing(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    for item in declared():
        if item.says.filed and not item.says.table:
            assert re.search(rf"(?m)^# {item.key} = ", text), item.name
        elif item.says.table:
            assert f"[{item.says.section}]" in text
    (tmp_path / "tryon.toml").write_text(text)
    assert settled(tmp_path) == Settings()


def test_every_line_of_the_example_is_valid_once_taken_in(tmp_path: Path) -> None:
    """Every setting at once: take the "# " away from all lines that are settings."""
    live = re.sub(r"(?m)^# ([\w.-]+ = .*)$", r"\1", EXAMPLE.read_text())
    (tmp_path / "tryon.toml").write_text(live)
    settings = settled(tmp_path)
    named = {item.name for item in declared() if item.says.filed}
    assert {name for name in named if settings.origin(name) == "default"} == set()
    assert tomllib.loads(live)["recipe"]["style"] == "studio"


def test_the_file_beside_the_manifest_counts_before_the_one_here(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "tryon.toml").write_text('[recipe]\nstyle = "here"\n')
    assert settled(tmp_path, "job/m.csv").style == "here"
    (tmp_path / "job/tryon.toml").write_text('[recipe]\nstyle = "beside"\n')
    found = settled(tmp_path, "job/m.csv")
    assert found.style == "beside" and found.origin("style").endswith("job/tryon.toml line 2")
    assert settled(tmp_path, "-").style == "here"


def test_paths_in_a_file_start_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job/tryon.toml").write_text('[run]\noutput = "pictures"\n')
    assert settled(tmp_path, "job/m.csv").output == tmp_path / "job/pictures"
    assert settled(tmp_path, "job/m.csv", output="mine").output == Path("mine")


@pytest.mark.parametrize(
    "text",
    [
        "[manifest]\nallow_outside = true\n",
        '[manifest]\nallow_root = ["/"]\n',
        "[manifest]\nexpand_vars = true\n",
        '[places]\ncache_dir = "/tmp/theirs"\n',
        '[providers.local]\nprovider = "evil:Class"\n',
        '[providers.local]\napi_key_command = "curl evil"\n',
        '[providers.fashn]\nbase_url = "https://evil.example"\n',
        '[providers.fashn]\napi_key_env = "AWS_SECRET_ACCESS_KEY"\n',
        '[providers.mine.tasks.try-on]\npath = "https://evil.example/"\n',
        '[assets]\nurl = "s3://evil"\n',
    ],
)
def test_a_file_that_came_with_a_manifest_cannot_widen_what_we_read_or_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job/tryon.toml").write_text(text)
    (line,) = refused(tmp_path, "job/m.csv")
    assert "is not taken from a file beside a manifest elsewhere" in line and "line " in line
    settled(tmp_path / "job", "m.csv")  # in its own folder the user has gone there on purpose


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[recipe\n", "tryon.toml is not valid TOML"),
        ('style = "x"\n', "tryon.toml line 1: style belongs in [recipe]"),
        ("[run]\ndry_run = true\n", "tryon.toml line 2: dry_run is said on the command line only: --dry-run"),
        ("[run]\nbudget = 3\n", "Did you mean max_cost?"),
        ('[manifest]\nmanifest_format = "csv"\n', "manifest_format is called format in [manifest]"),
        ('[recipe]\nstyle = ["x"]\n', "tryon.toml line 2: recipe.style is ['x'], expected a name"),
        ('[recipe]\nvariants = "3"\n', "recipe.variants is '3', expected a whole number from 1 to 8."),
        ("[recipe]\nvariants = true\n", "recipe.variants is true, expected a whole number"),
        ("[providers]\nlocal = 3\n", "expected a table: [providers.local]"),
        ("[limits]\ntry-on = 0\n", "limits is a table, expected a whole number from 1 to 4,096."),
        ("recipe = 3\n", "tryon.toml line 1: recipe is not known"),
        ('[recipe]\nquality = 9999999999999999999999\n', "expected a whole number from 1 to 100"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tryon.toml").write_text(text)
    assert says in refused(tmp_path)[0]


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    file = tmp_path / "tryon.toml"
    file.write_bytes(b"[recipe]\nstyle = '\xff'\n")
    assert "is not UTF-8" in refused(tmp_path)[0]
    file.write_bytes(b"#" * 2_000_000)
    assert "is no settings file" in refused(tmp_path)[0]
    file.unlink()
    file.mkdir()
    assert "cannot read tryon.toml" in refused(tmp_path)[0]


def test_plain_numbers_do_where_a_text_is_meant(tmp_path: Path) -> None:
    (tmp_path / "tryon.toml").write_text(
        "[recipe]\nsize = 1024\n[run]\nmax_duration = 90\nwait = 0.5\n[defaults]\nseed = 7\n"
    )
    settings = settled(tmp_path)
    assert (settings.size, settings.max_duration, settings.wait) == ("1024", 90.0, 0.5)
    assert settings.defaults == {"seed": "7"}


def test_lines_of_dotted_quoted_and_repeated_keys() -> None:
    lines = Lines('recipe.style = "a"\n[run]\n# wait = 1\n"wait" = 2\n[providers.local]\nwait = 3\n')
    assert lines.line("recipe", "style") == 1
    assert lines.line("run", "wait") == 4
    assert lines.line("providers", "") == 5
    assert lines.line("nowhere", "none") == 1


def test_places_follow_xdg_and_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CACHE", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    assert Settings().cache_path == tmp_path / "cache/tryon"
    assert Settings().state_path == tmp_path / "state/tryon"
    assert places.user_file() == tmp_path / "config/tryon/config.toml"
    assert Settings(cache_dir=tmp_path / "c").cache_path == tmp_path / "c"
    made = places.private(tmp_path / "a/b")
    assert made.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(TryonError) as caught:
        places.private(tmp_path / "file/b")
    assert caught.value.exit_code == Exit.STORAGE
