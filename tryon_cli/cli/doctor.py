"""`tryon doctor`: is everything here that a run needs? Changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, NamedTuple

import typer

from ..settings.resolve import resolve
from .options import Flags, takes

PACKAGES = (
    "pillow",
    "numpy",
    "opencv-python-headless",
    "diskcache",
    "tenacity",
    "httpx",
    "rich",
    "typer",
    "msgspec",
)


class Finding(NamedTuple):
    """One thing that was looked at."""

    level: str
    """ok, warn or fail."""
    text: str
    fix: str = ""


@takes("doctor")
def command(
    flags: Flags,
    cron: Annotated[bool, typer.Option("--cron", help="As cron would see it: an empty environment.")] = False,
) -> int:
    """Check programs, folders, disk, locale and providers. Exit code 0: nothing fails; 2: something does."""
    from ..model.errors import Exit

    if cron:
        return _as_cron()
    settings = resolve(flags)
    findings = list(_findings(settings))
    if settings.json:
        print(json.dumps({"v": 1, "findings": [f._asdict() for f in findings]}))
    else:
        for f in findings:
            if f.level != "ok" or not settings.quiet:
                print(f"{f.level:<4} {f.text}" + (f"\n     {f.fix}" if f.fix else ""))
    return int(Exit.USAGE if any(f.level == "fail" for f in findings) else Exit.OK)


def _as_cron() -> int:
    import subprocess

    kept = {name: os.environ[name] for name in ("HOME", "LOGNAME", "USER") if name in os.environ}
    env = {**kept, "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    print("as cron sees it: PATH=/usr/bin:/bin, no locale, no TRYON_ variables")
    return subprocess.run([sys.executable, "-m", "tryon_cli", "doctor"], env=env, check=False).returncode


def _findings(settings: Any) -> Iterator[Finding]:
    yield Finding("ok", f"python {sys.version.split()[0]}, {len(os.sched_getaffinity(0))} cores")
    yield from _packages()
    yield from _sqlite()
    for name, folder in (("cache", settings.cache_path), ("state", settings.state_path)):
        yield from _folder(name, folder)
    encoding = (sys.stdout.encoding or "ascii").lower()
    if "utf" in encoding:
        yield Finding("ok", f"the screen shows {encoding}")
    else:
        yield Finding("warn", f"the locale shows {encoding}: signs are ASCII", "set LANG=C.UTF-8")
    yield from _providers(settings)


def _packages() -> Iterator[Finding]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding("fail", f"{name} is not installed", f"pip install {name}")
    yield Finding("ok", ", ".join(found))
    if int(version("pillow").split(".")[0]) < 13:
        yield Finding(
            "fail", "this Pillow has known holes that a picture can reach", "pip install 'pillow>=13'"
        )


def _sqlite() -> Iterator[Finding]:
    now = sqlite3.sqlite_version_info
    good = now >= (3, 51, 3) or (3, 50, 7) <= now < (3, 51) or (3, 44, 6) <= now < (3, 45)
    if good:
        yield Finding("ok", f"sqlite {sqlite3.sqlite_version}")
    else:
        yield Finding(
            "ok",
            f"sqlite {sqlite3.sqlite_version} (has a rare fault of write-ahead logs; the index checks every picture)",
        )


def _folder(name: str, folder: Any) -> Iterator[Finding]:
    import shutil

    there = folder
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        yield Finding(
            "fail", f"{name} {folder} cannot be written", f"set {name}_dir, or mend the rights of {there}"
        )
        return
    free = shutil.disk_usage(there).free
    level = "warn" if free < 2e9 else "ok"
    yield Finding(level, f"{name} {folder}, {free / 1e9:,.1f} GB free")
    if folder.exists() and folder.stat().st_mode & 0o077:
        yield Finding("warn", f"others on this machine can look into {folder}", f"chmod 700 {folder}")


def _providers(settings: Any) -> Iterator[Finding]:
    """Those that a run would use, and those that the settings name."""
    from .. import wiring

    for name in dict.fromkeys((*wiring.provider_names(settings.recipe()), *settings.providers)):
        yield _provider(name, settings)


def _provider(name: str, settings: Any) -> Finding:
    from ..model.errors import TryonError
    from ..model.remote import Keyed, Remote
    from ..providers import registry

    try:
        provider: Any = registry.load(name, settings.providers)
        if isinstance(provider, Keyed):
            provider.ready()
    except TryonError as error:
        return Finding("fail", f"provider {name}: {error.what}", "; ".join(error.details))
    offer = provider.offer
    limits = [f"{offer.slots} at once"] if not offer.cpu else []
    prices = [f"{task} ${price:.3f}" for task, price in offer.price.items() if price]
    if isinstance(provider, Remote):
        limits += [f"{provider.terms.per_minute} a minute"] if provider.terms.per_minute else []
        limits += [f"account {provider.terms.account}"] if provider.terms.account else []
    told = "; ".join(filter(None, (", ".join(limits), ", ".join(prices))))
    return Finding("ok", f"provider {name}: {', '.join(offer.tasks)}" + (f" ({told})" if told else ""))
