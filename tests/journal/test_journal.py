"""The journal: what was said is there afterwards, whatever happened to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.journal.journal import Journal
from tryon_cli.journal.look import rows_of, runs_of
from tryon_cli.journal.table import RowRecord, RunRecord
from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, TryonError
from tryon_cli.model.outcome import RowState
from tryon_cli.outputs import Published

FILE = Published("images/a.jpg", digest_of(b"a"), 1, 123456789)


def run(name: str = "r1", total: int = 3) -> RunRecord:
    return RunRecord(name, 1000.0, "../m.csv", digest_of(b"m"), "{}", total, 42, "host")


def row(n: int, state: RowState = RowState.MADE, **changes: object) -> RowRecord:
    return RowRecord(f"id{n}", n, str(n + 1), f"q{n}", state, (FILE,))._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".tryon").mkdir()
    return tmp_path


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder)
    journal.begin(run())
    yield journal
    journal.close()


def test_rows_come_back_as_they_were_in_manifest_order(journal: Journal, folder: Path) -> None:
    said = [
        row(2),
        row(0, RowState.FLAGGED, reasons=("look", "here")),
        row(1, RowState.FAILED, code="E-X", cells="{}"),
    ]
    for record in said:
        journal.record(record)
    journal.flush()
    back = list(rows_of(folder))
    assert [r.n for r in back] == [0, 1, 2]
    assert {r._replace(run="") for r in back} == set(said)
    assert {r.run for r in back} == {"r1"}


def test_the_first_record_is_there_at_once_and_the_last_at_the_end(journal: Journal, folder: Path) -> None:
    (before,) = runs_of(folder)
    assert (before.ended, before.manifest, before.total) == (None, "../m.csv", 3)
    journal.record(row(0))
    journal.end(1010.0, 3, "why", whole=True)
    (after,) = runs_of(folder)
    assert (after.ended, after.exit, after.text) == (1010.0, 3, "why") and '"made": 1' in after.counts


def test_counts_are_committed_with_the_rows(journal: Journal, folder: Path) -> None:
    for n in range(5):
        journal.record(row(n))
    journal.kept([], RowState.CACHED)
    journal.live('{"stages": []}')
    journal.flush()
    (record,) = runs_of(folder)
    assert '"made": 5' in record.counts and record.live == '{"stages": []}'


def test_rows_that_the_manifest_no_longer_has_are_left_out_but_not_lost(folder: Path) -> None:
    first = Journal(folder)
    first.begin(run())
    for n in range(20):
        first.record(row(n))
    first.end(1.0, 0, "", whole=True)
    first.close()
    second = Journal(folder)
    second.begin(run("r2"))
    places = {id_: place for id_, (place, _) in second.find([f"id{n}" for n in range(20)]).items()}
    second.kept([places[f"id{n}"] for n in range(20) if n != 7], RowState.CACHED)
    second.end(2.0, 0, "", whole=True)
    assert {r.id for r in rows_of(folder)} == {f"id{n}" for n in range(20) if n != 7}
    assert "id7" in second.find(["id7"])
    second.close()


def test_a_run_that_did_not_see_all_rows_forgets_none(folder: Path) -> None:
    for name, rows in (("r1", 3), ("r2", 1)):
        journal = Journal(folder)
        journal.begin(run(name))
        for n in range(rows):
            journal.record(row(n))
        journal.end(1.0, 0, "", whole=name == "r1")
        journal.close()
    assert len(list(rows_of(folder))) == 3


def test_a_damaged_journal_is_set_aside_and_begun_anew(folder: Path) -> None:
    path = folder / ".tryon/journal.db"
    path.write_bytes(b"this is no database at all" * 100)
    journal = Journal(folder)
    assert Path(journal.set_aside).read_bytes().startswith(b"this is no")
    journal.begin(run())
    journal.record(row(0))
    journal.flush()
    journal.close()
    assert len(list(rows_of(folder))) == 1


def test_a_newer_format_is_refused_before_anything_is_touched(folder: Path) -> None:
    path = folder / ".tryon/journal.db"
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version=99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(TryonError, match="format 99"):
        Journal(folder)
    assert path.read_bytes() == before


def test_a_journal_that_cannot_be_written_says_so(folder: Path) -> None:
    journal = Journal(folder)
    journal.begin(run())
    other = sqlite3.connect(folder / ".tryon/journal.db")
    other.execute("drop table rows")
    other.commit()
    other.close()
    journal.record(row(0))
    with pytest.raises(Fault, match="cannot write the journal"):
        journal.flush()
    with pytest.raises(Fault):
        journal.record(row(1))
    journal.close()


def test_nothing_is_read_from_a_folder_without_a_journal(tmp_path: Path) -> None:
    assert runs_of(tmp_path) == [] and list(rows_of(tmp_path)) == []


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(texts, st.sampled_from(RowState), st.lists(texts, max_size=3), st.none() | st.integers(0, 2**60))
def test_any_record_survives(
    tmp_path_factory: pytest.TempPathFactory, text: str, state: RowState, reasons: list[str], seed: int | None
) -> None:
    folder = tmp_path_factory.mktemp("j")
    (folder / ".tryon").mkdir()
    said = row(0, state, text=text, reasons=tuple(reasons), seed=seed, value=text, id=f"i{text}")
    journal = Journal(folder)
    journal.begin(run())
    journal.record(said)
    journal.flush()
    assert journal.find([said.id])[said.id][1]._replace(run="") == said
    journal.close()
