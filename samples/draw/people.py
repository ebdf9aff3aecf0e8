"""The four people of the samples, and how a portrait of one is put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import body, face, hair, worn
from .body import Build
from .canvas import Canvas, Colour, noise
from .face import SIDES, Head

Rgb = tuple[float, float, float]


class Person(NamedTuple):
    """Everything a portrait needs."""

    head: Head
    hair: Rgb
    hair_style: str
    build: Build
    top: Rgb
    neck: str
    sleeve: float
    bottom: Rgb
    skirt: bool
    shoes: Rgb
    sole: Rgb
    wall: Rgb
    unit: float
    """Pixels per head: about 125 shows the whole figure, 170 ends at the thighs."""
    above: float
    """Pixels between the picture's top and the head."""
    seed: int
    sunk: float = 0.085
    """How far the head sits lower than a long neck would hold it."""


PEOPLE = {
    "ana": Person(
        head=Head((226, 180, 152), (84, 104, 76), (66, 44, 34), (188, 92, 90), 0.95, 0.8, 1.0, 0.0, 1.0),
        hair=(88, 56, 38), hair_style="long",
        build=Build(0.78, 0.57, 0.45, 0.66, 0.165, 0.92, 0.06, (0.12, 0.18)),
        top=(226, 224, 220), neck="scoop", sleeve=0.42, bottom=(48, 56, 82), skirt=False,
        shoes=(222, 219, 214), sole=(248, 246, 243), wall=(197, 202, 210),
        unit=124, above=42, seed=1, sunk=0.02,
    ),
    "ben": Person(
        head=Head((122, 80, 58), (52, 32, 22), (26, 20, 18), (126, 66, 60), 1.06, 1.1, 1.25, 0.0, 0.3),
        hair=(34, 30, 30), hair_style="coils",
        build=Build(0.97, 0.72, 0.60, 0.66, 0.225, 1.12, -0.03, (0.16, 0.12)),
        top=(98, 112, 130), neck="crew", sleeve=0.0, bottom=(188, 174, 148), skirt=False,
        shoes=(92, 62, 44), sole=(60, 44, 36), wall=(196, 203, 194), unit=124, above=42, seed=2,
    ),
    "cleo": Person(
        head=Head((240, 204, 182), (74, 110, 140), (150, 92, 56), (202, 104, 100), 0.93, 0.7, 0.9, 0.0, 1.0),
        hair=(170, 92, 48), hair_style="bob",
        build=Build(0.83, 0.64, 0.54, 0.75, 0.175, 1.02, -0.05, (0.16, 0.11)),
        top=(54, 104, 94), neck="crew", sleeve=0.97, bottom=(98, 58, 88), skirt=True,
        shoes=(58, 44, 48), sole=(36, 28, 30), wall=(190, 205, 208),
        unit=124, above=42, seed=3, sunk=0.02,
    ),
    "dev": Person(
        head=Head((176, 126, 94), (62, 42, 30), (28, 24, 24), (158, 92, 82), 1.08, 1.25, 0.9, 0.5, 0.3),
        hair=(36, 32, 34), hair_style="part",
        build=Build(0.91, 0.69, 0.57, 0.67, 0.215, 1.06, 0.04, (0.16, 0.18)),
        top=(196, 150, 66), neck="vee", sleeve=0.44, bottom=(54, 58, 66), skirt=False,
        shoes=(40, 40, 44), sole=(230, 228, 224), wall=(206, 200, 196), unit=176, above=64, seed=8,
    ),
}  # fmt: skip
"""By the name of the picture."""


def portrait(person: Person) -> Canvas:
    """One standing person before a plain wall, 768 x 1024."""
    sheet = Canvas(person.unit, (384 - person.build.sway * person.unit * 0.5, person.above))
    _wall(sheet, person.wall, person.seed)
    skin, build = person.head.skin, person.build
    low, high = (sheet.origin[0], sheet.origin[1] + person.sunk * sheet.unit), sheet.origin
    sheet.origin = low
    hair.behind(sheet, person.hair_style, person.hair)
    sheet.origin = high
    for side in SIDES:
        if person.skirt:
            body.draw_leg(sheet, build, skin, side)
        body.draw_shoe(sheet, build, person.shoes, side, person.sole)
    if not person.skirt:
        worn.draw_trousers(sheet, build, person.bottom, person.seed * 10)
    body.draw_neck(sheet, build, skin)
    for side in SIDES:
        body.draw_arm(sheet, build, skin, side)
    if person.skirt:
        worn.draw_skirt(sheet, build, person.bottom, person.seed * 10)
    worn.draw_top(sheet, build, person.top, person.neck, person.sleeve, 3.45, person.seed * 10 + 5)
    sheet.origin = low
    face.draw_head(sheet, person.head)
    hair.front(sheet, person.hair_style, person.hair)
    return sheet


def _wall(sheet: Canvas, colour: Colour, seed: int) -> None:
    """Seamless paper, brighter where the lamp is; smooth enough to be told from the person."""
    h, w = sheet.cover.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    far = np.hypot(x / w - 0.40, (y / h - 0.30) * 1.2)
    sheet.rgb[:] = np.asarray(colour, np.float32) * (1.045 - 0.15 * far - 0.03 * y / h)[..., None]
    sheet.rgb *= 1 + 0.002 * noise((h, w), 300, 300, seed + 90)[..., None]
    sheet.cover[:] = 0
