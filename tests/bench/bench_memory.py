"""Peak memory of runs over big manifests: python tests/bench/bench_memory.py [--quick | ROWS ...]

The real Manifest through the real Batch, Scheduler, 64 ThreadWorkers and Journal, heard by what a run under cron
has: the summary's counts, plain lines, the status for other terminals and the JSON log file. The work itself is
nothing and keeps no bytes (noop.py), so what is measured is what grows with the rows. Each size is a process of
its own: a peak never goes down. Pictures of providers and the store's memory tier (up to 128 MB) come on top.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

GOALS = {100_000: 150, 1_000_000: 250}
"""MB at most."""
WORKERS = 64


def one(path: Path, folder: Path, rows: int) -> None:
    """A whole run in this process; one line of results."""
    from noop import harness, under_cron

    from tryon_cli.batch.check import check
    from tryon_cli.manifest import Manifest

    began = time.perf_counter()
    with Manifest.open(path) as manifest:
        found = check(manifest)
        checked = time.perf_counter() - began
        with (
            under_cron(folder) as bus,
            harness(folder, WORKERS, bus.tell, stored=False) as run,
        ):
            ended = run(manifest.rows, found.rows)
            behind = bus.backlog()
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    goal = f"(goal: at most {GOALS[rows]})" if rows in GOALS else ""
    print(
        f"  {ended:>9,} rows   peak {peak:6.1f} MB {goal:<20}   {took:6.1f} s, of that checking "
        f"{checked:.1f}   {took / rows * 1e6:.0f} us a row, {behind:,} events still unheard",
        flush=True,
    )


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
        return
    from bench_manifest import write_manifest

    sizes = [int(size) for size in sys.argv[1:] if size.isdigit()]
    sizes = sizes or ([10_000] if "--quick" in sys.argv else [100_000, 1_000_000])
    print("peak memory, no-op work:")
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="tryon-bench-") as folder:
            path = write_manifest(Path(folder), rows)
            subprocess.run(
                [sys.executable, __file__, "--one", str(path), f"{folder}/run", str(rows)], check=True
            )


if __name__ == "__main__":
    main()
