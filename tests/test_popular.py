"""What is wanted: remembered by day, read from files, ranked, and tested on the last days."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.history import DAYS_KEPT, FORMAT, AskedPair, History, day_of
from tryon_cli.manifest import ManifestOptions
from tryon_cli.model.errors import TryonError
from tryon_cli.model.pair import Pair
from tryon_cli.popular import HALF_LIFE, Wish, Wished, back_test, gather, rank, share
from tryon_cli.sales import count_of, day_in, read_sales

TODAY = 20_000
DAY = 86_400.0


def pair(name: str) -> Pair:
    return Pair("1", name, f"/h/{name}.jpg", (f"/g/{name}.png",), ("upper",), f"{name}.jpg")


def wished(name: str, *wishes: Wish) -> Wished:
    return Wished(pair(name), list(wishes))


def order(found: Iterable[Wished], today: int = TODAY) -> list[str]:
    return [wanted.pair.id for wanted in rank(found, today)]


# --------------------------------------------------------------------------- history
def test_the_history_knows_every_day(tmp_path: Path) -> None:
    history = History(tmp_path)
    for at in (10 * DAY, 10 * DAY + 5, 12 * DAY):
        history.asked([pair("a"), pair("b")], at)
    history.asked([pair("a")], 12 * DAY + 9)
    found = {p.human: (p.asked, p.days) for p in history.popular()}
    assert found == {"/h/a.jpg": (4, ((10, 2), (12, 2))), "/h/b.jpg": (3, ((10, 2), (12, 1)))}


def test_days_long_past_only_count_in_the_sum(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.asked([pair("a")], 10 * DAY)
    history.asked([pair("a")], (10 + DAYS_KEPT) * DAY)
    assert [p.days for p in history.popular()] == [((10, 1), (10 + DAYS_KEPT, 1))]
    history.asked([pair("b")], (11 + DAYS_KEPT) * DAY)
    (old,) = [p for p in history.popular() if p.human == "/h/a.jpg"]
    assert (old.asked, old.days) == (2, ((10 + DAYS_KEPT, 1),))


def old_history(folder: Path) -> sqlite3.Connection:
    """As 0.1.0 first wrote it."""
    db = sqlite3.connect(folder / "history.db", isolation_level=None)
    db.executescript(
        """
        create table runs(run text primary key, started real, ended real, exit integer, output text,
          manifest text, rows integer, made integer, cached integer, failed integer, seconds real);
        create table pairs(human text, garments text, categories text, overrides text, asked integer, last real,
          primary key(human, garments, categories, overrides)) without rowid;
        pragma user_version=1;
        insert into runs values('r1', 1.0, 2.0, 0, '/out', 'm.csv', 3, 3, 0, 0, 1.0);
        insert into pairs values('/h/a.jpg', '["/g/a.png"]', '["upper"]', '[["seed", 7]]', 5, 864000.0);
        """
    )
    return db


def test_an_old_history_is_taken_along(tmp_path: Path) -> None:
    old_history(tmp_path).close()
    history = History(tmp_path)
    expected = AskedPair("/h/a.jpg", ("/g/a.png",), ("upper",), (("seed", 7),), 5, 864_000.0, ((10, 1),))
    assert list(history.popular()) == [expected]
    assert [run.run for run in history.runs()] == ["r1"]
    history.asked([pair("a")._replace(overrides=(("seed", 7),))], 12 * DAY)
    history.close()
    again = list(History(tmp_path).popular())
    assert [(p.asked, p.days) for p in again] == [(6, ((10, 1), (12, 1)))]


def test_a_migration_that_fails_leaves_the_old_history(tmp_path: Path) -> None:
    db = old_history(tmp_path)
    db.execute("create table days(x)")
    db.close()
    with pytest.raises(TryonError, match="history"):
        History(tmp_path)
    kept = sqlite3.connect(tmp_path / "history.db")
    assert kept.execute("select asked from pairs").fetchall() == [(5,)]
    assert kept.execute("pragma user_version").fetchone() == (1,)
    tables = kept.execute("select name from sqlite_master where type='table' order by name").fetchall()
    assert tables == [("days",), ("pairs",), ("runs",)], "half a migration would stay half for ever"


def test_a_history_of_the_future_is_left_alone(tmp_path: Path) -> None:
    History(tmp_path).close()
    db = sqlite3.connect(tmp_path / "history.db")
    db.execute(f"pragma user_version={FORMAT + 1}")
    db.close()
    with pytest.raises(TryonError, match="format"):
        History(tmp_path)


# --------------------------------------------------------------------------- ranking
def test_recent_wishes_count_more() -> None:
    old, new = wished("old", Wish(TODAY - HALF_LIFE, 10)), wished("new", Wish(TODAY, 6))
    assert order([old, new]) == ["new", "old"]
    assert order([old, wished("less", Wish(TODAY, 4))]) == ["old", "less"]
    assert [w.weight for w in rank([old, new], TODAY)] == [6, 10], "what is told are plain wishes"


def test_history_and_file_add_up_for_the_same_pair() -> None:
    past = AskedPair("/h/a.jpg", ("/g/a.png",), ("upper",), (), 3, TODAY * DAY, ((TODAY - 1, 1), (TODAY, 1)))
    (one,) = gather([past], [(pair("a"), Wish(TODAY, 4.0))])
    assert one.wishes == [
        Wish(TODAY - 1, 1), Wish(TODAY, 1), Wish(TODAY - 1, 1, exact=False), Wish(TODAY, 4.0),
    ]  # fmt: skip
    assert share(rank([one, wished("b", Wish(TODAY, 7.0))], TODAY), 1) == 0.5


# --------------------------------------------------------------------------- back-test
def test_the_back_test_learns_from_the_time_before_and_counts_on_the_last_week() -> None:
    found = [
        wished("a", Wish(TODAY - 20, 5), Wish(TODAY, 1)),
        wished("b", Wish(TODAY - 7, 3), Wish(TODAY - 6, 2)),
        wished("c", Wish(TODAY - 1, 7)),  # nobody wanted it before
    ]
    test = back_test(found, TODAY)
    assert test is not None and (test.until, test.wishes) == (TODAY, 10)
    assert [test.rate(n) for n in (1, 2, 3, 99)] == [0.1, 0.3, 0.3, 0.3]
    assert order(found)[0] == "c", "the ranking of today knows it"


def test_the_last_week_is_the_last_one_of_the_data() -> None:
    test = back_test([wished("a", Wish(TODAY - 100, 5), Wish(TODAY - 90, 1))], TODAY)
    assert test is not None and (test.until, test.rate(1)) == (TODAY - 90, 1.0)


@pytest.mark.parametrize(
    "found",
    [
        [],
        [wished("a", Wish(TODAY, 5))],
        [wished("a", Wish(TODAY - 6, 5), Wish(TODAY, 5))],
        [wished("a", Wish(TODAY, 5, exact=False))],
        [wished("a", Wish(TODAY, 5, exact=False), Wish(TODAY, 1))],
        [wished("a", Wish(TODAY - 30, 5, exact=False))],
        [wished("a", Wish(TODAY - 30, 0), Wish(TODAY, 1))],
    ],
)
def test_without_a_before_and_an_after_there_is_no_back_test(found: list[Wished]) -> None:
    assert back_test(found, TODAY) is None


def test_wishes_of_no_known_day_are_never_what_they_are_tested_on() -> None:
    found = [
        wished("a", Wish(TODAY - 9, 1), Wish(TODAY, 1)),
        wished("b", Wish(TODAY, 50, exact=False), Wish(TODAY, 1)),
        wished("c", Wish(TODAY - 8, 9, exact=False)),
    ]
    test = back_test(found, TODAY)
    assert test is not None and (test.wishes, test.rate(1), test.rate(2)) == (2, 0.0, 0.5)


days = st.integers(TODAY - 40, TODAY)
one = st.builds(Wish, days, st.integers(1, 9).map(float), st.booleans())


@given(st.lists(st.lists(one, min_size=1, max_size=5), max_size=8))
def test_rates_grow_with_every_pair_and_stay_shares(lists: list[list[Wish]]) -> None:
    found = [wished(f"p{n}", *wishes) for n, wishes in enumerate(lists)]
    ranked = rank(found, TODAY)
    shares = [share(ranked, n) for n in range(len(ranked) + 1)]
    assert shares == sorted(shares) and all(0 <= s <= 1.000001 for s in shares)
    test = back_test(found, TODAY)
    if test is not None:
        rates = [test.rate(n) for n in range(len(found) + 1)]
        assert rates[0] == 0 and rates == sorted(rates) and all(0 <= r <= 1 for r in rates)


# --------------------------------------------------------------------------- files
@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1990-01-02", 7_306), ("1999-12-31", 10_956), ("2026-11-25", 20_782), ("2026/11/25", 20_782),
        ("20261125", 20_782), ("25.11.2026", 20_782), ("2026-11-25 23:59", 20_782),
        ("2026-11-25T23:59:59Z", 20_782), ("2026-11-25T23:59:59-02:00", 20_783), ("1795651199", 20_782),
        ("1795651200", 20_783), ("1795651199000", 20_782), ("25/11/2026", None), ("11/25/2026", None),
        ("yesterday", None), ("2026-13-01", None), ("", None), ("99999999999999", None), ("0001-01-01", None),
    ],
)  # fmt: skip
def test_days_are_read_as_they_are_usually_written(cell: str, day: int | None) -> None:
    assert day_in(cell) == day


@given(st.text(max_size=30))
def test_no_cell_breaks_the_reading(cell: str) -> None:
    day, count = day_in(cell), count_of(cell)
    assert day is None or isinstance(day, int)
    assert count is None or 0 <= count < float("inf")


def test_a_file_of_sales_is_read_row_by_row(tmp_path: Path) -> None:
    for name in ("h/a.jpg", "h/b.jpg", "g/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "sales.csv").write_text(
        "sku_id,human,garment,Views,Date,skip\n"
        "s1,h/a.jpg,g/a.png,\"1,204\",2024-10-03,\n"
        "s1,h/a.jpg,g/a.png,2,2024-10-04,\n"  # the same id again, and no other row for that
        "s1,h/b.jpg,g/a.png,3,someday,\n"
        "s1,h/b.jpg,g/a.png,many,2024-10-04,\n"
        "s1,h/none.jpg,g/a.png,9,2024-10-04,\n"
        "s1,h/b.jpg,g/a.png,4,2524-10-04,\n"
        "s1,h/b.jpg,g/a.png,5,2024-10-04,yes\n"
    )  # fmt: skip
    found = read_sales(str(tmp_path / "sales.csv"), ManifestOptions(), TODAY)
    assert [(Path(p.human).stem, w) for p, w in found.wishes] == [
        ("a", Wish(19_999, 1204.0)), ("a", Wish(TODAY, 2.0)), ("b", Wish(TODAY, 3.0, exact=False)),
        ("b", Wish(TODAY, 4.0, exact=False)),
    ]  # fmt: skip
    assert found.rows == 7 and [line.split(":")[0] for line in found.wrong] == [
        "row 3",
        "row 4",
        "row 5",
        "row 6",
    ]


def test_without_columns_each_row_counts_once_on_no_known_day(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "sales.csv").write_text("human,garment\n" + "a.jpg,a.png\n" * 3)
    found = read_sales(str(tmp_path / "sales.csv"), ManifestOptions(), TODAY)
    assert [w for _, w in found.wishes] == [Wish(TODAY, 1.0, exact=False)] * 3
    assert len(gather([], found.wishes)) == 1 and day_of(TODAY * DAY + 1) == TODAY
