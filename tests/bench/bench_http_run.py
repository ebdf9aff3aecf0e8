"""A whole `tryon run` against a service over HTTP, beside scripts written by hand for the same calls.

    python tests/bench/bench_http_run.py [--quick]

300 pairs, 64 slots, stages of 200/50/150/100 ms +-30 %, and of ten times that, which is nearer to what services take
(5 to 40 s) though still short of it. The makespan is measured at the service, from its first request to its last
answer, so that nobody's start-up counts; the bound is max(total / 64, longest chain). The scripts keep nothing: no
ledger, no cache, no files; and they know that the service bears 64, which `--no-adaptive` says, too. Goal: at most
1.10 of the bound, and no worse than the best script.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx
from peers import PEERS
from service import Away, png

MEANS = {"stylize": 0.2, "extract-face": 0.05, "try-on": 0.15, "face-swap": 0.1}
SPANS = {stage: [mean * 0.7, mean * 1.3] for stage, mean in MEANS.items()}
ROLES = {
    "stylize": ("human",), "extract-face": ("human",), "try-on": ("human", "garment"), "face-swap": ("image", "face"),
}  # fmt: skip
SLOTS = 64
OURS: dict[str, tuple[str, ...]] = {"tryon": (), "tryon --no-adaptive": ("--no-adaptive",)}


def settings(url: str) -> str:
    """The service described in TOML."""
    lines = [f'[providers.bench]\nprovider = "http"\nbase_url = "{url}"\nslots = {SLOTS}\n']
    for stage, roles in ROLES.items():
        files = ", ".join(f'{role} = "{role}"' for role in roles)
        lines.append(
            f'[providers.bench.tasks.{stage}]\nprice = 0\npath = "/now/{stage}"\n'
            f'pictures = "file"\nfiles = {{ {files} }}\n'
        )
    return "".join(lines)


def shop(folder: Path, url: str, pairs: int) -> None:
    """A manifest of pairs that share nothing."""
    (folder / "p").mkdir(parents=True)
    rows = ["human,garment,category"]
    for n in range(pairs):
        (folder / f"p/h{n}.png").write_bytes(png(f"human {n}"))
        (folder / f"p/g{n}.png").write_bytes(png(f"garment {n}"))
        rows.append(f"p/h{n}.png,p/g{n}.png,upper")
    (folder / "m.csv").write_text("\n".join(rows) + "\n")
    (folder / "tryon.toml").write_text(settings(url))


def ours(folder: Path, *options: str, provider: str = "bench") -> float:
    """Seconds of the whole process."""
    env = {
        **os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tryon_cli", "run", "m.csv", "-p", provider, "--size", "source", *options],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"tryon ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - began


def by_hand(run: Callable[..., None], url: str, pairs: int) -> None:
    """A client per thread, since one that is shared by 64 threads collapses: the scripts know that, too."""
    local = threading.local()

    def call(stage: str, inputs: tuple[Any, ...]) -> bytes:
        client = getattr(local, "client", None)
        if client is None:
            client = local.client = httpx.Client(verify=False, timeout=30)
        parts = [
            (role, (f"{role}.png", data if isinstance(data, bytes) else png(data), "image/png"))
            for role, data in zip(ROLES[stage], inputs, strict=True)
        ]
        reply = client.post(f"{url}/now/{stage}", files=parts)
        reply.raise_for_status()
        return bytes(reply.content)

    run([(f"human {n}", f"garment {n}") for n in range(pairs)], call, SLOTS)


def measured(pairs: int, rounds: int, times: float) -> None:
    """times: how many times as long as MEANS the calls take."""
    # which pictures a job is about decides its time only roughly here (boundaries differ), so the bound is the mean's
    total = pairs * sum(MEANS.values())
    longest = 1.3 * (MEANS["stylize"] + MEANS["try-on"] + MEANS["face-swap"])
    bound = times * max(total / SLOTS, longest)
    seconds = {stage: [times * part for part in span] for stage, span in SPANS.items()}
    spans: dict[str, list[float]] = {}
    whole: dict[str, list[float]] = {}
    with Away() as service, tempfile.TemporaryDirectory() as place:
        for n in range(rounds):
            for name, options in OURS.items():
                folder = Path(place) / f"{n}{name}"
                shop(folder, service.url, pairs)
                service.reset(seconds, n)
                whole.setdefault(name, []).append(ours(folder, *options))
                seen = service.seen()
                assert seen["requests"]["POST /now"] == 4 * pairs, seen
                spans.setdefault(name, []).append(seen["last"] - seen["first"])
            for name, run in PEERS.items():
                service.reset(seconds, n)
                by_hand(run, service.url, pairs)
                seen = service.seen()
                spans.setdefault(name, []).append(seen["last"] - seen["first"])
    print(
        f"{pairs} pairs over HTTP, {SLOTS} slots, calls of {1000 * times * MEANS['extract-face']:.0f} to "
        f"{1000 * times * MEANS['stylize']:.0f} ms: makespan at the service / lower bound of {bound:.2f} s "
        f"(goal 1.10)"
    )
    for name, values in sorted(spans.items(), key=lambda item: statistics.median(item[1])):
        print(
            f"  {name:<19} {statistics.median(values) / bound:.3f}   ({min(values):.2f} to {max(values):.2f} s)"
        )
    for name, values in whole.items():
        print(f"  {name}: the whole process, start and end included: {statistics.median(values):.2f} s")


def main(quick: bool) -> None:
    measured(60 if quick else 300, 1 if quick else 3, 1.0)
    if not quick:
        measured(300, 1, 10.0)


if __name__ == "__main__":
    main("--quick" in sys.argv)
