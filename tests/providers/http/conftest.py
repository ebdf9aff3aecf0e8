"""Nobody's proxy and nobody's keys reach these tests; each server ends with its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from wild import Script, Wild

Serve = Callable[..., Wild]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_PROXY".upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with this script."""
    servers: list[Wild] = []

    def start(script: Script, **options: object) -> Wild:
        servers.append(Wild(script, **options))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.close()
