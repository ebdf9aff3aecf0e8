"""Which form a manifest has, by its ending and its first signs. Knows no rows."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

from tryon_cli.model.digest import Digest
from tryon_cli.model.errors import Complaint, TryonError

from .columns import missing, our_name
from .options import ManifestOptions
from .record import Form
from .source import Source
from .trouble import Refusal, notice, refuse

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}
_ENDINGS |= {".txt": "pairs"}


class Opened(NamedTuple):
    """A manifest whose form is known."""

    name: str
    folder: Path
    """Where relative paths start."""
    form: Form
    digest: Digest
    source: Source | None
    known: int | None = None
    """How many rows there are, when that is known."""


def open_form(source: str | Path, options: ManifestOptions, stdin: BinaryIO | None) -> Opened:
    """Open what the options name. Raises TryonError when nothing of it can be read."""
    if options.format in ("viton", "dresscode"):
        return _open_dataset(str(source), options)
    if options.humans or options.garments:
        return _open_made(str(source), options)
    if not str(source):
        raise refuse(
            [
                Refusal(
                    "M-FILE",
                    "no manifest was named.",
                    ("try       tryon run FILE, or --humans and --garments",),
                )
            ]
        )
    file = Source.open(source, options.encoding, stdin)
    try:
        form, said = _form_of(file, options)
        return Opened(file.name, file.folder, _build(form, file, options, said), file.digest, file)
    except TryonError:
        file.close()
        raise


def _form_of(file: Source, options: ManifestOptions) -> tuple[str, tuple[Complaint, ...]]:
    """The form and what is to be said about it. What stands in the file beats the file's ending."""
    if options.format != "auto":
        return options.format, ()
    start = file.sample().lstrip()
    ending = _ENDINGS.get(Path(file.name).suffix.lower(), "")
    shape = _shape_of(start)
    if ending in ("csv", "tsv", "pairs", "") and shape:
        said = notice("M-FORMAT", f"it is read as {shape.upper()}: it starts with {start[0]}")
        return shape, (said,) if ending else ()
    if ending in ("jsonl", "json") and start[:1] not in ("{", "["):
        return "csv", (notice("M-FORMAT", f"it is read as a table: it does not start like {ending.upper()}"),)
    if ending == "json" and shape == "jsonl":
        return "jsonl", (notice("M-FORMAT", "it is read as JSONL: there is one object per line"),)
    if ending == "pairs" and _is_table(start):
        return "csv", (notice("M-FORMAT", "it is read as a table: its first line names columns"),)
    return ending or "csv", ()


def _is_table(start: str) -> bool:
    """True when the first line that is no comment names both required columns."""
    first = next((line for line in start.splitlines() if line and not line.startswith("#")), "")
    return any(not missing([our_name(cell) for cell in first.split(sign)], {}) for sign in (",", ";", "\t"))


def _shape_of(start: str) -> str:
    """jsonl or json when the text begins so, "" for a table."""
    if start[:1] == "{":
        head = start.split("\n", 1)
        one_line = head[0].rstrip().endswith("}")
        return "json" if not one_line or '"rows"' in head[0] else "jsonl"
    return "json" if start[:1] == "[" and start[1:].lstrip()[:1] in ("{", "]") else ""


def _build(form: str, file: Source, options: ManifestOptions, said: tuple[Complaint, ...]) -> Form:
    """Imports only the form that is needed: json alone costs as much as the rest."""
    if form in ("jsonl", "json"):
        if form == "jsonl":
            from .objects import Lines

            return Lines(file, options, said)
        from .document import Document

        return Document(file, options, said)
    if form == "pairs":
        from .pairlists import PairList

        return PairList(file)
    from .delimited import Delimited

    return Delimited(file, options, "\t" if form == "tsv" and not options.delimiter else "", said)


def _open_dataset(source: str, options: ManifestOptions) -> Opened:
    from .pairlists import PairList, find_dataset

    found = find_dataset(options.format, source, options.root)
    file = Source.open(found.list, options.encoding)
    try:
        form = PairList(file, found.folders, categories=found.categories)
    except TryonError:
        file.close()
        raise
    return Opened(file.name, found.root, form, file.digest, file)


def _open_made(source: str, options: ManifestOptions) -> Opened:
    from .made import NAME, MadeRows

    if source:
        text = "give either a manifest or --humans and --garments, not both."
        raise refuse([Refusal("M-VALUE", text)])
    rows = MadeRows(Path(), options)
    return Opened(NAME, Path(), rows, rows.digest, None, rows.count)
