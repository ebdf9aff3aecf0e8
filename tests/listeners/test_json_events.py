"""Lines for programs: valid against the schema that is shipped, numbered, and nothing else on stdout."""

from __future__ import annotations

import io
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import HOSTILE, T, ended, every, midway, row, started

from tryon_cli.listeners import jsonl
from tryon_cli.listeners.jsonl import FileLog, JsonLines, encode
from tryon_cli.model.events import Event, Saved, StepEnded
from tryon_cli.model.outcome import RowState, State

SCHEMA = json.loads(files("tryon_cli.listeners").joinpath("events.schema.json").read_text())
KINDS = {kind["title"]: kind for kind in SCHEMA["oneOf"]}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "null": (type(None),), "boolean": (bool,),
    "array": (list,), "object": (dict,),
}  # fmt: skip
SPOKEN = {
    "$schema",
    "title",
    "description",
    "oneOf",
    "type",
    "required",
    "properties",
    "items",
    "const",
    "enum",
    "pattern",
}


def wrong(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """What is wrong with a value, by the words of JSON Schema that the shipped file uses."""
    assert set(schema) <= SPOKEN, f"this checker does not know {set(schema) - SPOKEN}"
    found = []
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(isinstance(value, TYPES[n]) and (n == "boolean" or value not in (True, False)
                         or not isinstance(value, bool)) for n in names):  # fmt: skip
        return [f"{where}: {value!r} is not {names}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where}: {value!r} does not match")
    found += [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, part in schema.get("properties", {}).items():
        found += wrong(value[name], part, f"{where}.{name}") if name in value else []
    for n, part in enumerate(value if "items" in schema else ()):
        found += wrong(part, schema["items"], f"{where}[{n}]")
    if "oneOf" in schema and (n := sum(not wrong(value, part) for part in schema["oneOf"])) != 1:
        found.append(f"{where}: fits {n} kinds, {wrong(value, KINDS.get(value.get('type'), {}), where)}")
    return found


def lines_of(text: str) -> list[dict[str, Any]]:
    """The objects; each checked against the schema."""
    found = [json.loads(line, parse_constant=lambda name: pytest.fail(name)) for line in text.splitlines()]
    for line in found:
        assert wrong(line, SCHEMA) == []
        assert line["v"] == 1
    return found


def events_of(*batches: list[Event]) -> list[dict[str, Any]]:
    stream = io.StringIO()
    json_lines = JsonLines(stream)
    for batch in batches:
        json_lines.hear(batch)
    json_lines.close()
    return lines_of(stream.getvalue())


def log_of(path: Path, *batches: list[Event]) -> list[dict[str, Any]]:
    log = FileLog(path)
    for batch in batches:
        log.hear(batch)
    log.close()
    return lines_of(path.read_text("ascii"))


def test_the_checker_can_say_no():
    good = json.loads(encode(row(1)))
    assert wrong(good, SCHEMA) == []
    for bad in ({"v": 2}, {"row": 1}, {"state": "fine"}, {"images": [1]}, {"seed": "x"}, {"seed": True},
                {"t": "2025-11-23"}, {"type": "rows"}):  # fmt: skip
        assert wrong({**good, **bad}, SCHEMA), bad
    for name in good:
        assert wrong({key: value for key, value in good.items() if key != name}, SCHEMA), name


def test_there_is_an_event_of_every_type_in_these_tests():
    assert {type(event) for event in every()} == set(get_args(Event))


def test_every_event_is_valid():
    for event in every():
        (line,) = lines_of(encode(event))
        assert line["t"].startswith("2025-11-23T14:00:0")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_every_event_is_valid_whatever_the_names(name):
    for event in every(name, name):
        lines_of(encode(event))


@given(st.text(max_size=30), st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_that_are_none_become_null(name, number):
    text = encode(StepEnded(T, name, "k", name, State.MADE, number, cost=number, text=name))
    (line,) = lines_of(text)
    assert line["cost"] == (number if abs(number) < float("inf") else None)
    assert text.isascii() and text.isprintable()


@pytest.mark.parametrize("state", list(RowState))
def test_every_end_of_a_row_is_valid(state):
    assert lines_of(encode(row(1, state)))[0]["state"] == state


@pytest.mark.parametrize("state", list(State))
def test_every_end_of_a_step_is_valid(state):
    assert lines_of(encode(StepEnded(T, "s", "k", "1", state)))[0]["state"] == state


def test_stdout_gets_no_steps_and_ends_with_the_end():
    found = [line["type"] for line in events_of(every())]
    assert found == ["run_started", "plan", "stage", "retry", "rows_kept", "row", "row", "warning", "warning",
                     "provider", "stopping", "progress", "run_finished"]  # fmt: skip


def test_the_log_file_gets_every_event_but_the_saves(tmp_path):
    events = every()
    found = log_of(tmp_path / "logs" / "r.jsonl", events)
    assert len(found) == len([event for event in events if not isinstance(event, Saved)])
    assert {"step_queued", "step_started", "step_ended"} <= {line["type"] for line in found}


def test_the_log_file_is_added_to(tmp_path):
    path = tmp_path / "r.jsonl"
    log_of(path, [row(1)])
    assert [line["row"] for line in log_of(path, [row(2)])] == ["1", "2"]


def test_every_type_of_line_is_in_the_schema_and_in_the_description():
    named = {line["type"] for line in events_of(every())} | {json.loads(encode(e))["type"] for e in every()}
    assert named == set(KINDS)
    for name in named - {"saved"}:
        assert name in (jsonl.__doc__ or "")


def test_the_description_lists_the_fields_of_every_line():
    described = dict(re.findall(r"^(\w+): (.+)$", jsonl.__doc__ or "", re.MULTILINE))
    for line in events_of(every()):
        fields = re.sub(r" \([^)]*\)", "", described[line["type"]]).split(", ")
        assert set(line) - {"v", "t", "type"} <= set(fields), line["type"]


def test_money_comes_from_the_steps_when_the_end_does_not_know_it(tmp_path):
    end = ended(3, "partial", made=1198, failed=2)
    for found in (events_of(midway(), [end]), log_of(tmp_path / "a.jsonl", midway(), [end])):
        assert (found[-1]["spent"], found[-1]["saved"]) == (pytest.approx(24.0), pytest.approx(8.04, abs=0.2))
        assert (found[-1]["ok"], found[-1]["failed"], found[-1]["failed_manifest"]) == (1198, 2, "failed.csv")
    known = end._replace(spent=1.5, saved=0.5)
    assert (events_of(midway(), [known])[-1]["spent"], events_of([known])[-1]["saved"]) == (1.5, 0.5)


def test_a_clean_run_names_no_manifest_of_failures():
    assert events_of([ended(0, "ok", made=3)])[-1]["failed_manifest"] is None


def test_progress_comes_at_most_every_two_seconds_and_once_before_the_end():
    batches = [[row(n, at=T + n / 10)] for n in range(100)]
    found = events_of([started(100)], *batches, [ended(0, "ok", made=100)])
    at = [line["t"][17:23] for line in found if line["type"] == "progress"]
    assert at[0] == "00.000" and len(at) in (6, 7)
    assert found[-2]["type"] == "progress" and found[-2]["done"] == 100 and found[-2]["eta"] == 0.0


def test_progress_counts_what_the_screen_counts():
    found = [line for line in events_of(midway()) if line["type"] == "progress"][-1]
    assert {name: found[name] for name in ("done", "total", "ok", "failed", "flagged", "running")} == {
        "done": 702, "total": 1200, "ok": 700, "failed": 2, "flagged": 5, "running": 6,
    }  # fmt: skip
    assert [(stage["stage"], stage["done"], stage["total"]) for stage in found["stages"]] == [
        ("stylize", 20, 20), ("try-on", 290, 788), ("face-swap", 290, 788),
    ]  # fmt: skip
