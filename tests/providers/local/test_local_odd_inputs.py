"""Pictures as they come: those that must work, and those that must be refused with a reason."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from shop import Pixels, garment, noise, person, pixels, png, try_on

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.ports import Done
from tryon_cli.providers.local.provider import LocalProvider


def _changed(before: Pixels, done: Done) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    after = pixels(done.image)
    assert after.shape == before[..., :3].shape
    return np.abs(before[..., :3].astype(np.int16) - after).max(-1) > 8


def _on_ground(picture: Pixels, colour: tuple[int, int, int]) -> Pixels:
    """A transparent garment picture laid on a colour."""
    share = picture[..., 3:].astype(np.float32) / 255
    return (picture[..., :3] * share + np.array(colour, np.float32) * (1 - share) + 0.5).astype(np.uint8)


def test_the_most_prominent_of_two_people_is_dressed_and_it_says_so(local: LocalProvider) -> None:
    one, other = pixels(person("ana")), pixels(person("ben"))
    small = np.asarray(cv2.resize(other, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA), np.uint8)
    scene = np.zeros((one.shape[0], one.shape[1] + small.shape[1], 3), np.uint8)
    scene[:] = one[2, 2]
    scene[:, : one.shape[1]] = one
    scene[60 : 60 + small.shape[0], one.shape[1] :] = small
    done = local.submit(try_on(png(scene), garment("tee-stripes"), "upper"))
    assert any("2 people" in note for note in done.notes)
    changed = _changed(scene, done)
    assert changed[:, : one.shape[1]].mean() > 0.04
    assert changed[:, one.shape[1] :].mean() < 0.002


def test_a_person_seen_from_behind(local: LocalProvider) -> None:
    back = pixels(person("ben")).copy()
    head = back[60:230, 300:470]
    head[:] = cv2.GaussianBlur(head, (0, 0), 25)  # no features left: hair and neck only
    done = local.submit(try_on(png(back), garment("tee-stripes"), "upper"))
    assert _changed(back, done).mean() > 0.02


def test_a_small_figure_in_a_large_picture(local: LocalProvider) -> None:
    figure = cv2.resize(pixels(person("ana")), (300, 400), interpolation=cv2.INTER_AREA)
    scene = np.full((900, 900, 3), figure[2, 2], np.uint8)
    scene[450:850, 300:600] = figure
    done = local.submit(try_on(png(scene), garment("tee-stripes"), "upper"))
    changed = _changed(scene, done)
    assert 0.003 < changed.mean() < 0.06
    assert not changed[:440].any()


def test_a_tiny_picture(local: LocalProvider) -> None:
    tiny = np.asarray(cv2.resize(pixels(person("ben")), (64, 85), interpolation=cv2.INTER_AREA), np.uint8)
    assert _changed(tiny, local.submit(try_on(png(tiny), garment("tee-stripes"), "upper"))).any()


def test_a_large_picture_keeps_its_size_and_its_detail(local: LocalProvider) -> None:
    large = cv2.resize(pixels(person("dev")), None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    large = np.asarray(large, np.uint8)
    dice = np.random.Generator(np.random.PCG64(1))
    large = np.clip(large.astype(np.int16) + dice.integers(-3, 4, large.shape), 0, 255).astype(np.uint8)
    done = local.submit(try_on(png(large), garment("tee-stripes"), "upper"))
    after = pixels(done.image)
    assert after.shape == large.shape
    still = (after == large).all(-1)
    assert still[: large.shape[0] // 8].all()
    assert still.mean() > 0.3


@pytest.mark.parametrize("colour", [(8, 8, 10), (252, 252, 250)])
def test_black_on_black_and_white_on_white(local: LocalProvider, colour: tuple[int, int, int]) -> None:
    piece = pixels(garment("dress-teal")).copy()
    grey = piece[..., :3].mean(-1, keepdims=True) / 255
    piece[..., :3] = np.clip(np.array(colour) + (grey - 0.4) * 24, 0, 255).astype(np.uint8)
    done = local.submit(try_on(person("ana"), png(_on_ground(piece, colour)), "dress"))
    assert _changed(pixels(person("ana")), done).mean() > 0.04


def test_a_transparent_garment_and_the_same_on_paper_agree(local: LocalProvider) -> None:
    piece = pixels(garment("dress-teal"))
    one = local.submit(try_on(person("ben"), garment("dress-teal"), "dress"))
    two = local.submit(try_on(person("ben"), png(_on_ground(piece, (246, 246, 244))), "dress"))
    apart = np.abs(pixels(one.image).astype(np.int16) - pixels(two.image)).max(-1) > 24
    assert apart.mean() < 0.02


def test_a_garment_before_a_busy_background(local: LocalProvider) -> None:
    piece = pixels(garment("dress-teal"))
    y, x = np.mgrid[0 : piece.shape[0], 0 : piece.shape[1]]
    ground = np.stack(
        [150 + 60 * np.sin(x / 9), 130 + 50 * np.sin(y / 13), 120 + 40 * np.sin((x + y) / 17)], -1
    )
    share = piece[..., 3:].astype(np.float32) / 255
    busy = (piece[..., :3] * share + ground * (1 - share)).astype(np.uint8)
    assert (
        _changed(pixels(person("ana")), local.submit(try_on(person("ana"), png(busy), "dress"))).mean() > 0.03
    )


def test_a_garment_worn_by_somebody_is_cut_out_and_it_says_so(local: LocalProvider) -> None:
    done = local.submit(try_on(person("ben"), person("dev"), "upper"))
    assert any("worn by somebody" in note for note in done.notes)
    changed = _changed(pixels(person("ben")), done)
    yellow = pixels(done.image)[changed].mean(0)
    assert yellow[0] > yellow[2] + 60  # dev's yellow shirt, not the wall behind him


def test_grey_people(local: LocalProvider) -> None:
    grey = np.repeat(pixels(person("ana")).mean(-1, keepdims=True).astype(np.uint8), 3, 2)
    assert _changed(grey, local.submit(try_on(png(grey), garment("tee-stripes"), "upper"))).mean() > 0.03


def test_an_upside_down_garment_does_not_break_anything(local: LocalProvider) -> None:
    turned = np.ascontiguousarray(pixels(garment("tee-stripes"))[::-1])
    assert local.submit(try_on(person("ana"), png(turned), "upper")).image


def test_a_wrong_category_is_said(local: LocalProvider) -> None:
    done = local.submit(try_on(person("ana"), garment("trousers-denim"), "upper"))
    assert "the garment looks like lower, not upper" in done.notes


@pytest.mark.parametrize(
    "name", ["tee-stripes", "hoodie-grey", "trousers-denim", "skirt-plaid", "dress-wrap"]
)
def test_the_right_category_needs_no_note(local: LocalProvider, name: str) -> None:
    from shop import GARMENTS

    assert local.submit(try_on(person("ana"), garment(name), GARMENTS[name])).notes == ()


def _flat(colour: int, width: int = 300, height: int = 400) -> bytes:
    return png(np.full((height, width, 3), colour, np.uint8))


_CLEAR = png(np.zeros((400, 300, 4), np.uint8))
_SMALL = png(np.ascontiguousarray(pixels(garment("tee-stripes"))[:300, :40]))


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        (_flat(200), "E-LOCAL-BLANK"),
        (_CLEAR, "E-LOCAL-CLEAR"),
        (_SMALL, "E-LOCAL-SMALL"),
        (noise(), "E-LOCAL-NOISE"),
        (b"not a picture", "E-LOCAL-DECODE"),
        (garment("tee-stripes")[:200], "E-LOCAL-DECODE"),
    ],
)
def test_garments_that_are_refused(local: LocalProvider, piece: bytes, code: str) -> None:
    with pytest.raises(Fault) as refused:
        local.submit(try_on(person("ana"), piece, "upper"))
    assert (refused.value.kind, refused.value.code) == (FaultKind.INPUT, code)
    assert refused.value.fix and "garment" in refused.value.text


def test_an_empty_sheet_holds_no_garment(local: LocalProvider) -> None:
    y, x = np.mgrid[0:400, 0:300]
    sheet = np.repeat((238 + x / 40 + y / 50).astype(np.uint8)[..., None], 3, 2)
    with pytest.raises(Fault) as refused:
        local.submit(try_on(person("ana"), png(sheet), "upper"))
    assert refused.value.code == "E-LOCAL-GARMENT"


@pytest.mark.parametrize(
    ("human", "code"),
    [
        (_flat(180), "E-LOCAL-BLANK"),
        (noise(), "E-LOCAL-NOISE"),
        (_SMALL, "E-LOCAL-SMALL"),
        (_CLEAR, "E-LOCAL-CLEAR"),
    ],
)
def test_people_that_are_refused(local: LocalProvider, human: bytes, code: str) -> None:
    with pytest.raises(Fault) as refused:
        local.submit(try_on(human, garment("tee-stripes"), "upper"))
    assert (refused.value.kind, refused.value.code) == (FaultKind.INPUT, code)


def test_a_landscape_is_no_person(local: LocalProvider) -> None:
    y = np.mgrid[0:400, 0:600][0]
    x = np.mgrid[0:400, 0:600][1]
    sky = np.stack([90 + y / 4, 140 + y / 5, 230 - y / 6], -1)
    hills = np.stack([60 + x / 20, 120 + 20 * np.sin(x / 30), 50 + y / 20], -1)
    land = np.where((y > 220 + 40 * np.sin(x / 60))[..., None], hills, sky).astype(np.uint8)
    with pytest.raises(Fault) as refused:
        local.submit(try_on(png(land), garment("tee-stripes"), "upper"))
    assert refused.value.code == "E-LOCAL-PERSON"


@pytest.mark.parametrize("category", ["shoes", "accessory"])
def test_what_it_cannot_dress_is_refused(local: LocalProvider, category: str) -> None:
    with pytest.raises(Fault) as refused:
        local.submit(try_on(person("ana"), garment("tee-stripes"), category))
    assert refused.value.code == "E-LOCAL-CATEGORY"
    assert category in refused.value.text
