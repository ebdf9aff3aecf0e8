"""Every sample garment on every sample person, held to measures that need no reference picture."""

from __future__ import annotations

import numpy as np
import pytest
from quality import Quality, measure
from shop import GARMENTS, PEOPLE, garment, person

from tryon_cli.providers.local.body import figure_of
from tryon_cli.providers.local.compose import Dressed, dress
from tryon_cli.providers.local.cutout import cut
from tryon_cli.providers.local.face import find
from tryon_cli.providers.local.files import decode
from tryon_cli.providers.local.garment import garment_of
from tryon_cli.providers.local.kinds import Mask, Picture
from tryon_cli.providers.local.landmarks import Body, measured_body
from tryon_cli.providers.local.masks import enlarged, shrunk
from tryon_cli.providers.local.variety import Fit


@pytest.fixture(scope="module")
def measured() -> dict[tuple[str, str], Quality]:
    pieces = {}
    for name, category in GARMENTS.items():
        picture, alpha = decode(garment(name), "garment")
        pieces[name] = garment_of(cut(picture, alpha, category), category)
    result = {}
    for who in PEOPLE:
        picture = decode(person(who), "human").picture
        body = measured_body(figure_of(picture, find(picture)))
        for name, piece in pieces.items():
            dressed = dress(picture, body, piece, Fit())
            result[who, name] = measure(picture, dressed.over(picture), body, piece, dressed)
    return result


def _values(measured: dict[tuple[str, str], Quality], name: str) -> list[float]:
    values = [float(getattr(q, name)) for q in measured.values()]
    worst = sorted(measured, key=lambda pair: getattr(measured[pair], name))
    print(name, np.round(np.percentile(values, [5, 50, 95]), 4), "from", worst[0], "to", worst[-1])
    return values


def test_colours_are_kept(measured: dict[tuple[str, str], Quality]) -> None:
    distance = _values(measured, "colour_distance")
    assert np.median(distance) <= 0.13
    assert np.percentile(distance, 95) <= 0.26
    assert np.median(_values(measured, "colour_delta")) <= 3


def test_patterns_are_kept(measured: dict[tuple[str, str], Quality]) -> None:
    assert np.percentile(_values(measured, "pattern"), 5) >= 0.95


def test_the_background_does_not_change(measured: dict[tuple[str, str], Quality]) -> None:
    assert np.percentile(_values(measured, "background_changed"), 95) <= 0.001


def test_no_garment_on_a_face(measured: dict[tuple[str, str], Quality]) -> None:
    assert max(_values(measured, "face_changed")) == 0


def test_the_warp_does_not_fold_over(measured: dict[tuple[str, str], Quality]) -> None:
    folded = _values(measured, "folded")
    assert np.median(folded) <= 0.001
    assert np.percentile(folded, 95) <= 0.05


def test_the_old_garment_is_gone(measured: dict[tuple[str, str], Quality]) -> None:
    assert max(_values(measured, "old_visible")) <= 0.005


def _dressed(before: Picture, name: str) -> tuple[Body, Dressed, Picture]:
    body = measured_body(figure_of(before, find(before)))
    picture, alpha = decode(garment(name), "garment")
    piece = garment_of(cut(picture, alpha, GARMENTS[name]), GARMENTS[name])
    dressed = dress(before, body, piece, Fit())
    return body, dressed, dressed.over(before)


def _moved(before: Picture, after: Picture, more_than: int) -> Mask:
    return np.asarray(np.abs(before.astype(np.int16) - after).max(-1) > more_than, np.bool_)


def test_old_sleeves_are_painted_over_where_the_new_garment_has_none() -> None:
    before = decode(person("cleo"), "human").picture
    body, dressed, after = _dressed(before, "dress-teal")
    shown = np.zeros(before.shape[:2], np.float32)
    shown[dressed.window.slices] = dressed.alpha
    bared = (enlarged(shrunk(body.top, 5), before.shape[:2]) > 0.9) & (shown < 0.01)
    assert bared.sum() > 3000  # the sleeves of her green jumper
    assert _moved(before, after, 12)[bared].mean() > 0.97


def test_long_hair_stays_in_front() -> None:
    before = decode(person("cleo"), "human").picture
    face = find(before)
    assert face is not None
    locks = np.zeros(before.shape[:2], np.bool_)
    rows = slice(int(face.y), int(face.chin[1] + 0.9 * face.size))
    for side in (-1, 1):
        middle = face.x + side * 0.58 * face.size
        locks[rows, int(middle - 0.14 * face.size) : int(middle + 0.14 * face.size)] = True
    seen = enlarged(measured_body(figure_of(before, face)).hair, before.shape[:2]) > 0.9
    hair = np.median(before[seen & (np.arange(len(seen))[:, None] < face.y)], 0)
    dice = np.random.Generator(np.random.PCG64(2)).integers(-6, 7, before.shape)
    drawn = np.where(locks[..., None], np.clip(hair + dice, 0, 255), before).astype(np.uint8)
    _, dressed, after = _dressed(drawn, "tee-stripes")
    under = np.zeros(before.shape[:2], np.bool_)
    under[dressed.window.slices] = dressed.layer.alpha > 0.5
    assert (locks & under).sum() > 1000  # the shirt would cover them
    assert _moved(drawn, after, 40)[locks & under].mean() < 0.15
