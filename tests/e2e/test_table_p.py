"""Faults of paid services, table P of the reliability notes, on the installed command: jobs and their results.

Rows that are not here are shown in tests/ledger/test_paying.py (death at every moment, tokens, look-ups), in
test_paid_kill.py, and in test_table_p_pictures.py (what comes back, and what is sent).
"""

from __future__ import annotations

import signal

import pytest
from hired import CENTS, FILES, RUN, STATUS, Hired, shown
from tool import wait_for
from vendors.server import Asked, Work, instead

from tryon_cli.ledger.states import State


def killed_at(hired: Hired, point: str, n: int = 1) -> None:
    """The run dies at the n-th passing of a named point."""
    ran = hired.run("run", "m.csv", "--workers", "1", env={"TRYON_CRASH": f"{point}:{n}"}, expect=None)
    assert ran.code == 137, f"it never came to {point}\n{ran}"


def never_ends(hired: Hired, *numbers: int) -> None:
    """The service's jobs of these numbers, from 1, stay at work for ever."""
    stuck = {f"fashn{n:06d}" for n in numbers}
    honest = hired.fashn.over

    def over(work: Work, *, asking: bool = True) -> bool:
        return work.id not in stuck and honest(work, asking=asking)

    hired.fashn.over = over  # type: ignore[method-assign]


# --------------------------------------------------------------------------- jobs that go on without us
def test_p02_killed_while_waiting_and_nothing_is_sent_again(hired: Hired) -> None:
    hired.rows(3)
    never_ends(hired, 1, 2, 3)
    process = hired.start("run", "m.csv")
    wait_for(lambda: [u.state for u in hired.ledger()] == [State.ACCEPTED] * 3, process)
    process.kill()
    process.communicate(timeout=60)
    assert "3 paid calls were in flight: resume collects them" in hired.run("status", "out").out
    del hired.fashn.over
    ran = hired.run("resume", "out")
    assert hired.submits == 3 and set(hired.charges.values()) == {1}
    assert hired.states() == ["made"] * 3
    assert "3 paid calls were in flight" in shown(ran)


def test_p03_a_job_that_outlives_our_patience_is_named_and_collected(hired: Hired) -> None:
    hired.rows(1)
    hired.providers(fashn="patience = 0")
    never_ends(hired, 1)
    ran = hired.run("run", "m.csv", expect=13)
    assert "fashn000001" in shown(ran) and "tryon resume" in shown(ran)
    assert "try again" not in shown(ran)
    del hired.fashn.over
    hired.run("resume", "out")
    assert hired.submits == 1 and hired.states() == ["made"]


def test_p06_stuck_jobs_are_parked_and_the_others_are_made(hired: Hired) -> None:
    hired.rows(20)
    hired.providers(fashn="patience = 0")
    never_ends(hired, 4, 9, 14)
    ran = hired.run("run", "m.csv", expect=13)
    assert sorted(hired.states()) == ["made"] * 17 + ["waiting"] * 3
    assert "waiting=3" in ran.err
    waiting = hired.open_calls()
    assert {call["state"] for call in waiting} == {"waiting"}
    assert {call["job"] for call in waiting} == {"fashn000004", "fashn000009", "fashn000014"}
    assert all(any(call["job"] in error["text"] for call in waiting) for error in hired.errors())
    del hired.fashn.over
    hired.run("resume", "out")
    assert hired.submits == 20 and set(hired.states()) <= {"made", "cached"}


@pytest.mark.parametrize("times", [1, 1000])
def test_p07_status_404_of_a_known_job(hired: Hired, times: int) -> None:
    """Once: a copy of the service lags behind. Always: it forgot the job, which is never bought again by itself."""
    hired.rows(1)
    hired.providers(fashn="grace = 0.1")
    hired.fashn.next(STATUS, *[instead(404, {"error": "NotFound", "message": "no such prediction"})] * times)
    ran = hired.run("run", "m.csv", expect=0 if times == 1 else 13)
    if times > 1:
        assert "fashn000001" in shown(ran) and f"${CENTS / 100:.2f}"[:4] in shown(ran)
        assert hired.open_calls()[0]["state"] == "expired"
        hired.run("resume", "out", expect=13)
    assert hired.submits == 1


def test_p20_a_service_that_restarted_with_an_empty_memory(hired: Hired) -> None:
    hired.rows(2)
    hired.providers(fashn="grace = 0.1\nslots = 1")
    killed_at(hired, "paid-K4")
    hired.fashn.forget()
    ran = hired.run("resume", "out", expect=13)
    assert "fashn000001" in shown(ran) and "--remake-expired" in shown(ran)
    assert hired.submits == 2, "the row that had not been sent, and nothing twice"
    assert sorted(hired.states()) == ["made", "maybe_paid"]
    hired.run("resume", "out", "--remake-expired")
    assert hired.submits == 3 and set(hired.states()) <= {"made", "cached"}


def test_p27_ctrl_c_leaves_jobs_to_be_collected(hired: Hired) -> None:
    hired.rows(6)
    never_ends(hired, 4, 5, 6)
    process = hired.start("run", "m.csv", "--workers", "6")
    wait_for(lambda: sorted(u.state for u in hired.ledger()) == [*["accepted"] * 3, *["stored"] * 3], process)
    process.send_signal(signal.SIGINT)
    stopping = hired.work / "out/logs"
    wait_for(lambda: any('"stopping"' in log.read_text() for log in stopping.glob("*.jsonl")), process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "3 paid calls" in err and "resume" in err
    assert "3 paid calls were in flight: resume collects them" in hired.run("status", "out").out
    del hired.fashn.over
    hired.run("resume", "out")
    assert hired.submits == 6 and set(hired.charges.values()) == {1}
    assert len(hired.images()) == 6


# --------------------------------------------------------------------------- results that do not stay
def test_p04_no_new_call_while_a_result_waits_to_be_fetched(hired: Hired) -> None:
    """50 jobs, 2 at once: the service never keeps more than two results of ours that are not fetched."""
    hired.rows(50)
    hired.providers(fashn="slots = 2")
    hired.run("run", "m.csv")
    kept = most = 0
    for asked in hired.fashn.log:
        where = hired.fashn.match(asked)[0]
        kept += (where == RUN) - (where == FILES)
        most = max(most, kept)
    assert most <= 2 and kept == 0
    assert hired.submits == len(hired.fashn.asked(FILES)) == 50


def test_p04_what_is_made_is_fetched_before_anything_new_is_sent(hired: Hired) -> None:
    """After a kill too, and although rows of a higher priority are there by now."""
    hired.rows(3, priority="5")
    hired.providers(fashn="slots = 1")
    killed_at(hired, "paid-K7")
    manifest = (hired.work / "m.csv").read_text()
    (job,) = hired.ledger()
    assert job.state is State.READY and job.row == "1"
    lines = manifest.splitlines()
    (hired.work / "m.csv").write_text(
        "\n".join([lines[0], lines[1], *(line[: -len("5")] + "9" for line in lines[2:])])
    )
    before = len(hired.fashn.log)
    hired.run("resume", "out", "--workers", "1")
    first = hired.fashn.match(hired.fashn.log[before])[0]
    assert first == FILES, "a new call was sent while a paid result waited"
    assert hired.submits == 3


def test_p04_a_result_that_expired_meanwhile_is_not_bought_again_silently(hired: Hired) -> None:
    hired.rows(1)
    killed_at(hired, "paid-K7")
    hired.fashn.expire()
    ran = hired.run("resume", "out", expect=13)
    (error,) = hired.errors()
    assert error["code"] == "E-PAID-EXPIRED" and "fashn000001" in error["text"]
    assert "$0.07" in error["fix"] and "--remake-expired" in shown(ran)
    assert hired.submits == 1
    hired.run("resume", "out", "--remake-expired")
    assert hired.submits == 2 and hired.states() == ["made"]


def test_p05_a_signed_address_names_nothing(hired: Hired) -> None:
    """Each answer about a job has another signature: the call is the same, and no file of ours keeps any."""
    hired.rows(2)
    hired.providers(fashn="slots = 1")
    honest = hired.fashn.address
    signed: list[str] = []

    def address(data: bytes, media: str = "image/png") -> str:
        signed.append(f"{honest(data, media)}?X-Signature=sig{len(signed)}cafe")
        return signed[-1]

    def again(asked: Asked, id: str) -> object:
        hired.fashn.works[id].extra.pop("url", None)
        return status(asked, id)

    hired.fashn.address = address  # type: ignore[method-assign]
    status = next(call for _, _, where, call in hired.fashn.routes if where == STATUS)
    hired.fashn.routes = [
        (method, path, where, again if where == STATUS else call)
        for method, path, where, call in hired.fashn.routes
    ]
    killed_at(hired, "paid-K6")
    hired.run("resume", "out")
    assert len(signed) >= 3 and hired.submits == 2
    assert [unit.state for unit in hired.ledger()] == [State.STORED] * 2
    hired.run("run", "m.csv")
    assert hired.submits == 2
    shared = [path for path in (hired.work / "out").rglob("*") if path.is_file()]
    assert len(shared) > 5 and not [path for path in shared if b"X-Signature" in path.read_bytes()]
