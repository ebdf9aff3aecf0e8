"""Sockets whose every step is capped by the deadline of the call that uses them. Knows no HTTP.

A backend for httpcore: its own streams give each read and write the full time-out again, so that a server which
sends one byte now and then holds a caller for ever.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from .deadline import Late, left
from .names import Resolve, addresses

PIECE = 65_536
"""Bytes per write."""


@dataclass(slots=True)
class Trail:
    """What one thread's request has done so far."""

    tls: bool = False
    """It goes through TLS: what is written before that is a proxy's CONNECT."""
    sent: bool = False
    """Bytes of it may have left."""

    def wrote(self, tls: bool) -> None:
        """Something was written, within TLS or not."""
        if tls or not self.tls:
            self.sent = True


class Stream(httpcore.NetworkStream):
    """A connection of one thread. What is written leaves with the next read, or once it is a full piece: the head of
    a request and a small body are one packet and one system call."""

    def __init__(self, inner: httpcore.NetworkStream, trail: Trail, tls: bool = False) -> None:
        self._inner = inner
        self._trail = trail
        self._tls = tls
        self._waiting = b""
        sock = inner.get_extra_info("socket")
        # TLS within TLS (an https proxy) has no socket of its own: left to httpcore
        plain = not tls or isinstance(sock, ssl.SSLSocket)
        self._socket: socket.socket | None = sock if plain else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with contextlib.suppress(httpcore.WriteError):  # a server may refuse and close before it has read all
            self._flush(timeout)
        try:
            wait = left(timeout)
        except Late:
            raise httpcore.ReadTimeout from None
        if self._socket is None:
            return self._inner.read(max_bytes, wait)
        try:
            self._socket.settimeout(wait)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if len(self._waiting) + len(buffer) < PIECE:
            self._waiting += buffer
            return
        self._flush(timeout)
        self._send(buffer, timeout)

    def _flush(self, timeout: float | None) -> None:
        if self._waiting:
            data, self._waiting = self._waiting, b""
            self._send(data, timeout)

    def _send(self, data: bytes, timeout: float | None) -> None:
        rest = memoryview(data)
        while rest:
            try:
                wait = left(timeout)
            except Late:
                raise httpcore.WriteTimeout from None
            self._trail.wrote(self._tls)
            if self._socket is None:
                self._inner.write(bytes(rest[:PIECE]), wait)
                rest = rest[PIECE:]
                continue
            try:
                self._socket.settimeout(wait)
                rest = rest[self._socket.send(rest[:PIECE]) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(error) from error
            except OSError as error:
                raise httpcore.WriteError(error) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            wait = left(timeout)
        except Late:
            raise httpcore.ConnectTimeout from None
        # one deadline for the whole handshake: the ssl module counts down by itself
        inner = self._inner.start_tls(ssl_context, server_hostname, wait)
        return Stream(inner, self._trail, tls=True)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Opens connections for one thread. Resolves once and connects to exactly what was resolved."""

    def __init__(self, trail: Trail, resolve: Resolve = addresses) -> None:
        self._trail = trail
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = self._resolve(host, port)
        except Late:
            raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from None
        except OSError as error:
            raise httpcore.ConnectError(error) from error
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for tried, address in enumerate(found):
            try:
                wait = left(timeout)
                if wait is not None:  # an address that swallows everything must leave time for the next one
                    wait = max(wait / (len(found) - tried), min(wait, 0.5))
                inner = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
            except Late:
                raise httpcore.ConnectTimeout from None
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return Stream(inner, self._trail)
        raise last
