"""What keeping a picture and its answer costs, beside the plainest safe write and diskcache as it comes.

python tests/bench/bench_store.py [FOLDER]     FOLDER: where to write (a tmpfs shows the software alone)

CPU microseconds per picture or key of this process, all threads added up, best of three rounds; the variants
take turns, so that a busy moment hits all of them.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import diskcache

from tryon_cli.model.digest import Digest, Key
from tryon_cli.model.outcome import Answer
from tryon_cli.store.disk import DiskBlobs
from tryon_cli.store.index import DiskIndex
from tryon_cli.store.open import open_store

ROUNDS = 3
GOAL_PUT = 1.5
"""put() may take this many times sha256 + write + rename."""
GOAL_FIND = 5.0
"""Microseconds per key in batches of 128 to 500."""

_names = itertools.count()


class Plain:
    """sha256, write, rename: what a careful person writes by hand."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        for n in range(256):
            Path(f"{root}/{n:02x}").mkdir(parents=True)

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        part = f"{self.root}/{next(_names)}.part"
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, data)
        os.close(fd)
        os.rename(part, f"{self.root}/{digest[:2]}/{digest}")
        return digest

    def get(self, digest: str) -> bytes:
        with open(f"{self.root}/{digest[:2]}/{digest}", "rb", buffering=0) as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != digest:
            raise ValueError(digest)
        return data


class Stock:
    """diskcache with its defaults, as in its tutorial. Checks nothing."""

    def __init__(self, root: Path) -> None:
        self.cache = diskcache.Cache(str(root))

    def put(self, data: bytes) -> str:
        name = str(next(_names))
        self.cache[name] = data
        return name

    def get(self, name: str) -> bytes:
        return bytes(self.cache[name])


def spread(work: list[object], act: Callable[[object], object], threads: int) -> tuple[list[object], float]:
    """Results and CPU microseconds per piece of work."""
    results: list[object] = [None] * len(work)
    turns = iter(range(len(work)))

    def run() -> None:
        for n in turns:  # next() on a range iterator is atomic
            results[n] = act(work[n])

    crew = [threading.Thread(target=run) for _ in range(threads)]
    began = time.process_time()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return results, (time.process_time() - began) / len(work) * 1e6


def fresh(folder: Path) -> Path:
    return folder / f"v{next(_names)}"


def blobs(folder: Path) -> Iterator[str]:
    yield f"{'CPU us per picture':24}{'threads':>8}{'plain':>12}{'ours':>12}{'diskcache':>12}   ours/plain"
    for kib, threads in itertools.product((64, 300), (1, 8, 64)):
        best: dict[tuple[str, str], float] = {}
        for _ in range(ROUNDS):
            pictures: list[object] = [os.urandom(kib << 10) for _ in range(192)]
            for name, make in MAKERS.items():
                root = fresh(folder)
                store = make(root)
                names, put = spread(pictures, store.put, threads)
                _, get = spread(names, store.get, threads)
                for what, spent in (("put", put), ("get", get)):
                    best[what, name] = min(spent, best.get((what, name), spent))
                getattr(store, "close", lambda: None)()
                shutil.rmtree(root)
        for what in ("put", "get"):
            plain, ours, stock = (best[what, name] for name in MAKERS)
            row = f"{f'{what} {kib} KiB':24}{threads:8}{plain:12.0f}{ours:12.0f}{stock:12.0f}"
            late = "  above the goal" if what == "put" and ours > GOAL_PUT * plain else ""
            yield f"{row}   {ours / plain:9.2f}{late}"


MAKERS: dict[str, Callable[[Path], Plain | DiskBlobs | Stock]] = {
    "plain": Plain,
    "ours": lambda root: DiskBlobs(root, lambda event: None),
    "diskcache": Stock,
}


def answers(folder: Path, count: int = 10_000) -> Iterator[str]:
    keys = [Key(hashlib.sha256(b"%d" % n).hexdigest()) for n in range(count)]
    said = Answer(Digest("ab" * 32), 300_000, (), "local", 0.07, 1.25)
    yield f"\nCPU us per answer ({count:,} of them)"
    root = fresh(folder)
    index = DiskIndex(root, lambda event: None)
    began, cpu = time.perf_counter(), time.process_time()
    for key in keys:
        index.record(key, said)
    queued = time.perf_counter() - began
    index.flush()
    yield f"  record, caller (wall)      {queued / count * 1e6:8.1f}"
    yield f"  record, with its commit    {(time.process_time() - cpu) / count * 1e6:8.1f}"
    for size in (1, 128, 500):
        spent = min(_finding(index, keys, size) for _ in range(ROUNDS))
        late = "  above the goal" if size > 1 and spent > GOAL_FIND else ""
        yield f"  find, {size:>3} at a time        {spent:8.1f}{late}"
    index.close()
    yield f"  the same in a store        {_in_a_store(fresh(folder), keys):8.1f}   (is the picture there, too?)"
    with diskcache.Cache(str(fresh(folder))) as cache:
        cpu = time.process_time()
        for key in keys[:2000]:
            cache[key] = b"x" * 60
        yield f"  diskcache set              {(time.process_time() - cpu) / 2000 * 1e6:8.1f}"
        cpu = time.process_time()
        for key in keys[:2000]:
            cache.get(key)
        yield f"  diskcache get              {(time.process_time() - cpu) / 2000 * 1e6:8.1f}"


def _finding(index: DiskIndex, keys: list[Key], size: int) -> float:
    cpu, found = time.process_time(), 0
    for at in range(0, len(keys), size):
        found += len(index.find(keys[at : at + size]))
    if found != len(keys):
        raise AssertionError(f"{found} of {len(keys)} answers found")
    return (time.process_time() - cpu) / len(keys) * 1e6


def _in_a_store(root: Path, keys: list[Key]) -> float:
    """As a run asks: an answer counts only while its picture is there with the right size."""
    with open_store(root, lambda event: None) as store:
        for key in keys:
            store.index.record(key, Answer(store.disk.put(key.encode()), 64))
        store.flush()
        return min(_finding(store.index, keys, 500) for _ in range(ROUNDS))


def opening(folder: Path) -> Iterator[str]:
    root = fresh(folder)
    for what in ("a new index", "a known index"):
        began = time.perf_counter()
        index = DiskIndex(root, lambda event: None)
        index.find([Key("0" * 64)])
        spent = time.perf_counter() - began
        index.record(Key("0" * 64), Answer(Digest("ab" * 32), 1))
        index.close()
        yield f"  open {what:14} (wall ms)  {spent * 1e3:6.1f}"
    began = time.perf_counter()
    diskcache.Cache(str(fresh(folder))).close()
    yield f"  open diskcache      (wall ms)  {(time.perf_counter() - began) * 1e3:6.1f}"


def main() -> int:
    base = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        for line in itertools.chain(blobs(Path(folder)), answers(Path(folder)), opening(Path(folder))):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
