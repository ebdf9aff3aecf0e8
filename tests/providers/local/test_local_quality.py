"""Every sample garment on every sample person, held to measures that need no reference picture."""

from __future__ import annotations

import numpy as np
import pytest
from quality import Quality, measure
from shop import GARMENTS, PEOPLE, garment, person

from tryon_cli.providers.local.body import figure_of
from tryon_cli.providers.local.compose import dress
from tryon_cli.providers.local.cutout import cut
from tryon_cli.providers.local.face import find
from tryon_cli.providers.local.files import decode
from tryon_cli.providers.local.garment import garment_of
from tryon_cli.providers.local.landmarks import measured_body
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
