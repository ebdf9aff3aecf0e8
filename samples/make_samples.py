"""Draws the sample people and clothes: `python samples/make_samples.py [--out DIR] [--only NAME ...]`.

Everything is computed from the outlines and colours in draw/: no photograph, no model, no network.
The same versions of Python, NumPy, OpenCV and Pillow give the same bytes every time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # so that the script runs from any folder, without being installed

import numpy as np  # noqa: E402
from draw import bottoms, dresses, tops  # noqa: E402
from draw.canvas import Canvas  # noqa: E402
from draw.people import PEOPLE, portrait  # noqa: E402
from PIL import Image  # noqa: E402

QUALITY = 90
"""Of the JPEG files."""

GARMENTS: dict[str, Callable[[], Canvas]] = {
    "tee-stripes.jpg": tops.striped_tee,
    "blouse-dots.jpg": tops.dotted_blouse,
    "hoodie-grey.jpg": tops.grey_hoodie,
    "trousers-denim.jpg": bottoms.denim_trousers,
    "skirt-plaid.jpg": bottoms.plaid_skirt,
    "dress-teal.png": dresses.teal_dress,
    "dress-wrap.jpg": dresses.wrap_dress,
}
"""Two ways shops deliver them: on plain paper (JPEG), and cut out (PNG with alpha)."""

NAMES = (*(f"people/{name}.jpg" for name in PEOPLE), *(f"garments/{name}" for name in GARMENTS))


def draw(name: str, out: Path) -> Path:
    """Draw one picture of NAMES below out and give its path; about a second each."""
    target = out / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if name.startswith("people/"):
        person = PEOPLE[target.stem]
        Image.fromarray(portrait(person).picture(1.1, person.seed)).save(
            target, quality=QUALITY, optimize=True
        )
        return target
    sheet = GARMENTS[target.name]()
    if target.suffix == ".png":
        _save_cut_out(sheet, target)
    else:
        Image.fromarray(sheet.picture(0.5, 2)).save(target, quality=QUALITY, optimize=True)
    return target


def _save_cut_out(sheet: Canvas, target: Path) -> None:
    """With a real alpha channel; no grain, which would only make the file larger."""
    alpha = sheet.opaque()
    pixels = np.dstack([sheet.picture(0.0, 2), alpha])
    pixels[alpha == 0] = 0
    Image.fromarray(pixels).save(target, optimize=True)


def draw_mistakes(out: Path) -> None:
    """The two files that manifest-with-mistakes.csv needs: a picture too small, and a text called .jpg."""
    for folder in ("people", "garments"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 20), (214, 178, 154)).save(out / "people" / "tiny.png")
    text = "This is a text file. Only its name says that it is a picture.\n"
    (out / "garments" / "not-a-picture.jpg").write_text(text, encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw the sample people and clothes.")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="where people/ and garments/ go (default: here)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, metavar="NAME", help="draw these only, e.g. people/ana.jpg"
    )
    asked = parser.parse_args(arguments)
    for name in asked.only or NAMES:
        path = draw(name, asked.out)
        print(f"{name:<30} {path.stat().st_size / 1000:6.0f} kB")
    if not asked.only:
        draw_mistakes(asked.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
