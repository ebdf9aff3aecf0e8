"""`tryon config`: what is set, and by whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tryon_cli.cli.app import main
from tryon_cli.settings.declare import declared


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CACHE", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_setting_is_shown_with_its_origin(
    own_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_machine / "tryon.toml").write_text('[recipe]\nstyle = "off"\n')
    monkeypatch.setenv("TRYON_QUALITY", "70")
    assert main(["config", "show", "--origin", "--color", "never"]) == 0
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if not line.startswith("[")}
    assert set(lines) == {item.name for item in declared()}
    assert lines["style"] == ["style", "off", "tryon.toml", "line", "2"]
    assert lines["quality"] == ["quality", "70", "environment", "TRYON_QUALITY"]
    assert lines["color"] == ["color", "never", "flag", "--color"]
    assert lines["face"] == ["face", "swap", "default"]
    assert main(["config", "show"]) == 0
    assert "tryon.toml" not in capsys.readouterr().out


def test_json_has_values_and_origins_and_no_secrets(
    own_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_machine / "tryon.toml").write_text('[providers.fashn]\napi_key = "sk-abcdefgh"\nurl = "u"\n')
    assert main(["config", "show", "--json"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    assert found["providers"]["value"] == {"fashn": {"api_key": "***", "url": "u"}}
    assert found["providers"]["origin"] == "tryon.toml line 1"
    assert "sk-abcdefgh" not in out
    assert main(["config", "show", "--origin"]) == 0
    assert "sk-abcdefgh" not in capsys.readouterr().out


def test_the_file_beside_a_manifest_is_shown(own_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_machine / "job").mkdir()
    (own_machine / "job/tryon.toml").write_text("[recipe]\nquality = 11\n")
    assert main(["config", "show", "job/m.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quality"]["value"] == 11


def test_path_names_files_and_folders(own_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_machine / "tryon.toml").touch()
    assert main(["config", "path", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "files": [str(own_machine / "tryon.toml")],
        "cache": str(own_machine / "cache/tryon"),
        "state": str(own_machine / "state/tryon"),
    }
    assert main(["config", "path"]) == 0
    out = capsys.readouterr().out
    assert f"{own_machine}/config/tryon/config.toml   (not there)" in out


def test_a_bad_file_ends_with_one_message(own_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_machine / "tryon.toml").write_text("[recipe]\nquality = 0\nfase = 1\n")
    assert main(["config", "show"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "Error: 2 settings cannot be used.",
        "  tryon.toml line 3: [recipe] fase is not known. Did you mean face?",
        "  tryon.toml line 2: recipe.quality is 0, expected a whole number from 1 to 100.",
    ]
