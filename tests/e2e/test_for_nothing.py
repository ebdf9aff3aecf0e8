"""Rows that fail on one way while another one costs money: nothing more is bought, and what is bought is kept."""

from __future__ import annotations

import json
import signal

from hired import RUN, STATUS, Hired
from PIL import Image
from tool import wait_for
from vendors.server import instead


def test_nothing_is_bought_for_a_row_with_a_picture_that_is_none(hired: Hired) -> None:
    """Its garment is too small: the look of its person is never asked for, though the person's picture is good."""
    hired.rows(6)
    Image.new("RGB", (20, 20), (9, 9, 9)).save(hired.work / "pictures/g0.png")
    hired.run("run", "m.csv", "--pipeline", "simple-scene", expect=3)
    assert {error["code"] for error in hired.errors()} == {"M-SMALL"}
    assert hired.submits == 0 and hired.ledger() == []


def test_a_person_whose_other_row_is_good_is_still_bought(hired: Hired) -> None:
    hired.manifest(people=1, garments=2)
    Image.new("RGB", (20, 20), (9, 9, 9)).save(hired.work / "pictures/g0.png")
    hired.run("run", "m.csv", "--pipeline", "simple-scene", expect=3)
    assert hired.states() == ["invalid", "made"] and set(hired.charges.values()) == {1}
    assert hired.submits == 2, "stylize and try-on of the good row"


def test_a_run_waits_for_what_is_paid_though_its_row_has_failed(hired: Hired) -> None:
    """Two variants: one is refused at once while the other is being made. Its picture is fetched and kept."""
    hired.rows(1)
    hired.fashn.seconds = 1.0
    hired.fashn.next(RUN, instead(400, {"error": "BadRequest", "message": "no"}))
    hired.run("run", "m.csv", "--variants", "2", expect=3)
    assert len(hired.errors()) == 1 and len(hired.charges) == 1
    assert hired.open_calls() == [] and "stored" in {str(unit.state) for unit in hired.ledger()}
    hired.run("resume", expect=None)
    assert set(hired.charges.values()) == {1}, "the kept picture is not bought again"
    assert hired.states() == ["made"] and len(hired.images()) == 2


def test_what_was_queued_for_a_failed_row_is_never_sent(hired: Hired) -> None:
    """Four variants, one at a time: the first is refused, and so the others are not bought. The screen's numbers add
    up all the same."""
    hired.rows(1)
    hired.fashn.next(RUN, instead(400, {"error": "BadRequest", "message": "no"}))
    hired.run("run", "m.csv", "--variants", "4", "--limits", "fashn=1", expect=3)
    assert hired.submits == 1 and hired.charges == {}
    (log,) = (hired.work / "out/logs").glob("*.jsonl")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    steps = [event for event in events if event.get("stage") == "try-on"]
    queued = sum(event["count"] for event in steps if event["type"] == "step_queued")
    ends = [event["state"] for event in steps if event["type"] == "step_ended"]
    assert queued == len(ends) == 4 and sorted(ends) == ["refused", "skipped", "skipped", "skipped"]


def test_no_face_is_bought_where_there_is_none(hired: Hired) -> None:
    """The face is looked for here; where nobody is found, the service would be paid for a face of nobody."""
    hired.rows(1)
    hired.run("run", "m.csv", "--pipeline", "advanced-scene", "-p", "extract-face=local,fashn")
    assert hired.submits == 2, "stylize and try-on"
    (line,) = hired.results()
    assert line["state"] == "flagged" and "there was no face to put back" in line["reasons"]


def test_a_stop_does_not_wait_long_for_a_row_that_has_failed(hired: Hired) -> None:
    """All rows are over, one call is still out: Ctrl-C ends the run, and the call is left to the next one."""
    hired.rows(1)
    hired.fashn.seconds = 600.0
    hired.fashn.next(RUN, instead(400, {"error": "BadRequest", "message": "no"}))
    with hired.start("run", "m.csv", "--variants", "2") as process:
        assert wait_for(lambda: bool(hired.fashn.asked(STATUS)), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert [call["state"] for call in hired.open_calls()] == ["accepted"]
