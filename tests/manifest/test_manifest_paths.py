"""What a manifest from a stranger cannot do with paths and with names."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tryon_cli.manifest.globs import natural
from tryon_cli.manifest.pictures import Picture, Pictures
from tryon_cli.model.errors import Complaint

Shop = Any


def looking(shop: Shop, cell: str, **options: Any) -> Picture | Complaint:
    return Pictures(shop.folder, **options).look(cell)


def refusal(shop: Shop, cell: str, **options: Any) -> str:
    look = looking(shop, cell, **options)
    assert isinstance(look, Complaint)
    return look.text


@pytest.mark.parametrize(
    "cell", ["/etc/passwd", "../secret.jpg", "people/../../secret.jpg", "link.jpg", "out/secret.jpg"]
)
def test_no_way_out_of_the_folder(shop: Shop, cell: str) -> None:
    (shop.folder.parent / "secret.jpg").write_bytes(b"x")
    (shop.folder / "link.jpg").symlink_to("../secret.jpg")
    (shop.folder / "out").symlink_to("..")
    assert "outside" in refusal(shop, cell)
    assert isinstance(looking(shop, cell, allow_outside=True), Picture)


def test_a_root_and_further_folders_may_be_read(shop: Shop) -> None:
    other = shop.folder.parent / "other"
    other.mkdir()
    (other / "p9.jpg").write_bytes(b"x")
    assert "outside" in refusal(shop, str(other / "p9.jpg"))
    assert isinstance(looking(shop, str(other / "p9.jpg"), allow_roots=(other,)), Picture)
    assert isinstance(looking(shop, "p9.jpg", root=other), Picture)
    assert "not found" in refusal(shop, "p9.jpg", allow_roots=(other,))


def test_a_folder_with_the_same_beginning_is_outside(shop: Shop) -> None:
    twin = shop.folder.parent / "shop-private"
    twin.mkdir()
    (twin / "x.jpg").write_bytes(b"x")
    assert "outside" in refusal(shop, "../shop-private/x.jpg")


def test_a_link_inside_is_read_by_its_real_path_and_named_as_written(shop: Shop) -> None:
    (shop.folder / "anna.jpg").symlink_to("people/p1.jpg")
    look = looking(shop, "anna.jpg")
    assert isinstance(look, Picture)
    assert (look.path, look.stem) == (str(shop.folder / "people/p1.jpg"), "anna")


def test_links_that_lead_nowhere_or_round_are_bad(shop: Shop) -> None:
    (shop.folder / "dead.jpg").symlink_to("none.jpg")
    (shop.folder / "round.jpg").symlink_to("round.jpg")
    assert "link to nothing" in refusal(shop, "dead.jpg")
    assert "link to nothing" in refusal(shop, "round.jpg")


def test_pipes_sockets_devices_and_folders_are_refused_without_being_opened(shop: Shop) -> None:
    os.mkfifo(shop.folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(shop.folder)  # the names of sockets are short
        try:
            listener.bind("sock.jpg")
        finally:
            os.chdir(here)
        assert "is a pipe" in refusal(shop, "pipe.jpg"), "opening it would wait for ever"
        assert "is a socket" in refusal(shop, "sock.jpg")
        assert "is a folder" in refusal(shop, "people")
        assert "is a device" in refusal(shop, "/dev/zero", allow_outside=True)


@pytest.mark.parametrize("cell", ["x" * 300, "x/" * 3000, "people/p1.jpg/x.jpg", "a\udc80", "a\0b"])
def test_impossible_paths_are_bad_rows_not_crashes(shop: Shop, cell: str) -> None:
    assert refusal(shop, cell)


def test_home_and_variables_only_when_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", "people")
    monkeypatch.setenv("HOME", str(shop.folder))
    look = looking(shop, "$SHOP/p1.jpg")
    assert isinstance(look, Complaint) and "--expand-vars" in look.fix
    assert isinstance(looking(shop, "~/people/p1.jpg"), Complaint)
    assert isinstance(looking(shop, "$SHOP/p1.jpg", expand_vars=True), Picture)
    assert isinstance(looking(shop, "~/people/p1.jpg", expand_vars=True), Picture)


def test_patterns_list_nothing_outside(shop: Shop) -> None:
    (shop.folder.parent / "secret1.jpg").write_bytes(b"x")
    (shop.folder / "out").symlink_to("..")
    for pattern in ("../*.jpg", "/etc/*", "out/*.jpg", "people/../../*.jpg"):
        looks, _ = Pictures(shop.folder).expand(pattern)
        assert [look.code for look in looks if isinstance(look, Complaint)] == ["M-GLOB"], pattern
        assert "secret1" not in str(looks)


@pytest.mark.parametrize(
    "cell",
    [
        "../secret.jpg",
        "people/../../secret.jpg",
        "{parent}/secret.jpg",
        "out/secret.jpg",
        "out/deeper/secret.jpg",
        "../nowhere/secret.jpg",
        "../secret*.jpg",
        "*/secret.jp*",
        "*/../../secret*.jpg",
        "**/../../secret*.jpg",
    ],
)
def test_the_answer_does_not_tell_whether_a_file_outside_exists(shop: Shop, cell: str) -> None:
    secret = shop.folder.parent / "secret.jpg"
    (shop.folder / "out").symlink_to("..")
    cell = cell.replace("{parent}", str(shop.folder.parent))
    answers = []
    for there in (False, True):
        if there:
            secret.write_bytes(b"x")
        answers.append(Pictures(shop.folder, shop.folder / "people").expand(cell))
    assert answers[0] == answers[1]
    assert all(isinstance(look, Complaint) for look in answers[0][0])


@pytest.mark.parametrize("cell", ["../secret.jpg", "/etc/passwd", "people/../../x/y.jpg", "/srv/*/x.jpg"])
def test_what_lies_outside_by_its_text_is_refused_without_a_look(
    shop: Shop, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = Pictures(shop.folder)

    def looked(path: object, *rest: object, **more: object) -> None:
        raise AssertionError(f"the disk was asked about {path}")

    with monkeypatch.context() as watched:
        for name in ("lstat", "stat", "scandir", "access"):
            watched.setattr(os, name, looked)
        looks, _ = pictures.expand(cell)
    assert [type(look) for look in looks] == [Complaint]


def test_a_path_from_the_root_may_go_through_the_folder_as_it_was_named(shop: Shop) -> None:
    (shop.folder.parent / "alias").symlink_to(shop.folder)
    alias = shop.folder.parent / "alias"
    for cell in (alias / "people/p1.jpg", shop.folder / "people/p1.jpg"):
        look = Pictures(alias).look(str(cell))
        assert isinstance(look, Picture) and look.path == str(shop.folder.resolve() / "people/p1.jpg")
    (found,), _ = Pictures(alias).expand(f"{alias}/people/p2.*")
    assert isinstance(found, Picture)


def test_names_of_files_outside_are_never_suggested(shop: Shop) -> None:
    (shop.folder.parent / "secret1.jpg").write_bytes(b"x")
    look = looking(shop, "../secret2.jpg")
    assert isinstance(look, Complaint)
    assert "secret1" not in look.text + look.fix


def test_a_windows_path_is_told_how_to_be_written(shop: Shop) -> None:
    look = looking(shop, "people\\p1.jpg")
    assert isinstance(look, Complaint) and look.fix == "write folders with /"
    assert "not found" in refusal(shop, "C:\\people\\p1.jpg")


def test_paths_are_looked_up_once(shop: Shop) -> None:
    pictures = Pictures(shop.folder)
    first = pictures.look("people/p1.jpg")
    (shop.folder / "people/p1.jpg").unlink()
    assert pictures.look("people/p1.jpg") is first


def test_numbers_in_names_are_sorted_as_numbers() -> None:
    names = ["p10", "P9", "p2", "p010", "a", "p2b", "", "10", "9"]
    assert sorted(names, key=natural) == ["", "9", "10", "a", "p2", "p2b", "P9", "p010", "p10"]
