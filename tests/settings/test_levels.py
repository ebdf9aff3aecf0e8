"""Who wins: option, record, environment, project file, user file, default; and what a bad value is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.manifest.options import FORMATS
from tryon_cli.manifest.values import FACES, PICTURE_FORMATS
from tryon_cli.model.errors import Exit, TryonError
from tryon_cli.model.pair import Recipe
from tryon_cli.pipeline import PIPELINES
from tryon_cli.providers.wrap.rehearsed import KINDS
from tryon_cli.settings import Settings
from tryon_cli.settings.declare import declared, named
from tryon_cli.settings.forms import FORMS, duration
from tryon_cli.settings.resolve import resolve


class Desk:
    """A user's folders, with the files they hold."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.cwd = base / "work"
        self.cwd.mkdir()
        self.user = base / "config.toml"
        self.project = self.cwd / "tryon.toml"

    def resolve(
        self,
        flags: dict[str, object] | None = None,
        manifest: str = "",
        env: dict[str, str] | None = None,
        **more: Any,
    ) -> Settings:
        return resolve(
            flags or {}, manifest, environment=env or {}, cwd=self.cwd, user_file=self.user, **more
        )

    def refused(self, *args: Any, **more: Any) -> list[str]:
        with pytest.raises(TryonError) as caught:
            self.resolve(*args, **more)
        assert caught.value.exit_code == Exit.USAGE
        return [caught.value.what, *caught.value.details]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_each_level_beats_the_ones_below_it(desk: Desk) -> None:
    steps: list[tuple[str, str]] = [(desk.resolve().style, desk.resolve().origin("style"))]
    desk.user.write_text('\n[recipe]\nstyle = "user"\n')
    steps.append((desk.resolve().style, desk.resolve().origin("style")))
    desk.project.write_text('[recipe]\n\n# a comment\nstyle = "project"\n')
    steps.append((desk.resolve().style, desk.resolve().origin("style")))
    env = {"TRYON_STYLE": "env"}
    steps.append((desk.resolve(env=env).style, desk.resolve(env=env).origin("style")))
    record = desk.resolve({"style": "record"}).to_record()
    recorded = desk.resolve(env=env, record=record)
    steps.append((recorded.style, recorded.origin("style")))
    flagged = desk.resolve({"style": "flag"}, env=env, record=record)
    steps.append((flagged.style, flagged.origin("style")))
    assert steps == [
        ("studio", "default"),
        ("user", f"{desk.user} line 3"),
        ("project", "tryon.toml line 4"),
        ("env", "environment TRYON_STYLE"),
        ("record", "the run's record"),
        ("flag", "flag --style"),
    ]


EXAMPLES: dict[str, tuple[str, Any]] = {
    "variants": ("5", 5),
    "pipeline": ("tryon-only", "tryon-only"), "provider": ("try-on=fashn,local", "try-on=fashn,local"),
    "face": ("keep", "keep"), "size": ("864x1296", "864x1296"), "background": ("#FFF", "#ffffff"),
    "format": ("png", "png"), "opt": ("local.a=2,local.b=x", {"local.a": 2, "local.b": "x"}),
    "output": ("o/p", Path("o/p")), "max_cost": ("1.5", 1.5), "until": ("6:05", "06:05"),
    "max_duration": ("1h30m", 5400.0), "wait": ("20m", 1200.0), "on_change": ("use", "use"),
    "fallback": ("try-on=kling,local", "try-on=kling,local"), "outage": ("20m", 1200.0),
    "rehearse": ("flaky:7", "flaky:7"), "manifest_format": ("viton", "viton"), "delimiter": ("tab", "\t"),
    "encoding": ("latin-1", "latin-1"), "map": ("human=photo,garment=cloth", {"human": "photo", "garment": "cloth"}),
    "root": ("pics", Path("pics")), "allow_root": ("/a,/b", (Path("/a"), Path("/b"))),
    "override": ('{"category": "upper"}', {"category": "upper"}), "only": ("tag:a,id:b*", ("tag:a", "id:b*")),
    "outfit_order": ("auto", "auto"), "humans": ('["a,b", "c"]', ("a,b", "c")), "garments": ("x", ("x",)),
    "pairing": ("sample:9", "sample:9"), "print": ("paths", "paths"), "color": ("never", "never"),
    "log_format": ("json", "json"), "limits": ("try-on=2,local=3", {"try-on": 2, "local": 3}),
    "assets": ("url=s3://b/x,region=eu", {"url": "s3://b/x", "region": "eu"}),
    "cache_dir": ("/c", Path("/c")), "state_dir": ("/s", Path("/s")),
}  # fmt: skip


def _example(name: str) -> tuple[str, Any]:
    item = named(name)
    if item.switch:
        return ("no", False) if item.default else ("1", True)
    if name in EXAMPLES:
        return EXAMPLES[name]
    return ("9", 9) if item.type in (int, int | None) else ("other", "other")


@pytest.mark.parametrize("name", [i.name for i in declared() if i.name not in ("providers", "defaults")])
def test_every_setting_has_an_environment_name_by_rule(desk: Desk, name: str) -> None:
    text, value = _example(name)
    variable = f"TRYON_{name.upper()}"
    settings = desk.resolve(env={variable: text})
    assert getattr(settings, name) == value
    assert value != getattr(desk.resolve(), name)
    assert settings.origin(name) == f"environment {variable}"


@pytest.mark.parametrize("name", [i.name for i in declared() if i.says.commands])
def test_an_option_reads_as_the_environment_does(desk: Desk, name: str) -> None:
    text, value = _example(name)
    given: object = [text] if named(name).many and "," not in text and text[0] not in "[{" else text
    settings = desk.resolve({name: given})
    assert getattr(settings, name) == value
    assert settings.origin(name) == f"flag --{name.replace('_', '-')}"


def test_switches_can_be_turned_off_by_name(desk: Desk) -> None:
    assert desk.resolve(env={"TRYON_NO_INPUT": "1"}).input is False
    assert desk.resolve(env={"TRYON_NO_INPUT": "0"}).input is True
    assert desk.resolve({"progress": True}, env={"TRYON_NO_PROGRESS": "yes"}).progress is True


def test_an_empty_variable_is_not_set(desk: Desk) -> None:
    assert desk.resolve(env={"TRYON_STYLE": ""}).origin("style") == "default"


def test_tables_join_key_by_key_and_lists_are_replaced(desk: Desk) -> None:
    desk.user.write_text(
        '[limits]\ntry-on = 1\nlocal = 5\n[manifest]\nonly = ["tag:a"]\n[providers.x]\na = 1\nb = 2\n'
    )
    desk.project.write_text('[limits]\ntry-on = 2\n[manifest]\nonly = ["tag:b"]\n[providers.x]\nb = 3\n')
    settings = desk.resolve({"limits": ["stylize=7"]})
    assert settings.limits == {"try-on": 2, "local": 5, "stylize": 7}
    assert settings.only == ("tag:b",)
    assert settings.providers == {"x": {"a": 1, "b": 3}}
    assert settings.origin("limits") == f"{desk.user} line 1 + tryon.toml line 1 + flag --limits"


def test_options_of_a_provider_reach_the_recipe_and_not_its_constructor(desk: Desk) -> None:
    desk.project.write_text(
        '[providers.local]\nspeed = 2\n[providers.local.options]\nstrength = 0.5\nmode = "a"\n'
    )
    settings = desk.resolve({"opt": ["local.strength=0.75"]})
    assert settings.providers == {"local": {"speed": 2}}
    assert settings.recipe().options == (("local.mode", "a"), ("local.strength", 0.75))


def test_the_recipe_holds_exactly_the_settings_that_change_pixels(desk: Desk) -> None:
    pixel = {i.name for i in declared() if i.says.pixel}
    assert pixel - {"opt"} | {"options", "fallback"} == set(Recipe._fields)
    assert Settings().recipe() == Recipe()
    for item in declared():
        if item.says.pixel:
            changed = desk.resolve(env={item.env: _example(item.name)[0]})
            assert changed.recipe() != Recipe(), item.name


def test_what_is_declared_matches_those_who_use_it() -> None:
    assert named("pipeline").says.choices == tuple(PIPELINES)
    assert named("manifest_format").says.choices == FORMATS
    assert named("format").says.choices == PICTURE_FORMATS
    assert set(named("face").says.choices) == set(FACES)
    assert all(kind in FORMS["rehearse"].expected for kind in KINDS)
    assert all(item.says.form in ("", *FORMS) for item in declared())


def test_names_options_and_keys_are_each_used_once() -> None:
    keys = [(i.says.section, i.key) for i in declared()]
    shorts = [i.says.short for i in declared() if i.says.short]
    words = [i.name for i in declared()] + [word.replace("-", "_") for i in declared() for word in i.says.aka]
    assert len(set(keys)) == len(keys) and len(set(shorts)) == len(shorts)
    assert len(set(words)) == len(words), "a word is taken for two settings"


def test_all_problems_are_told_at_once_with_place_value_allowed_and_nearest(desk: Desk) -> None:
    desk.project.write_text(
        '[recipe]\nface = "swp"\nquality = "high"\nstile = "x"\n[run]\nstyle = "y"\n[runn]\n'
    )
    lines = desk.refused({"variants": "9"}, env={"TRYON_MAX_FLAGGED": "-1", "TRYON_MAX_ROW": "3"})
    assert lines == [
        "8 settings cannot be used.",
        "tryon.toml line 4: [recipe] stile is not known. Did you mean style?",
        "tryon.toml line 6: style belongs in [recipe]",
        "tryon.toml line 7: runn is not known. Did you mean run?",
        "environment TRYON_MAX_ROW is not known. Did you mean TRYON_MAX_ROWS?",
        "tryon.toml line 2: recipe.face is 'swp', expected one of swap, keep, off. Did you mean swap?",
        "tryon.toml line 3: recipe.quality is 'high', expected a whole number from 1 to 100.",
        "environment TRYON_MAX_FLAGGED: '-1', expected a whole number, at least 0.",
        "flag --variants: '9', expected a whole number from 1 to 8.",
    ]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"format": "viton"}, "Did you mean --manifest-format viton?"),
        ({"until": "25:00"}, "expected a time of day such as 06:00"),
        ({"wait": "soon"}, "expected a time such as 90, 20m or 2h"),
        ({"map": ["human"]}, "flag --map: human, expected NAME=VALUE"),
        ({"limits": ["try-on=0"]}, "expected a whole number from 1 to 4,096"),
        ({"delimiter": "ab"}, "expected one sign, or tab"),
        ({"encoding": "base64"}, "expected an encoding"),
        ({"size": "9x9"}, "expected source, 1024, 864x1296 or 4k"),
        ({"seed": "1.5"}, "expected a whole number from 0 to 4,294,967,295"),
        ({"provider": "../x"}, "expected a name"),
        ({"provider": "tryon=kling"}, "or face-swap before the =. Did you mean try-on=kling?"),
        ({"provider": "style=kling"}, "'style=kling', expected stylize, extract-face"),
        ({"provider": "try-on=a,try-on=b"}, "'try-on=b', expected one name for try-on; who steps in"),
        ({"provider": "fashn,local"}, "'local', expected one name for all stages that are not named"),
        ({"fallback": "try_on=kling"}, "Did you mean try-on=kling?"),
        ({"fallback": "a b"}, "expected NAME,NAME or per stage"),
        ({"only": ["spring"]}, "expected tag:NAME or id:PATTERN"),
        ({"rehearse": "fire"}, "expected flaky, slow, outage or refused"),
        ({"max_cost": "nan"}, "expected a number, at least 0"),
        ({"output": ""}, "expected a path"),
    ],
)  # fmt: skip
def test_a_bad_option_is_told(desk: Desk, flags: dict[str, object], says: str) -> None:
    (line,) = desk.refused(flags)
    assert says in line and line.startswith("flag --")


@given(st.integers(0, 9999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_durations_read_back(days: int, hours: int, minutes: int, seconds: int) -> None:
    assert (
        duration(f"{days}d{hours}h{minutes}m{seconds}s")
        == ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    )


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader_of_a_form(text: str) -> None:
    for form in FORMS.values():
        try:
            form.read(text)
        except ValueError:
            continue


def test_until_is_the_next_time_the_clock_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    noon = time.mktime((2026, 6, 10, 12, 0, 0, 0, 0, -1))
    assert Settings(until="12:30").seconds_left(noon) == 1800
    assert Settings(until="12:00").seconds_left(noon) == 86400
    assert Settings(until="06:00", max_duration=60.0).seconds_left(noon) == 60
    assert Settings().seconds_left(noon) is None
    eve = time.mktime((2026, 12, 31, 23, 0, 0, 0, 0, -1))
    assert Settings(until="01:00").seconds_left(eve) == 7200
