"""The end of a run: four lines when all went well, causes and next commands when not."""

from __future__ import annotations

from told import ended, midway, row, started

from tryon_cli.listeners.cells import paint, width_of
from tryon_cli.listeners.summary import Paths, summary
from tryon_cli.listeners.tally import Tally
from tryon_cli.model.events import RunEnded
from tryon_cli.model.outcome import RowState

PATHS = Paths("out", "out/images/", "out/report/index.html", "out/failed.csv")


def tally_of(events: list) -> Tally:
    tally = Tally()
    tally.hear(events)
    return tally


def lines_of(events: list, end: RunEnded, paths: Paths = PATHS, **more) -> list[str]:
    return [paint(line, False).rstrip() for line in summary(tally_of(events), end, paths, **more)]


def test_a_clean_run_is_four_lines():
    assert lines_of([started(1200)], ended(0, "ok", made=788, cached=412)._replace(spent=2.5, saved=1.0)) == [
        "Done in 19m 40s: 1,200 of 1,200 rows have an image",
        "  made 788    cached 412",
        "  spent $2.50 of $60.00    saved $1.00",
        "  report   out/report/index.html",
    ]


def test_without_a_report_and_without_money_it_is_four_lines_too():
    paths = PATHS._replace(report="", failed="")
    assert lines_of([started(1, None)], ended(0, "ok", made=1), paths) == [
        "Done in 19m 40s: 1 of 1 row has an image",
        "  made 1    cached 0",
        "  spent nothing",
        "  images   out/images/            1 row",
    ]


def test_a_failed_run_tells_causes_and_what_to_do_next():
    found = "\n".join(lines_of(midway(), ended(3, "partial", made=1193, flagged=5, failed=2)))
    assert (
        found.startswith("Done in 19m 40s: 1,198 of 1,200 rows have an image") and "exit 3, partial" in found
    )
    for part in (
        "failed 2", "flagged 5 (images exist, please look)", "spent $24.00 of $60.00",
        "slowest stage try-on  p50", "E-IMG-DECODE", "cannot be read", "2   replace it",
        "2 rows, is a manifest itself", "tryon run out/failed.csv", "open out/report/index.html",
    ):  # fmt: skip
        assert part in found, part
    assert "tryon resume" not in found


def test_a_stopped_run_tells_why_and_how_to_go_on():
    end = ended(10, "budget", "Stopped at the budget of $60.00.\nRaise --max-cost.", made=700, left=500)
    lines = lines_of(midway(), end)
    assert lines[:3] == [
        "Stopped: Stopped at the budget of $60.00.",
        "  Raise --max-cost.",
        "  700 of 1,200 rows have an image after 19m 40s.  exit 10, budget",
    ]
    assert any(line.split("  next")[-1].strip().startswith("tryon resume out") for line in lines)


def test_flagged_rows_alone_are_no_clean_run():
    lines = lines_of([row(1, RowState.FLAGGED, reasons=("odd",))], ended(0, "ok", made=2, flagged=1))
    assert len(lines) > 4 and any("flagged 1" in line for line in lines)


def test_many_causes_stay_a_short_table():
    events = [row(n, RowState.FAILED, code=f"E-{n % 50}", text="t" * 300, fix="f" * 300) for n in range(500)]
    found = summary(tally_of(events), ended(3, "partial", failed=500), PATHS)
    assert len(found) <= 22 and all(width_of(line) <= 80 for line in found)
    assert any("and 45 more" in paint(line, False) for line in found)


def test_the_most_frequent_cause_comes_first():
    events = [row(n, RowState.FAILED, code="E-A" if n < 3 else "E-B", text="x") for n in range(10)]
    lines = [line.split()[0] for line in lines_of(events, ended(3, "partial", failed=10)) if "  E-" in line]
    assert lines == ["E-B", "E-A"]


def test_without_unicode_it_is_ascii():
    events = [row(1, RowState.FAILED, code="E-É", text="né", fix="→", value="é")]
    assert all(
        line.isascii() for line in lines_of(events, ended(3, "partial", "né", failed=1), unicode=False)
    )
