"""Laws of reading and writing manifests, tried on made-up ones."""

from __future__ import annotations

import csv
import json
import string
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tryon_cli.batch.results import write_results
from tryon_cli.batch.rows import Rows
from tryon_cli.journal.journal import Journal
from tryon_cli.journal.table import RunRecord
from tryon_cli.manifest import Invalid, Manifest, ManifestOptions, to_cells, to_object
from tryon_cli.manifest.cells import inert
from tryon_cli.manifest.delimited import _FORMULA
from tryon_cli.manifest.names import BadName, compile_template, folded, render
from tryon_cli.manifest.seen import Places, Seen
from tryon_cli.manifest.values import any_value, spelled
from tryon_cli.model.errors import Fault, FaultKind, TryonError
from tryon_cli.model.outcome import RowState
from tryon_cli.model.pair import CATEGORIES, Pair

NAMES = (
    "p1.jpg",
    "p2.jpg",
    "a|b.png",
    "[x].png",
    "=sum.png",
    "#1.png",
    "-o.png",
    "q\"'.png",
    " lead.png",
    "e\u0301.png",
)

text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
stripped = text.map(str.strip)
BAD_IN_IDS = "\u2028\u2029\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
names = stripped.filter(lambda t: bool(t) and not any(s in t for s in BAD_IN_IDS))
own_columns = st.sampled_from(["SKU", "type", "=x", "meta.y", "Seed", "note"])
values = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    stripped,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        for place in ("h", "g"):
            (top / place).mkdir()
            for file in NAMES:
                (top / place / file).write_bytes(b"x")
        for file in NAMES:  # at the top too: there the whole path begins with the odd sign
            (top / file).write_bytes(b"x")
        yield top


@st.composite
def rows(draw: st.DrawFn, top: Path) -> Pair:
    """A pair as reading gives it, with an id and an output of its own."""
    garments = draw(st.lists(st.sampled_from([f"g/{n}" for n in NAMES]), min_size=1, max_size=4))
    overrides: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "seed": st.integers(0, 2**32 - 1),
                "variants": st.integers(1, 8),
                "face": st.sampled_from(["swap", "keep", "off"]),
                "size": st.sampled_from(["source", "4k", "1024", "864x1296"]),
                "prompt": stripped.filter(bool),
                "max_cost": st.integers(0, 10**9).map(lambda n: n / 1000),
                "opt.x.y": values,
                "opt.x.z": values,
                "format": st.just("png"),
            },
        )
    )
    number = draw(st.integers(0, 10**9))
    return Pair(
        row="1",
        id=draw(names),
        human=str(top / draw(st.sampled_from([*NAMES, *(f"h/{n}" for n in NAMES)]))),
        garments=tuple(str(top / name) for name in garments),
        categories=tuple(draw(st.sampled_from(CATEGORIES)) for _ in garments),
        output=f"f{number}/a%20b-{number}.{'png' if 'format' in overrides else 'jpg'}",
        overrides=tuple(sorted(overrides.items())),
        priority=draw(st.integers(0, 9)),
        tags=tuple(dict.fromkeys(draw(st.lists(names, max_size=3)))),
        skip=draw(st.booleans()),
        meta=tuple(draw(st.dictionaries(own_columns, stripped.filter(bool))).items()),
    )  # fmt: skip


def failed_csv(out: Path, ended: Iterable[Pair | Invalid], folder: Path) -> str:
    """failed.csv of a run whose rows all ended without a picture. folder: of its manifest."""
    (out / ".tryon").mkdir(parents=True, exist_ok=True)
    journal = Journal(out)
    journal.begin(RunRecord("r", 0.0, "m.csv", "", "{}", 1, 1, "here"))
    rows = Rows(lambda event: None, journal, lambda row: to_cells(row, folder, folder), lambda: 0.0)
    fault = Fault(FaultKind.INPUT, "=evil()", code="E-X", fix="do -this")
    for n, row in enumerate(ended):
        if isinstance(row, Invalid):
            rows.invalid(row, n)
        else:
            rows.failed(row, n, "", RowState.FAILED, fault)
    journal.end(0.0, 3, "", whole=True)
    journal.close()
    write_results(out)
    return (out / "failed.csv").read_bytes().decode()


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data(), form=st.sampled_from(["csv", "jsonl"]))
def test_what_is_written_is_read_as_the_same_rows(folder: Path, data: st.DataObject, form: str) -> None:
    pairs = data.draw(
        st.lists(rows(folder), min_size=1, max_size=5, unique_by=(lambda p: folded(p.id), lambda p: p.output))
    )
    path = folder / f"again.{form}"
    if form == "jsonl":
        path.write_text(
            "".join(json.dumps(to_object(pair, folder)) + "\n" for pair in pairs), encoding="utf-8"
        )
    else:
        with tempfile.TemporaryDirectory() as out:
            path.write_text(failed_csv(Path(out), pairs, folder), encoding="utf-8", newline="")
    with Manifest.open(path) as manifest:
        again = list(manifest.rows())
    expected = [pair._replace(row=str(n), meta=tuple(sorted(pair.meta))) for n, pair in enumerate(pairs, 1)]
    found = [row._replace(meta=tuple(sorted(row.meta))) for row in again]
    assert found == expected


cells = st.sampled_from(
    [
        "h/p1.jpg",
        "h/p2.jpg",
        "g/p1.jpg",
        "g/p2.jpg",
        "none.jpg",
        "h/*.jpg",
        "",
        "../x",
        "http://x/y",
        "g/p1.jpg|g/p2.jpg",
    ]
)
words = st.sampled_from(["", "1", "5", "x", "upper", "a b", "\u00e9", "r\u0301", '"', "'"])
tables = st.lists(st.tuples(words, cells, cells, words, words), min_size=1, max_size=12)

HEAD = ("id", "human", "garment", "seed", "colour")


def write_table(
    path: Path, head: tuple[str, ...], table: list[tuple[str, ...]], delimiter: str = ","
) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([head, *table])
    return path


def verdicts(path: Path) -> tuple[list[Pair | Invalid], list[Any]]:
    told: list[Any] = []
    with Manifest.open(path) as manifest:
        return list(manifest.rows(told.append)), [t for t in told if t.code != "M-FORMAT"]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(table=tables)
def test_two_passes_say_the_same_even_interleaved(folder: Path, table: list[tuple[str, ...]]) -> None:
    table = [(*row[:1], row[1] or "h/p1.jpg", *row[2:]) for row in table]
    with Manifest.open(write_table(folder / "t.csv", HEAD, table)) as manifest:
        once = list(manifest.rows())
        assert list(zip(manifest.rows(), manifest.rows(), strict=True)) == list(zip(once, once, strict=True))


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    table=tables, data=st.data(), delimiter=st.sampled_from(",;\t"), upper=st.booleans(), space=st.booleans()
)
def test_order_case_spaces_and_separator_do_not_matter(
    folder: Path, table: list[tuple[str, ...]], data: st.DataObject, delimiter: str, upper: bool, space: bool
) -> None:
    table = [(*row[:1], row[1] or "h/p1.jpg", *row[2:]) for row in table]
    plain = write_table(folder / "t.csv", HEAD, table)
    order = data.draw(st.permutations(range(5)))
    head = tuple(f" {HEAD[at]} " if space else HEAD[at] for at in order)
    head = tuple(name.upper() if upper and "colour" not in name else name for name in head)
    other = write_table(folder / "o.csv", head, [tuple(row[at] for at in order) for row in table], delimiter)

    def shape(row: Pair | Invalid) -> object:
        if isinstance(row, Pair):
            return row
        return row._replace(cells=tuple(sorted(row.cells)), meta=tuple(sorted(row.meta)))

    one, two = verdicts(plain), verdicts(other)
    assert list(map(shape, one[0])) == list(map(shape, two[0]))
    assert one[1] == two[1]


@given(values)
def test_a_providers_value_survives_being_spelled(value: Any) -> None:
    again = any_value(spelled(value))
    assert (again, type(again)) == (value, type(value))


@given(text)
def test_no_cell_starts_a_formula_and_reading_gives_it_back(cell: str) -> None:
    safe = inert(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    read = safe[1:] if _FORMULA.match(safe) else safe
    assert read == cell


@pytest.mark.parametrize("cell", ["=1", "'=1", "''=1", "'", "''", "'a", "'-"])
def test_a_quote_before_a_formula_is_taken_away_once(folder: Path, cell: str) -> None:
    path = folder / "quote.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("human", "garment", "sku"), ("h/p1.jpg", "g/p1.jpg", inert(cell))])
    with Manifest.open(path) as manifest:
        (pair,) = manifest.rows()
    assert isinstance(pair, Pair)
    assert pair.meta == (("sku", cell),)


@given(st.lists(text, max_size=200))
def test_seen_is_a_set_that_knows_where(texts: list[str]) -> None:
    seen, model = Seen(), {}
    for at, one in enumerate(texts):
        known = seen.add(one, at, at * 3)
        assert (known >= 0) == (one in model)
        if known >= 0:
            assert (seen.place_of(known), seen.mark_of(known)) == (model[one], model[one] * 3)
        else:
            model[one] = at
    assert len(seen) == len(model)
    assert all(one in seen for one in texts)


def test_seen_grows_and_forgets_nothing() -> None:
    seen, places = Seen(), Places()
    for n in range(20_000):
        assert seen.add(f"row{n}", places.add(n + 1, 0, n + 2)) < 0
    for n in range(0, 20_000, 7):
        assert str(places[seen.place_of(seen.add(f"row{n}", 0))]) == f"row {n + 1} (line {n + 2})"


@given(st.text(min_size=1, max_size=300))
def test_any_id_gives_a_safe_name_and_different_ids_different_ones(one: str) -> None:
    template = compile_template("{id}.{format}")
    try:
        name = render(template, lambda field: one if field == "id" else "jpg", "jpg")
    except BadName:
        return
    assert set(name.path) <= set(string.ascii_letters + string.digits + "._-%")
    assert len(name.path) <= 100 and name.path[0] not in ".-" and name.path.endswith(".jpg")
    assert name.path.split(".")[0].lower() not in ("con", "nul", "aux", "prn", "com1", "lpt9")
    literal = render(compile_template(name.path), lambda field: "", "jpg")
    assert literal.path == name.path, "a written name is read as itself"


@given(st.text(string.printable + "{}/\\.éÀ%", max_size=60))
def test_no_template_leads_out_or_crashes(pattern: str) -> None:
    try:
        name = render(compile_template(pattern), lambda field: "../../etc/x", "jpg")
    except BadName as wrong:
        assert wrong.text
        return
    parts = name.path.split("/")
    assert ".." not in parts and "" not in parts and "." not in parts
    assert len(name.path) <= 180 and "\\" not in name.path


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(junk=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "surrogatepass"))),
       ending=st.sampled_from(["csv", "tsv", "jsonl", "json", "txt"]), head=st.booleans())  # fmt: skip
def test_junk_is_refused_or_read_never_a_crash(folder: Path, junk: bytes, ending: str, head: bool) -> None:
    path = folder / f"junk.{ending}"
    start = {
        "csv": b"human,garment,x\n",
        "tsv": b"human\tgarment\tx\n",
        "jsonl": b'{"human":"a","garment":"b"}\n',
    }
    path.write_bytes((start.get(ending, b"[") if head else b"") + junk)
    try:
        with Manifest.open(path, ManifestOptions()) as manifest:
            rows = list(manifest.rows())
    except TryonError as error:
        assert error.what and error.code.startswith("M-")
        return
    for row in rows:
        if isinstance(row, Invalid):
            assert row.complaints and all(
                c.text.isprintable() and c.value.isprintable() for c in row.complaints
            )


def test_failed_rows_can_be_run_again_after_mending(folder: Path) -> None:
    path = folder / "f.csv"
    path.write_text(
        "id,human,garment,sku,type\na,h/none.jpg,g/p1.jpg,=1+1,upper\nb,h/p1.jpg,g/p1.jpg,2,uper\n"
    )
    out = folder / "out"
    with Manifest.open(path) as manifest:
        failed = failed_csv(out, manifest.rows(), manifest.folder)
    table = list(csv.DictReader(failed.splitlines()))
    assert [(row["id"], row["error_code"], row["error_column"]) for row in table] == [
        ("a", "M-FILE", "human"), ("b", "M-VALUE", "category"),
    ]  # fmt: skip
    assert table[0]["sku"] == "'=1+1"
    mended = failed.replace("h/none.jpg", "h/p2.jpg").replace("uper", "upper").replace("uppper", "upper")
    (out / "failed.csv").write_text(mended)
    with Manifest.open(out / "failed.csv", ManifestOptions(root=folder)) as manifest:
        rows = list(manifest.rows())
    assert [row.id for row in rows if isinstance(row, Pair)] == ["a", "b"]
    assert rows[0].meta == (("sku", "=1+1"),)
