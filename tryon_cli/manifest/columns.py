"""Names of columns: which of theirs is which of ours. Knows no file and no cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tryon_cli.model.errors import Complaint

from .trouble import Refusal, nearest, notice, shown, warning
from .vocabulary import ALIASES, ERRORS, GARMENTS

_OURS = {alias: ours for ours, aliases in ALIASES.items() for alias in (ours, *aliases)}
_OURS |= {f"{word}_{n}": f"garment_{n}" for word in ("garment", *ALIASES["garment"]) for n in range(2, 10)}
_HINTS = {
    "human": (
        "human",
        "person",
        "people",
        "photo",
        "model",
        "selfie",
        "customer",
        "portrait",
        "body",
        "user",
    ),
    "garment": ("cloth", "garment", "product", "item", "wear", "shirt", "top", "dress", "apparel", "outfit"),
}


class Layout(NamedTuple):
    """What each column of a table is to us."""

    names: tuple[str, ...]
    """Per column: our name, "opt.<provider>.<name>", "meta.<theirs>", or "" to leave it out."""
    meta: tuple[tuple[str, str], ...]
    """("meta.<theirs>", theirs) for each column we do not know."""
    asked: tuple[str, ...]
    """Columns with settings of the row (everything but pictures, id, output and meta), sorted."""
    garments: tuple[str, ...]
    """Which of garment, garment_2 ... there are, in the order of dressing."""


class Header(NamedTuple):
    """A layout and what is to be said about it."""

    layout: Layout
    complaints: tuple[Complaint, ...]
    wrong: tuple[Refusal, ...]
    """Mappings that name nothing."""
    twins: tuple[Refusal, ...]
    """Two columns that mean the same."""
    lacking: tuple[Refusal, ...]
    """Required columns that are not there."""


def plain(name: str) -> str:
    """A column name without case; spaces, "-" and "_" are the same."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold()).strip("_")


def our_name(theirs: str) -> str:
    """Our name for a column, "" when we do not know it."""
    spoken = theirs.strip()
    folded = spoken.casefold()
    if folded.startswith("opt."):
        return folded if re.fullmatch(r"opt\.[a-z0-9_-]+\.[a-z0-9_.-]+", folded) else ""
    if folded.startswith("meta.") and len(spoken) > 5:
        return "meta." + spoken[5:]
    name = plain(spoken)
    return _OURS.get(name, name if name in ERRORS else "")


def layout_of(names: Sequence[str]) -> Layout:
    """The layout of columns that already carry our names."""
    known = {name for name in names if name and not name.startswith("meta.")}
    asked = known - {"human", "id", "output", *GARMENTS}
    return Layout(
        names=tuple(names),
        meta=tuple((name, name[5:]) for name in names if name.startswith("meta.")),
        asked=tuple(sorted(asked)),
        garments=tuple(name for name in GARMENTS if name in known),
    )


def named(refusals: Iterable[Refusal], file: str) -> list[Refusal]:
    """The same refusals with the file's name in front."""
    return [
        r._replace(what=r.what.replace("there is no column", f"{file} has no column", 1)) for r in refusals
    ]


def read_header(
    theirs: Sequence[str], mapping: Sequence[tuple[str, str]], filled: Mapping[str, str]
) -> Header:
    """Decide what each column is. filled: columns that defaults or overrides supply."""
    complaints: list[Complaint] = []
    wrong: list[Refusal] = []
    wanted = _mapped(theirs, mapping, wrong)
    names = [wanted.get(at) or our_name(name) for at, name in enumerate(theirs)]
    _settle_twins(theirs, names, wanted, complaints)
    for at, name in enumerate(names):
        if name in ERRORS:
            names[at] = ""
        elif not name:
            names[at] = "meta." + (theirs[at].strip() or f"column_{at + 1}")
            complaints += _misspelled(theirs[at])
    if any(our_name(name) and name != plain(name) for name in theirs if plain(name) in ALIASES):
        complaints.append(notice("M-FORMAT", "column names are read without case and spaces"))
    lacking = tuple(_lacking(ours, theirs, names) for ours in missing(names, filled))
    return Header(layout_of(names), tuple(complaints), tuple(wrong), _twins(theirs, names), lacking)


def missing(names: Sequence[str], filled: Mapping[str, str]) -> list[str]:
    """Which of the two required columns nobody supplies."""
    there = {*names, *filled}
    lacking = [] if "human" in there else ["human"]
    return lacking if there & set(GARMENTS) else [*lacking, "garment"]


def looks_headless(cells: Sequence[str]) -> bool:
    """True when the first line seems to be a row already: its cells name pictures."""
    pictures = sum(
        bool(re.search(r"\.(jpe?g|png|webp|bmp|tiff?|avif)$", cell.strip(), re.I)) for cell in cells
    )
    return pictures > 0 and not any(our_name(cell) for cell in cells)


def _mapped(
    theirs: Sequence[str], mapping: Sequence[tuple[str, str]], refusals: list[Refusal]
) -> dict[int, str]:
    places = {plain(name): at for at, name in reversed(list(enumerate(theirs)))}
    wanted: dict[int, str] = {}
    for ours, name in mapping:
        known = our_name(ours)
        if not known:
            near = nearest(plain(ours), _OURS)
            hint = (f"did you mean {near}?",) if near else ()
            refusals.append(
                Refusal("M-COLUMN", f"--map {shown(ours)}={shown(name)}: no such column of ours.", hint)
            )
        elif plain(name) not in places:
            found = f"found     {', '.join(map(shown, theirs)) or 'no columns'}"
            refusals.append(
                Refusal(
                    "M-COLUMN", f"--map {shown(ours)}={shown(name)}: the file has no such column.", (found,)
                )
            )
        else:
            wanted[places[plain(name)]] = known
    return wanted


def _settle_twins(
    theirs: Sequence[str],
    names: list[str],
    wanted: Mapping[int, str],
    complaints: list[Complaint],
) -> None:
    """A column with exactly our name (or mapped to it) wins over one that is only called alike."""
    sure = {name for at, name in enumerate(names) if name and (at in wanted or plain(theirs[at]) == name)}
    for at, name in enumerate(names):
        if (
            name in sure
            and at not in wanted
            and plain(theirs[at]) != name
            and not name.startswith(("opt.", "meta."))
        ):
            names[at] = "meta." + theirs[at].strip()
            text = f"column {shown(theirs[at])!r} is kept as your own: {name!r} is there too"
            complaints.append(warning("M-COLUMN", text, column=shown(theirs[at])))
        elif name in wanted.values() and at not in wanted:
            names[at] = "meta." + theirs[at].strip()


def _twins(theirs: Sequence[str], names: Sequence[str]) -> tuple[Refusal, ...]:
    first: dict[str, int] = {}
    refusals = []
    for at, name in enumerate(names):
        if name and name in first:
            both = (
                f"columns {first[name] + 1} ({shown(theirs[first[name]])}) and {at + 1} ({shown(theirs[at])})"
            )
            fix = "try       take one out, or rename it, or choose with --map"
            refusals.append(Refusal("M-COLUMN", f"{both} are both {shown(name)}.", (fix,)))
        first.setdefault(name, at)
    return tuple(refusals)


def _misspelled(name: str) -> list[Complaint]:
    near = (
        nearest(plain(name), [word for word in _OURS if len(word) > 3], 0.8) if len(name.strip()) > 3 else ""
    )
    if not near:
        return []
    text = f"column {shown(name)!r} is not known and is kept as your own; did you mean {near!r}?"
    return [
        warning("M-UNKNOWN", text, column=shown(name), fix=f"rename it, or --map {_OURS[near]}={shown(name)}")
    ]


def _lacking(ours: str, theirs: Sequence[str], names: Sequence[str]) -> Refusal:
    free = [name for name, known in zip(theirs, names, strict=True) if known.startswith("meta.")]
    likely = next((n for n in free for hint in _HINTS[ours] if hint in plain(n)), "")
    aliases = ", ".join(ALIASES[ours][:4])
    details = [
        f"found     {', '.join(map(shown, theirs)) or 'nothing'}",
        f"expected  {ours} (or: {aliases} ...)",
        f"try       --map {ours}={shown(likely) if likely else 'THEIR_COLUMN'}",
    ]
    if looks_headless(theirs):
        details[2:] = [
            "the first line looks like a row: there seems to be no header",
            "try       human,garment as first line",
        ]
    return Refusal("M-COLUMN", f"there is no column for the {ours}.", tuple(details))
