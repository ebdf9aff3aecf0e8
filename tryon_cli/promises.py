"""The promises of the Provider port, run against any provider: by the tests on ours, by users on theirs.

Knows no vendor. The pictures it sends are drawn here, so it needs no files.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from PIL import Image, ImageDraw

from .images.verdict import decodes
from .model.digest import digest_of
from .model.errors import Fault
from .model.ports import Done, Job, Offer, Provider

ROLES = {
    "stylize": ("human",),
    "extract-face": ("human",),
    "try-on": ("human", "garment"),
    "face-swap": ("image", "face"),
}


class Promise(NamedTuple):
    """One promise and whether it was kept."""

    name: str
    kept: bool
    why: str = ""


def promises(provider: Provider) -> Iterator[Promise]:
    """Try every promise; nothing that the provider does can end this early."""
    offer = provider.offer
    yield Promise(
        "its offer is an Offer with a name and tasks", isinstance(offer, Offer) and bool(offer.name)
    )
    yield Promise("its offer stays the same", provider.offer == offer)
    strange = set(offer.tasks) - set(ROLES)
    yield Promise("it names only tasks that exist", not strange, ", ".join(sorted(strange)))
    yield Promise("it takes at least one job at once", offer.slots >= 1, f"slots={offer.slots}")
    for task in ROLES:
        if task in offer.tasks:
            yield from _task(provider, task)


def _task(provider: Provider, task: str) -> Iterator[Promise]:
    job = job_for(provider, task)
    first = _outcome(provider, job)
    good = isinstance(first, Done | Fault)
    yield Promise(
        f"{task}: answers with Done or raises Fault",
        good,
        "" if good else f"it gave {type(first).__name__}: {first}"[:200],
    )
    if not isinstance(first, Done):
        return
    yield _decodes(task, first)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: _outcome(provider, job), range(4)))
    same = all(isinstance(done, Done) for done in again)
    yield Promise(
        f"{task}: works from several threads at once",
        same,
        "" if same else f"it gave {sorted({type(x).__name__ for x in again})}",
    )
    if provider.offer.cpu:
        equal = all(isinstance(done, Done) and done.image == first.image for done in again)
        yield Promise(f"{task}: equal jobs give equal bytes", equal)
    broken = Job(task, dict.fromkeys(ROLES[task], b"not a picture"), job.settings, "broken")
    refused = _outcome(provider, broken)
    why = "" if isinstance(refused, Fault) else f"it answered with {type(refused).__name__}"
    yield Promise(f"{task}: refuses what is no picture with a Fault", not why, why)


def _decodes(task: str, done: Done) -> Promise:
    try:
        width, height = decodes(done.image)
    except Fault as fault:
        return Promise(f"{task}: gives a picture that decodes", False, fault.text)
    return Promise(f"{task}: gives a picture that decodes", True, f"{width} x {height}")


def _outcome(provider: Provider, job: Job) -> object:
    try:
        return provider.submit(job)
    except Fault as fault:
        return fault
    except BaseException as error:
        return error


def job_for(provider: Provider, task: str) -> Job:
    """A small honest job of this task; what needs another task's result asks for it first."""
    person, garment = _person(), _garment()
    images = {"human": person, "garment": garment, "image": person, "face": person}
    if task == "face-swap" and "extract-face" in provider.offer.tasks:
        face = _outcome(provider, job_for(provider, "extract-face"))
        images["face"] = face.image if isinstance(face, Done) else person
    chosen = {role: images[role] for role in ROLES[task]}
    settings = {"style": provider.offer.styles[0]} if task == "stylize" and provider.offer.styles else {}
    if task == "try-on":
        settings = {"category": "upper"}
    digests = {role: digest_of(data) for role, data in chosen.items()}
    return Job(task, chosen, settings, digest_of(task.encode()), digests)


def _person() -> bytes:
    image = Image.new("RGB", (240, 360), (222, 224, 226))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((70, 120, 170, 250), 24, fill=(92, 120, 96))
    draw.rectangle((84, 240, 118, 350), fill=(52, 58, 84))
    draw.rectangle((122, 240, 156, 350), fill=(52, 58, 84))
    draw.rounded_rectangle((48, 126, 74, 236), 12, fill=(214, 168, 140))
    draw.rounded_rectangle((166, 126, 192, 236), 12, fill=(214, 168, 140))
    draw.rectangle((108, 96, 132, 130), fill=(206, 160, 132))
    draw.ellipse((88, 34, 152, 112), fill=(220, 176, 148))
    draw.pieslice((84, 26, 156, 96), 180, 360, fill=(66, 44, 34))
    for x in (106, 134):
        draw.ellipse((x - 6, 66, x + 6, 74), fill=(245, 245, 245))
        draw.ellipse((x - 3, 67, x + 3, 73), fill=(40, 30, 26))
    draw.line((120, 74, 118, 88, 123, 89), fill=(170, 124, 100), width=2)
    draw.arc((108, 88, 132, 102), 20, 160, fill=(150, 70, 70), width=3)
    return _png(image)


def _garment() -> bytes:
    image = Image.new("RGB", (240, 300), (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.polygon(
        [(88, 40), (152, 40), (214, 84), (188, 128), (166, 112), (166, 262), (74, 262), (74, 112), (52, 128),
         (26, 84)],
        fill=(36, 62, 130),
    )  # fmt: skip
    for y in range(60, 256, 24):
        draw.line((76, y, 164, y), fill=(236, 232, 220), width=6)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
