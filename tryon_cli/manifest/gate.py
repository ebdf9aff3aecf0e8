"""What is refused before a byte of it is taken for a row. Knows no format.

The words of the operating system are passed on, since people search for them.
"""

from __future__ import annotations

import codecs
import os
import stat
from itertools import islice
from pathlib import Path

from .trouble import Refusal, nearest, refuse

_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook: save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV UTF-8"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"RIFF", "a picture or a sound"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"SQLite format 3", "a database"),
)
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def check_text(file: str, start: bytes, encoding: str) -> None:
    """Refuse pictures, workbooks, archives and UTF-16 by their first bytes. encoding: "utf-8-sig" for UTF-8."""
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise refuse([Refusal("M-ENCODING", f"{file} is not a text file but {what}.")])
    for bom, name in _BOMS:
        if start.startswith(bom) and encoding == "utf-8-sig":
            hint = f"try       --encoding {name}"
            raise refuse(
                [
                    Refusal(
                        "M-ENCODING",
                        f"{file} is {name.upper()}, not UTF-8 (byte 0, line 1).",
                        (hint,),
                    )
                ]
            )
    if encoding == "utf-8-sig" and start[:4096].count(0) * 10 > len(start[:4096]):
        text = f"{file} is not a UTF-8 text file: byte {start.index(0):,} (line 1) is 0, and many more."
        raise refuse(
            [Refusal("M-ENCODING", text, ("try       --encoding utf-16-le, if it comes from Windows",))]
        )


def check_encoding(encoding: str) -> None:
    """Refuse encodings that Python does not know, and those that are none of text."""
    try:
        codecs.lookup(encoding)
        "".encode(encoding)  # refuses byte-to-byte codecs such as zip
    except (LookupError, ValueError):
        near = nearest(
            encoding.lower(), ("utf-8", "utf-16", "latin-1", "cp1252", "shift_jis", "gb18030"), 0.5
        )
        hint = (f"did you mean {near}?",) if near else ()
        raise refuse([Refusal("M-ENCODING", f"--encoding {encoding[:40]!r} is not known.", hint)]) from None


def kind_of(path: Path) -> os.stat_result:
    """Stat a manifest and refuse everything that is neither a file nor a pipe."""
    try:
        kind = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse([Refusal("M-FILE", f"{path} cannot be opened: {reason}.", _neighbour(path))]) from None
    if stat.S_ISDIR(kind.st_mode):
        hint = "try       a file in it, or --format viton / dresscode for a dataset folder"
        raise refuse([Refusal("M-FILE", f"{path} is a folder, not a manifest.", (hint,))])
    if not (stat.S_ISREG(kind.st_mode) or stat.S_ISFIFO(kind.st_mode)):
        raise refuse([Refusal("M-FILE", f"{path} is a device or a socket, not a manifest.")])
    return kind


def _neighbour(path: Path) -> tuple[str, ...]:
    try:
        names = [entry.name for entry in islice(path.parent.iterdir(), 2000)]
    except (OSError, ValueError):
        return ()
    near = nearest(path.name, names, 0.6)
    return (f"did you mean {path.parent / near}?",) if near else ()
