"""A server on loopback that misbehaves as told: what it sends, and when, is a function over a plain socket.

It reads each request whole, notes it, and hands the connection to the script. Knows nothing about the client.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What came."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    connection: int
    """Which connection brought it, from 1."""


Script = Callable[[socket.socket, Request], object]
"""Answers one request; returns False to close the connection afterwards."""


class Wild:
    """Listens until closed."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.script = script
        self.requests: list[Request] = []
        self.connections = 0
        self.over = threading.Event()
        """Scripts that stall wait for it, so that a test's end ends them."""
        self._tls = tls
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(conn)
            thread = threading.Thread(target=self._serve, args=(conn, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, conn: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._tls is not None:
                conn = self._tls.wrap_socket(conn, server_side=True)
                self._open.append(conn)
            with conn, conn.makefile("rb") as file:
                for request in self._read(file, number):
                    self.requests.append(request)
                    if self.script(conn, request) is False:
                        return

    def _read(self, file, number: int) -> Iterator[Request]:  # type: ignore[no-untyped-def]
        while line := file.readline():
            method, path, _ = line.decode("latin-1").split(" ", 2)
            headers = {}
            while (line := file.readline()).strip():
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            if "content-length" in headers:
                body = file.read(int(headers["content-length"]))
            else:
                body = b""
            yield Request(method, path, headers, body, number)

    def close(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for conn in self._open:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
            conn.close()
        for thread in self._threads:
            thread.join(10)

    def __enter__(self) -> Wild:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Script:
    """A plain answer."""
    return lambda conn, _: conn.sendall(plain(status, body, **headers))


def plain(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    """Its bytes; header names with _ for -, and Content-Length unless it is given as ""."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + body


def reset(conn: socket.socket) -> bool:
    """Close with RST instead of FIN."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()
    return False


def in_turn(*scripts: Script) -> Script:
    """One per request; the last one repeats."""
    count = iter(range(1_000_000))
    return lambda conn, request: scripts[min(next(count), len(scripts) - 1)](conn, request)
