"""Keys: where they come from, and that nobody ever sees one."""

from __future__ import annotations

import pickle  # noqa: TID251 - to prove that keys refuse it
import stat
import sys
import types
from pathlib import Path

import pytest

from tryon_cli.model.errors import Exit, Fault, TryonError
from tryon_cli.model.secrets import mask
from tryon_cli.providers.http.secret import Secret, secret_of

CANARY = "sk-canary-4711-never-shown"


def test_the_environment_when_nothing_else_is_said() -> None:
    secret = secret_of("fashn", "FASHN_API_KEY", {}, {"FASHN_API_KEY": CANARY})
    assert secret.value == CANARY
    assert CANARY not in f"{secret} {secret!r} {secret.label} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_each_option_is_taken_out_of_the_table(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY + "\n")
    file.chmod(0o600)
    ways = {
        "api_key_file": str(file),
        "api_key_command": f"cat {file}",
        "api_key_env": "OTHER",
        "api_key": CANARY,
    }
    for way, told in ways.items():
        options = {way: told, "slots": 3}
        secret = secret_of("x", "X", options, {"OTHER": CANARY, "X": "wrong"})
        assert secret.value == CANARY and options == {"slots": 3}


def test_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.SimpleNamespace(
        get_password=lambda service, user: {("shop", "me"): CANARY}.get((service, user))
    )
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert secret_of("x", "X", {"api_key_keyring": "shop/me"}, {}).value == CANARY
    with pytest.raises(TryonError, match="nothing for shop/you"):
        secret_of("x", "X", {"api_key_keyring": "shop/you"}, {}).sound()


def test_a_missing_key_is_a_fault_when_it_is_wanted_and_not_before() -> None:
    secret = secret_of("fashn", "FASHN_API_KEY", {}, {})
    assert not secret and secret.label == ""
    with pytest.raises(Fault) as caught:
        _ = secret.value
    assert caught.value.code == "E-AUTH-MISSING" and "FASHN_API_KEY" in caught.value.fix


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (f"{CANARY}\n", "contains a line break"),
        (f"{CANARY}\r\nX-Evil: 1", "contains a line break"),
        (f"{CANARY}é", "not ASCII"),
        (f" {CANARY}", "contains a space"),
        (f"{CANARY} tail-of-it-4711", "contains a space"),
        (f"{CANARY}\x07", "invisible"),
        ("", "is empty"),
        ("  ", "is empty"),
    ],
)
def test_n16_a_key_that_cannot_be_sent_is_refused_without_showing_it(value: str, why: str) -> None:
    with pytest.raises(TryonError, match=why) as caught:
        secret_of("fashn", "FASHN_API_KEY", {}, {"FASHN_API_KEY": value}).sound()
    shown = f"{caught.value.what} {caught.value.details}"
    assert caught.value.exit_code is Exit.USAGE and "FASHN_API_KEY" in shown
    assert CANARY not in shown and "tail-of-it" not in shown


def test_two_sources_are_one_too_many() -> None:
    with pytest.raises(TryonError, match="both given"):
        secret_of("x", "X", {"api_key_env": "A", "api_key_file": "b"}, {"A": "1"})


def test_a_file_that_others_may_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY)
    for mode, told in ((0o644, True), (0o600, False)):
        file.chmod(mode)
        secret_of("x", "X", {"api_key_file": str(file)}, {}).sound()
        said = capsys.readouterr().err
        assert ("chmod 600" in said) is told and CANARY not in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "options",
    [
        {"api_key_file": "/nowhere/key"},
        {"api_key_command": "/nowhere/tool"},
        {"api_key_command": "false"},
        {"api_key_command": "'unclosed"},
        {"api_key_env": "NOT_SET"},
    ],
)
def test_a_source_that_does_not_work_is_refused_at_start(options: dict[str, str]) -> None:
    with pytest.raises(TryonError) as caught:
        secret_of("x", "X", dict(options), {}).sound()
    assert caught.value.code == "E-AUTH-FORM"


def test_the_account_keeps_its_name_and_the_name_does_not_tell_the_key(tmp_path: Path) -> None:
    one = secret_of("x", "X", {}, {"X": CANARY})
    two = secret_of("y", "Y", {"api_key": CANARY}, {})
    other = secret_of("x", "X", {}, {"X": CANARY + "1"})
    assert one.label == two.label != other.label and len(one.label) == 8


def test_a_command_may_print_another_token_and_the_account_stays(tmp_path: Path) -> None:
    file = tmp_path / "count"
    file.write_text("first-token-1")
    secret = secret_of("x", "X", {"api_key_command": f"cat {file}"}, {})
    secret.sound()
    label = secret.label
    assert not secret.renew()
    file.write_text("second-token-2")
    assert secret.renew() and secret.value == "second-token-2" and secret.label == label
    assert not Secret("x").renew()


def test_what_was_read_is_masked_everywhere_from_then_on() -> None:
    secret_of("x", "X", {}, {"X": "swordfish-seen-once"})
    assert mask("broke at swordfish-seen-once!", {}) == "broke at ***!"
