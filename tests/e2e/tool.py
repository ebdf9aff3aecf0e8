"""The installed command, as a user types it: own folders, own environment, real processes and signals."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tryon_cli.journal.look import runs_of
from tryon_cli.store.open import open_store

TRYON = str(Path(sys.executable).parent / "tryon")
FAKES = str(Path(__file__).parents[1] / "fakes")
SAMPLES = Path(__file__).parents[2] / "samples"


class Tool:
    """One user's machine: home, cache, state and a working folder below `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.work = base / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        self.log = base / "calls.log"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(base / "home"),
            "XDG_CACHE_HOME": str(base / "cache"),
            "XDG_STATE_HOME": str(base / "state"),
            "XDG_CONFIG_HOME": str(base / "config"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": FAKES,
            "COUNTED_LOG": str(self.log),
            "TRYON_PROVIDER": "counted:Counted",
            "TRYON_OUTAGE": "0",
        }
        if "COVERAGE_PROCESS_START" in os.environ:
            self.env["COVERAGE_PROCESS_START"] = os.environ["COVERAGE_PROCESS_START"]

    def start(self, *args: str, **changes: Any) -> subprocess.Popen[str]:
        """Start `tryon args` and return at once. env=... adds to the environment."""
        env = {**self.env, **changes.pop("env", {})}
        pipes: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "stdin": subprocess.DEVNULL,
        }
        command = [*changes.pop("before", []), TRYON, *args]
        return subprocess.Popen(command, cwd=self.work, env=env, text=True, **{**pipes, **changes})

    def run(self, *args: str, expect: int | None = 0, timeout: float = 120, **changes: Any) -> Ran:
        """Run to the end. expect: the exit code it must have, None for any."""
        with self.start(*args, **changes) as process:
            out, err = process.communicate(timeout=timeout)
        ran = Ran(process.returncode, out or "", err or "")
        if expect is not None:
            assert ran.code == expect, f"exit {ran.code}, not {expect}\n{ran.out}\n{ran.err}"
        return ran

    # ------------------------------------------------------------------ what it works on
    def pictures(self, people: int = 4, garments: int = 3) -> None:
        """Small noisy pictures, the same every time."""
        for kind, count in (("p", people), ("g", garments)):
            for n in range(count):
                path = self.work / f"pictures/{kind}{n}.png"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(noise(f"{kind}{n}"))

    def manifest(self, name: str = "m.csv", people: int = 4, garments: int = 3, **columns: str) -> Path:
        """Every person with every garment; columns: the same cell in every row."""
        self.pictures(people, garments)
        path = self.work / name
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["human", "garment", "category", *columns])
            for p in range(people):
                for g in range(garments):
                    writer.writerow([f"pictures/p{p}.png", f"pictures/g{g}.png", "upper", *columns.values()])
        return path

    # ------------------------------------------------------------------ what came out
    def calls(self) -> Counter[str]:
        """How often the provider was asked each question, counted outside the tool."""
        return Counter(self.log.read_text().splitlines()) if self.log.exists() else Counter()

    def images(self, out: str = "out") -> dict[str, str]:
        """SHA-256 of each picture in the output folder, by name."""
        folder = self.work / out / "images"
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    def results(self, out: str = "out") -> list[dict[str, Any]]:
        """Lines of results.jsonl."""
        return [json.loads(line) for line in (self.work / out / "results.jsonl").read_text().splitlines()]

    def answers(self) -> set[str]:
        """Keys of the questions whose answers are committed in the cache, as a new process finds them."""
        if not (self.cache / "index/cache.db").exists():
            return set()
        with open_store(self.cache, lambda event: None, read_only=True, memory=0) as store:
            return {str(key) for key, _ in store.index.items()}

    def asked(self) -> Counter[str]:
        """As calls(), by the key alone."""
        return Counter({line.split()[1]: n for line, n in self.calls().items()})

    def cache_bytes(self) -> tuple[int, int]:
        """Bytes of all stored pictures, and of those among them that an answer names."""
        with open_store(self.cache, lambda event: None, read_only=True, memory=0) as store:
            named = {answer.digest for _, answer in store.index.items()}
            blobs = {blob.digest: blob.size for blob in store.disk.all()}
        return sum(blobs.values()), sum(size for digest, size in blobs.items() if digest in named)

    def begun(self, out: str = "out") -> bool:
        """Is there a run that `tryon resume` could go on with?"""
        return bool(runs_of(self.work / out))

    def go_on(self, manifest: str = "m.csv", *args: str) -> tuple[str, ...]:
        """What a user types after a kill: resume, or run where nothing had begun."""
        return ("resume", "out", *args) if self.begun() else ("run", manifest, *args)

    def wait_calls(self, count: int, process: subprocess.Popen[str], seconds: float = 30) -> bool:
        """Until the provider was called so often in all. False: the process ended before."""
        return wait_for(lambda: sum(self.calls().values()) >= count, process, seconds)

    @property
    def cache(self) -> Path:
        """The cache folder."""
        return self.base / "cache" / "tryon"

    def leftovers(self) -> list[str]:
        """Temporary files anywhere: there must be none once a run has ended."""
        found = [*self.cache.rglob("tmp/**/*"), *self.work.rglob(".tryon/tmp/*"), *self.work.rglob("*.part")]
        return sorted(str(p) for p in found if p.is_file() and p.name != "lock")


class Ran:
    """A command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def wait_for(true: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 30) -> bool:
    """Look every 2 ms. False: the process ended first; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        if process.poll() is not None:
            return False
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.002)
    return True


def noise(name: str, width: int = 72, height: int = 96) -> bytes:
    """A PNG of its own for each name."""
    image = Image.frombytes("RGB", (width, height), random.Random(name).randbytes(width * height * 3))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
