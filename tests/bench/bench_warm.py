"""`tryon run` over pairs that are finished already, and how soon a big manifest's first work starts.

    python tests/bench/bench_warm.py [--quick] [--million]

Whole processes of the installed command, start to exit; best and median of three. The provider counts its
calls (tests/fakes/counted.py): a warm run that calls it is an error here.

1,000 pairs are really run once. More would take an hour to make, so there the state that a finished run
leaves is written by a script (--fill): the journal through Journal.record, with the questions that the real
Asker asks about these rows; every row's picture as a hard link to one real file, with its size and time; the
digests of people and garments through the store's memo; then one run that is not timed writes the
result files. That the tool takes it for finished shows: it reports every row as cached, and calls nobody.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from tool import Tool

SHAPES = {1_000: (25, 40), 100_000: (400, 250), 1_000_000: (1000, 1000)}
"""rows -> people, garments."""
GOALS = {1_000: 0.8, 100_000: 6.0, 1_000_000: 60.0}
"""Seconds."""
FIRST = 3.0
"""Seconds until the provider is asked for the first time, 100,000 rows."""


def fill(manifest_path: str) -> None:
    """Write what a finished run of this manifest leaves in ./out, the cache and the state folder."""
    from tryon_cli import wiring
    from tryon_cli.batch.asking import Asker
    from tryon_cli.engine.limits import Pool
    from tryon_cli.engine.shape import Lane
    from tryon_cli.journal.journal import Journal
    from tryon_cli.journal.table import RowRecord, RunRecord
    from tryon_cli.manifest import Manifest
    from tryon_cli.model.digest import digest_of
    from tryon_cli.model.outcome import RowState
    from tryon_cli.model.pair import Pair
    from tryon_cli.outputs import Published
    from tryon_cli.pipeline import Composer
    from tryon_cli.providers import registry
    from tryon_cli.settings.resolve import resolve
    from tryon_cli.store.open import Store

    settings = resolve({}, manifest_path)
    recipe = settings.recipe()
    vendors = registry.named(wiring.provider_names(recipe), settings.providers)
    offers = {name: vendor.offer for name, vendor in vendors.items()}
    composer = Composer(offers, lambda stage, provider: Lane(stage, provider, [Pool("any", 1)]))
    out = Path("out").absolute()
    (out / ".tryon").mkdir(parents=True)
    (out / "images").mkdir()
    picture = out / ".tryon" / "picture"
    picture.write_bytes(b"a small file" * 100)
    found, digest = picture.stat(), digest_of(picture.read_bytes())
    journal = Journal(out)
    with (
        Store(settings.cache_path, print) as store,
        Manifest.open(manifest_path, settings.manifest_options(manifest_path)) as manifest,
    ):
        asker = Asker(composer, recipe, store.memo)
        journal.begin(RunRecord("filled", time.time(), "../m.csv", manifest.digest, "{}", 0, 0, ""))
        links = 60_000  # a file cannot have more names than that on ext4 (65,000)
        for n, pair in enumerate(manifest.rows()):
            assert isinstance(pair, Pair)
            if n % links == links - 1:
                data = picture.read_bytes()
                picture.unlink()
                picture.write_bytes(data)
                found = picture.stat()
            path = f"images/{pair.output}"
            os.link(picture, out / path)
            file = Published(path, digest, found.st_size, found.st_mtime_ns)
            name = asker.ask(pair).name
            journal.record(
                RowRecord(pair.id, n, pair.row, name, RowState.MADE, (file,), provider=recipe.provider)
            )
            if n % 20_000 == 0:
                journal.flush()
        store.flush()
        journal.end(time.time(), 0, "", True)
    journal.close()


def timed(tool: Tool, *args: str, rounds: int = 3) -> list[float]:
    """Seconds of each round."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        tool.run(*args, timeout=900)
        seconds.append(time.perf_counter() - began)
    return seconds


def shown(what: str, seconds: list[float], goal: float | None) -> None:
    goals = f"(goal: at most {goal:g} s)" if goal else ""
    print(f"  {what:<46} {statistics.median(seconds):7.2f} s, best {min(seconds):.2f}   {goals}", flush=True)


def warm(rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tryon-bench-") as base:
        tool = Tool(Path(base))
        people, garments = SHAPES[rows]
        tool.manifest(people=people, garments=garments)
        real = rows <= 1_000
        if real:
            shown(f"{rows:,} pairs, cold", timed(tool, "run", "m.csv", rounds=1), None)
        else:
            old = time.time() - 60
            for picture in (tool.work / "pictures").iterdir():
                os.utime(picture, (old, old))
            command = [sys.executable, __file__, "--fill", "m.csv"]
            subprocess.run(command, check=True, cwd=tool.work, env=tool.env)
            timed(tool, "run", "m.csv", rounds=1)  # writes run.json and, once, the result files
        calls = sum(tool.calls().values())
        shown(f"{rows:,} pairs, finished", timed(tool, "run", "m.csv", rounds=rounds), GOALS[rows])
        if real:
            seconds = [timed(tool, "run", "m.csv", "-o", f"out{i}", rounds=1)[0] for i in range(rounds)]
            shown(f"{rows:,} pairs, known, into a new folder", seconds, None)
        again = sum(tool.calls().values()) - calls
        if again:
            print(f"  ERROR: the provider was called {again} times by runs that had nothing to do")


def first(rows: int, rounds: int) -> None:
    """Seconds until the provider is asked for the first time."""
    with tempfile.TemporaryDirectory(prefix="tryon-bench-") as base:
        tool = Tool(Path(base))
        people, garments = SHAPES[rows]
        tool.manifest(people=people, garments=garments)
        seconds = []
        for _ in range(rounds):
            tool.log.unlink(missing_ok=True)
            began = time.perf_counter()
            process = tool.start("run", "m.csv", "-o", f"out{began}", "--cache-dir", f"{base}/c{began}")
            while not tool.log.exists() and process.poll() is None:
                time.sleep(0.005)
            seconds.append(time.perf_counter() - began)
            process.kill()
            process.communicate()
        shown(f"first provider call of {rows:,} rows", seconds, FIRST)


def main() -> None:
    if sys.argv[1:2] == ["--fill"]:
        fill(sys.argv[2])
        return
    rounds = 1 if "--quick" in sys.argv else 3
    print("warm runs, whole process:")
    warm(1_000, rounds)
    if "--quick" not in sys.argv:
        warm(100_000, rounds)
        first(100_000, rounds)
    if "--million" in sys.argv:
        warm(1_000_000, 1)


if __name__ == "__main__":
    main()
