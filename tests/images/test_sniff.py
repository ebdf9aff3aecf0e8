"""A look at headers, and reading files that may not be files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import odd_pictures as odd
import pytest

from tryon_cli.images.limits import Refusal
from tryon_cli.images.reading import read
from tryon_cli.images.sniff import glance
from tryon_cli.model.errors import Fault

_SEEN_BY_DECODING = ("truncated", "corrupt", "blank")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_size_without_decoding(kind: str, tmp_path: Path) -> None:
    raw = odd.saved(odd.drawn(300, 200), kind)
    path = tmp_path / "a picture"
    path.write_bytes(raw)
    assert glance(raw) == glance(path) == glance(str(path)) == (kind, 300, 200)


def test_all_kinds_of_webp() -> None:
    for options in ({}, {"lossless": True}, {"exif": odd.exif(1)}):
        assert glance(odd.saved(odd.drawn(301, 203), "WEBP", **options)) == ("WEBP", 301, 203)
    assert glance(odd.saved(odd.faded(), "WEBP")) == ("WEBP", 192, 256)


@pytest.mark.parametrize("name", odd.REFUSED)
def test_refuses_by_header_what_the_gate_refuses(name: str, tmp_path: Path) -> None:
    make, reason = odd.REFUSED[name]
    path = tmp_path / "p"
    path.write_bytes(make())
    if reason in _SEEN_BY_DECODING and not name.startswith("19"):
        assert glance(path).width > 0
        return
    with pytest.raises(Refusal) as caught:
        glance(path)
    assert caught.value.reason == reason


def test_a_size_behind_much_metadata_is_found(tmp_path: Path) -> None:
    raw = odd.jpeg()
    far = raw[:2] + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 20 + raw[2:]
    path = tmp_path / "far.jpg"
    path.write_bytes(far)
    assert glance(path) == ("JPEG", 192, 256)


def test_what_is_no_file_never_hangs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for path in ("pipe", "folder", "gone", "missing", "n\0ul"):
        for look in (glance, read):
            with pytest.raises(Fault) as caught:
                look(str(tmp_path / path))
            assert caught.value.code == "M-FILE" and caught.value.fix
    for look in (glance, read):
        with pytest.raises(Fault, match="not a regular file"):
            look("/dev/zero")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(odd.png())
    path.chmod(0)
    with pytest.raises(Fault, match="ermission"):
        read(path)


def test_a_sparse_giant_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "giant.jpg"
    with open(path, "wb") as file:
        file.write(odd.jpeg())
        file.truncate(3_000_000_000)
    for look in (glance, read):
        with pytest.raises(Refusal, match="too large: 3,000 MB, limit 30 MB"):
            look(path)


def test_odd_names_are_shown_on_one_line(tmp_path: Path) -> None:
    for name in (b"new\nline", b"not \xff utf-8"):
        path = os.path.join(os.fsencode(tmp_path), name)
        with pytest.raises(Fault) as caught:
            read(os.fsdecode(path))
        assert caught.value.text.isprintable()
        caught.value.text.encode()
        Path(os.fsdecode(path)).write_bytes(odd.png())
        assert read(os.fsdecode(path)) == odd.png()


def test_looking_loads_no_picture_library() -> None:
    modules = "sys, tryon_cli.images.sniff, tryon_cli.images.label"
    code = f"import {modules}; print('PIL' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
