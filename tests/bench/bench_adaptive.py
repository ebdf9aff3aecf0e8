"""Calls at once against services with a hidden knee, in virtual time: ours beside fixed numbers.

    python tests/bench/bench_adaptive.py [--quick]

64 are allowed, the knee is at 24, a call takes 2 s and a quarter more or less; 300 s from the first call on, the way up
included. In % of the best fixed number; refused calls in %, mean seconds of a call, seconds until 90 % of the rate.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from services import PHASES, SERVICES, UNEVEN, Even, Fixed, Limit, Moody, Phased, Service, Uneven, Went, ask

from tryon_cli.engine.limiter import Limiter

WAYS: dict[str, Callable[[], Limit]] = {
    "fixed 8": lambda: Fixed(8),
    "fixed 24 (knows)": lambda: Fixed(24),
    "fixed 64": lambda: Fixed(64),
    "adaptive": lambda: Limiter(64),
}
FIXED = (8, 16, 20, 22, 23, 24, 25, 26, 28, 32, 40, 48, 56, 64)


def refusing(part: float, knee: int, seeds: int) -> float:
    """Beside the best fixed number, where a part is refused whatever is in flight, and all above the knee."""
    shares, refused = [], []
    for s in range(seeds):
        best = max(ask(Moody(part, s, knee=knee), Fixed(n), seed=s).done for n in FIXED)
        ours = ask(Moody(part, s, knee=knee), Limiter(64), seed=s)
        shares.append(100.0 * ours.done / best)
        refused.append(100.0 * ours.share_refused)
    print(
        f"{part:4.0%} refused whatever is in flight, {'knee at 24' if knee == 24 else 'no knee'}: "
        f"{statistics.mean(shares):5.1f} % of the best (worst {min(shares):5.1f})   "
        f"refused {statistics.mean(refused):4.1f} %"
    )
    return statistics.mean(shares) / 100.0


def no_knee(name: str, make: Callable[[int], Service], most: int, seeds: int) -> float:
    """Beside all at once, the best number for a service that bears whatever comes."""
    shares = [
        100.0 * ask(make(s), Limiter(most), seed=s).done / ask(make(s), Fixed(most), seed=s).done
        for s in range(seeds)
    ]
    mean = statistics.mean(shares)
    print(f"no knee, {name}: {mean:5.1f} % of all at once (worst {min(shares):5.1f})")
    return mean / 100.0


def main(seeds: int) -> int:
    worst = 1.0
    for name, make in SERVICES.items():
        best = [max(ask(make(s), Fixed(n), seed=s).done for n in FIXED) for s in range(seeds)]
        print(f"\n{name}")
        for way, limit in WAYS.items():
            runs: list[Went] = [ask(make(s), limit(), seed=s) for s in range(seeds)]
            shares = [100.0 * run.done / b for run, b in zip(runs, best, strict=True)]
            print(
                f"  {way:<18}{statistics.mean(shares):6.1f} % (worst {min(shares):5.1f})"
                f"   refused {100 * statistics.mean(r.share_refused for r in runs):4.1f} %"
                f"   {statistics.mean(r.seconds for r in runs):5.2f} s"
                f"   after {statistics.mean(r.reached for r in runs):4.0f} s"
            )
            if way == "adaptive" and "->" not in name:
                worst = min(worst, statistics.mean(shares) / 100.0)
    print()
    for knee in (24, 1000):
        for part in (0.01, 0.02, 0.05, 0.1):
            worst = min(worst, refusing(part, knee, seeds))
    print()
    for most in (5, 8, 16, 64):
        for stalls in (False, True):
            name = f"{most:2} allowed, {'some stalls' if stalls else 'no stalls'}"
            worst = min(worst, no_knee(name, partial(Even, stalls=stalls), most, seeds))
    for kind, seconds in UNEVEN.items():
        for most in (8, 16, 64):
            worst = min(worst, no_knee(f"{most:2} allowed, {kind}", partial(Uneven, seconds), most, seeds))
    for tasks, phases in PHASES.items():
        for change in (1.0, 3.0, 0.3):
            name = f"tasks {tasks}, {change} times as slow after 100 s"
            make = partial(Phased, phases, loading=2.0, change=change)
            worst = min(worst, no_knee(name, make, 64, seeds))
    print(f"\nsteady knees, or none: at least {100 * worst:.1f} % of the best fixed number (goal 90)")
    return 0 if worst >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(3 if "--quick" in sys.argv else 12))
