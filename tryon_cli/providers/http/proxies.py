"""Which proxy the environment names for an address. Connects nowhere.

As curl and httpx read it: http_proxy, https_proxy, all_proxy (lower case first), no_proxy.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from ...model.errors import Fault, FaultKind


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and the variable that named it."""

    url: str
    """Without user and password."""
    user: str
    password: str = field(repr=False)
    variable: str

    def __str__(self) -> str:
        return f"proxy {self.url} (from {self.variable})"


def proxy_for(
    scheme: str, host: str, port: int, environment: Mapping[str, str] | None = None
) -> Proxy | None:
    """The proxy for this address; None: straight. Raises Fault(CONFIG) for one that cannot be used."""
    environment = os.environ if environment is None else environment
    if _excepted(host, port, environment.get("no_proxy") or environment.get("NO_PROXY") or ""):
        return None
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    if "REQUEST_METHOD" in environment:
        names = [name for name in names if name != "HTTP_PROXY"]  # a CGI server fills that from a header
    for name in names:
        if value := environment.get(name, "").strip():
            return _read(value, name)
    return None


def _read(value: str, variable: str) -> Proxy:
    parts = urlsplit(value if "://" in value else f"http://{value}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
        raise Fault(
            FaultKind.CONFIG,
            f"{variable} names a proxy that cannot be used ({parts.scheme}://{parts.hostname or '?'})",
            code="E-NET-PROXY",
            fix=f"set {variable} to http://host:port, or unset it",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = f"{parts.scheme}://{host}:{port or (443 if parts.scheme == 'https' else 80)}"
    return Proxy(url, unquote(parts.username or ""), unquote(parts.password or ""), variable)


def _excepted(host: str, port: int, exceptions: str) -> bool:
    host = host.strip("[]").lower().rstrip(".")
    for entry in exceptions.split(","):
        rule = entry.strip().lower()
        if rule == "*":
            return True
        if "/" in rule:
            if _within(host, rule):
                return True
            continue
        name, _, only = rule.rpartition(":") if rule.count(":") == 1 else (rule, "", "")
        if only and only != str(port):
            continue
        name = name.strip("[]").lstrip("*").lstrip(".")
        if name and (host == name or host.endswith(f".{name}")):
            return True
    return False


def _within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
