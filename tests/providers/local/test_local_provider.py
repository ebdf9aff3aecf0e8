"""The offer, the start-up cost, equal bytes for equal jobs, variants, and each task's promise."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from shop import extract, face_swap, garment, person, pixels, png, stylize, try_on

from tryon_cli.model.errors import Fault
from tryon_cli.model.pair import CATEGORIES
from tryon_cli.model.ports import Job, Provider
from tryon_cli.providers.local.files import text_of
from tryon_cli.providers.local.provider import LocalProvider


def test_the_offer(local: LocalProvider) -> None:
    assert isinstance(local, Provider)
    assert set(local.offer.tasks) == {"stylize", "extract-face", "try-on", "face-swap"}
    assert local.offer.cpu
    assert local.offer.categories == set(CATEGORIES) - {"shoes", "accessory"}
    assert {"none", "off", "studio"} <= set(local.offer.styles)


def test_asking_for_the_offer_loads_no_picture_library() -> None:
    asked = (
        "import sys; from tryon_cli.providers.local.provider import LocalProvider; LocalProvider().offer;"
        "print([m for m in ('numpy', 'cv2', 'PIL') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_it_travels_to_another_process(local: LocalProvider) -> None:
    local.submit(stylize(person("ana"), "studio"))
    # copy asks the same __reduce__ that travelling does
    assert copy.copy(local).submit(stylize(person("ana"), "none")).image


def _digests(threads: int) -> list[str]:
    provider = LocalProvider()  # a new one: nothing is remembered
    face = provider.submit(extract(person("ana"))).image
    jobs = [stylize(person("ana"), style) for style in ("studio", "watercolor")]
    jobs += [extract(person("dev")), face_swap(person("cleo"), face)]
    jobs += [try_on(person(who), garment("blouse-dots"), "upper") for who in ("ana", "ben", "ana")]
    jobs += [try_on(person("cleo"), garment("trousers-denim"), "auto", style="noir")]
    with ThreadPoolExecutor(threads) as pool:
        return [hashlib.sha256(done.image).hexdigest() for done in pool.map(provider.submit, jobs)]


def test_bytes_do_not_depend_on_threads_or_repetition() -> None:
    once = _digests(1)
    assert once[4] == once[6] != once[5]
    assert _digests(2) == once
    assert _digests(8) == once


def test_bytes_do_not_depend_on_what_is_remembered(local: LocalProvider) -> None:
    job = try_on(person("ben"), garment("hoodie-grey"), "upper")
    assert local.submit(job).image == local.submit(job).image == LocalProvider().submit(job).image


@pytest.mark.parametrize("style", ["none", "off"])
def test_no_style_leaves_every_pixel(local: LocalProvider, style: str) -> None:
    before = pixels(person("cleo"))
    assert np.array_equal(pixels(local.submit(stylize(png(before), style)).image), before)


def test_styles_change_the_picture_and_differ(local: LocalProvider) -> None:
    styles = [s for s in local.offer.styles if s not in ("none", "off")]
    looks = [pixels(local.submit(stylize(person("cleo"), s)).image) for s in styles]
    before = pixels(person("cleo")).astype(np.int16)
    assert all(look.shape == before.shape for look in looks)
    assert all(np.abs(before - look).mean() > 1 for look in looks)
    assert len({look.tobytes() for look in looks}) == len(looks)


@pytest.mark.parametrize("height", [1, 7, 600])
def test_styles_take_any_size(local: LocalProvider, height: int) -> None:
    sliver = png(np.ascontiguousarray(pixels(person("cleo"))[:height, :9]))
    for style in local.offer.styles:
        assert pixels(local.submit(stylize(sliver, style)).image).shape == (height, 9, 3)


def test_an_unknown_style_is_refused_with_the_known_ones(local: LocalProvider) -> None:
    with pytest.raises(Fault, match="no style 'baroque'") as refused:
        local.submit(stylize(person("ana"), "baroque"))
    assert "watercolor" in refused.value.fix


def test_an_unknown_task_and_a_missing_picture_are_refused(local: LocalProvider) -> None:
    with pytest.raises(Fault) as task:
        local.submit(Job("upscale", {"human": person("ana")}, {}))
    assert task.value.code == "E-LOCAL-TASK"
    with pytest.raises(Fault) as role:
        local.submit(Job("try-on", {"human": person("ana")}, {"category": "upper"}))
    assert role.value.code == "E-LOCAL-ROLE"


def test_variants_are_small_honest_differences(local: LocalProvider) -> None:
    job = [try_on(person("ben"), garment("tee-stripes"), "upper", variant=v) for v in range(8)]
    made = [local.submit(j).image for j in job]
    assert len(set(made)) == 8
    assert made[0] == local.submit(try_on(person("ben"), garment("tee-stripes"), "upper")).image
    first = pixels(made[0]).astype(np.int16)
    for other in made[1:]:
        assert 0.0005 < (np.abs(first - pixels(other)).max(-1) > 24).mean() < 0.10


def test_a_seed_is_another_fit_and_always_the_same(local: LocalProvider) -> None:
    one, again, two = (
        local.submit(try_on(person("ben"), garment("tee-stripes"), "upper", seed=s)).image for s in (7, 7, 8)
    )
    assert one == again
    assert one != two


def test_the_reference_is_what_is_analysed(local: LocalProvider) -> None:
    flat = png(np.full_like(pixels(person("ana")), 128))  # nobody to be seen in it
    images = {"human": flat, "garment": garment("tee-stripes"), "reference": person("ana")}
    blank = Job("try-on", images, {"category": "upper"})
    with pytest.raises(Fault):  # it still must be a picture
        local.submit(blank)
    drawn = local.submit(stylize(person("ana"), "pencil")).image
    job = Job("try-on", images | {"human": drawn}, {"category": "upper", "style": "pencil"})
    plain = local.submit(try_on(person("ana"), garment("tee-stripes"), "upper"))
    after, before = pixels(local.submit(job).image).astype(np.int16), pixels(drawn)
    one = np.abs(after - before).max(-1) > 12
    two = np.abs(pixels(plain.image).astype(np.int16) - pixels(person("ana"))).max(-1) > 12
    assert (one & ~two).mean() < 0.01  # the same place


def test_outside_of_the_change_every_pixel_stays(local: LocalProvider) -> None:
    before = pixels(person("ben"))
    after = pixels(local.submit(try_on(person("ben"), garment("tee-stripes"), "upper")).image)
    same = (before == after).all(-1)
    assert same[:160].all()
    assert same[-250:].all()
    assert same.mean() > 0.7


def test_a_face_travels_with_its_place(local: LocalProvider) -> None:
    done = local.submit(extract(person("ana")))
    place = json.loads(text_of(done.image, "tryon-face") or "")
    assert place["size"] == [1024, 768]
    x, y, wide, high = place["box"]
    assert pixels(done.image).shape == (high, wide, 4)
    assert 250 < x + wide / 2 < 518 and y + high / 2 < 300
    assert len(place["eyes"]) == 2


def test_a_picture_without_a_face_says_so(local: LocalProvider) -> None:
    done = local.submit(extract(garment("tee-stripes")))
    assert done.notes == ("no face found in the human picture",)
    before = pixels(person("ana"))
    left = local.submit(face_swap(png(before), done.image))
    assert np.array_equal(pixels(left.image), before)
    assert left.notes
