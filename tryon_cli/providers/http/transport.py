"""Connections of one thread, for httpx: by proxy, over one SSLContext for the process. Knows no credentials."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from .meaning import Broken, Sent
from .names import Resolve, addresses, is_literal
from .network import Backend, Trail
from .proxies import Proxy, proxy_for

KEPT = 4.0
"""Seconds that an idle connection is kept; many servers close after 5."""


@lru_cache(maxsize=8)
def trust(ca_file: str) -> ssl.SSLContext:
    """Certificates that are believed: the system's and certifi's, and those in ca_file. Raises OSError, SSLError."""
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file:
        context.load_verify_locations(os.path.expanduser(ca_file))  # noqa: PTH111
    context.set_alpn_protocols(["http/1.1"])
    return context


class Transport(httpx.BaseTransport):
    """Connections of one thread, by proxy."""

    def __init__(self, ca_file: str, resolve: Resolve, environment: bool) -> None:
        self.trail = Trail()
        self.proxy: Proxy | None = None
        """That of the last request."""
        self._ca_file = ca_file
        self._resolve = resolve
        self._environment = environment
        self._pools: dict[tuple[Proxy | None, bool], httpcore.ConnectionPool] = {}
        self._ways: dict[tuple[str, str, int], Proxy | None] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        tls = url.scheme == "https"
        self.trail.tls, self.trail.sent = tls, False
        port = url.port or (443 if tls else 80)
        self.proxy = self._way(url.scheme, url.host, port) if self._environment else None
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(
            request.method, target, headers=request.headers.raw, content=request.stream,
            extensions=request.extensions,
        )  # fmt: skip
        if self.proxy is not None and is_literal(url.host):
            self._check(url.host, port)
        with _as_httpx():
            answer = self._pool(self.proxy, tls).handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def _check(self, host: str, port: int) -> None:
        """A proxy resolves names by itself; an address that is no name is still judged here, by our rules."""
        try:
            self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error

    def _way(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for this host, worked out once: the environment of a process does not change."""
        way = (scheme, host, port)
        if way not in self._ways:
            self._ways[way] = proxy_for(scheme, host, port)
        return self._ways[way]

    def _pool(self, proxy: Proxy | None, tls: bool) -> httpcore.ConnectionPool:
        pool = self._pools.get((proxy, tls))
        if pool is None:
            # a proxy resolves names itself: only its own name is looked up here, by nobody's rules
            backend = Backend(self.trail, addresses if proxy else self._resolve)
            pool = self._pools[proxy, tls] = httpcore.ConnectionPool(
                ssl_context=_trusted(self._ca_file) if tls else None,
                proxy=_core(proxy, self._ca_file) if proxy else None,
                max_connections=2,
                max_keepalive_connections=2,
                keepalive_expiry=KEPT,
                http1=True,
                http2=False,
                retries=0,
                network_backend=backend,
            )
        return pool

    def drop_idle(self) -> None:
        """Close the connections that nobody uses just now."""
        for pool in self._pools.values():
            for connection in pool.connections:
                if connection.is_idle():
                    connection.close()

    def close(self) -> None:
        for pool in self._pools.values():
            with contextlib.suppress(Exception):
                pool.close()
        self._pools.clear()


def _trusted(ca_file: str) -> ssl.SSLContext:
    """As trust(). Raises Broken."""
    try:
        return trust(ca_file)
    except (ssl.SSLError, OSError) as error:
        text = f"cannot use {ca_file or 'the certificates'}: {error}"
        raise Broken(Sent.NEVER, text, "tls") from error


def _core(proxy: Proxy, ca_file: str) -> httpcore.Proxy:
    login = (proxy.user, proxy.password) if proxy.user or proxy.password else None
    tls = _trusted(ca_file) if proxy.url.startswith("https") else None
    return httpcore.Proxy(proxy.url, auth=login, ssl_context=tls)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """httpcore's errors have the names of httpx's."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError,
            httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:  # fmt: skip
        raise getattr(httpx, type(error).__name__)(str(error)) from error
