"""Speed and memory of reading manifests: python tests/bench/bench_manifest.py [rows ...]

Prints, per size, the seconds of open() and of one full pass, rows per second, and by how much the peak
of memory grew. Each size runs in a process of its own, because a peak never goes down again.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEOPLE, GARMENTS = 500, 200


def write_manifest(folder: Path, rows: int) -> Path:
    """A CSV with ids, two paths that repeat, a category and a column of the shop's own."""
    for name, ending, count in (("people", "jpg", PEOPLE), ("garments", "png", GARMENTS)):
        (folder / name).mkdir(exist_ok=True)
        for number in range(count):
            (folder / name / f"{name[0]}{number:04}.{ending}").write_bytes(b"x")
    path = folder / f"{rows}.csv"
    with path.open("w") as file:
        file.write("id,human,garment,category,sku\n")
        for n in range(rows):
            person, garment = n % PEOPLE, n // PEOPLE % GARMENTS
            file.write(f"row{n:07},people/p{person:04}.jpg,garments/g{garment:04}.png,upper,S-{n % 997}\n")
    return path


def peak_mb() -> float:
    """Peak of resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(path: Path) -> str:
    """Open and read once; one line of results."""
    from tryon_cli.manifest import Manifest
    from tryon_cli.model.pair import Pair

    before = peak_mb()
    start = time.perf_counter()
    with Manifest.open(path) as manifest:
        opened = time.perf_counter()
        rows = sum(isinstance(row, Pair) for row in manifest.rows())
        done = time.perf_counter()
    speed = rows / (done - opened)
    return (
        f"{rows:>9,} rows   open {opened - start:6.3f} s   pass {done - opened:6.2f} s   "
        f"{speed:>9,.0f} rows/s   peak +{peak_mb() - before:5.1f} MB (of {peak_mb():.1f})"
    )


def main() -> None:
    """Measure each size in its own process."""
    if sys.argv[1:2] == ["--one"]:
        print(measure(Path(sys.argv[2])))
        return
    sizes = [int(size) for size in sys.argv[1:]] or [100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = write_manifest(Path(folder), size)
            subprocess.run([sys.executable, __file__, "--one", str(path)], check=True)
            path.unlink()


if __name__ == "__main__":
    main()
