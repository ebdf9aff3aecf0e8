"""`tryon inspect`: what a finished picture says about itself, and whether it is still as it was made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from ..settings.resolve import resolve
from .options import Flags, takes


@takes("inspect")
def command(
    flags: Flags,
    picture: Annotated[str, typer.Argument(help="A picture that tryon made.", metavar="PICTURE")],
) -> int:
    """Show how a picture was made: sources, providers, stages, seed, and its AI-origin label."""
    from ..images.label import read_label
    from ..model.errors import Exit, TryonError

    settings = resolve(flags)
    path = Path(picture)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TryonError(Exit.USAGE, f"cannot read {picture}: {reason}") from error
    label = read_label(data)
    if label is None:
        raise TryonError(
            Exit.USAGE, f"{picture} says nothing about how it was made.",
            details=("it was not made by tryon, or another program has re-saved it",),
        )  # fmt: skip
    digest = hashlib.sha256(data).hexdigest()
    known = _result(path, digest)
    facts = {**label._asdict(), "sha256": digest, "verified": known}
    if settings.json:
        print(json.dumps({"v": 1, **facts}, ensure_ascii=False))
        return 0
    verified = {True: "verified", False: "changed since it was made", None: "no results.jsonl beside it"}
    print(f"{path.name}   {verified[known]}")
    rows = {
        "pipeline": label.pipeline,
        "providers": ", ".join(label.providers),
        "stages": ", ".join(f"{name} {version}" for name, version in label.stages),
        "seed": "" if label.seed is None else str(label.seed),
        "quality": label.quality,
        "origin": label.source_type.rpartition("/")[2],
        "sha256": digest,
    }
    for name, text in rows.items():
        if text:
            print(f"  {name:<10} {text}")
    for source in label.sources:
        print(f"  {'source':<10} {source}")
    return 0


def _result(path: Path, digest: str) -> bool | None:
    """Does the results.jsonl of its output folder know this file with this digest? None: there is none."""
    for folder in path.absolute().parents:
        results = folder / "results.jsonl"
        if results.is_file():
            with results.open(encoding="utf-8") as lines:
                return any(digest in line for line in lines)
    return None
