"""`tryon init`: an example to start from. Never overwrites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..settings.example import example_toml
from ..settings.resolve import resolve
from .options import Flags, takes

MANIFEST = """# one row, one picture; paths are relative to this file. See `tryon check manifest.csv`
human,garment,category,id
people/anna.jpg,garments/shirt.jpg,upper,anna-shirt
"""


@takes("init")
def command(
    flags: Flags,
    folder: Annotated[str, typer.Argument(help="Where; made if it is not there.")] = ".",
) -> int:
    """Write tryon.toml (every setting, commented out) and a manifest.csv to fill in."""
    from ..model.errors import Exit, TryonError

    resolve(flags)
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in (("tryon.toml", example_toml()), ("manifest.csv", MANIFEST)):
            path = place / name
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
                print(f"wrote  {path}")
            except FileExistsError:
                print(f"kept   {path} (it was there already)")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TryonError(Exit.STORAGE, f"cannot write to {folder}: {reason}") from error
    print(f"next   put your pictures beside it, then: tryon run {place / 'manifest.csv'}")
    return 0
