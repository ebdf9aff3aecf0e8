"""Names and messages that mean harm, through everything that shows them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import HOSTILE, T, every, raw

from tryon_cli.listeners.cells import paint
from tryon_cli.listeners.frame import frame
from tryon_cli.listeners.jsonl import FileLog, JsonLines
from tryon_cli.listeners.lines import FORMATS
from tryon_cli.listeners.plain import PlainLog
from tryon_cli.listeners.snapshot import Snapshot
from tryon_cli.listeners.summary import Paths, summary
from tryon_cli.listeners.tally import Tally
from tryon_cli.model.events import Event

OWN = re.compile(r"\x1b\[[0-9]+m")
"""The only escape sequences that painted lines may hold."""


def shown(events: list[Event], name: str, unicode: bool) -> dict[str, str]:
    """What each screen says about these events."""
    tally = Tally()
    tally.hear(events[:-1])
    frames = [
        *frame(tally, T + 9, 80, 40, unicode, f"tryon resume {name}"),
        *frame(tally, T + 9, 60, 10, unicode),
    ]
    tally.hear(events[-1:])
    end = summary(tally, events[-1], Paths(name, name, name, name), unicode)
    found = {
        "frame": "\n".join(paint(line, False) for line in frames),
        "frame in colour": "\n".join(OWN.sub("", paint(line, True)) for line in frames),
        "summary": "\n".join(paint(line, False) for line in end),
        "summary in colour": "\n".join(OWN.sub("", paint(line, True)) for line in end),
    }
    for form in FORMATS:
        stream = io.StringIO()
        PlainLog(stream, form=form, unicode=unicode, out=name).hear(events)
        found[f"log lines, {form}"] = stream.getvalue()
    stream = io.StringIO()
    JsonLines(stream, name).hear(events)
    found["events"] = stream.getvalue()
    snapshot = Snapshot()
    snapshot.hear(events)
    found["snapshot"] = snapshot.text(T + 9)
    return found


def check(name: str, unicode: bool) -> None:
    for where, text in shown(every(name, f"said {name}"), name, unicode).items():
        harm = {repr(sign) for line in text.split("\n") for sign in raw(line)}
        assert not harm, f"{where}: {harm}"
        assert unicode or text.isascii(), where


def test_there_are_forty_of_them_and_most_would_do_harm():
    assert len(set(HOSTILE)) == 40
    assert sum(bool(raw(name)) for name in HOSTILE) >= 28


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("unicode", [True, False])
def test_no_raw_sign_of_a_hostile_name_comes_out(name, unicode):
    check(name, unicode)


@given(st.text(max_size=60), st.booleans())
def test_no_raw_sign_of_any_name_comes_out(name, unicode):
    check(name, unicode)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_one_event_is_one_line_whatever_its_name(name):
    usual, found = shown(every("p1"), "p1", True), shown(every(name), name, True)
    for where in ("events", *(f"log lines, {form}" for form in FORMATS)):
        assert found[where].count("\n") == usual[where].count("\n"), where


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_programs_get_the_name_as_it_is(name, tmp_path: Path):
    events = every(name)
    log = FileLog(tmp_path / "logs" / "r.jsonl")
    log.hear(events)
    log.close()
    text = (tmp_path / "logs" / "r.jsonl").read_bytes()
    assert text.isascii() and not raw(text.decode().replace("\n", ""))
    ids = [line["id"] for line in map(json.loads, text.splitlines()) if line["type"] == "row"]
    assert ids[0] == name


def test_markup_is_shown_letter_by_letter():
    found = shown(every("[/red]x"), "out", True)
    assert (
        "[/red]x" in found["frame"]
        and "[/red]x" in found["summary"]
        and "[/red]x" in found["log lines, plain"]
    )


def test_hostile_signs_are_still_recognised():
    assert "␛[2J" in shown(every("\x1b[2J"), "out", True)["log lines, plain"]
    assert "\\x1b[2J" in shown(every("\x1b[2J"), "out", False)["log lines, plain"]
