"""How long the command line takes to say its first word, beside a Typer app with three commands.

python tests/bench/bench_cli.py          medians of 15 runs each, taken in turn
python -X importtime -m tryon_cli --help 2>&1 | sort -t'|' -k2 -n | tail      where the time goes
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
GOAL = 1.6
"""`tryon --help` may take this many times the small app's --help."""

SAMPLES = Path(__file__).parents[2] / "samples/manifest.csv"
SMALL = """
import typer
app = typer.Typer()
@app.command()
def run(manifest: str, provider: str = "local", count: int = 3) -> None:
    "Run it."
@app.command()
def resume(name: str = "x") -> None:
    "Resume it."
@app.command()
def status(name: str = "x") -> None:
    "Show it."
app()
"""


def medians(commands: dict[str, list[str]], runs: int = RUNS) -> dict[str, float]:
    """Median seconds of each command; the commands take turns, so a busy moment hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(found[1:]) for name, found in seconds.items()}  # the first warms up


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.py"
        small.write_text(SMALL)
        python, tryon = sys.executable, str(Path(sys.executable).parent / "tryon")
        out = str(Path(folder) / "out")
        for name in ("CACHE", "STATE", "CONFIG"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(folder) / name)
        subprocess.run(
            [tryon, "run", str(SAMPLES), "-o", out, "--only", "id:ana-tee"], check=True, capture_output=True
        )
        found = medians(
            {
                "empty Python": [python, "-c", "pass"],
                "small Typer app --help": [python, str(small), "--help"],
                "small Typer app, a command": [python, str(small), "resume"],
                "tryon --help": [tryon, "--help"],
                "tryon status": [tryon, "status", out],
                "tryon config show --help": [tryon, "config", "show", "--help"],
                "tryon config show": [tryon, "config", "show"],
            }
        )
    for name, seconds in found.items():
        print(f"{name:28} {seconds * 1000:6.0f} ms")
    ratios = [found[name] / found["small Typer app --help"] for name in ("tryon --help", "tryon status")]
    said = " and ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"tryon --help and tryon status take {said} times the small app's --help (goal: at most {GOAL})")
    return 0 if max(ratios) <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
