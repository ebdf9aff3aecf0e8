"""Rows without a file: people and garments from the command line. Knows no cells beyond the paths."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tryon_cli.model.digest import Digest
from tryon_cli.model.errors import Complaint

from .columns import layout_of
from .options import ManifestOptions
from .pictures import Picture, Pictures
from .record import Record
from .trouble import Refusal, notice, refuse, shown

NAME = "the lists of people and garments"


class MadeRows:
    """people x garments, in natural order; the same lists give the same rows everywhere."""

    literal = True
    defaults: Mapping[str, str] = {}
    columns: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()

    def __init__(self, folder: Path, options: ManifestOptions) -> None:
        """Expand both lists. Raises TryonError with everything that is wrong with them."""
        pictures = Pictures(
            folder, options.root, options.allow_roots,
            allow_outside=options.allow_outside, expand_vars=options.expand_vars,
        )  # fmt: skip
        said: list[Complaint] = []
        refusals: list[Refusal] = []
        self._people = _expand("--humans", options.humans, pictures, folder, said, refusals)
        self._clothes = _expand("--garments", options.garments, pictures, folder, said, refusals)
        self._sample = _sample_size(options.pairing, refusals)
        self._zip = options.pairing == "zip"
        if not refusals:
            self._check_sizes(options, refusals)
        if refusals:
            raise refuse(refusals)
        self.notices = tuple(said)
        self.expected = self.count
        self._layout = layout_of(("human", "garment"))

    @property
    def count(self) -> int:
        """How many rows there are."""
        if self._zip:
            return len(self._people)
        every = len(self._people) * len(self._clothes)
        return min(every, self._sample) if self._sample else every

    @property
    def digest(self) -> Digest:
        """Names the rows: changes when a picture is added, not when its bytes change."""
        digest = hashlib.sha256()
        for number, text in enumerate(itertools.chain(self._people, ("",), self._clothes)):
            digest.update(f"{number}\0{text}\0".encode("utf-8", "surrogateescape"))
        digest.update(f"{self._zip}{self._sample}".encode())
        return Digest(digest.hexdigest())

    def records(self) -> Iterator[Record]:
        """All rows; the first is row 1."""
        for number, (person, garment) in enumerate(self._pairs(), 1):
            yield Record(number, 0, self._layout, [person, garment])

    def _pairs(self) -> Iterator[tuple[str, str]]:
        if self._zip:
            return zip(self._people, self._clothes, strict=True)
        if not self._sample:
            return itertools.product(self._people, self._clothes)
        width = len(self._clothes)
        # a fixed seed: the sample is the same today and tomorrow, so what was made for it is reused
        chosen = sorted(random.Random(0).sample(range(len(self._people) * width), self.count))
        return ((self._people[at // width], self._clothes[at % width]) for at in chosen)

    def _check_sizes(self, options: ManifestOptions, refusals: list[Refusal]) -> None:
        people, clothes = len(self._people), len(self._clothes)
        if self._zip and people != clothes:
            text = f"zip needs as many people as garments: {people:,} and {clothes:,}."
            refusals.append(Refusal("M-VALUE", text, ("try       --pairing cross",)))
        elif options.max_rows is not None and self.count > options.max_rows:
            text = f"{people:,} people x {clothes:,} garments make {self.count:,} rows, "
            text += f"{options.max_rows:,} are allowed."
            refusals.append(Refusal("M-LIMIT", text, (f"try       --max-rows {self.count}, or --yes",)))


def _expand(
    flag: str,
    cells: tuple[str, ...],
    pictures: Pictures,
    folder: Path,
    said: list[Complaint],
    refusals: list[Refusal],
) -> list[str]:
    """Paths of one list, each once, in the order given. A file that is bad becomes a bad row later."""
    if not cells:
        refusals.append(Refusal("M-EMPTY", f"{flag} is missing."))
    paths: dict[str, None] = {}
    for cell in cells:
        text = f"{cell.rstrip('/')}/*" if (folder / cell).is_dir() else cell
        looks, notices = pictures.expand(text)
        said += notices
        for look in looks:
            if isinstance(look, Picture):
                paths[look.path] = None
            elif look.code == "M-GLOB" or not os.path.lexists(folder / look.value):
                refusals.append(Refusal(look.code, f"{flag} {shown(cell)}: {look.text}.", (look.fix,)))
            else:
                said.append(
                    notice(look.code, f"{flag}: {look.text}; left out", value=look.value, fix=look.fix)
                )
    return list(paths)


def _sample_size(pairing: str, refusals: list[Refusal]) -> int:
    if pairing in ("", "cross", "zip"):
        return 0
    found = re.fullmatch(r"sample:([1-9][0-9]{0,8})", pairing)
    if not found:
        refusals.append(
            Refusal(
                "M-VALUE", f"--pairing {shown(pairing)!r} is not known.", ("allowed   cross, zip, sample:N",)
            )
        )
        return 0
    return int(found[1])
