"""Bad and odd manifests, one test per kind. The numbers are those of the list of known kinds."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tryon_cli.manifest import Manifest, ManifestOptions
from tryon_cli.model.errors import Exit, Level, TryonError

Shop = Any

HEAD = "id,human,garment\n"
ROW = "people/p1.jpg,garments/g1.png"
JSON_ROW = '{"id": "a", "human": "people/p1.jpg", "garment": "garments/g1.png"}'


def test_01_an_empty_file_is_refused(shop: Shop) -> None:
    error = shop.refused("")
    assert error.code == "M-EMPTY"
    assert "m.csv" in error.what


@pytest.mark.parametrize("text", [HEAD, HEAD + "\n\n", HEAD + "# nothing\n", HEAD + ",,\n"])
def test_02_only_a_header_is_refused(shop: Shop, text: str) -> None:
    error = shop.refused(text)
    assert (error.code, "m.csv" in error.what) == ("M-EMPTY", True)


def test_02_only_comments_is_refused(shop: Shop) -> None:
    assert shop.refused("# nothing\n\n").code == "M-EMPTY"


def test_03_a_missing_header_is_named(shop: Shop) -> None:
    error = shop.refused(f"a,{ROW}\nb,{ROW}\n")
    assert error.code == "M-COLUMN"
    assert any("no header" in line for line in error.details)


def test_04_a_missing_column_names_what_is_there_and_what_to_do(shop: Shop) -> None:
    error = shop.refused("photo,cloth_url,sku\na,b,c\n")
    text = "\n".join(error.details)
    assert error.what.endswith("m.csv has no column for the human.")
    assert "photo, cloth_url, sku" in text
    assert "--map human=photo" in text
    assert "--map garment=cloth_url" in text, "both missing columns are named at once"


def test_05_a_column_that_is_there_twice_is_refused(shop: Shop) -> None:
    error = shop.refused("id,human,garment,human\na,b,c,d\n")
    assert error.code == "M-COLUMN"
    assert "columns 2 (human) and 4 (human)" in error.what


def test_06_a_byte_order_mark_is_accepted_and_said(shop: Shop) -> None:
    reading = shop.read(b"\xef\xbb\xbf" + f"{HEAD}a,{ROW}\n".encode())
    assert reading.ids == ["a"]
    assert "byte order mark" in reading.told[0].text


def test_07_case_and_spaces_of_names_are_accepted_and_said(shop: Shop) -> None:
    reading = shop.read(f" ID , HUMAN ,Garment\na,{ROW}\n")
    assert reading.pairs[0].id == "a"
    assert reading.codes == ["M-FORMAT"]


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_08_09_semicolons_and_tabs_are_accepted_and_said(shop: Shop, sign: str, word: str) -> None:
    reading = shop.read(f"{HEAD}a,{ROW}\n".replace(",", sign))
    assert len(reading.pairs) == 1
    assert word in reading.told[0].text


def test_09_a_tsv_may_hold_commas(shop: Shop) -> None:
    shop.picture("people/a,b.jpg")
    reading = shop.read("human\tgarment\npeople/a,b.jpg\tgarments/g1.png\n", "m.tsv")
    assert reading.pairs[0].human.endswith("people/a,b.jpg")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_10_utf_16_is_refused_with_a_hint_and_read_when_asked(shop: Shop, encoding: str) -> None:
    text = f"{HEAD}a,{ROW}\n".encode(encoding)
    error = shop.refused(text)
    assert error.code == "M-ENCODING"
    assert "byte 0" in error.what or "byte 1 " in error.what
    assert "--encoding utf-16" in error.details[0]
    assert shop.read(text, encoding=encoding).ids == ["a"]


def test_11_latin_1_names_byte_and_line_and_is_read_when_asked(shop: Shop) -> None:
    text = f"{HEAD}a,{ROW}\nL\u00e9a,{ROW}\n".encode("latin-1")
    error = shop.refused(text)
    assert error.code == "M-ENCODING"
    assert f"byte {text.index(0xE9)} (line 3) is 0xe9" in error.what
    assert "--encoding latin-1" in error.details[0]
    assert shop.read(text, encoding="latin-1").ids == ["a", "Léa"]


def test_11_the_wrong_byte_is_found_far_down(shop: Shop) -> None:
    text = HEAD.encode() + f"a,{ROW}\n".encode() * 60_000 + b"\xff\n"
    error = shop.refused(text)
    assert f"byte {len(text) - 2:,} (line 60002)" in error.what


def test_12_a_nul_byte_makes_its_row_bad(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a\0b,{ROW}\nc,{ROW}\n")
    assert reading.wrong == [("1", 2, "id", "M-VALUE")]
    assert "NUL" in reading.only_complaint().text
    assert "\0" not in reading.only_complaint().value
    assert len(reading.pairs) == 1


def test_13_an_unclosed_quote_swallows_nothing(shop: Shop) -> None:
    good = "".join(f"r{n},{ROW}\n" for n in range(1000))
    reading = shop.read(f'{HEAD}"a,{ROW}\n{good}')
    assert reading.wrong == [("1", 2, "", "M-QUOTE")]
    assert "never closed" in reading.only_complaint().text
    assert len(reading.pairs) == 1000


def test_13_a_quote_that_another_row_closes_swallows_nothing(shop: Shop) -> None:
    rows = f'{HEAD}a,{ROW}\nb,people/p1.jpg,"garments/g1.png\nc,{ROW}\nd,people/p1.jpg,garments/g1.png"\ne,{ROW}\n'
    reading = shop.read(rows)
    assert [(row, line, code) for row, line, _, code in reading.wrong] == [
        ("2", 3, "M-QUOTE"),
        ("4", 5, "M-QUOTE"),
    ]
    assert [pair.id for pair in reading.pairs] == ["a", "c", "e"]


def test_13_broken_quotes_everywhere_read_each_line_at_most_twice(shop: Shop) -> None:
    parts = []
    for k in range(100):
        parts += [f'"bad{k},{ROW}\n', *(f"r{k}-{n},{ROW}\n" for n in range(100))]
    reading = shop.read(HEAD + "".join(parts))
    assert len(reading.pairs) == 10_000
    assert [code for *_, code in reading.wrong] == ["M-QUOTE"] * 100


def test_14_a_quote_in_the_middle_is_a_bad_row(shop: Shop) -> None:
    reading = shop.read(f'{HEAD}a"b,{ROW}\n"c""d",{ROW}\n')
    assert reading.wrong == [("1", 2, "", "M-QUOTE")]
    assert reading.pairs[0].id == 'c"d'


def test_15_a_short_row_names_both_counts(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a,people/p1.jpg\nb,{ROW}\n")
    assert reading.wrong == [("1", 2, "", "M-QUOTE")]
    assert "line 2 has 2 cells, the header has 3" in reading.only_complaint().text


def test_16_a_long_row_is_bad_but_empty_cells_at_its_end_are_not(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a,{ROW},more\nb,{ROW},,\n")
    assert reading.wrong == [("1", 2, "", "M-QUOTE")]
    assert "has 4 cells" in reading.only_complaint().text
    assert [pair.id for pair in reading.pairs] == ["b"]


def test_17_blank_lines_and_comments_are_skipped_and_lines_still_count(shop: Shop) -> None:
    reading = shop.read(
        f'\n# shop\n{HEAD}\n   \n,,\na,{ROW}\n # note "\nb,people/none.jpg,garments/g1.png\n\n\n'
    )
    assert [row.row for row in reading.rows] == ["1", "2"]
    assert reading.wrong == [("2", 9, "human", "M-FILE")]


def test_18_old_mac_line_ends_are_accepted(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a,{ROW}\nb,x,garments/g1.png\n".replace("\n", "\r"))
    assert [row.id for row in reading.rows] == ["a", "b"]
    assert reading.invalid[0].line == 3


@pytest.mark.parametrize("size", [70_000, 200_000])
def test_19_a_huge_cell_is_one_bad_row(shop: Shop, size: int) -> None:
    reading = shop.read(f"{HEAD}{'x' * size},{ROW}\nb,{ROW}\n")
    assert [(row, line, code) for row, line, _, code in reading.wrong] == [("1", 2, "M-QUOTE")]
    assert len(reading.only_complaint().value) < 200
    assert [pair.id for pair in reading.pairs] == ["b"]


def test_19_a_line_without_end_is_refused_without_reading_rows(shop: Shop) -> None:
    assert shop.refused(HEAD + "x" * 3_000_000).code == "M-LIMIT"


def test_20_an_empty_id_gets_one_from_the_pictures(shop: Shop) -> None:
    reading = shop.read(f"{HEAD},{ROW}\n  ,{ROW}\nlast,{ROW}\n")
    assert reading.ids == ["p1__g1", "p1__g1_2", "last"]


def test_21_a_repeated_row_is_skipped_and_said(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a,{ROW}\na,{ROW}\n")
    assert [(p.id, p.skip, p.same_as) for p in reading.pairs] == [("a", False, ""), ("a", True, "1")]
    assert [(c.code, c.level, c.row) for c in reading.told] == [("M-SAME", Level.NOTICE, "2")]
    assert "row 1 (line 2)" in reading.told[0].text


def test_21_a_row_that_runs_is_not_the_same_as_one_that_is_skipped(shop: Shop) -> None:
    reading = shop.read(f"id,human,garment,skip\na,{ROW},true\na,{ROW},\n")
    assert reading.wrong == [("2", 3, "id", "M-ID-DUP")], "otherwise nobody would make it, and nobody say so"


def test_22_an_id_with_another_pair_names_both_lines(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a,{ROW}\na,people/p2.jpg,garments/g1.png\n")
    assert reading.wrong == [("2", 3, "id", "M-ID-DUP")]
    assert "row 1 (line 2)" in reading.only_complaint().text
    assert "line 3" in reading.only_complaint().text


@pytest.mark.parametrize(
    ("one", "two"), [("Rose", "rOSE"), ("caf\u00e9", "cafe\u0301"), ("stra\u00dfe", "STRASSE")]
)
def test_23_ids_that_some_disk_takes_for_one_are_found(shop: Shop, one: str, two: str) -> None:
    reading = shop.read(f"{HEAD}{one},{ROW}\n{two},people/p2.jpg,garments/g2.png\n")
    assert reading.wrong == [("2", 3, "id", "M-ID-DUP")]


def test_24_ids_like_paths_stay_inside(shop: Shop) -> None:
    ids = [
        "../../x",
        "/abs",
        "a/b",
        "CON",
        "nul.txt",
        ".hidden",
        "-rf",
        "a b",
        "L\u00e9a",
        "..",
        "x" * 150,
        "com1",
    ]
    reading = shop.read(HEAD + "".join(f"{text},{ROW}\n" for text in ids))
    outputs = [pair.output for pair in reading.pairs]
    assert len(outputs) == len(ids)
    for output in outputs:
        assert "/" not in output and len(output) <= 100 and output[0] not in ".-"
        assert output.isascii() and output.endswith(".jpg")
    assert reading.codes.count("M-NAME") == len(ids), "every change is said"
    assert [pair.id for pair in reading.pairs] == ids


def test_25_a_path_outside_is_a_bad_row(shop: Shop) -> None:
    (shop.folder.parent / "secret.jpg").write_bytes(b"x")
    reading = shop.read("human,garment\n../secret.jpg,garments/g1.png\n/etc/passwd,garments/g1.png\n")
    assert [(column, code) for _, _, column, code in reading.wrong] == [("human", "M-FILE")] * 2
    assert all("outside" in c.text for row in reading.invalid for c in row.complaints)
    assert len(shop.read("human,garment\n../secret.jpg,garments/g1.png\n", allow_outside=True).pairs) == 1


def test_26_a_missing_picture_is_a_bad_row_with_the_nearest_name(shop: Shop) -> None:
    shop.picture("garments/g017.png")
    reading = shop.read(f"{HEAD}a,people/p1.jpg,garments/g17.png\nb,{ROW}\n")
    assert reading.wrong == [("1", 2, "garment", "M-FILE")]
    assert reading.only_complaint().fix == "did you mean garments/g017.png?"
    assert str(shop.folder / "garments/g17.png") in reading.only_complaint().text
    assert [pair.id for pair in reading.pairs] == ["b"]


def test_27_a_folder_as_manifest_is_refused(shop: Shop) -> None:
    with pytest.raises(TryonError, match="is a folder") as caught:
        Manifest.open(shop.folder)
    assert caught.value.exit_code is Exit.MANIFEST


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PK\x03\x04xlsx", "Excel"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_27_a_binary_file_as_manifest_is_refused(shop: Shop, start: bytes, word: str) -> None:
    error = shop.refused(start + bytes(range(256)))
    assert error.code == "M-ENCODING"
    assert word in error.what


def test_27_a_device_as_manifest_is_refused() -> None:
    with pytest.raises(TryonError, match="device"):
        Manifest.open("/dev/zero")


def test_27_a_missing_manifest_names_the_nearest(shop: Shop) -> None:
    path = shop.write(f"{HEAD}a,{ROW}\n", "spring.csv")
    with pytest.raises(TryonError) as caught:
        Manifest.open(path.with_name("sprin.csv"))
    assert "spring.csv" in caught.value.details[0]


def test_28_json_lines_called_csv_and_the_reverse_are_read_and_said(shop: Shop) -> None:
    one = shop.read(JSON_ROW + "\n", "m.csv")
    two = shop.read(f"{HEAD}a,{ROW}\n", "m.jsonl")
    assert one.pairs == two.pairs
    assert (one.codes, two.codes) == (["M-FORMAT"], ["M-FORMAT"])
    assert "JSONL" in one.told[0].text


def test_29_a_trailing_comma_in_json_is_a_bad_row_with_its_place(shop: Shop) -> None:
    reading = shop.read(f'{JSON_ROW}\n{{"id": "b",}}\n', "m.jsonl")
    assert reading.wrong == [("2", 2, "", "M-JSON")]
    assert reading.only_complaint().text.startswith("line 2, column 1")
    assert "comma too many" in reading.only_complaint().text


@pytest.mark.parametrize("line", ["[1, 2]", '"text"', "3", "null", "true"])
def test_30_a_line_that_is_no_object_is_a_bad_row(shop: Shop, line: str) -> None:
    reading = shop.read(f"{JSON_ROW}\n{line}\n", "m.jsonl")
    assert reading.wrong == [("2", 2, "", "M-JSON")]
    assert "not an object" in reading.only_complaint().text


def test_31_a_key_that_is_there_twice_is_a_bad_row(shop: Shop) -> None:
    reading = shop.read(f'{JSON_ROW}\n{{"id": "b", "human": "x", "human": "y", "garment": "z"}}\n', "m.jsonl")
    assert reading.wrong == [("2", 2, "", "M-JSON")]
    assert "'human' is there twice" in reading.only_complaint().text


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("9" * 5000, "5,000 digits"),
        ("[" * 100_000, "nested"),
        ("[" * 100_000 + "]" * 100_000, "nested"),
        ("NaN", "NaN"),
        ("-Infinity", "Infinity"),
    ],
)
def test_32_monstrous_json_is_a_bad_row(shop: Shop, value: str, word: str) -> None:
    reading = shop.read(f'{JSON_ROW}\n{{"human": {value}}}\n{JSON_ROW.replace("a", "b", 1)}\n', "m.jsonl")
    assert reading.wrong[0] == ("2", 2, "", "M-JSON")
    assert word in reading.invalid[0].complaints[0].text


def test_32_a_number_out_of_range_is_a_bad_row(shop: Shop) -> None:
    reading = shop.read(JSON_ROW[:-1] + ', "sku": 1e999}\n', "m.jsonl")
    assert reading.wrong == [("1", 1, "sku", "M-VALUE")]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c"])
def test_33_line_separators_inside_a_text_do_not_cut_the_row(shop: Shop, sign: str) -> None:
    text = JSON_ROW[:-1] + f', "prompt": "one{sign}two"}}\n'
    if sign < " ":
        assert shop.read(text, "m.jsonl").wrong[0][3] == "M-JSON"
    else:
        assert dict(shop.read(text, "m.jsonl").pairs[0].overrides) == {"prompt": f"one{sign}two"}
        table = f"{HEAD[:-1]},prompt\na,{ROW},one{sign}two\n"
        assert dict(shop.read(table).pairs[0].overrides) == {"prompt": f"one{sign}two"}


@pytest.mark.parametrize("key", ["id", "prompt", "sku", "human"])
def test_33_a_lone_surrogate_is_a_bad_row(shop: Shop, key: str) -> None:
    row = JSON_ROW[:-1] + ', "prompt": "x", "sku": "y"}'
    reading = shop.read(row + "\n" + row.replace(f'"{key}": "', f'"{key}": "\\ud800', 1) + "\n", "m.jsonl")
    wrong = [(line, column, code) for _, line, column, code in reading.wrong if code == "M-VALUE"]
    assert wrong == [(2, key, "M-VALUE")]


def test_34_standard_input_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.folder)
    told: list[Any] = []
    with Manifest.open("-", stdin=io.BytesIO(f"{HEAD}a,{ROW}\n".encode())) as manifest:
        once, twice = list(manifest.rows(told.append)), list(manifest.rows())
        assert (once, manifest.changed()) == (twice, False)
    assert [row.id for row in once] == ["a"]


def test_34_standard_input_may_be_json(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.folder)
    with Manifest.open("-", stdin=io.BytesIO(JSON_ROW.encode())) as manifest:
        assert [row.id for row in manifest.rows()] == ["a"]


def test_34_a_pipe_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.folder)
    pipe = shop.folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(f"{HEAD}a,{ROW}\n"))
    writer.start()
    with Manifest.open(pipe) as manifest:
        writer.join()
        assert [row.id for row in manifest.rows()] == ["a"]


def test_34_what_is_appended_while_reading_is_not_seen_and_is_told(shop: Shop) -> None:
    path = shop.write(f"{HEAD}a,{ROW}\n")
    with Manifest.open(path) as manifest:
        rows = manifest.rows()
        with path.open("a") as file:
            file.write(f"b,{ROW}\n")
        assert [row.id for row in rows] == ["a"]
        assert manifest.changed()


def test_34_a_file_that_is_replaced_while_reading_stays_the_old_one(shop: Shop) -> None:
    path = shop.write(f"{HEAD}a,{ROW}\n")
    with Manifest.open(path) as manifest:
        assert not manifest.changed()
        os.replace(shop.write(f"{HEAD}z,{ROW}\n", "new.csv"), path)
        assert [row.id for row in manifest.rows()] == ["a"]
        assert manifest.changed()
        old = manifest.digest
    with Manifest.open(path) as manifest:
        assert manifest.digest != old


def test_34_a_file_that_shrinks_is_an_error_not_fewer_rows(shop: Shop) -> None:
    path = shop.write(HEAD + "".join(f"r{n},{ROW}\n" for n in range(20_000)))
    with Manifest.open(path) as manifest:
        os.truncate(path, 100_000)
        with pytest.raises(TryonError, match="shorter"):
            list(manifest.rows())


def test_everything_wrong_with_the_options_is_said_at_once(shop: Shop) -> None:
    error = shop.refused(
        f"{HEAD}a,{ROW}\n",
        format="cvs", delimiter=",,", name_template="{idd}", only=("colour:x",), overrides={"sead": "1"},
    )  # fmt: skip
    text = error.what + "\n".join(error.details)
    for word in ("'cvs'", "did you mean csv?", "',,'", "{idd}", "colour:x", "sead", "did you mean seed?"):
        assert word in text


def test_a_document_with_defaults_is_read(shop: Shop) -> None:
    text = (
        '{"rows": [' + JSON_ROW + ',\n {"human": "people/p2.jpg", "garment": "garments/g1.png", "seed": 3}],'
    )
    reading = shop.read(text + '"defaults": {"seed": 7, "Category": "upper"}}', "m.json")
    assert [dict(pair.overrides) for pair in reading.pairs] == [{"seed": 7}, {"seed": 3}]
    assert {pair.categories for pair in reading.pairs} == {("upper",)}


def test_a_list_of_rows_longer_than_the_buffer_is_read_with_its_lines(shop: Shop) -> None:
    rows = [JSON_ROW.replace('"a"', f'"r{n}"') for n in range(5000)]
    reading = shop.read(
        "[\n" + ",\n".join([*rows, '{"id": "bad", "human": 3, "garment": "g"}']) + "\n]", "m.json"
    )
    assert len(reading.pairs) == 5000
    assert (reading.invalid[0].row, reading.invalid[0].line) == ("5001", 5002)


@pytest.mark.parametrize(
    "broken", ['[{"human": "a"', '[{"a": 1},]', '{"rows": 3}', '{"lines": []}', "[] []", "[{'a'}]"]
)
def test_a_broken_document_is_refused_with_its_place(shop: Shop, broken: str) -> None:
    error = shop.refused(broken, "m.json", format="json")
    assert error.code == "M-JSON"
    assert "line 1, column" in error.what


def test_bad_values_inside_a_document_are_bad_rows(shop: Shop) -> None:
    reading = shop.read(f'[{JSON_ROW}, 5, {{"human": NaN}}, {{"a": 1, "a": 2}}]', "m.json")
    assert [(row, code) for row, _, _, code in reading.wrong] == [
        ("2", "M-JSON"),
        ("3", "M-JSON"),
        ("4", "M-JSON"),
    ]
    assert len(reading.pairs) == 1


def test_pair_lists_take_two_names_a_line(shop: Shop) -> None:
    shop.picture("people/a b.jpg", "people/x[1].jpg")
    text = "# test\npeople/p1.jpg garments/g1.png\npeople/a b.jpg\tgarments/g2.png\nalone.jpg\n"
    text += "people/x[1].jpg garments/g1.png\n"
    reading = shop.read(text, "pairs.txt")
    assert [pair.id for pair in reading.pairs] == ["p1__g1", "a b__g2", "x[1]__g1"]
    assert reading.wrong == [("3", 4, "", "M-QUOTE")]


def test_a_viton_folder_is_read(shop: Shop) -> None:
    shop.picture("data/test/image/1.jpg", "data/test/image/2.jpg", "data/test/cloth/9.jpg")
    shop.write("1.jpg 9.jpg\n2.jpg 9.jpg\n", "data/test_pairs.txt")
    root = shop.folder / "data"
    for source, options in (("", ManifestOptions(format="viton", root=root)),
                            (str(root / "test_pairs.txt"), ManifestOptions(format="viton", root=root)),
                            (str(root), ManifestOptions(format="viton"))):  # fmt: skip
        with Manifest.open(source, options) as manifest:
            pairs = list(manifest.rows())
        assert [pair.human for pair in pairs] == [
            str(root / "test/image/1.jpg"),
            str(root / "test/image/2.jpg"),
        ]
        assert pairs[0].garments == (str(root / "test/cloth/9.jpg"),)


def test_a_dresscode_folder_is_read_with_its_categories(shop: Shop) -> None:
    for part in ("upper_body", "lower_body", "dresses"):
        shop.picture(f"dc/{part}/images/1_0.jpg", f"dc/{part}/images/2_1.jpg")
    shop.write(
        "1_0.jpg 2_1.jpg 0\n1_0.jpg\t2_1.jpg\t1\n1_0.jpg 2_1.jpg dresses\n", "dc/test_pairs_paired.txt"
    )
    shop.write("1_0.jpg 2_1.jpg\n", "dc/lower_body/test_pairs_paired.txt")
    root = shop.folder / "dc"
    with Manifest.open("", ManifestOptions(format="dresscode", root=root)) as manifest:
        pairs = list(manifest.rows())
    assert [pair.categories for pair in pairs] == [("upper",), ("lower",), ("dress",)]
    assert pairs[2].human == str(root / "dresses/images/1_0.jpg")
    own = root / "lower_body/test_pairs_paired.txt"
    with Manifest.open(own, ManifestOptions(format="dresscode", root=root)) as manifest:
        (pair,) = manifest.rows()
    assert (pair.categories, pair.human) == (("lower",), str(root / "lower_body/images/1_0.jpg"))


def test_a_dataset_folder_without_pairs_is_refused(shop: Shop) -> None:
    with pytest.raises(TryonError, match="no list of pairs"):
        Manifest.open("", ManifestOptions(format="viton", root=shop.folder))


def test_rows_without_a_file_cross_zip_and_sample(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.folder)
    shop.picture("people/.hidden.jpg", "people/notes.txt")

    def read(pairing: str, **more: Any) -> list[str]:
        options = ManifestOptions(humans=("people/*",), garments=("garments",), pairing=pairing, **more)
        with Manifest.open("", options) as manifest:
            rows = list(manifest.rows())
            assert manifest.count == len(rows)
        return [row.id for row in rows]

    assert read("cross") == [f"p{p}__g{g}" for p in (1, 2, 10) for g in (1, 2, 10)]
    assert read("zip") == ["p1__g1", "p2__g2", "p10__g10"]
    sample = read("sample:4")
    assert sample == read("sample:4") and len(set(sample)) == 4 and set(sample) < set(read("cross"))
    with pytest.raises(TryonError, match="9 rows") as caught:
        read("cross", max_rows=8)
    assert caught.value.code == "M-LIMIT"
    with pytest.raises(TryonError, match="sample:0"):
        read("sample:0")


def test_rows_without_a_file_say_everything_that_is_wrong(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.folder)
    options = ManifestOptions(humans=("nobody/*.jpg",), garments=("garments/none.png",), pairing="zap")
    with pytest.raises(TryonError) as caught:
        Manifest.open("", options)
    text = caught.value.what + "".join(caught.value.details)
    assert "nobody/*.jpg" in text and "none.png" in text and "zap" in text


def test_relative_manifest_paths_work(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(f"{HEAD}a,{ROW}\n")
    monkeypatch.chdir(shop.folder.parent)
    with Manifest.open(Path("shop/m.csv")) as manifest:
        (pair,) = manifest.rows()
    assert pair.human == str(shop.folder / "people/p1.jpg")


def test_a_first_object_without_a_garment_is_a_bad_row_not_a_bad_file(shop: Shop) -> None:
    reading = shop.read('{"id": "z", "human": "people/p2.jpg"}\n' + JSON_ROW + "\n", "m.jsonl")
    assert reading.wrong == [("1", 1, "garment", "M-VALUE")]
    assert [pair.id for pair in reading.pairs] == ["a"]


def test_objects_without_any_garment_are_a_bad_file(shop: Shop) -> None:
    error = shop.refused('{"human": "people/p2.jpg", "cloths": "x"}\n', "m.jsonl")
    assert (error.code, "m.jsonl has no column for the garment" in error.what) == ("M-COLUMN", True)


def test_objects_may_call_the_same_thing_differently_but_not_twice(shop: Shop) -> None:
    other = JSON_ROW.replace("human", "person").replace('"a"', '"b"')
    twice = JSON_ROW[:-1] + ', "cloth": "x", "product": "y"}'
    reading = shop.read(
        f"{JSON_ROW}\n{other}\n" + twice.replace('"garment"', '"note"').replace('"a"', '"c"'), "m.jsonl"
    )
    assert [pair.id for pair in reading.pairs] == ["a", "b"]
    assert ("3", 3, "", "M-JSON") in reading.wrong


def test_a_table_called_txt_is_read_as_a_table_and_said(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}a,{ROW}\n", "m.txt")
    assert (reading.ids, reading.codes) == (["a"], ["M-FORMAT"])


def test_32_nesting_is_limited_in_columns_of_your_own_too(shop: Shop) -> None:
    deep = JSON_ROW[:-1] + ', "sku": ' + "[" * 25 + "]" * 25 + "}"
    fine = JSON_ROW[:-1] + ', "sku": ' + "[" * 15 + "]" * 15 + ', "note": "' + "[" * 50 + '"}'
    reading = shop.read(f"{fine}\n{deep}\n", "m.jsonl")
    assert reading.wrong == [("2", 2, "", "M-JSON")]
    assert shop.read(f"[{fine}, {deep}]", "m.json").wrong == [("2", 1, "", "M-JSON")]


def test_a_number_that_two_pieces_of_a_document_share_is_one_row(shop: Shop) -> None:
    reading = shop.read(f"[{JSON_ROW}," + " " * (65_536 - len(JSON_ROW) - 4) + "12345]", "m.json")
    assert [code for *_, code in reading.wrong] == ["M-JSON"]
    assert [pair.id for pair in reading.pairs] == ["a"]


def test_defaults_of_a_document_may_give_the_garment(shop: Shop) -> None:
    text = '{"defaults": {"garment": "garments/g1.png"}, "rows": [{"human": "people/p1.jpg"}]}'
    assert shop.read(text, "m.json").ids == ["p1__g1"]
