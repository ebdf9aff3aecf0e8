"""Rows that fail on one way while another one costs money: nothing more is bought, and what is bought is kept."""

from __future__ import annotations

import json
import signal

from hired import RUN, STATUS, Hired
from PIL import Image
from tool import wait_for
from vendors.server import DROP_AFTER, instead


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
    """Two variants: the answer about one is lost at once, while the other is being made: that is fetched and kept."""
    hired.rows(1)
    hired.fashn.seconds = 1.0
    hired.fashn.next(RUN, DROP_AFTER)
    hired.run("run", "m.csv", "--variants", "2", expect=13)
    assert sorted(str(unit.state) for unit in hired.ledger()) == ["maybe_paid", "stored"]
    hired.run("resume", "--assume-unpaid")
    assert hired.submits == 3, "the kept picture is not bought again"
    assert hired.states() == ["made"] and len(hired.images()) == 2


def test_what_was_queued_for_a_failed_row_is_never_sent(hired: Hired) -> None:
    """Four variants, one at a time: nobody knows about the first, and so the others are not bought. The numbers on the
    screen add up all the same."""
    hired.rows(1)
    hired.fashn.next(RUN, DROP_AFTER)
    hired.run("run", "m.csv", "--variants", "4", "--limits", "fashn=1", expect=13)
    assert hired.submits == 1
    (log,) = (hired.work / "out/logs").glob("*.jsonl")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    steps = [event for event in events if event.get("stage") == "try-on"]
    queued = sum(event["count"] for event in steps if event["type"] == "step_queued")
    ends = [event["state"] for event in steps if event["type"] == "step_ended"]
    assert queued == len(ends) == 4 and sorted(ends) == ["maybe_paid", "skipped", "skipped", "skipped"]


def test_a_refused_variant_does_not_cost_the_others(hired: Hired) -> None:
    """Three candidates, one is refused: the other two are delivered, and the row says which one is missing."""
    hired.rows(2)
    hired.fashn.next(RUN, instead(400, {"error": "BadRequest", "message": "not this one"}))
    hired.run("run", "m.csv", "--variants", "3", "--limits", "fashn=1")
    first, second = sorted(hired.results(), key=lambda line: len(line["images"]))
    assert (first["state"], second["state"]) == ("flagged", "made")
    assert len(first["images"]) == 2 and len(second["images"]) == 3 and len(hired.images()) == 5
    (reason,) = first["reasons"]
    assert "variant" in reason and "is missing" in reason and "not this one" in reason
    hired.run("verify", "out")
    hired.run("resume", "out", expect=None)
    assert hired.submits == 6 and set(hired.charges.values()) == {1}


def test_a_row_whose_every_variant_is_refused_has_failed(hired: Hired) -> None:
    hired.rows(1)
    hired.fashn.next(RUN, *[instead(400, {"error": "BadRequest", "message": "no"})] * 2)
    hired.run("run", "m.csv", "--variants", "2", expect=3)
    assert hired.states() == ["failed"] and hired.charges == {}


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
    hired.fashn.next(RUN, DROP_AFTER)
    with hired.start("run", "m.csv", "--variants", "2") as process:
        assert wait_for(lambda: bool(hired.fashn.asked(STATUS)), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert sorted(call["state"] for call in hired.open_calls()) == ["accepted", "maybe_paid"]
