"""A paid service as a process of its own: it survives whoever asks it, and counts what it charges.

    with PaidServer("idempotent", drop=0.05, late=0.8) as service:
        tool.env |= service.env
        ...
        service.report()   ->  {"charges": {step key: n}, "tokens": {token: n}, "requests": n, "unwritten": n}

kind: idempotent (a known token is answered as before, and not charged), lookup (GET /find?token=), neither.
drop: part of requests that are charged and never answered. late: seconds until a job is known to look-ups.
ledger: a ledger.db in which each request's token must stand, committed, when the request arrives.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import random
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from PIL import Image


class Desk:
    """The books of the service."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.lock = threading.Lock()
        self.dice = random.Random(options.seed)
        self.charges: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.known: dict[str, str] = {}
        self.jobs: dict[str, tuple[str, float]] = {}
        self.requests = self.lost = 0
        self.fetched: Counter[str] = Counter()
        self.unwritten: list[str] = []

    def take(self, asked: dict[str, str]) -> tuple[str, bool]:
        """A paid request has arrived. Returns the job's id, and whether the answer gets lost."""
        written = self.options.ledger == "" or in_ledger(self.options.ledger, asked["token"])
        with self.lock:
            self.requests += 1
            if not written:
                self.unwritten.append(asked["token"])
            old = self.known.get(asked["token"])
            lost = self.dice.random() < self.options.drop
            self.lost += lost
            if old is not None and self.options.kind == "idempotent":
                return old, lost
            self.charges[asked["key"]] += 1
            self.tokens[asked["token"]] += 1
            name = f"job-{len(self.jobs)}"
            self.jobs[name] = (asked["key"], time.monotonic())
            self.known[asked["token"]] = name
            return name, lost

    def find(self, token: str) -> str:
        """Our id of a token, "" while it is not registered."""
        with self.lock:
            name = self.known.get(token, "")
            late = name and time.monotonic() - self.jobs[name][1] < self.options.late
            return "" if late or self.options.kind != "lookup" else name

    def state(self, name: str) -> str | None:
        with self.lock:
            job = self.jobs.get(name)
            if job is None:
                return None
            return "done" if time.monotonic() - job[1] >= self.options.work else "working"

    def report(self) -> dict[str, Any]:
        with self.lock:
            return {
                "charges": dict(self.charges), "tokens": dict(self.tokens),
                "requests": self.requests, "lost": self.lost, "unwritten": self.unwritten,
                "fetched": dict(self.fetched),
            }  # fmt: skip


def in_ledger(path: str, token: str) -> bool:
    """Does another process see this token's intent, committed?"""
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
        row = db.execute("select state from units where token=?", (token,)).fetchone()
    return row is not None and row[0] in ("intent", "unknown")


def picture_of(key: str) -> bytes:
    """A noisy picture of its own for each key."""
    pixels = b"".join(hashlib.sha256(f"{key}{i}".encode()).digest() for i in range(192))
    out = io.BytesIO()
    Image.frombytes("RGB", (32, 64), pixels[: 32 * 64 * 3]).resize((64, 96)).save(out, "PNG")
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: Desk

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, lost = self.desk.take(asked)
        if lost:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.answer(200, {"id": name})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case ["find"]:
                name = self.desk.find(parse_qs(url.query)["token"][0])
                self.answer(200 if name else 404, {"id": name})
            case ["jobs", name]:
                state = self.desk.state(name)
                self.answer(404 if state is None else 200, {"state": state, "url": f"/files/{name}"})
            case ["files", name]:
                self.desk.fetched[name] += 1
                self.answer(200, picture_of(self.desk.jobs[name][0]))
            case ["report"]:
                self.answer(200, self.desk.report())
            case _:
                self.answer(404, {})

    def answer(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class PaidServer:
    """The process, as a test has it."""

    def __init__(self, kind: str, **options: Any) -> None:
        self.kind = kind
        self.options = options

    def __enter__(self) -> Self:
        words = [f"--{name}={value}" for name, value in {"kind": self.kind, **self.options}.items()]
        self.process = subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        grace = self.options.get("late", 0.0) * 2 + 0.2
        self.env = {
            "PAID_PORT": str(self.port), "PAID_KIND": self.kind, "PAID_GRACE": str(grace),
            "TRYON_PROVIDER": "paid:Paid", "TRYON_PIPELINE": "simple-scene", "TRYON_MAX_COST": "1000",
        }  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def report(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/report") as reply:
            found: dict[str, Any] = json.loads(reply.read())
        return found


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked is dead."""


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--kind", default="neither")
    words.add_argument("--drop", type=float, default=0.0)
    words.add_argument("--late", type=float, default=0.0)
    words.add_argument("--work", type=float, default=0.0)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--ledger", default="")
    Handler.desk = Desk(words.parse_args())
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if Path(__file__).parent not in map(Path, sys.path):
        sys.path.insert(0, str(Path(__file__).parent))
    main()
