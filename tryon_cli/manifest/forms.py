"""Which form a manifest has, by its ending and its first signs. Knows no rows."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

from tryon_cli.model.digest import Digest

from .delimited import Delimited
from .options import ManifestOptions
from .record import Form
from .source import Source


class Opened(NamedTuple):
    """A manifest whose form is known."""

    name: str
    folder: Path
    form: Form
    digest: Digest
    source: Source | None
    known: int | None = None


def open_form(source: str | Path, options: ManifestOptions, stdin: BinaryIO | None) -> Opened:
    """Open what the options name. Raises TryonError when nothing of it can be read."""
    file = Source.open(source, options.encoding, stdin)
    form: Form = Delimited(file, options, "\t" if options.format == "tsv" else "")
    return Opened(file.name, file.folder, form, file.digest, file)
