"""Where a garment ends: paper between legs and under sleeves, pale stripes, the inside of a neck opening."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from shop import GARMENTS, Pixels, garment, pixels, png, try_on

from tryon_cli.providers.local.cutout import cut
from tryon_cli.providers.local.files import decode
from tryon_cli.providers.local.garment import Garment, garment_of
from tryon_cli.providers.local.rendering import Renderer

WITH_BACK = ("blouse-dots", "dress-teal", "dress-wrap", "hoodie-grey", "tee-stripes")


def _piece(name: str, data: bytes | None = None) -> Garment:
    picture, alpha = decode(data or garment(name), "garment")
    return garment_of(cut(picture, alpha, GARMENTS[name]), GARMENTS[name])


def test_no_paper_stays_between_the_legs() -> None:
    piece = _piece("trousers-denim")
    assert piece.cut.alpha.shape == (512, 384)  # half the size they are drawn in: the crotch is at (192, 192)
    assert piece.cut.alpha[206:440, 191:194].max() < 0.1
    assert piece.cut.alpha[100:186, 150:234].min() > 0.95
    assert piece.lower is not None and piece.lower.crotch is not None
    assert abs(piece.lower.crotch - 195) < 8


@pytest.mark.parametrize("name", ["blouse-dots", "hoodie-grey"])
def test_no_paper_stays_under_the_sleeves(name: str) -> None:
    piece = _piece(name)
    assert piece.upper is not None
    paper = pixels(garment(name))[2, 2].astype(np.int16)
    small = cv2.resize(pixels(garment(name)), (384, 512), interpolation=cv2.INTER_AREA).astype(np.int16)
    for side in (-1, 1):
        _, pit = piece.upper.seam(side)
        x, y = int(pit[0]), int(pit[1])
        near = (slice(y - 4, y + 30), slice(x - 22, x + 23))
        looks_like_paper = np.abs(small[near] - paper).max(-1) < 10
        assert looks_like_paper.sum() > 100
        assert piece.cut.alpha[near][looks_like_paper].mean() < 0.15


def test_pale_stripes_on_pale_paper_stay() -> None:
    piece = _piece("tee-stripes")
    assert piece.cut.alpha[140:365, 128:258].min() > 0.95
    assert piece.cut.alpha[215:360, 122].min() > 0.5  # up to the edge


def test_edges_are_where_the_colours_change() -> None:
    """A round black spot on white paper: alpha is the share of each pixel that the spot covers."""
    fine = np.full((2048, 2048), 245, np.uint8)
    cv2.circle(fine, (1024, 1024), 601, 20, -1)
    drawn = cv2.resize(fine, (512, 512), interpolation=cv2.INTER_AREA)
    found = cut(np.repeat(drawn[..., None], 3, 2), None, "upper")
    share = (245 - drawn.astype(np.float32)) / 225
    assert np.abs(found.alpha - share).mean(where=(share > 0) & (share < 1)) < 0.12
    assert abs(float(found.alpha.sum() - share.sum())) < 0.004 * share.sum()


@pytest.mark.parametrize("name", WITH_BACK)
def test_the_inside_of_the_back_is_cut_out_of_the_neck(name: str) -> None:
    piece = _piece(name)
    assert piece.upper is not None
    axis, top = round(piece.upper.axis), piece.upper.top
    neck = (slice(top, top + 17), slice(axis - 6, axis + 7))
    assert piece.cut.mask[neck].mean() > 0.2  # the picture shows something there
    assert piece.cut.alpha[neck].max() < 0.1
    low = top + int(0.4 * piece.upper.height)
    assert piece.cut.alpha[low : low + 60, axis - 20 : axis + 21].min() > 0.95


def test_a_dark_print_on_the_chest_is_no_neck_opening() -> None:
    picture: Pixels = pixels(garment("dress-teal")).copy()
    cv2.circle(picture, (384, 330), 60, (10, 30, 30, 255), -1)
    piece = _piece("dress-teal", png(picture))
    assert piece.cut.alpha[140:190, 180:204].min() > 0.95


def test_a_bow_at_the_waist_is_no_armpit() -> None:
    piece = _piece("dress-wrap")
    assert piece.upper is not None
    left, right = (piece.upper.armpits[side].y for side in (-1, 1))
    assert abs(left - right) < 0.06 * piece.upper.height
    assert max(left, right) < 150


@pytest.mark.parametrize("style", ["watercolor", "cartoon", "pencil"])
def test_a_style_does_not_move_the_neckline(style: str) -> None:
    job, renderer = try_on(b"", garment("dress-wrap"), "dress"), Renderer()
    plain, styled = (renderer._garment(job, "dress", preset) for preset in ("none", style))
    assert np.array_equal(plain.cut.alpha, styled.cut.alpha)
    assert not np.array_equal(plain.cut.picture, styled.cut.picture)
