"""Which hosts an address given by others may lead to: public ones only. Knows no pictures and sends nothing.

The check is on what a name resolves to, at the moment of connecting: names are asked once, every answer must be
public, and the connection goes to one of exactly these answers.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

from .names import Resolve, addresses

_DOTS = dict.fromkeys(map(ord, "\u3002\uff0e\uff61"), ".")
"""What browsers take for a dot in a host name."""

_INSIDE = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "home.arpa",
    "localdomain",
)
"""Names that exist only within somebody's network; metadata.google.internal is among them."""

_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "168.63.129.16/32",  # public by its number, but a cloud's inner service
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip
"""Beside what the ipaddress module knows, which differs between versions of Python."""

_PORTS = (80, 443)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(OSError):
    """The host must not be reached from here."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.strerror = text


def is_public(text: str) -> bool:
    """Is this literal address one of the public internet, whatever it is wrapped in?"""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _public(address)


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _inner(address)
        if inner is not None:
            return _public(inner)
        if address.is_site_local:
            return False
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address.version == net.version and address in net for net in _REFUSED)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway would turn it into."""
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address in ipaddress.IPv6Network("2002::/16"):
        return ipaddress.IPv4Address((number >> 80) & 0xFFFFFFFF)
    return None


def guarded(private: Callable[[], bool] | None = None, resolve: Resolve = addresses) -> Resolve:
    """A resolver that refuses hosts of which any address is not public. Raises Forbidden.

    private: asked when one is not: may it be used nevertheless?
    """

    def checked(host: str, port: int) -> list[str]:
        found = resolve(host, port)
        wrong = [address for address in found if not is_public(address)]
        if wrong and not (private is not None and private()):
            raise Forbidden(f"{host} leads to {wrong[0]}, which is not an address of the public internet")
        return found

    return checked


def trouble(url: str, *, private: bool = False) -> tuple[str, str]:
    """What is wrong with an address by its form alone, and what to do; ("", "") when nothing is.

    private: addresses of this machine and network, and any port, are allowed.
    """
    if re.search(r"[\s\\\x00-\x20\x7f]", url):
        return "the address holds spaces, line breaks or backslashes", "correct it"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"this is no address: {error}", "correct it, or download the picture and give the path"
    if parts.scheme not in ("http", "https"):
        return (
            f"addresses that start with {parts.scheme}: are not allowed, only http and https",
            "download it",
        )
    if "@" in parts.netloc:
        return "the address holds a user name or a password", "take it out: manifests are shared"
    if not parts.hostname or ("[" in parts.netloc) != (":" in parts.hostname):
        return "the address has no host", "correct it"
    if not private and port is not None and port not in _PORTS:
        return f"port {port} is not allowed, only 80 and 443", "download it, or run with --allow-private"
    why = _host_trouble(parts.hostname, private)
    return (why, "download it, or run with --allow-private if you trust this manifest") if why else ("", "")


def _host_trouble(given: str, private: bool) -> str:
    if "%" in given:
        return "the host holds escapes or a zone"
    host = unicodedata.normalize("NFKC", given.translate(_DOTS)).translate(_DOTS).lower().rstrip(".")
    if not host or ".." in host:
        return "the host has empty parts"
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is not None:
        if not private and not _public(literal):
            return f"{host} is not an address of the public internet"
        return "" if host == given.lower().rstrip(".") else "the host is a disguised number"
    if not re.fullmatch(r"[\w.-]+", host):
        return "the host is no name"
    last = host.rpartition(".")[2]
    if re.fullmatch(r"0x[0-9a-f]*|[0-9]+", last):
        return "the host is a number in a form that is not plain"
    if private:
        return ""
    if "." not in host or any(host == name or host.endswith(f".{name}") for name in _INSIDE):
        return f"{host} is a name of this machine or network"
    return ""
