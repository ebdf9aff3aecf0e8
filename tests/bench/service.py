"""A service on loopback for benchmarks: one event loop, jobs that take as long as they are told, pictures that differ.

    python tests/bench/service.py        prints its port, then serves until its input is closed

POST /now/STAGE      waits and answers with the picture
POST /jobs/STAGE     answers with {"id": ...} at once
GET  /jobs/ID        {"status": "busy" | "done", "url": ...}
GET  /files/ID       the picture
POST /reset          {"seconds": {"try-on": [0.1, 0.2], ...}, "seed": 1}
GET  /seen           {"first": ..., "last": ..., "requests": {...}, "bytes": ..., "most": ...} since the last reset
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import struct
import subprocess
import sys
import time
import urllib.request
import zlib
from collections import Counter
from types import TracebackType
from typing import Any


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


WIDTH, HEIGHT = 64, 96
HEAD = _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
ROWS = b"".join(b"\0" + random.Random(n).randbytes(WIDTH * 3) for n in range(HEIGHT - 1))


def png(name: str) -> bytes:
    """A small PNG whose pixels are its own for each name; stored, not packed, so that making it costs nothing."""
    first = b"\0" + (hashlib.sha256(name.encode()).digest() * 6)[: WIDTH * 3]
    body = _chunk(b"IDAT", zlib.compress(first + ROWS, 0))
    return b"\x89PNG\r\n\x1a\n" + HEAD + body + _chunk(b"IEND", b"")


class Service:
    """The server's side."""

    def __init__(self) -> None:
        self.reset({})

    def reset(self, wish: dict[str, Any]) -> None:
        self.spans: dict[str, list[float]] = wish.get("seconds", {})
        self.seed = wish.get("seed", 0)
        self.first = self.last = 0.0
        self.requests: Counter[str] = Counter()
        self.bytes = self.busy = self.most = 0
        self.due: dict[str, float] = {}

    def seconds(self, stage: str, body: bytes) -> float:
        """The same for the same question, whoever asks: by the pictures in it, in any order of parts."""
        low, high = self.spans.get(stage, [0.0, 0.0])
        return random.Random(f"{self.seed}{stage}{hashlib.sha256(body).hexdigest()}").uniform(low, high)

    async def answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        at = time.perf_counter()
        kind, _, rest = path.strip("/").partition("/")
        if kind == "reset":
            self.reset(json.loads(body))
            return "application/json", b"{}"
        if kind == "seen":
            seen = {"first": self.first, "last": self.last, "requests": self.requests, "bytes": self.bytes,
                    "most": self.most}  # fmt: skip
            return "application/json", json.dumps(seen).encode()
        self.first = self.first or at
        self.requests[f"{method} /{kind}"] += 1
        self.bytes += len(body)
        made = await self.work(method, kind, rest, body)
        self.last = time.perf_counter()
        return made

    async def work(self, method: str, kind: str, rest: str, body: bytes) -> tuple[str, bytes]:
        if kind == "now":
            self.busy += 1
            self.most = max(self.most, self.busy)
            await asyncio.sleep(self.seconds(rest, body))
            self.busy -= 1
            return "image/png", png(hashlib.sha256(body).hexdigest())
        if kind == "files":
            return "image/png", png(rest)
        if method == "POST":
            name = f"{rest}-{hashlib.sha256(body).hexdigest()}"
            self.due[name] = time.perf_counter() + self.seconds(rest, body)
            self.most = max(self.most, sum(due > time.perf_counter() for due in self.due.values()))
            return "application/json", json.dumps({"id": name}).encode()
        over = time.perf_counter() >= self.due.get(rest, 0.0)
        state = {"status": "done" if over else "busy", "url": f"http://127.0.0.1:{self.port}/files/{rest}"}
        return "application/json", json.dumps(state).encode()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *fields = head.decode("latin-1").split("\r\n")
                length = next(
                    (int(f.split(":")[1]) for f in fields if f.lower().startswith("content-length")), 0
                )
                body = await reader.readexactly(length) if length else b""
                method, path, _ = line.split(" ")
                media, data = await self.answer(method, path, body)
                writer.write(
                    f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def serve(self) -> None:
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0, limit=1 << 26)
        self.port = server.sockets[0].getsockname()[1]
        print(self.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Away:
    """The service in a process of its own."""

    def __enter__(self) -> Away:
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()

    def reset(self, seconds: dict[str, list[float]], seed: int = 0) -> None:
        data = json.dumps({"seconds": seconds, "seed": seed}).encode()
        urllib.request.urlopen(f"{self.url}/reset", data).close()

    def seen(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/seen") as reply:
            found: dict[str, Any] = json.load(reply)
        return found


if __name__ == "__main__":
    asyncio.run(Service().serve())
