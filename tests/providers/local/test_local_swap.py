"""Putting a face back: it must become more alike, stay inside the face, or be refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from shop import PEOPLE, Pixels, extract, face_swap, garment, person, pixels, png, stylize

from tryon_cli.model.errors import Fault
from tryon_cli.providers.local.crop import FaceCrop, unpacked
from tryon_cli.providers.local.face import find
from tryon_cli.providers.local.lineup import place
from tryon_cli.providers.local.provider import LocalProvider
from tryon_cli.providers.local.swap import swap


def _crop(local: LocalProvider, who: str) -> FaceCrop:
    crop = unpacked(local.submit(extract(person(who))).image)
    assert crop is not None
    return crop


def _worn_out(picture: Pixels) -> Pixels:
    """Moved, blurred and in other colours: what a try-on service does to a face."""
    move = np.array([[1.0, 0, 5], [0, 1.0, -4]])
    moved = cv2.warpAffine(picture, move, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(moved, (0, 0), 2.2).astype(np.float32)
    return np.clip(soft * np.array([1.06, 0.97, 0.9]) + 4, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_worn_out_face_becomes_alike_again(local: LocalProvider, who: str) -> None:
    crop, target = _crop(local, who), _worn_out(pixels(person(who)))
    swapped = swap(target, crop)
    assert swapped.refused == ""
    assert swapped.before < 0.95
    assert swapped.after >= 0.95
    changed = np.argwhere((swapped.picture != target).any(-1))
    assert np.hypot(*(changed - (crop.face.y, crop.face.x)).T).max() < 1.2 * crop.face.size


@pytest.mark.parametrize("style", ["watercolor", "cartoon", "film"])
def test_a_stylized_face_becomes_alike_again(local: LocalProvider, style: str) -> None:
    drawn = local.submit(stylize(person("dev"), style))
    swapped = swap(pixels(drawn.image), _crop(local, "dev"))
    assert swapped.after > swapped.before or swapped.before >= 0.97


def test_a_face_that_is_there_already_is_left_alone_without_a_word(local: LocalProvider) -> None:
    face = local.submit(extract(person("ana"))).image
    done = local.submit(face_swap(person("ana"), face))
    assert np.array_equal(pixels(done.image), pixels(person("ana")))
    assert done.notes == ()


def test_no_face_in_the_picture_is_refused_and_leaves_it(local: LocalProvider) -> None:
    face = local.submit(extract(person("ana"))).image
    target = pixels(garment("tee-stripes"))
    done = local.submit(face_swap(png(target), face))
    assert np.array_equal(pixels(done.image), target)
    assert len(done.notes) == 1


def test_a_face_where_it_does_not_line_up_is_refused(local: LocalProvider) -> None:
    target = pixels(person("ben")).copy()
    found = find(target)
    assert found is not None
    x, y, r = int(found.x), int(found.y), int(0.6 * found.size)
    dice = np.random.Generator(np.random.PCG64(3))
    target[y - r : y + r, x - r : x + r] = dice.integers(90, 160, (2 * r, 2 * r, 3), np.uint8)
    swapped = swap(target, _crop(local, "ben"))
    assert swapped.refused
    assert swapped.picture is target


def test_the_place_found_is_the_place_it_was_moved_to(local: LocalProvider) -> None:
    crop, target = _crop(local, "cleo"), _worn_out(pixels(person("cleo")))
    found = place(crop, find(target), target)
    assert found is not None
    origin = found.matrix @ np.array([0, 0, 1.0])
    assert np.hypot(origin[0] - crop.box[0] - 5, origin[1] - crop.box[1] + 4) < 2


@pytest.mark.parametrize("broken", [b"", b"\x89PNG\r\n\x1a\n", person("ana")])
def test_what_is_no_extracted_face_is_refused(local: LocalProvider, broken: bytes) -> None:
    with pytest.raises(Fault) as refused:
        local.submit(face_swap(person("ana"), broken))
    assert refused.value.code == "E-LOCAL-FACE"


def test_a_face_cut_short_is_refused(local: LocalProvider) -> None:
    face = local.submit(extract(person("ana"))).image
    with pytest.raises(Fault):
        unpacked(face[: len(face) // 2])
    with pytest.raises(Fault):
        unpacked(face.replace(b'"box"', b'"fox"'))
