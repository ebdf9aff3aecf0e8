"""`tryon cache`: how big it is, whether it is whole, and making room."""

from __future__ import annotations

import json
import re
import sys
from typing import Annotated, Any

import typer

from ..settings.resolve import resolve
from .options import Flags, takes

app = typer.Typer(help="Size, check and clean the cache.", add_completion=False)

UNITS = {"": 1, "b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9, "t": 10**12,
         "tb": 10**12}  # fmt: skip


@app.command("stats")
@takes("cache")
def stats(flags: Flags) -> int:
    """Show where the cache lies and what it holds. Changes nothing."""
    from ..store import care

    settings = resolve(flags)
    with _open(settings, read_only=True) as store:
        seen = care.stats(store)
    if settings.json:
        print(json.dumps({"v": 1, "folder": str(settings.cache_path), **seen._asdict()}))
        return 0
    print(f"cache     {settings.cache_path}")
    print(f"pictures  {seen.blobs:,}, {spoken(seen.bytes)}   answers {seen.answers:,}")
    print(f"free      {spoken(seen.free)} on its disk")
    if seen.damaged:
        print(f"damaged   {seen.damaged:,} set aside in {settings.cache_path}/damaged")
    return 0


@app.command("verify")
@takes("cache")
def verify(flags: Flags) -> int:
    """Read every byte of the cache again. Damaged pictures are set aside and made anew when asked for.

    Exit code 0: all was whole. 3: something was not, and is mended.
    """
    from ..model.errors import Exit
    from ..store import care

    settings = resolve(flags)
    with _open(settings) as store:
        found = care.verify(store)
    if settings.json:
        print(json.dumps({"v": 1, **found._asdict()}))
    elif not settings.quiet or found.bad or found.dangling:
        print(f"{found.blobs:,} pictures are whole, {len(found.bad):,} were damaged and are set aside")
        print(f"{found.dangling:,} answers had lost their picture, {found.orphans:,} pictures have no answer")
        if found.freed:
            print(f"{spoken(found.freed)} of half-written files of dead runs removed")
    return int(Exit.PARTIAL if found.bad or found.dangling else Exit.OK)


@app.command("gc")
@takes("cache")
def gc(
    flags: Flags,
    most: Annotated[str, typer.Option("--max", help="Size to come down to, e.g. 50GB.", metavar="SIZE")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> int:
    """Make room: what was used least recently goes first, never anything that an unfinished run needs."""
    from ..journeys import needs
    from ..store import care

    settings = resolve(flags)
    limit = read_size(most)
    keep, unread = needs.needed(settings)
    for text in unread:
        print(f"warning: cannot tell what run {text}; nothing is removed", file=sys.stderr)
    with _open(settings) as store:
        done = care.gc(store, limit, keep, dry_run=dry_run or bool(unread))
    word = "would remove" if dry_run or unread else "removed"
    if settings.json:
        print(json.dumps({"v": 1, "dry_run": dry_run or bool(unread), **done._asdict()}))
    elif not settings.quiet:
        print(f"{word} {done.blobs:,} pictures, {spoken(done.bytes)}; {spoken(done.left)} left")
        if done.kept:
            print(f"{done.kept:,} more stay: unfinished runs need them, or a run is using the cache")
    return 0


def _open(settings: Any, *, read_only: bool = False) -> Any:
    from ..journeys.dryrun import nobody
    from ..store.open import open_store

    return open_store(settings.cache_path, nobody, read_only=read_only, memory=0, caring=True)


def read_size(text: str) -> int:
    """ "50GB" in bytes. Raises TryonError(USAGE)."""
    from ..model.errors import Exit, TryonError

    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", text)
    if not found or found[2].lower() not in UNITS:
        raise TryonError(
            Exit.USAGE, f"--max {text!r} is not a size.", details=("try  --max 50GB  or  --max 500MB",)
        )
    return int(float(found[1]) * UNITS[found[2].lower()])


def spoken(size: int) -> str:
    """Bytes for people: 1.2 GB."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
