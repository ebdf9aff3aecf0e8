"""Settings -> JSON -> settings, for resume; and what must never get there or onto a screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.model.errors import TryonError
from tryon_cli.model.secrets import hide, learn, mask
from tryon_cli.settings import Settings
from tryon_cli.settings.declare import declared
from tryon_cli.settings.resolve import resolve
from tryon_cli.settings.setting import Declared

_NAMES = st.text("abcdefgh_-", min_size=1, max_size=8)
_BY_FORM: dict[str, st.SearchStrategy[Any]] = {
    "duration": st.integers(0, 10**6).map(float), "clock": st.sampled_from(["", "06:00", "23:59"]),
    "delimiter": st.sampled_from(["", ";", "\t", "|"]), "encoding": st.sampled_from(["utf-8", "latin-1"]),
    "pairing": st.sampled_from(["", "cross", "sample:3"]), "rehearse": st.sampled_from(["", "flaky:7", "slow"]),
    "providers": st.sampled_from(["local", "try-on=a,b"]), "fallbacks": st.sampled_from(["a,b", "try-on=a,try-on=b"]),
    "word": st.sampled_from(["studio", "off"]),
    "size": st.sampled_from(["source", "1024", "4k"]), "background": st.sampled_from(["keep", "#aabbcc"]),
    "text": st.text("abc é\n", max_size=20).filter(lambda text: text == text.strip()),
}  # fmt: skip


def _values(item: Declared) -> st.SearchStrategy[Any]:
    """Valid values of a setting."""
    says = item.says
    if says.choices:
        return st.sampled_from(says.choices)
    if item.switch:
        return st.booleans()
    if says.form in _BY_FORM:
        return _BY_FORM[says.form]
    paths = st.sampled_from([Path("/a/b"), Path("/srv/é"), Path("/")])
    special = {
        "opt": st.dictionaries(_NAMES.map("local.{}".format), st.booleans() | st.integers(-9, 9) | st.text(max_size=5)),
        "limits": st.dictionaries(_NAMES, st.integers(1, 99)), "only": st.just(("tag:a",)) | st.just(()),
        "providers": st.dictionaries(_NAMES, st.dictionaries(st.sampled_from(["a", "url"]), st.integers())),
        "allow_root": st.lists(paths).map(tuple), "output": paths, "cache_dir": st.none(), "state_dir": st.none(),
        "root": paths | st.none(),
    }  # fmt: skip
    if item.name in special:
        return special[item.name]
    if item.pairs:
        return st.dictionaries(_NAMES, st.text(max_size=8))
    if item.many:
        return st.lists(st.text(max_size=8)).map(tuple)
    if item.type in (int, int | None):
        return st.integers(int(says.least or 0), int(min(says.most or 10**9, 2**40)))
    return st.floats(0, 1e6) if item.type == (float | None) else st.text(min_size=1, max_size=9)


_SETTINGS = st.fixed_dictionaries({}, optional={i.name: _values(i) for i in declared()}).map(
    lambda v: Settings(**v)
)


@given(_SETTINGS, st.sampled_from([None, Path("/out/spring"), Path("/a")]))
def test_a_record_reads_back_through_json(settings: Settings, folder: Path | None) -> None:
    record = json.loads(json.dumps(settings.to_record(folder)))
    back = Settings.from_record(record, folder)
    if folder is None:
        assert back == settings
    else:  # paths come back from where the record lies
        assert back.recipe() == settings.recipe()
        assert (folder / back.output).resolve() == settings.output.resolve()
        assert not any(isinstance(v, str) and v.startswith("/") for k, v in record.items()
                       if k in ("output", "root"))  # fmt: skip


def test_a_moved_folder_finds_its_own_paths(tmp_path: Path) -> None:
    old, new = tmp_path / "old/out", tmp_path / "new/out"
    record = Settings(output=old, root=tmp_path / "old/pics").to_record(old)
    assert record["output"] == "." and record["root"] == "../pics"
    back = Settings.from_record(record, new)
    assert back.output.resolve() == new and back.root is not None
    assert back.root.resolve() == tmp_path / "new/pics"


def test_a_resumed_run_keeps_what_counts_and_not_the_words_of_the_moment() -> None:
    first = Settings(style="off", until="06:00", rehearse="outage", quiet=True, dry_run=True, max_rows=5)
    again = resolve(
        {}, environment={}, cwd=Path("/nowhere"), user_file=Path("/none"), record=first.to_record()
    )
    assert (again.style, again.max_rows) == ("off", 5)
    assert (again.until, again.rehearse, again.quiet, again.dry_run) == ("", "", False, False)


def test_a_record_of_another_version_is_refused_by_name() -> None:
    with pytest.raises(TryonError) as caught:
        Settings.from_record({"glow": 3, "quality": 500, "face": None})
    told = "\n".join(caught.value.details)
    assert "glow" in told and "quality is not a whole number from 1 to 100" in told


SECRET = "sk-verysecret-0123456789"


def test_secrets_are_in_no_record_and_hidden_on_screens(tmp_path: Path) -> None:
    (tmp_path / "tryon.toml").write_text(
        f'[providers.fashn]\napi_key = "{SECRET}"\napi_key_file = "~/k"\nurl = "u"\n'
        '[providers.fashn.more]\ntoken = "t"\n'
    )
    settings = resolve({}, environment={}, cwd=tmp_path, user_file=tmp_path / "none")
    assert settings.providers["fashn"]["api_key"] == SECRET
    record = json.dumps(settings.to_record())
    assert SECRET not in record and "api_key_file" in record and '"token"' not in record
    assert hide(settings.providers) == {
        "fashn": {"api_key": "***", "api_key_file": "~/k", "url": "u", "more": {"token": "***"}}
    }
    assert mask(f"broke at {SECRET[::1]}!") == "broke at ***!"


@pytest.mark.parametrize(
    "text",
    [
        "api_key=abcdef123", 'token: "abcdef123"', "Authorization: Bearer abcdef123", "?signature=abcdef123&x=1",
        "https://me:abcdef123@host/", "{'X-API-Key': 'abcdef123'}", "FASHN_API_KEY=abcdef123 tryon",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "abcdef123" not in mask(text, {}) and "***" in mask(text, {})


def test_known_secrets_are_masked_wherever_they_stand_and_plain_words_stay() -> None:
    assert mask("x hunter22 y", {"FASHN_API_KEY": "hunter22"}) == "x *** y"
    learn({"a": {"password": "swordfish"}, "keys": 3})
    assert mask("the swordfish swims", {}) == "the *** swims"
    assert mask("the keyboard of the monkey is 3", {"PATH": "keyboard"}) == "the keyboard of the monkey is 3"
