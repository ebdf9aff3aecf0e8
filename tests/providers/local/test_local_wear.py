"""How clothes sit: sleeves in step with their cloth, hands and shoes untouched, old clothes gone, lengths."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from shop import GARMENTS, PEOPLE, Pixels, garment, person, pixels, png, try_on

from tryon_cli.providers.local.body import figure_of
from tryon_cli.providers.local.compose import Dressed, _pattern, dress
from tryon_cli.providers.local.cutout import cut
from tryon_cli.providers.local.face import Face, find
from tryon_cli.providers.local.files import decode
from tryon_cli.providers.local.garment import Garment, garment_of
from tryon_cli.providers.local.landmarks import Body, measured_body
from tryon_cli.providers.local.masks import enlarged, grown
from tryon_cli.providers.local.pixels import grey_of, lab_of
from tryon_cli.providers.local.provider import LocalProvider
from tryon_cli.providers.local.scene import Scene
from tryon_cli.providers.local.skin import skin_of
from tryon_cli.providers.local.variety import Fit


@cache
def _body(who: str) -> Body:
    picture = decode(person(who), "human").picture
    return measured_body(figure_of(picture, find(picture)))


@cache
def _piece(name: str) -> Garment:
    picture, alpha = decode(garment(name), "garment")
    return garment_of(cut(picture, alpha, GARMENTS[name]), GARMENTS[name])


@cache
def _dressed(who: str, name: str) -> tuple[Pixels, Pixels, Dressed]:
    before = decode(person(who), "human").picture
    dressed = dress(before, _body(who), _piece(name), Fit())
    return before, dressed.over(before), dressed


def _moved(
    before: Pixels, after: Pixels, more_than: int = 6
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.abs(before.astype(np.int16) - after).max(-1) > more_than


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", ["tee-stripes", "blouse-dots", "hoodie-grey"])
def test_both_edges_of_a_sleeve_advance_with_its_cloth(who: str, name: str) -> None:
    pattern = _pattern(_piece(name), Scene(_body(who), (1024, 768)), Fit())
    sleeves = [piece for piece in pattern.pieces if piece.sleeve is not None]
    assert len(sleeves) == 2
    for piece in sleeves:
        for first in (3, 4):  # outer edge, inner edge
            source, target = (
                np.linalg.norm(np.diff(p[first::3], axis=0), axis=1) for p in (piece.source, piece.target)
            )
            stretch = target / source / pattern.scale
            # where an edge stands still while its cloth goes on, stripes swirl
            assert stretch.min() > 0.2, (first, stretch)
            assert stretch.max() < 5.0, (first, stretch)


@pytest.mark.parametrize("who", ["ana", "cleo", "dev"])
def test_a_long_sleeve_ends_at_the_wrist_on_both_sides(who: str) -> None:
    before, _, dressed = _dressed(who, "blouse-dots")
    hands = enlarged(_body(who).figure.skin, before.shape[:2]) > 0.9
    low = np.arange(len(hands))[:, None] > _body(who).hem / _body(who).figure.scale + 5
    hands &= low & (np.abs(np.arange(hands.shape[1]) - 384) < 260)
    covered = np.zeros(hands.shape, np.float32)
    covered[dressed.window.slices] = dressed.alpha
    for half in (slice(0, 384), slice(384, 768)):
        tips = np.flatnonzero(hands[:, half].any(1) & (np.arange(len(hands)) < 800))[-1]
        assert covered[tips - 40 : tips + 10, half][hands[tips - 40 : tips + 10, half]].max(initial=0) < 0.1


@pytest.mark.parametrize("name", ["skirt-plaid", "trousers-denim"])
def test_hands_beside_the_hips_keep_every_pixel(name: str) -> None:
    before, after, _ = _dressed("ben", name)
    for columns in (slice(195, 265), slice(505, 580)):
        hand = (slice(490, 585), columns)
        assert _moved(before[hand], after[hand]).mean() < 0.01


@pytest.mark.parametrize("name", ["skirt-plaid", "dress-teal", "dress-wrap"])
def test_shoes_stay(name: str) -> None:
    before, after, _ = _dressed("cleo", name)
    assert _moved(before[935:], after[935:]).mean() < 0.002


@pytest.mark.parametrize("who", ["ana", "ben"])
@pytest.mark.parametrize("name", ["dress-teal", "skirt-plaid"])
def test_bare_legs_take_the_place_of_trousers(who: str, name: str) -> None:
    before, after, dressed = _dressed(who, name)
    shown = np.zeros(before.shape[:2], np.float32)
    shown[dressed.window.slices] = dressed.layer.alpha
    rows = np.arange(len(before))[:, None]
    hem = int(np.flatnonzero((shown > 0.5).any(1))[-1])
    assert hem < 935  # a dress or skirt for this person, not for a taller one
    legs = (enlarged(_body(who).figure.person, before.shape[:2]) > 0.95) & (rows > hem + 12) & (rows < 930)
    assert legs.sum() > 800
    assert _moved(before, after, 15)[legs].mean() > 0.85
    skin = np.median(before[enlarged(_body(who).figure.skin, before.shape[:2]) > 0.95], 0)
    middle = after[hem + 12 : 930][legs[hem + 12 : 930]]
    assert (np.abs(middle - skin).max(-1) < 60).mean() > 0.4  # the rest is the wall beside slimmer legs


@pytest.mark.parametrize("who", PEOPLE)
def test_a_waistband_does_not_stand_out_beside_the_top(who: str) -> None:
    before, body = decode(person(who), "human").picture, _body(who)
    after = dress(before, body, _piece("trousers-denim"), Fit(width=1.15)).over(
        before
    )  # too wide for everybody
    outside = enlarged(grown(body.figure.person, 5), before.shape[:2]) < 0.01
    above = slice(0, int(body.hem / body.figure.scale) - 4)
    assert _moved(before[above], after[above])[outside[above]].mean() < 0.0005


def test_a_top_reaches_the_old_hem_and_covers_it() -> None:
    before, after, _ = _dressed("ana", "blouse-dots")
    white = (before[440:492, 330:430] > 200).all(-1)
    assert white.sum() > 1000  # the lower end of her white shirt
    assert (after[440:492, 330:430] > 200).all(-1).mean() < 0.02


def _larger(face: Face, by: float) -> Face:
    """As the finder sees a head with long hair."""
    return replace(face, size=face.size * by, y=face.y + 0.1 * face.size * (by - 1))


def test_the_ruler_does_not_depend_on_the_size_of_the_hair() -> None:
    picture = decode(person("ben"), "human").picture
    face = find(picture)
    assert face is not None
    units = [measured_body(figure_of(picture, _larger(face, by))).unit for by in (1.0, 1.2)]
    assert abs(units[1] / units[0] - 1) < 0.03
    sizes = [
        _body(who).unit / _body(who).figure.scale / head
        for who, head in zip(PEOPLE, (124, 124, 124, 176), strict=True)
    ]
    assert max(sizes) / min(sizes) < 1.1  # all four heads are drawn alike


def test_shoulders_are_on_the_body() -> None:
    for who in PEOPLE:
        body = _body(who)
        for side in (-1, 1):
            x, y = body.shoulders[side]
            inside = body.figure.person & ~body.hair
            assert inside[int(y) + 3, int(x) - side * 3], (who, side)


def test_grey_clothes_before_a_grey_wall_are_no_black_and_white_picture() -> None:
    picture = decode(person("dev"), "human").picture
    face = find(picture)
    assert face is not None
    grey = np.repeat(grey_of(picture)[..., None], 3, 2)
    near = np.hypot(*(np.indices(grey.shape[:2]).T - (face.y, face.x)).T) < 0.55 * face.size
    mixed = np.where(near[..., None], picture, grey).astype(np.uint8)
    everybody = np.ones(grey.shape[:2], np.bool_)
    assert skin_of(mixed, lab_of(mixed), everybody, face).sum() > 3000
    assert not skin_of(grey, lab_of(grey), everybody, face).any()


def test_clothes_in_the_colour_of_the_wall_are_flagged(local: LocalProvider) -> None:
    picture, body = pixels(person("ana")).copy(), _body("ana")
    wall = enlarged(grown(body.figure.person, 3), picture.shape[:2]) < 0.5
    cloth = np.median(picture[300:440, 340:420].reshape(-1, 3), 0)
    picture[wall] = cloth
    done = local.submit(try_on(png(picture), garment("tee-stripes"), "upper"))
    assert any("hard to make out" in note for note in done.notes)
    assert local.submit(try_on(person("ana"), garment("tee-stripes"), "upper")).notes == ()
