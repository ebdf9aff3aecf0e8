"""Lists of two names per line, alone or inside the folders of VITON-HD and DressCode."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

from .columns import layout_of
from .record import LONGEST_CELL, Record
from .source import LONGEST_LINE, Source
from .trouble import Refusal, bad, refuse

DRESSCODE = {"upper_body": "upper", "lower_body": "lower", "dresses": "dress"}
_NUMBERS = {"0": "upper_body", "1": "lower_body", "2": "dresses"}


class Folders(NamedTuple):
    """Where the names of a list lie, below its root; "" is the root itself."""

    human: str = ""
    garment: str = ""
    category: str = ""


class PairList:
    """A human and a garment per line, by spaces or a tab; a third word may name DressCode's category."""

    literal = True
    defaults: Mapping[str, str] = {}
    notices: tuple[Complaint, ...] = ()
    columns: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()

    def __init__(self, source: Source, folders: Folders | None = None, *, categories: bool = False) -> None:
        """folders: of a dataset; categories: a third word says which of DressCode's folders is meant."""
        if source.widest > LONGEST_LINE:
            raise refuse(
                [Refusal("M-LIMIT", f"{source.name} has a line of more than {LONGEST_LINE:,} characters.")]
            )
        self._source = source
        self._folders, self._categories = folders or Folders(), categories
        self.expected = source.lines
        self._layout = layout_of(("human", "garment", "category"))

    def records(self) -> Iterator[Record]:
        """All lines that are not blank and no comment; the first is row 1."""
        number = 0
        for line, text in enumerate(self._source.text(), 1):
            text = text.strip()
            if text and not text.startswith("#"):
                number += 1
                yield self._record(number, line, text)

    def _record(self, number: int, line: int, text: str) -> Record:
        words = [word.strip() for word in text.split("\t") if word.strip()] if "\t" in text else text.split()
        folders = self._folders
        if self._categories and len(words) == 3:
            place = _NUMBERS.get(words[2], words[2])
            if place in DRESSCODE:
                folders = Folders(f"{place}/images/", f"{place}/images/", DRESSCODE[place])
                words.pop()
        if len(words) != 2 or len(text) > LONGEST_CELL:
            said = f"line {line} has {len(words)} names, a pair list has 2 (human garment)"
            fix = "put a tab between names that hold spaces"
            return Record(
                number, line, self._layout, [text[:200], "", ""], (bad("M-QUOTE", "", text, said, fix),)
            )
        cells = [folders.human + words[0], folders.garment + words[1], folders.category]
        return Record(number, line, self._layout, cells)


class Dataset(NamedTuple):
    """A dataset folder and the list of pairs that was chosen in it."""

    root: Path
    list: Path
    folders: Folders
    categories: bool


def find_dataset(kind: str, source: str, root: Path | None) -> Dataset:
    """The list and the folders of a VITON-HD or DressCode tree.

    source: the list, or the folder; root: the folder when source is the list. Without a list the
    folder's test pairs are taken. Raises TryonError when there are none.
    """
    given = Path(source) if source else root or Path()
    if given.is_dir():
        top, chosen = given, _find_list(given)
    else:
        top, chosen = root or given.parent, given
    split = next((s for s in ("test", "train") if s in chosen.stem and (top / s).is_dir()), "")
    if kind == "viton":
        return Dataset(top, chosen, _viton_folders(top, split, chosen), False)
    part = next((name for name in DRESSCODE if chosen.parent.name == name), "")
    if part and not (top / part).is_dir():
        top = chosen.parent.parent  # the list was found in, or is, the category's own
    images = f"{part}/images/" if part else ""
    return Dataset(top, chosen, Folders(images, images, DRESSCODE.get(part, "")), not part)


def _viton_folders(top: Path, split: str, chosen: Path) -> Folders:
    prefix = (
        f"{split}/"
        if split
        else next((f"{s}/" for s in ("test", "train") if (top / s / "image").is_dir()), "")
    )
    if not (top / prefix / "image").is_dir() or not (top / prefix / "cloth").is_dir():
        text = f"{top} is no VITON-HD folder: {prefix}image/ and {prefix}cloth/ are not both there."
        raise refuse(
            [Refusal("M-FILE", text, ("try       --root with the folder that holds test/ and train/",))]
        )
    return Folders(f"{prefix}image/", f"{prefix}cloth/")


def _find_list(top: Path) -> Path:
    lists = sorted(path for path in top.glob("*pairs*.txt") if path.is_file())
    for wish in (r"^test_pairs\.txt$", r"^test_pairs_paired", r"^test", r""):
        found = next((path for path in lists if re.search(wish, path.name)), None)
        if found:
            return found
    inside = sorted(path for name in DRESSCODE for path in top.glob(f"{name}/*pairs*.txt"))
    names: Sequence[str] = [str(path.relative_to(top)) for path in inside]
    hint = (
        f"name one  {', '.join(names)}" if names else "expected  test_pairs.txt or another *pairs*.txt in it"
    )
    raise refuse([Refusal("M-EMPTY", f"{top} has no list of pairs.", (hint,))])
