"""What has changed about a manifest since a run began with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.manifest import Invalid, roll
from tryon_cli.manifest.roll import Difference, Roll
from tryon_cli.model.digest import digest_of
from tryon_cli.model.pair import Pair

Shop = Any
DIGEST = digest_of(b"m")
TOP = Path("/shop")


def pair(name: str, garment: str = "g", **changes: Any) -> Pair:
    made = Pair("1", name, "/shop/h.jpg", (f"/shop/{garment}.png",), ("upper",), f"{name}.jpg")
    return made._replace(**changes)


def of(*rows: Pair | Invalid, folder: Path = TOP) -> Roll:
    made = Roll(folder)
    for row in rows:
        made.add(row)
    return made


def since(path: Path, before: Roll, now: Roll) -> Difference | None:
    before.write(path, DIGEST)
    return now.since(path, DIGEST)


def test_new_edited_removed_and_renamed_rows_are_told_apart(tmp_path: Path) -> None:
    before = of(pair("a"), pair("b", "g2"), pair("c", "g3", output="x.jpg"), pair("d", "g4"))
    now = of(pair("a"), pair("b", "g9"), pair("c2", "g3", output="x.jpg"), pair("e", "g5"), pair("f", "g6"))
    found = since(tmp_path / "r", before, now)
    assert found == Difference(new=2, edited=1, removed=1, renamed=1)
    assert str(found) == "2 rows new, 1 edited, 1 renamed, 1 removed (its image stays)"


@pytest.mark.parametrize(
    ("change", "edited"),
    [
        ({"row": "9"}, 0), ({"priority": 9}, 0), ({"tags": ("x",)}, 0), ({"meta": (("sku", "1"),)}, 0),
        ({"skip": True}, 1), ({"output": "y.jpg"}, 1), ({"categories": ("lower",)}, 1),
        ({"overrides": (("seed", 7),)}, 1), ({"human": "/shop/h2.jpg"}, 1),
    ],
)  # fmt: skip
def test_only_what_changes_the_picture_or_its_name_is_an_edit(
    tmp_path: Path, change: dict[str, Any], edited: int
) -> None:
    assert since(tmp_path / "r", of(pair("a")), of(pair("a", **change))) == Difference(edited=edited)


def test_a_folder_that_was_moved_is_no_edit(tmp_path: Path) -> None:
    moved = pair("a", human="/new/place/h.jpg", garments=("/new/place/g.png",))
    assert since(tmp_path / "r", of(pair("a")), of(moved, folder=Path("/new/place"))) == Difference()


def test_rows_that_are_invalid_or_repeat_another_are_counted_right(tmp_path: Path) -> None:
    bad = Invalid("2", 3, "", (("human", "none.jpg"),), ())
    assert (
        since(tmp_path / "r", of(pair("a"), bad), of(pair("a"), pair("a", same_as="1"), bad)) == Difference()
    )
    mended = bad._replace(cells=(("human", "there.jpg"),))
    assert since(tmp_path / "r", of(bad), of(mended)) == Difference(edited=1)


@pytest.mark.parametrize("data", [b"", b"x", b"TRYROLL1", bytes(24), bytes(40)])
def test_what_is_no_roll_tells_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "r").write_bytes(data)
    assert of(pair("a")).since(tmp_path / "r", DIGEST) is None
    assert of(pair("a")).since(tmp_path / "none", DIGEST) is None


def test_the_roll_of_another_manifest_tells_nothing(tmp_path: Path) -> None:
    of(pair("a")).write(tmp_path / "r", DIGEST)
    assert of(pair("a")).since(tmp_path / "r", digest_of(b"other")) is None


def test_a_long_manifest_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll, "MOST", 2)
    two, three = of(pair("a"), pair("b")), of(pair("a"), pair("b"), pair("c"))
    assert since(tmp_path / "r", two, two) == Difference()
    assert since(tmp_path / "r", two, three) is None and since(tmp_path / "r", three, two) is None


def test_a_full_disk_is_no_reason_to_stop(tmp_path: Path) -> None:
    of(pair("a")).write(tmp_path / "none" / "r", DIGEST)


tables = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["g1", "g2"]))


@given(before=tables, now=tables)
def test_the_numbers_add_up(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], now: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "roll.bin"
    rolls = [of(*(pair(name, f"{garment}{name}") for name, garment in t.items())) for t in (before, now)]
    found = since(path, *rolls)
    assert found is not None and found.renamed == 0
    assert found.new == len(now.keys() - before.keys()) and found.removed == len(before.keys() - now.keys())
    assert found.edited == sum(before[n] != now[n] for n in before.keys() & now.keys())
