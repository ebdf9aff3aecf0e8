"""What a call costs us in CPU, from many threads against a service that takes 200 ms.

    python tests/bench/bench_http.py [--quick] [--threads 256]

A loopback server in a process of its own answers each POST (4 kB of JSON) after 200 ms. Each client is a process of
its own: connections are opened and every thread has called once before the measurement begins; CPU is user and system
time of that process over its calls. The ideal is threads / 0.2 s calls a second. Taken in turn, medians of three.
    tryon           Http.send: deadline, size cap, own network backend, a client per thread
    httpx per thread, httpx shared (pool = threads), http.client per thread
Goal: tryon at most 0.8 ms a call at 256 threads.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

DELAY = 0.2
BODY = json.dumps({"model": "x", "image": "a" * 4000}).encode()
GOAL = 0.8
"""Milliseconds."""
KINDS = ("tryon", "httpx per thread", "httpx shared", "http.client")


async def serve() -> None:
    """Answer everything after DELAY; print the port first."""
    answer = b'{"id": "1", "status": "ok"}'
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                await asyncio.sleep(DELAY)
                writer.write(whole % (len(answer), answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def client(kind: str, port: int, threads: int) -> Callable[[], Callable[[], object]]:
    """Makes, in each thread, the function that does one call."""
    url = f"http://127.0.0.1:{port}/submit"
    if kind == "tryon":
        from tryon_cli.model.remote import Call
        from tryon_cli.providers.http.client import Http

        http_ = Http(lambda: {"Authorization": "Bearer x"})
        call = Call("POST", url, json=json.loads(BODY))
        return lambda: lambda: http_.send(call, seconds=60, paid=True).json()
    if kind == "http.client":
        return lambda: _plain(port)
    import httpx

    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=threads, max_keepalive_connections=threads)
    shared = httpx.Client(limits=limits, timeout=60) if kind == "httpx shared" else None

    def made() -> Callable[[], object]:
        own = shared or httpx.Client(timeout=60)
        return lambda: own.post(url, content=json.dumps(json.loads(BODY)), headers=headers).json()

    return made


def _plain(port: int) -> Callable[[], object]:
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call() -> object:
        conn.request("POST", "/submit", json.dumps(json.loads(BODY)), {"Authorization": "Bearer x"})
        return json.loads(conn.getresponse().read())

    return call


def measure(kind: str, port: int, threads: int, rounds: int) -> None:
    """Print milliseconds of CPU a call, calls a second, median seconds a call."""
    make = client(kind, port, threads)
    ready, go = threading.Barrier(threads + 1), threading.Event()
    took: list[float] = []

    def work() -> None:
        call = make()
        call()
        ready.wait()
        go.wait()
        for _ in range(rounds):
            began = time.perf_counter()
            call()
            took.append(time.perf_counter() - began)

    pool = [threading.Thread(target=work) for _ in range(threads)]
    for thread in pool:
        thread.start()
    ready.wait()
    cpu, wall = time.process_time(), time.perf_counter()
    go.set()
    for thread in pool:
        thread.join()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps([1000 * cpu / len(took), len(took) / wall, statistics.median(took)]))


def main() -> int:
    quick = "--quick" in sys.argv
    threads = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 256
    rounds, turns = (5, 1) if quick else (25, 3)
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip()
            found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
            for _ in range(turns):
                for kind in KINDS:
                    command = [sys.executable, __file__, "measure", kind, port, str(threads), str(rounds)]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    found[kind].append(json.loads(done.stdout))
        finally:
            server.terminate()
    print(f"{threads} threads, {DELAY * 1000:.0f} ms a call, ideal {threads / DELAY:,.0f} calls/s")
    print(f"{'':<18}{'CPU ms/call':>12}{'calls/s':>10}{'p50 ms':>9}")
    for kind, runs in found.items():
        cpu, rate, p50 = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{kind:<18}{cpu:>12.2f}{rate:>10,.0f}{1000 * p50:>9.0f}")
    ours = statistics.median(run[0] for run in found["tryon"])
    print(f"goal: tryon at most {GOAL} ms: {'met' if ours <= GOAL else f'missed ({ours:.2f})'}")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve())
    elif sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    else:
        sys.exit(main())
