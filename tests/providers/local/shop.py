"""Sample pictures and jobs for the tests of the local provider."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tryon_cli.model.digest import Value
from tryon_cli.model.ports import Job

SAMPLES = Path(__file__).parents[3] / "samples"
PEOPLE = ("ana", "ben", "cleo", "dev")
GARMENTS = {
    "blouse-dots": "upper",
    "dress-teal": "dress",
    "dress-wrap": "dress",
    "hoodie-grey": "upper",
    "skirt-plaid": "lower",
    "tee-stripes": "upper",
    "trousers-denim": "lower",
}

Pixels = NDArray[np.uint8]


@cache
def person(name: str) -> bytes:
    return (SAMPLES / "people" / f"{name}.jpg").read_bytes()


@cache
def garment(name: str) -> bytes:
    (path,) = (SAMPLES / "garments").glob(f"{name}.*")
    return path.read_bytes()


def pixels(data: bytes) -> Pixels:
    """RGB, or RGBA where the file has an alpha channel."""
    raw = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)
    if raw.ndim == 2:
        return np.repeat(raw[..., None], 3, 2)
    return np.ascontiguousarray(raw[..., [2, 1, 0, 3][: raw.shape[2]]])


def png(picture: Pixels) -> bytes:
    order = [2, 1, 0, 3][: picture.shape[2]]
    return cv2.imencode(".png", np.ascontiguousarray(picture[..., order]))[1].tobytes()


def noise(width: int = 300, height: int = 400) -> bytes:
    dice = np.random.Generator(np.random.PCG64(5))
    return png(dice.integers(0, 256, (height, width, 3), np.uint8))


def try_on(human: bytes, piece: bytes, category: str = "auto", **settings: Value) -> Job:
    chosen: dict[str, Value] = {"category": category, "style": "none", "seed": None, "variant": 0}
    return Job("try-on", {"human": human, "garment": piece}, chosen | settings)


def stylize(human: bytes, style: str) -> Job:
    return Job("stylize", {"human": human}, {"style": style})


def extract(human: bytes) -> Job:
    return Job("extract-face", {"human": human}, {})


def face_swap(image: bytes, face: bytes) -> Job:
    return Job("face-swap", {"image": image, "face": face}, {})
