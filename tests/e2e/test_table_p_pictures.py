"""Faults of paid services, table P of the reliability notes, on the installed command: pictures and money."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import pytest
import vendors.fashn
from hired import Hired, shown
from PIL import Image
from test_table_p import never_ends
from tool import noise, wait_for
from vendors.pictures import picture
from vendors.server import Asked, Work

from tryon_cli.ledger.states import State

TERMINAL = (
    "ImageLoadError",
    "InputValidationError",
    "PoseError",
    "ContentModerationError",
    "ThirdPartyError",
)
PASSING = ("3rdPartyProviderError", "PipelineError", "InternalServerError")


def encoded(colour: str, size: tuple[int, int] = (96, 128), form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def returns(hired: Hired, *bodies: bytes) -> None:
    """What the first jobs make, one after the other, each said to be a success."""
    left, honest = list(bodies), hired.fashn.begin

    def begin(asked: Asked, token: str = "", seed: bytes | None = None) -> Work:
        work = honest(asked, token, seed)
        work.result = left.pop(0) if left else work.result
        return work

    hired.fashn.begin = begin  # type: ignore[method-assign]


# --------------------------------------------------------------------------- money
def test_p14_what_is_billed_is_reported_beside_what_was_expected(
    hired: Hired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vendors.fashn.CREDITS, "tryon-v1.6", 2)
    hired.rows(3)
    ran = hired.run("run", "m.csv")
    assert ran.err.count("E-PRICE") == 1, "said once"
    assert "fashn billed $0.15 for a try-on, its offer says $0.075" in ran.err and "est=0.2" in ran.err
    assert [line["cost"] for line in hired.results()] == [0.15] * 3
    assert json.loads((hired.work / "out/run.json").read_text())["spent"] == 0.45
    assert "billed $0.45, offered for $0.225" in hired.run("ledger").out
    (sums,) = json.loads(hired.run("ledger", "--json").out)["billed"]
    assert sums == {"provider": "fashn", "offered": 0.225, "billed": 0.45}
    hired.run("verify", "out")


def test_p21_a_thousand_identical_rows_are_one_charge(hired: Hired) -> None:
    hired.copies(1000)
    ran = hired.run("run", "m.csv")
    assert hired.submits == 1 and list(hired.charges.values()) == [1]
    assert len(hired.images()) == 1000 and len(set(hired.images().values())) == 1
    assert "make=1000 calls=1" in ran.err and "spent=0.07" in ran.err
    assert sum(line["cost"] for line in hired.results()) == pytest.approx(0.075), "paid for by one row"


def test_p22_the_bytes_count_and_not_the_name(hired: Hired) -> None:
    hired.rows(1)
    people = hired.work / "pictures"
    shutil.copy(people / "p0.png", people / "copy.png")
    with (hired.work / "m.csv").open("a", newline="") as file:
        csv.writer(file).writerow(["pictures/copy.png", "pictures/g0.png", "upper"])
    hired.run("run", "m.csv")
    assert hired.submits == 1 and len(hired.images()) == 2
    before = hired.images()
    (people / "copy.png").write_bytes(picture(b"another person", (72, 96)))
    hired.run("run", "m.csv")
    after = hired.images()
    assert hired.submits == 2 and set(hired.charges.values()) == {1}
    assert {name for name in before if before[name] != after[name]} == {"copy__g0.jpg"}


def test_p26_another_service_is_another_call_and_each_row_names_its_own(hired: Hired) -> None:
    hired.fakes["kling"].polls = 0
    hired.providers(fashn="", kling="")
    hired.rows(2, provider="")
    for path in (hired.work / "pictures").iterdir():
        path.write_bytes(picture(path.name.encode(), (360, 480)))
    manifest = hired.work / "m.csv"
    manifest.write_text(manifest.read_text().rstrip().removesuffix(",") + ",kling\n")
    hired.run("run", "m.csv")
    assert [line["provider"] for line in hired.results()] == ["fashn", "kling"]
    hired.run("run", "m.csv", "-p", "kling", "-o", "other")
    fashn, kling = hired.fashn.charged(), hired.fakes["kling"].charged()
    assert (len(fashn), len(kling)) == (1, 2) and {*fashn.values(), *kling.values()} == {1}
    calls = hired.ledger()
    assert len({unit.call for unit in calls}) == len(calls) == 3
    assert len({unit.step for unit in calls if unit.row == "1"}) == 2, "the same row, two questions"
    assert [line["provider"] for line in hired.results("other")] == ["kling", "kling"]
    assert hired.images()["p0__g0.jpg"] != hired.images("other")["p0__g0.jpg"]
    assert "tryon-v1.6" in hired.run("inspect", "out/images/p0__g0.jpg").out


# --------------------------------------------------------------------------- what comes back
def test_p15_a_refusal_by_policy_fails_its_row_and_is_asked_once(hired: Hired) -> None:
    hired.rows(20)
    refusal = {"name": "ContentModerationError", "message": "prohibited content was detected"}
    hired.fashn.end_with(*[None] * 7, refusal)
    ran = hired.run("run", "m.csv", expect=3)
    assert sorted(hired.states()) == ["failed"] + ["made"] * 19 and hired.submits == 20
    (error,) = hired.errors()
    assert "ContentModerationError" in error["text"] or "prohibited content" in error["text"]
    assert error["code"] in ran.err and "E-BUG" not in ran.err and error["fix"]


def test_p16_pictures_of_nothing_with_status_success(hired: Hired) -> None:
    """Black, one colour, 1x1; another size than ours; another row's picture, which is made and to be looked at."""
    hired.rows(6)
    hired.providers(fashn="slots = 1")
    other = picture(b"somebody", (200, 100))
    returns(hired, encoded("black"), encoded("#804020", form="JPEG"), encoded("white", (1, 1)), other, other)
    hired.run("run", "m.csv", "--workers", "1", expect=3)
    assert hired.states() == [*["failed"] * 3, "made", "flagged", "made"]
    assert all("picture of one flat colour" in error["text"] for error in hired.errors())
    assert hired.results()[4]["reasons"] == ["fashn gave row 4 the very same picture"]
    with Image.open(hired.work / "out/images/p3__g0.jpg") as made:
        assert made.size == (72, 96), "as large as the person's own picture"
    spent = hired.run("ledger").out
    assert hired.submits == 6 and "failed 3" in spent and "spent $0.45" in spent
    hired.run("resume", "out", expect=3)
    assert hired.submits == 6, "what was paid for and is of no use is bought again only with consent"
    assert {error["code"] for error in hired.errors()} == {"E-PAID-SPOILED"}


def test_p17_each_way_in_which_a_job_fails(hired: Hired) -> None:
    """Those about the picture end their row with a hint; those of the service are made again, free of charge."""
    hired.rows(len(TERMINAL) + len(PASSING))
    hired.providers(fashn="slots = 1")
    hired.fashn.end_with(*({"name": name, "message": f"told {name}"} for name in (*TERMINAL, *PASSING)))
    hired.run("run", "m.csv", expect=3)
    assert sorted(hired.states()) == ["failed"] * len(TERMINAL) + ["made"] * len(PASSING)
    for name in TERMINAL:
        (error,) = (error for error in hired.errors() if f"told {name}" in error["text"])
        assert error["fix"], error
    assert hired.submits == len(TERMINAL) + 2 * len(PASSING)
    assert sum(hired.charges.values()) == len(PASSING), "failed jobs are not charged, and were not counted"
    assert f"spent ${0.075 * len(PASSING):.3f}" in hired.run("ledger").out


# --------------------------------------------------------------------------- what is sent
def test_p19_nobody_can_call_us_back(hired: Hired) -> None:
    """Asking is the one source of truth: no address of ours is given away, and nothing of ours listens."""
    hired.rows(1)
    never_ends(hired, 1)
    process = hired.start("run", "m.csv")
    try:
        wait_for(lambda: [u.state for u in hired.ledger()] == [State.ACCEPTED], process)
        fds = [os.readlink(fd) for fd in Path(f"/proc/{process.pid}/fd").iterdir()]
        listening = [
            f"socket:[{line.split()[9]}]"
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
            if line.split()[3] == "0A"
        ]
        assert listening and not set(fds) & set(listening)
    finally:
        process.kill()
        process.communicate(timeout=60)
    for asked in hired.fashn.log:
        assert "hook" not in f"{asked.query} {asked.headers}" and "callback" not in str(asked.query)


def test_p23_a_picture_that_is_written_while_the_run_goes(hired: Hired) -> None:
    """All eight are named before anything begins; the last one is written while the first one is worked on."""
    hired.rows(8)
    for n in range(7):
        (hired.work / f"pictures/p{n}.png").write_bytes(noise(f"large{n}", 600, 800))
    env = {"TRYON_PROVIDER": "meddling:Meddling", "MEDDLE_WITH": str(hired.work / "pictures/p7.png")}
    ran = hired.run("run", "m.csv", "--workers", "1", env=env, expect=3)
    assert hired.states() == ["made"] * 7 + ["invalid"]
    assert "p7.png changed during the run" in shown(ran)
    assert hired.errors()[0]["code"] == "M-CHANGED"
    hired.run("resume", "out", env=env)
    assert len(hired.images()) == 8
