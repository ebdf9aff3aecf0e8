"""Files under their final names are whole, ours, and inside the output folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.model.digest import digest_of
from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.outputs import Outputs, variant_name

NEW, OLD = b"new picture", b"old picture"


@pytest.fixture
def out(tmp_path: Path) -> Outputs:
    return Outputs(tmp_path / "out")


def test_a_picture_lands_whole_and_leaves_nothing_beside_it(out: Outputs) -> None:
    found = out.publish("a/b.jpg", NEW, digest_of(NEW))
    assert (out.folder / found.path).read_bytes() == NEW and found.path == "images/a/b.jpg"
    assert out.intact(found)
    out.close()
    assert sorted(p.name for p in out.folder.rglob("*") if p.is_file()) == ["b.jpg"]


def test_what_lies_there_already_is_not_written_again(out: Outputs) -> None:
    first = out.publish("b.jpg", NEW, digest_of(NEW))
    before = os.stat(out.folder / first.path)
    again = out.publish("b.jpg", NEW, digest_of(NEW))
    assert again == first and os.stat(out.folder / first.path).st_ino == before.st_ino


def test_our_own_old_version_is_replaced(out: Outputs) -> None:
    out.publish("b.jpg", OLD, digest_of(OLD))
    out.publish("b.jpg", NEW, digest_of(NEW), ours=True)
    assert (out.folder / "images/b.jpg").read_bytes() == NEW
    assert len(list((out.folder / "images").iterdir())) == 1


def test_a_stranger_file_is_moved_aside_never_lost(out: Outputs) -> None:
    for n, text in enumerate((b"precious", b"also precious"), 1):
        (out.folder / "images/b.jpg").write_bytes(text)
        out.publish("b.jpg", NEW, digest_of(NEW), ours=False)
        assert (out.folder / f"images/b.before-{n}.jpg").read_bytes() == text
    assert (out.folder / "images/b.jpg").read_bytes() == NEW


def test_a_change_is_seen(out: Outputs) -> None:
    found = out.publish("b.jpg", NEW, digest_of(NEW))
    path = out.folder / found.path
    path.write_bytes(OLD + b"!")
    assert not out.intact(found)
    path.unlink()
    assert not out.intact(found)


def test_a_linked_folder_that_leads_out_is_refused(out: Outputs, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (out.folder / "images/evil").symlink_to(victim)
    with pytest.raises(Fault, match="leads out") as caught:
        out.publish("evil/b.jpg", NEW, digest_of(NEW))
    assert caught.value.kind is FaultKind.STORAGE and not list(victim.iterdir())


def test_a_linked_file_is_replaced_and_its_target_untouched(out: Outputs, tmp_path: Path) -> None:
    victim = tmp_path / "victim.jpg"
    victim.write_bytes(NEW)
    (out.folder / "images/b.jpg").symlink_to(victim)
    out.publish("b.jpg", NEW, digest_of(NEW))
    assert not (out.folder / "images/b.jpg").is_symlink() and victim.read_bytes() == NEW


def test_what_a_killed_run_left_is_cleaned_up(tmp_path: Path) -> None:
    left = tmp_path / "out/.tryon/tmp/7"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    Outputs(tmp_path / "out")
    assert not left.exists()


@given(st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?\.(jpg|png|webp)", fullmatch=True), st.integers(0, 7))
def test_variants_have_names_of_their_own(name: str, variant: int) -> None:
    named = variant_name(name, variant)
    assert named.rpartition(".")[2] == name.rpartition(".")[2]
    assert (named == name) == (variant == 0)
    assert variant == 0 or f".v{variant + 1}." in named
