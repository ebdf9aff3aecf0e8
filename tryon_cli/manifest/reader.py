"""A manifest: opened once, read as often as needed, row by row. Knows no format itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from tryon_cli.model.digest import Digest
from tryon_cli.model.errors import Complaint
from tryon_cli.model.pair import Pair

from .checks import check_options
from .forms import Opened, open_form
from .options import Invalid, ManifestOptions
from .outfits import Outfits
from .pictures import Pictures
from .rows import Complain, Pass
from .trouble import Refusal, refuse

__all__ = ["Manifest"]


class Manifest:
    """The rows of a file, of standard input, of a dataset folder or of two lists of pictures."""

    def __init__(self, opened: Opened, options: ManifestOptions) -> None:
        """Use open()."""
        self._opened, self._form = opened, opened.form
        self._options = replace(options, defaults={**options.defaults, **opened.form.defaults})
        self.source = opened.name
        """What messages call it."""
        self.folder = opened.folder
        """Where relative paths start."""
        self.digest: Digest = opened.digest
        """SHA-256 of the bytes that are read."""
        self.columns: tuple[str, ...] = opened.form.columns
        """Column names as found; of the first row in formats without a header."""
        self.meta: tuple[str, ...] = opened.form.meta
        """Columns we do not know, as found; they are carried into the results."""
        self.notices: tuple[Complaint, ...] = opened.form.notices
        """What was adapted and what looks odd about the file as a whole; rows() tells them too."""
        self.count: int | None = opened.known
        """How many rows there are, when that is known without reading them."""
        self.expected: int = opened.form.expected
        """About how many rows there are: lines for a file."""

    @classmethod
    def open(
        cls, source: str | Path, options: ManifestOptions | None = None, stdin: BinaryIO | None = None
    ) -> Manifest:
        """Open a manifest; source "-" is standard input, "" the lists in the options.

        Raises TryonError (exit 4) with everything that is wrong with the file as a whole: missing, a
        folder, empty, not text, no column for the human or the garment, options that make no sense.
        """
        options = options or ManifestOptions()
        refusals = check_options(options)
        if refusals:
            raise refuse(refusals)
        opened = open_form(source, options, stdin)
        manifest = cls(opened, options)
        if next(opened.form.records(), None) is None:
            manifest.close()
            hint = (f"found     {', '.join(manifest.columns)}",) if manifest.columns else ()
            raise refuse([Refusal("M-EMPTY", f"{opened.name} has no rows, only a header.", hint)])
        return manifest

    def rows(self, complain: Complain | None = None) -> Iterator[Pair | Invalid]:
        """Every row, in order, streamed: a million rows need about 70 MB, not more.

        May be called again, even while another pass runs; equal files give equal rows. complain is told
        notices and warnings as they are found, at most 100 of a code. A row that repeats an earlier one
        with the same id and content is told as M-SAME and comes as a skipped pair that names the other.
        Raises TryonError (exit 4) when patterns make more than max_rows rows, or the file became shorter.
        """
        options, form = self._options, self._form
        pictures = Pictures(
            self.folder, options.root, options.allow_roots,
            allow_outside=options.allow_outside, expand_vars=options.expand_vars,
            allow_private=options.allow_private,
        )  # fmt: skip
        reading = Pass(self.source, options, Outfits(pictures, literal=form.literal), form.expected, complain)
        for said in self.notices if complain else ():
            complain(said)  # type: ignore[misc]
        for record in form.records():
            yield from reading.pairs_of(record)

    def changed(self) -> bool:
        """True when the file is no longer what was opened."""
        return self._opened.source is not None and self._opened.source.changed()

    def close(self) -> None:
        """Let go of the file."""
        if self._opened.source is not None:
            self._opened.source.close()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
