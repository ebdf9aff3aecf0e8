"""One loopback server that plays every vendor: one port, one path prefix a vendor, one file a vendor.

In a test (a thread of its own; fixture `fakes` in tests/providers/vendors/conftest.py, or made like this):

    with FakeServer() as fakes:
        fashn = fakes["fashn"]                              # vendors/fashn.py, imported when first named
        provider = Fashn(base_url=fashn.url, ...)           # http://127.0.0.1:PORT/fashn
        fashn.next("POST /v1/run", instead(429, {"error": "RateLimitExceeded"}, Retry_After="3"), DROP_AFTER)
        fashn.always("GET /v1/status/{id}", instead(500))   # until always(..., HONEST)
        fashn.end_with({"name": "PoseError", "message": "no person"})   # how the next job ends
        fashn.polls, fashn.seconds, fashn.slots, fashn.lifetime, fashn.registration = 0, 0.2, 6, 2.0, 0.8
        fashn.lose(0.05)                                    # 5 % of paid requests: billed, reply lost
        fashn.asked("POST /v1/run"), fashn.log, fashn.charges, fashn.charged(), fashn.most_open

As a process (its counters survive the client; for crash tests and benchmarks):

    with FakeProcess() as fakes:                            # python -m vendors.server, PYTHONPATH=tests/fakes
        fakes.url, fakes.set("fashn", seconds=0.2, polls=0), fakes.next("fashn", "POST /v1/run", DROP_AFTER)
        fakes.charged("fashn"), fakes.state("fashn")        # {"charged": {token: n}, "requests": {route: n}, ...}

A vendor's file: a subclass of Vendor with NAME, PAID and methods marked @route("POST", "/v1/run"), called with the
request (Asked: .json, .parts, .query, .headers, .credential) under the vendor's lock, returning Reply(status, body) -
body is bytes, str, an iterator of bytes (SSE; it runs without the lock) or anything JSON - or Takeover for a
WebSocket. `begin(asked, token)` starts and charges a job, `over(work)` asks whether it has ended, `address(data)`
gives an address for a result, `seen(reference)` reads a picture that was sent. The file ends with VENDOR = TheClass.

A played vendor is believed only because the vendor's own SDK works against it in the same tests.
Knows no vendor and no provider of ours.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vendors.away import FakeProcess, command
from vendors.vendor import Charge, Vendor, Work, route
from vendors.wire import (
    CUT,
    DROP_AFTER,
    DROP_BEFORE,
    HONEST,
    HTML,
    Asked,
    Part,
    Reply,
    Takeover,
    Twist,
    billed,
    instead,
)

__all__ = [
    "CUT", "DROP_AFTER", "DROP_BEFORE", "HONEST", "HTML", "Asked", "Charge", "FakeProcess", "FakeServer", "Part",
    "Reply", "Takeover", "Twist", "Vendor", "Work", "billed", "instead", "route",
]  # fmt: skip


class FakeServer:
    """The vendors behind one port. clock and sleep: for tests whose time is their own."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] | None = None,
        port: int = 0,
    ) -> None:
        self.clock = clock
        self.sleep = sleep or self._wait
        self.errors: list[str] = []
        """Bugs of the played vendors; a test that leaves any has failed."""
        self._vendors: dict[str, Vendor] = {}
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __getitem__(self, name: str) -> Vendor:
        """The vendor of this name, from vendors/<name>.py. Raises ModuleNotFoundError."""
        with self._lock:
            if name not in self._vendors:
                self._vendors[name] = import_module(f"vendors.{name}").VENDOR(self)
            return self._vendors[name]

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._server.shutdown()
        self._server.close_all()
        self._server.server_close()
        self._thread.join()

    @property
    def gone(self) -> bool:
        """Is it closing? Whoever waits inside a vendor must then end."""
        return self._gone.is_set()

    def reset(self) -> None:
        """Every vendor as new."""
        for vendor in self._vendors.values():
            with vendor.lock:
                vendor.reset()
        self.errors.clear()

    def _wait(self, seconds: float) -> None:
        self._gone.wait(seconds)


class _Server(ThreadingHTTPServer):
    fake: FakeServer
    request_queue_size = 512
    daemon_threads = False  # so that closing waits for them, and no socket is left to the garbage collector

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it went by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # a client that went away is no bug
            self.fake.errors.append(f"{type(error).__name__}: {error}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        fake = self.server.fake
        at = urlsplit(self.path)
        name, _, rest = at.path.lstrip("/").partition("/")
        headers = {key.lower(): value for key, value in self.headers.items()}
        query = dict(parse_qsl(at.query, keep_blank_values=True))
        asked = Asked(name, self.command, f"/{rest}", query, headers, self._body(headers))
        try:
            if name == "_":
                self._send(Reply(200, command(fake, asked)), HONEST)
                return
            answer, twist = fake[name].answer(asked)
        except ModuleNotFoundError:
            self._send(Reply(404, {"detail": f"nobody plays {name!r} here"}), HONEST)
            return
        except Exception as error:
            fake.errors.append(f"{asked.method} {self.path}: {type(error).__name__}: {error}")
            self._send(Reply(599, {"bug": str(error)}), HONEST)
            return
        if isinstance(answer, Takeover):
            self.close_connection = True
            answer.run(self.connection, asked)
        else:
            self._send(answer, twist)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(headers.get("content-length", "0")))

    def _send(self, reply: Reply, twist: Twist) -> None:
        if reply.delay + twist.delay:
            self.server.fake.sleep(reply.delay + twist.delay)
        if twist.cut == 0:
            self.close_connection = True
            return
        if isinstance(reply.body, Iterator):
            self._stream(reply, reply.body, twist)
            return
        media, body = _encoded(reply)
        head = self._head(reply, {"Content-Type": media, "Content-Length": str(len(body))})
        if twist.cut is not None:
            self.close_connection = True
            body = body[: int(len(body) * twist.cut)]
        if twist.pace:
            self.wfile.write(head)
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.server.fake.sleep(twist.pace)
            return
        self.wfile.write(head + (b"" if self.command == "HEAD" else body))

    def _stream(self, reply: Reply, chunks: Iterator[bytes], twist: Twist) -> None:
        self.close_connection = True
        self.wfile.write(
            self._head(reply, {"Content-Type": reply.media or "text/event-stream", "Connection": "close"})
        )
        for number, chunk in enumerate(chunks):
            if twist.cut is not None and number == 1:  # the second piece breaks off in its middle
                self.wfile.write(chunk[: int(len(chunk) * twist.cut)])
                return
            self.wfile.write(chunk)

    def _head(self, reply: Reply, more: dict[str, str]) -> bytes:
        given = {name.lower() for name in reply.headers}
        more = {name: value for name, value in more.items() if name.lower() not in given}
        if self.close_connection:
            more.setdefault("Connection", "close")
        lines = [f"HTTP/1.1 {reply.status} Played"]
        lines += [f"{name}: {value}" for name, value in {**more, **reply.headers}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _encoded(reply: Reply) -> tuple[str, bytes]:
    """Media type and bytes of a body."""
    if isinstance(reply.body, bytes):
        return reply.media or "application/octet-stream", reply.body
    if isinstance(reply.body, str):
        return reply.media or "text/html; charset=utf-8", reply.body.encode()
    return reply.media or "application/json", json.dumps(reply.body).encode()


def main() -> None:
    """Play until standard input closes; the first line printed is the address."""
    parser = argparse.ArgumentParser(description="Plays every vendor on one loopback port.")
    parser.add_argument("--port", type=int, default=0)
    with FakeServer(port=parser.parse_args().port) as fake:
        print(fake.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
