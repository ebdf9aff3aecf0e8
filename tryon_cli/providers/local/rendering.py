"""The four tasks of the local provider: bytes in, bytes and notes out, with a memory of people and garments.

Imports numpy and OpenCV: loaded when the first job arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...model.digest import Value, digest_of
from ...model.ports import Done, Job
from . import crop as crops
from .body import figure_of
from .checks import checked, refused
from .compose import Dressed, dress, scaled
from .cutout import Cutout, cut
from .face import Face, find
from .files import Decoded, decode, encode
from .garment import KIND_OF, Garment, garment_of
from .kinds import Picture
from .landmarks import Body, measured_body
from .looks import styled
from .memory import Memory
from .pixels import fit
from .presets import CATEGORIES, PRESETS
from .swap import swap
from .variety import fit_of

WORK_SIDE = 1024
"""Longest side on which people are analysed and garments warped, in pixels."""
NOBODY, UNSURE = 0.35, 0.5
"""Confidence under which a picture is refused, and under which somebody should look."""
FOLDED = 0.2
"""Share of the warp that may turn over before somebody should look."""


class Renderer:
    """Renders jobs from any number of threads; equal pictures are analysed once."""

    def __init__(self) -> None:
        # a body takes about 3 MB, a garment 2 MB, a face 200 bytes
        self._faces: Memory[Face | None] = Memory(256)
        self._bodies: Memory[Body] = Memory(24)
        self._cutouts: Memory[Cutout] = Memory(24)
        self._garments: Memory[Garment] = Memory(24)

    def render(self, job: Job) -> Done:
        """One job, start to end. Raises Fault."""
        if job.task == "stylize":
            return self._stylize(job)
        if job.task == "extract-face":
            return self._extract_face(job)
        if job.task == "try-on":
            return self._try_on(job)
        if job.task == "face-swap":
            return self._face_swap(job)
        raise refused(
            "TASK", f"the local provider cannot {job.task}", "it can stylize, extract-face, try-on, face-swap"
        )

    def _stylize(self, job: Job) -> Done:
        preset = _preset(job.settings)
        return Done(encode(styled(decode(_bytes(job, "human"), "human").picture, preset)))

    def _extract_face(self, job: Job) -> Done:
        picture = decode(_bytes(job, "human"), "human").picture
        work = fit(picture, WORK_SIDE)
        face = self._face(work, _name(job, "human"))
        if face is None:
            return Done(crops.nobody(), ("no face found in the human picture",))
        scale = max(picture.shape[:2]) / max(work.shape[:2])
        return Done(crops.packed(crops.crop_of(picture, face.moved(scale))))

    def _face_swap(self, job: Job) -> Done:
        data = _bytes(job, "image")
        crop = crops.unpacked(_bytes(job, "face"))
        picture = decode(data, "dressed").picture
        if crop is None:
            return Done(encode(picture), ("there was no face to put back",))
        swapped = swap(picture, crop)
        return Done(encode(swapped.picture), (swapped.refused,) if swapped.refused else ())

    def _try_on(self, job: Job) -> Done:
        category, preset = _category(job.settings), _preset(job.settings)
        human = checked(decode(_bytes(job, "human"), "human"), "human").picture
        work = fit(human, WORK_SIDE)
        body = self._body(job, work)
        garment = self._garment(job, category, preset)
        variant, seed = _whole(job.settings, "variant"), job.settings.get("seed")
        dressed = dress(
            work, body, garment, fit_of(variant or 0, None if seed is None else _whole(job.settings, "seed"))
        )
        if float(dressed.alpha.sum()) < 0.004 * work.shape[0] * work.shape[1]:
            raise refused(
                "LAND",
                "the garment would not land on the person",
                "use a picture that shows the part of the body that the garment covers",
            )
        size = (human.shape[0], human.shape[1])
        picture = scaled(dressed, (work.shape[0], work.shape[1]), size).over(human)
        return Done(encode(picture), _notes(category, body, garment, dressed))

    def _face(self, work: Picture, name: str) -> Face | None:
        return self._faces.get(name, lambda: find(work))

    def _body(self, job: Job, work: Picture) -> Body:
        """Of the reference where there is one of the same size: a stylized picture is harder to read."""
        role, picture = "human", work
        if "reference" in job.images:
            reference = fit(decode(job.images["reference"], "reference").picture, WORK_SIDE)
            if reference.shape == work.shape:
                role, picture = "reference", reference
        name = _name(job, role)
        body = self._bodies.get(name, lambda: measured_body(figure_of(picture, self._face(picture, name))))
        if body.confidence < NOBODY:
            raise refused(
                "PERSON",
                f"no person found in the human picture (confidence {body.confidence:.2f}, {NOBODY} is needed)",
                "use a picture of one standing person, seen from the front, before a plain wall",
            )
        return body

    def _garment(self, job: Job, category: str, preset: str) -> Garment:
        data, name = _bytes(job, "garment"), _name(job, "garment")
        kind = KIND_OF.get(category, "auto")

        def make() -> Garment:
            cutout = self._cutouts.get(
                (name, kind), lambda: _cut(checked(decode(data, "garment"), "garment"), kind)
            )
            if cutout.source == "nothing":
                raise refused(
                    "GARMENT",
                    "no garment found in the garment picture",
                    "use a picture of the garment alone, on a plain or transparent background",
                )
            # measured as it is, then styled: a style must not move a neckline
            garment = garment_of(cutout, category)
            picture = styled(cutout.picture, preset, layer=True)
            return replace(garment, cut=replace(garment.cut, picture=picture))

        return self._garments.get((name, category, preset), make)


def _cut(decoded: Decoded, kind: str) -> Cutout:
    work = fit(decoded.picture, WORK_SIDE)
    alpha = None if decoded.alpha is None else np.asarray(fit(decoded.alpha, WORK_SIDE), np.uint8)
    return cut(work, alpha, kind)


def _notes(category: str, body: Body, garment: Garment, dressed: Dressed) -> tuple[str, ...]:
    """What somebody should look at."""
    notes = list(garment.cut.notes)
    face = body.figure.face
    if face is not None and face.others:
        notes.append(f"{1 + len(face.others)} people: the most prominent one was dressed")
    wrong = garment.looks_like != garment.kind
    if category == "outer" and garment.looks_like == "dress":
        wrong = False  # a long coat
    if wrong and category != "auto" and garment.cut.source != "worn":
        notes.append(f"the garment looks like {garment.looks_like}, not {category}")
    if body.confidence < UNSURE:
        notes.append(f"the person is hard to make out (confidence {body.confidence:.2f})")
    if dressed.layer.folded > FOLDED:
        notes.append(f"the pose folds {dressed.layer.folded:.0%} of the garment over")
    return tuple(notes)


def _bytes(job: Job, role: str) -> bytes:
    data = job.images.get(role)
    if data is None:
        raise refused(
            "ROLE", f"{job.task} needs a {role} picture", "this is a mistake in the program that asks"
        )
    return data


def _name(job: Job, role: str) -> str:
    known = job.digests.get(role)
    return known if known else digest_of(job.images[role])


def _preset(settings: Mapping[str, Value]) -> str:
    preset = str(settings.get("style") or "none")
    if preset not in PRESETS:
        raise refused(
            "STYLE", f"the local provider has no style {preset!r}", f"choose one of {', '.join(PRESETS)}"
        )
    return preset


def _category(settings: Mapping[str, Value]) -> str:
    category = str(settings.get("category") or "auto")
    if category not in CATEGORIES:
        raise refused(
            "CATEGORY",
            f"the local provider cannot put on {category}",
            f"choose one of {', '.join(sorted(CATEGORIES))}, or another provider",
        )
    return category


def _whole(settings: Mapping[str, Value], name: str) -> int | None:
    value = settings.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise refused("SETTING", f"{name} is {value!r}, not a whole number", f"give {name} as a whole number")
    return value
