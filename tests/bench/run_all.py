"""Every benchmark of this folder, one after the other: python tests/bench/run_all.py [--quick]

--quick takes about a minute and shows whether they run; numbers to compare come from the full settings on a
machine that does nothing else. Prints, asserts nothing; exit code 1 when a benchmark could not run at all.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

QUICK = {"bench_latency": ["1"], "bench_manifest": ["20000"], "bench_cli": [], "bench_screen": []}
"""Arguments for a short run of those that do not take --quick."""


def main() -> int:
    quick = "--quick" in sys.argv
    broken = []
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {cores} cores")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        extra = QUICK.get(path.stem, ["--quick"]) if quick else []
        print(f"\n=== {path.name} {' '.join(extra)}".rstrip(), flush=True)
        began = time.perf_counter()
        code = subprocess.run([sys.executable, str(path), *extra], check=False).returncode
        missed = " (its own goal is missed)" if code and path.stem in QUICK else ""
        if code and not missed:
            broken.append(path.name)
        print(
            f"--- {time.perf_counter() - began:.0f} s{f', exit {code}{missed}' if code else ''}", flush=True
        )
    if broken:
        print(f"\nbroke: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
