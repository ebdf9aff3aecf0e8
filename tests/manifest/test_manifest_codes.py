"""Every code a row or a file can get, and what its text must contain; what rows may ask for."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tryon_cli.model.errors import Level

Shop = Any

HEAD = "human,garment"
ROW = "people/p1.jpg,garments/g1.png"


def asking(shop: Shop, column: str, cell: str, **options: Any) -> Any:
    """One row with one more cell."""
    return shop.read(f'{HEAD},{column}\n{ROW},"{cell}"\n', **options)


def test_m_column_is_refused_with_what_is_there(shop: Shop) -> None:
    assert shop.refused("human,cloths\na,b\n").code == "M-COLUMN"


def test_m_column_a_map_that_names_nothing_is_refused(shop: Shop) -> None:
    error = shop.refused(f"{HEAD}\n{ROW}\n", columns=(("human", "photo"), ("humen", "x")))
    assert "the file has no such column" in error.what
    assert any("did you mean human?" in line for line in error.details)


def test_columns_are_mapped_by_name(shop: Shop) -> None:
    options = (("human", "Photo"), ("garment", "cloth url"), ("meta.type", "type"))
    reading = shop.read(f"photo,cloth_url,type\n{ROW},A\n", columns=options)
    assert reading.pairs[0].meta == (("type", "A"),)


@pytest.mark.parametrize("human", ["person", "Model Image", "human-image", "image", "PERSON_IMAGE"])
@pytest.mark.parametrize("garment", ["cloth", "Garment Image", "product", "product-image", "garment_2"])
def test_other_names_of_columns_are_known(shop: Shop, human: str, garment: str) -> None:
    assert shop.read(f"{human},{garment}\n{ROW}\n").pairs[0].id == "p1__g1"


def test_a_column_of_our_exact_name_beats_one_that_is_called_alike(shop: Shop) -> None:
    reading = shop.read(f"{HEAD},category,type\n{ROW},upper,T-shirt\n")
    assert reading.pairs[0].categories == ("upper",)
    assert reading.pairs[0].meta == (("type", "T-shirt"),)
    assert [(c.level, c.code) for c in reading.told] == [(Level.WARNING, "M-COLUMN")]


def test_m_id_dup_counts_rows_that_are_bad_for_another_reason(shop: Shop) -> None:
    reading = shop.read(f"id,{HEAD}\na,people/none.jpg,garments/g1.png\na,{ROW}\n")
    assert [(row, code) for row, _, _, code in reading.wrong] == [("1", "M-FILE"), ("2", "M-ID-DUP")]


def test_m_same_names_both_ids_and_keeps_both_rows(shop: Shop) -> None:
    reading = shop.read(f"id,{HEAD}\na,{ROW}\nb,{ROW}\n")
    assert [pair.id for pair in reading.pairs] == ["a", "b"]
    assert reading.codes == ["M-SAME"]
    assert "b and a" in reading.told[0].text


def test_m_same_a_thousand_equal_rows_get_a_thousand_names(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}\n" + f"{ROW}\n" * 1000)
    assert len({pair.output for pair in reading.pairs}) == 1000
    assert reading.ids[:3] == ["p1__g1", "p1__g1_2", "p1__g1_3"]
    assert reading.codes.count("M-SAME") == 101, "one hundred, and one that says there are more"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.jpg", "a.jpg"),
        ("a.jpg", "A.JPG"),
        ("", "one.jpg"),
        ("two.jpg", ""),
    ],
)
def test_m_name_two_rows_for_one_file_name_both_and_the_template(shop: Shop, first: str, second: str) -> None:
    reading = shop.read(f"id,{HEAD},output\none,{ROW},{first}\ntwo,people/p2.jpg,garments/g2.png,{second}\n")
    complaint = reading.only_complaint()
    assert complaint.code == "M-NAME"
    assert "row 1 (line 2)" in complaint.text
    assert (second or "{id}.{format}") in complaint.fix


def test_m_name_further_variants_are_files_too(shop: Shop) -> None:
    reading = shop.read(f"id,{HEAD},variants\na,{ROW},3\na.v3,people/p2.jpg,garments/g1.png,\na.v4,{ROW},\n")
    assert [code for *_, code in reading.wrong] == ["M-NAME"]
    assert "a.v3.jpg" in reading.only_complaint().text
    backwards = shop.read(f"id,{HEAD},variants\na.v3,people/p2.jpg,garments/g1.png,\na,{ROW},3\n")
    assert [code for *_, code in backwards.wrong] == ["M-NAME"]


def test_m_file_not_found_names_the_path_tried(shop: Shop) -> None:
    complaint = shop.read(f"{HEAD}\npeople/P1.png,garments/g1.png\n").only_complaint()
    assert complaint.code == "M-FILE"
    assert str(shop.folder / "people/P1.png") in complaint.text
    assert complaint.fix == "did you mean people/p1.jpg?"


def test_m_file_not_readable(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.picture("people/locked.jpg")
    (shop.folder / "people/locked.jpg").chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    assert (
        "may not be read" in shop.read(f"{HEAD}\npeople/locked.jpg,garments/g1.png\n").only_complaint().text
    )


@pytest.mark.parametrize("side", ["human", "garment"])
def test_m_glob_that_finds_nothing_names_the_folder_and_its_files(shop: Shop, side: str) -> None:
    cells = {"human": "people/p1.jpg", "garment": "garments/g1.png", side: "garments/*.webp"}
    reading = shop.read(f"{HEAD}\n{cells['human']},{cells['garment']}\n")
    assert reading.wrong == [("1", 2, side, "M-GLOB")]
    assert "the folder garments holds 3 files" in reading.only_complaint().text


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("http://169.254.169.254/latest/meta-data", "public internet"),
        ("http://2130706433/x.jpg", "number"),
        ("http://localhost/x.jpg", "this machine"),
        ("file:///etc/passwd", "file:"),
        ("ftp://host/x.jpg", "ftp:"),
        ("s3://bucket/x.jpg", "s3:"),
        ("data:image/png;base64,AAAA", "data:"),
        ("https:///x.jpg", "no host"),
        ("https://user:pw@host/x.jpg", "password"),
        ("https://host:8080/x.jpg", "port 8080"),
        ("https://host:99999/x.jpg", "no address"),
        ("https://[::1/x.jpg", "no address"),
        ("https://h/a b.jpg", "spaces"),
        ("https://h/" + "a" * 3000, "characters"),
    ],
)
def test_m_url_gives_the_reason(shop: Shop, cell: str, word: str) -> None:
    reading = shop.read(f'{HEAD}\n"{cell}",garments/g1.png\n')
    assert reading.wrong == [("1", 2, "human", "M-URL")]
    assert word in reading.only_complaint().text
    assert reading.only_complaint().fix


def test_addresses_of_pictures_are_rows_like_others(shop: Shop) -> None:
    reading = shop.read(
        f"{HEAD}\nHTTPS://CDN.example:443/people/p%207.jpg?x=1#top,garments/g1.png\n"
        "https://cdn.example/people/p%207.jpg?x=1,https://cdn.example\n"
    )
    first, second = reading.pairs
    assert first.human == second.human == "https://cdn.example/people/p%207.jpg?x=1"
    assert second.garments == ("https://cdn.example/",)
    assert first.id.startswith("p") and "7" in first.id


def test_an_inner_address_is_a_row_where_that_is_allowed(shop: Shop) -> None:
    text = f"{HEAD}\nhttp://127.0.0.1:8188/view?filename=a.png,garments/g1.png\n"
    assert shop.read(text).wrong == [("1", 2, "human", "M-URL")]
    assert shop.read(text, allow_private=True).pairs[0].human == "http://127.0.0.1:8188/view?filename=a.png"


def test_one_address_for_both_is_one_picture(shop: Shop) -> None:
    reading = shop.read(f"{HEAD}\nhttps://cdn.example/a.jpg,https://CDN.example:443/a.jpg#x\n")
    assert reading.wrong == [("1", 2, "garment", "M-PAIR")]


def test_m_image_an_empty_file(shop: Shop) -> None:
    shop.picture("people/empty.jpg", content=b"")
    reading = shop.read(f"{HEAD}\npeople/empty.jpg,garments/g1.png\n")
    assert reading.wrong == [("1", 2, "human", "M-IMAGE")]
    assert "empty (0 bytes)" in reading.only_complaint().text


def test_m_swap_is_a_warning_and_with_strict_a_bad_row(shop: Shop) -> None:
    text = f"{HEAD}\ngarments/g1.png,people/p1.jpg\n{ROW}\n"
    reading = shop.read(text)
    assert [(c.level, c.code, c.row) for c in reading.told] == [(Level.WARNING, "M-SWAP", "1")]
    assert "by its folder" in reading.told[0].text
    assert len(reading.pairs) == 2
    assert [(row, code) for row, _, _, code in shop.read(text, strict=True).wrong] == [("1", "M-SWAP")]


def test_m_swap_is_silent_when_folders_say_nothing(shop: Shop) -> None:
    shop.picture("a/1.jpg", "b/2.jpg")
    reading = shop.read(
        f"{HEAD}\na/1.jpg,b/2.jpg\na/1.jpg,garments/g1.png\npeople/p1.jpg,b/2.jpg\n", strict=True
    )
    assert (len(reading.pairs), reading.told) == (3, [])


@pytest.mark.parametrize("link", [False, True])
def test_m_pair_one_picture_on_both_sides(shop: Shop, link: bool) -> None:
    (shop.folder / "twin.jpg").symlink_to("people/p1.jpg")
    reading = shop.read(f"{HEAD}\npeople/p1.jpg,{'twin.jpg' if link else 'people/p1.jpg'}\n")
    assert reading.wrong == [("1", 2, "garment", "M-PAIR")]
    assert "p1.jpg" in reading.only_complaint().text


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("category", "uper", ("upper", "lower")),
        ("category", "upper|lower", ("2 categories for 1",)),
        ("seed", "-1", ("0", "4,294,967,295")),
        ("seed", "1.5", ("whole number",)),
        ("seed", "9" * 5000, ("5,000 characters",)),
        ("seed", "4294967296", ("4,294,967,295",)),
        ("variants", "9", ("1 to 8",)),
        ("variants", "0", ("1 to 8",)),
        ("quality", "101", ("1 to 100",)),
        ("priority", "10", ("0 to 9",)),
        ("face", "swop", ("swap, keep, off", "did you mean swap?")),
        ("size", "12x", ("864x1296",)),
        ("size", "10x10", ("64",)),
        ("size", "99999", ("16,384",)),
        ("background", "white", ("#rrggbb",)),
        ("background", "sky.png", ("not read yet",)),
        ("max_cost", "cheap", ("USD",)),
        ("max_cost", "-1", ("USD",)),
        ("skip", "maybe", ("true",)),
        ("provider", "fasn", ("fashn, local", "did you mean fashn?")),
        ("fallback", "local,klink", ("klink",)),
        ("provider", "try-on=fashn,stylize=xx", ("xx",)),
        ("provider", "tryon=fashn", ("extract-face", "did you mean try-on=fashn?")),
        ("provider", "fashn,local", ("one name for all stages",)),
        ("fallback", "swap=local", ("did you mean face-swap=local?",)),
        ("opt.fasn.steps", "3", ("did you mean fashn?",)),
        ("opt.fashn.scale", "1e999", ("too large",)),
        ("opt.fashn.steps", "9" * 30, ("digits",)),
        ("prompt", "x" * 4001, ("4,000",)),
        ("style", "a b", ("not a name",)),
        ("format", "gif", ("jpg, png, webp",)),
        ("id", "x" * 201, ("200",)),
        ("output", "{garmet.stem}.png", ("garment.stem",)),
        ("output", "../x.png", ("..",)),
        ("output", "/x.png", ("absolute",)),
        ("output", "C:x.png", ("absolute",)),
        ("output", "a\\b.png", ("backslash",)),
        ("output", "a//b.png", ("empty",)),
        ("output", "{id", ("lone {",)),
        ("output", "x.gif", (".gif",)),
        ("output", "{seed}.png", ("{seed} is empty",)),
        ("output", "/".join(["x" * 60] * 4) + ".png", ("180",)),
    ],
)
def test_m_value_says_what_is_allowed(shop: Shop, column: str, cell: str, words: tuple[str, ...]) -> None:
    reading = asking(shop, column, cell, providers=("fashn", "local"))
    assert reading.wrong == [("1", 2, column, "M-VALUE")]
    complaint = reading.only_complaint()
    for word in words:
        assert word in complaint.text + complaint.fix
    assert len(complaint.value) < 200


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("seed", "0", 0),
        ("variants", "8", 8),
        ("quality", "80", 80),
        ("face", "OFF", "off"),
        ("size", "864 x 1296", "864x1296"),
        ("size", "4K", "4k"),
        ("background", "#FFF", "#ffffff"),
        ("max_cost", "$0.25", 0.25),
        ("provider", "try-on = fashn, local", "try-on=fashn,local"),
        ("style", "studio", "studio"),
        ("prompt", "a red coat", "a red coat"),
        ("pipeline", "simple-scene", "simple-scene"),
        ("opt.fashn.steps", "30", 30),
        ("opt.fashn.scale", "-2.5", -2.5),
        ("opt.fashn.fast", "true", True),
        ("opt.fashn.mode", "null", None),
        ("opt.fashn.mode", '""30""', "30"),
        ("opt.fashn.mode", "plain", "plain"),
    ],
)
def test_settings_of_a_row_have_their_types(shop: Shop, column: str, cell: str, expected: object) -> None:
    (pair,) = asking(shop, column, cell, providers=("fashn", "local")).pairs
    assert pair.overrides == ((column, expected),)
    assert type(pair.overrides[0][1]) is type(expected)


def test_priority_tags_skip_and_own_columns_are_fields_of_the_pair(shop: Shop) -> None:
    (pair,) = shop.read(f"{HEAD},priority,tags,skip,SKU,note\n{ROW},9,red; sale ;red,yes,A-1,\n").pairs
    assert (pair.priority, pair.tags, pair.skip, pair.meta) == (9, ("red", "sale"), True, (("SKU", "A-1"),))
    assert pair.overrides == ()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("Tops", "upper"), ("upper_body", "upper"), ("dresses", "dress"), ("one-piece", "dress"), ("", "auto")],
)
def test_words_of_datasets_are_categories(shop: Shop, cell: str, expected: str) -> None:
    assert asking(shop, "category", cell).pairs[0].categories == (expected,)


def test_all_complaints_of_a_row_come_at_once(shop: Shop) -> None:
    reading = shop.read(f"{HEAD},seed,face\npeople/none.jpg,nothing/*.png,x,y\n")
    assert sorted((column, code) for _, _, column, code in reading.wrong) == [
        ("face", "M-VALUE"), ("garment", "M-GLOB"), ("human", "M-FILE"), ("seed", "M-VALUE"),
    ]  # fmt: skip
    assert all(c.fix for c in reading.invalid[0].complaints)


@pytest.mark.parametrize(("human", "garment"), [("", "garments/g1.png"), ("people/p1.jpg", "")])
def test_an_empty_picture_cell_is_a_bad_row(shop: Shop, human: str, garment: str) -> None:
    reading = shop.read(f"id,{HEAD}\na,{human},{garment}\n")
    assert reading.wrong == [("1", 2, "human" if not human else "garment", "M-VALUE")]


@pytest.mark.parametrize("column", ["mask", "keep"])
def test_m_cap_masks_are_refused_until_a_stage_takes_them(shop: Shop, column: str) -> None:
    assert asking(shop, column, "people/p2.jpg").wrong == [("1", 2, column, "M-CAP")]
    assert asking(shop, column, "").pairs[0].overrides == ()


def test_m_cap_more_garments_than_possible(shop: Shop) -> None:
    many = "|".join(["garments/g1.png"] * 10)
    assert shop.read(f"{HEAD}\npeople/p1.jpg,{many}\n").wrong == [("1", 2, "garment", "M-CAP")]


def test_m_limit_counts_what_patterns_make_not_what_is_written_out(shop: Shop) -> None:
    written = f"{HEAD}\n" + f"{ROW}\n" * 50
    assert len(shop.read(written, max_rows=8).pairs) == 50
    error = shop.refused(f"{HEAD}\npeople/*,garments/*\n", max_rows=8)
    assert error.code == "M-LIMIT"
    assert "row 1 alone makes 9" in error.what
    assert "--max-rows 9" in error.details[0]
    assert len(shop.read(f"{HEAD}\npeople/*,garments/*\n", max_rows=None).pairs) == 9


def test_m_limit_a_product_of_millions_is_refused_without_being_made(shop: Shop) -> None:
    for n in range(300):
        shop.picture(f"many/{n}.jpg")
    error = shop.refused(f"{HEAD}\nmany/*,many/*|many/*|many/*\n")
    assert "8,100,000,000" in error.what


def test_m_unknown_a_misspelled_column_is_a_warning_and_kept(shop: Shop) -> None:
    reading = shop.read(f"{HEAD},categroy,colour\n{ROW},upper,red\n")
    assert [(c.level, c.code, c.column) for c in reading.told] == [(Level.WARNING, "M-UNKNOWN", "categroy")]
    assert "'category'" in reading.told[0].text
    assert reading.pairs[0].meta == (("categroy", "upper"), ("colour", "red"))


def test_child_rows_are_numbered_and_sorted_naturally(shop: Shop) -> None:
    reading = shop.read(f"{HEAD},id\n{ROW},first\npeople/*.jpg,garments/g1?.png|garments/g*.png,look\n")
    assert [row.row for row in reading.rows[:3]] == ["1", "2.1", "2.2"]
    assert [pair.human.rsplit("/", 1)[1] for pair in reading.pairs[1::3]] == ["p1.jpg", "p2.jpg", "p10.jpg"]
    assert reading.ids[1:3] == ["look.1", "look.2"]
    assert [g.rsplit("/", 1)[1] for g in reading.pairs[2].garments] == ["g10.png", "g2.png"]


def test_one_bad_file_of_a_pattern_is_one_bad_child_row(shop: Shop) -> None:
    shop.picture("people/p3.jpg", content=b"")
    reading = shop.read(f"{HEAD}\npeople/*.jpg,garments/g1.png\n")
    assert reading.wrong == [("1.3", 2, "human", "M-IMAGE")]
    assert len(reading.pairs) == 3


def test_patterns_skip_hidden_files_and_say_which_files_are_no_pictures(shop: Shop) -> None:
    shop.picture("people/.p0.jpg", "people/Thumbs.db", "people/sub/p3.jpg")
    reading = shop.read(f"{HEAD}\npeople/*,garments/g1.png\n")
    assert len(reading.pairs) == 3
    assert [c.code for c in reading.told] == ["M-GLOB"]
    assert "Thumbs.db" in reading.told[0].text
    assert len(shop.read(f"{HEAD}\npeople/**/*.jpg,garments/g1.png\n").pairs) == 4
    assert len(shop.read(f"{HEAD}\npeople/**,garments/g1.png\n").pairs) == 4


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(shop: Shop) -> None:
    shop.picture("people/x[1].jpg", "people/x1.jpg")
    assert shop.read(f"{HEAD}\npeople/x[1].jpg,garments/g1.png\n").ids == ["x[1]__g1"]


def test_outfits_keep_their_order_or_are_sorted(shop: Shop) -> None:
    text = f"{HEAD},garment_3,garment_2,category\n"
    text += 'people/p1.jpg,"[""garments/g1.png""]",garments/g10.png,garments/g2.png,shoes|upper|lower\n'
    (pair,) = shop.read(text).pairs
    assert [g.rsplit("/", 1)[1] for g in pair.garments] == ["g1.png", "g2.png", "g10.png"]
    assert pair.categories == ("shoes", "upper", "lower")
    (sorted_,) = shop.read(text, outfit_order="auto").pairs
    assert sorted_.categories == ("lower", "upper", "shoes")
    assert [g.rsplit("/", 1)[1] for g in sorted_.garments] == ["g10.png", "g2.png", "g1.png"]


def test_defaults_fill_and_overrides_beat(shop: Shop) -> None:
    text = f"{HEAD},Seed\n{ROW},\npeople/p2.jpg,garments/g1.png,5\n"
    filled = shop.read(text, defaults={"seed": "7", "style": "studio"})
    assert [dict(pair.overrides) for pair in filled.pairs] == [
        {"seed": 7, "style": "studio"},
        {"seed": 5, "style": "studio"},
    ]
    beaten = shop.read(text, overrides={"seed": "1"})
    assert [dict(pair.overrides) for pair in beaten.pairs] == [{"seed": 1}, {"seed": 1}]
    assert shop.read("human\npeople/p1.jpg\n", defaults={"garment": "garments/g1.png"}).ids == ["p1__g1"]


def test_only_filters_by_tag_and_id(shop: Shop) -> None:
    text = f"id,{HEAD},tags\na1,{ROW},red;new\na2,{ROW},red\nb1,{ROW},new\nb2,people/none.jpg,garments/g1.png,red\n"
    assert shop.read(text, only=("tag:red",)).ids == ["a1", "a2", "b2"]
    assert shop.read(text, only=("tag:red", "tag:new", "id:*1")).ids == ["a1", "b1"]
    assert shop.read(text, only=("id:a?", "id:b2")).ids == ["a1", "a2", "b2"]


def test_the_template_knows_the_row_and_sets_the_format(shop: Shop) -> None:
    text = f"{HEAD},seed,SKU,output\n{ROW},5,X/1,{{garment.stem}}/{{human.stem}}_{{seed}}-{{meta.SKU}}.PNG\n"
    (pair,) = shop.read(text).pairs
    folder, name = pair.output.split("/")
    assert folder == "g1"
    assert name.startswith("p1_5-X%2F1-") and name.endswith(".PNG")
    assert dict(pair.overrides) == {"seed": 5, "format": "png"}


@pytest.mark.parametrize(
    ("output", "format_", "expected"), [("a.webp", "", "webp"), ("a", "png", "png"), ("a.v2", "", "")]
)
def test_the_format_follows_the_ending(shop: Shop, output: str, format_: str, expected: str) -> None:
    (pair,) = shop.read(f"{HEAD},output,format\n{ROW},{output},{format_}\n").pairs
    assert dict(pair.overrides).get("format", "") == expected
    assert pair.output.endswith(expected or "a.v2.jpg")


def test_format_and_ending_must_agree(shop: Shop) -> None:
    assert shop.read(f"{HEAD},output,format\n{ROW},a.png,webp\n").wrong == [("1", 2, "format", "M-VALUE")]


def test_a_row_of_json_may_use_lists_and_numbers(shop: Shop) -> None:
    row = (
        '{"human": "people/p1.jpg", "garment": ["garments/g1.png", "garments/g2.png"], "category": ["upper", "lower"],'
        ' "seed": 5, "skip": true, "tags": ["a", "b;c"], "opt.x.n": "5", "opt.x.m": 5, "sku": {"k": [1]}, "none": null}'
    )
    (pair,) = shop.read(row + "\n", "m.jsonl").pairs
    assert len(pair.garments) == 2
    assert (pair.categories, pair.skip, pair.tags) == (("upper", "lower"), True, ("a", "b;c"))
    assert pair.overrides == (("opt.x.m", 5), ("opt.x.n", "5"), ("seed", 5))
    assert pair.meta == (("sku", '{"k":[1]}'),)


def test_a_nested_object_in_our_column_is_a_bad_row(shop: Shop) -> None:
    reading = shop.read('{"human": "people/p1.jpg", "garment": {"a": 1}}\n', "m.jsonl")
    assert ("1", 1, "garment", "M-VALUE") in reading.wrong


@pytest.mark.parametrize("sign", ["\0", "\x1b[31m", "\x07", "\x9b", "\u202e", "\u2066", "\n"])
@pytest.mark.parametrize("column", ["id", "tags", "human"])
def test_hostile_signs_in_names_make_the_row_bad_and_are_shown_spelled_out(
    shop: Shop, sign: str, column: str
) -> None:
    cells = {"id": "a", "human": "people/p1.jpg", "garment": "garments/g1.png", "tags": "t"}
    cells[column] = f"a{sign}b"
    import json

    reading = shop.read(json.dumps(cells) + "\n", "m.jsonl")
    assert (column, "M-VALUE") in [(c, code) for _, _, c, code in reading.wrong]
    for complaint in reading.invalid[0].complaints:
        assert (complaint.text + complaint.value + complaint.fix).isprintable()


def test_marks_of_writing_direction_are_fine_in_free_text(shop: Shop) -> None:
    (pair,) = shop.read(f"{HEAD},prompt,name\n{ROW},\u200fabc,\u2067x\u2069\n").pairs
    assert dict(pair.overrides) == {"prompt": "\u200fabc"}
    assert pair.meta == (("name", "\u2067x\u2069"),)


def test_meta_and_columns_are_known_before_reading(shop: Shop) -> None:
    with shop.open(f"SKU,{HEAD},colour\nA,{ROW},red\n") as manifest:
        assert manifest.columns == ("SKU", "human", "garment", "colour")
        assert manifest.meta == ("SKU", "colour")
        assert len(manifest.digest) == 64
        assert manifest.count is None


def test_a_mapped_column_beats_one_of_our_exact_name(shop: Shop) -> None:
    (pair,) = shop.read(
        "human,garment,photo\nAnna,garments/g1.png,people/p2.jpg\n", columns=(("human", "photo"),)
    ).pairs
    assert pair.human.endswith("p2.jpg")
    assert pair.meta == (("human", "Anna"),)
