"""Host names to addresses, with a bound on how long that may take. Connects nowhere.

getaddrinfo cannot be interrupted, so it runs in a daemon thread, one per host at a time: a resolver that hangs
costs one sleeping thread, however many calls wait for it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong

from .deadline import Late, left

Resolve = Callable[[str, int], list[str]]
"""Addresses to try for a host and port, in order; raises OSError for a host that cannot or must not be reached."""

SECONDS = 10.0
"""Longest wait for an answer."""

_asked: dict[tuple[str, int], Future[list[str]]] = {}
_lock = threading.Lock()


def is_literal(host: str) -> bool:
    """Is it an address itself, no name?"""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def addresses(host: str, port: int) -> list[str]:
    """All addresses of a host, in the order in which they should be tried. Raises OSError, Late.

    A literal address is its own answer; nobody is asked.
    """
    if is_literal(host):
        return [host.strip("[]")]
    wait = left(SECONDS)
    with _lock:
        asked = _asked.get((host, port))
        if asked is None:
            asked = _asked[host, port] = Future()
            threading.Thread(target=_ask, args=(host, port, asked), name=f"dns {host}", daemon=True).start()
    try:
        return asked.result(wait)
    except WaitedTooLong:
        if asked.done():  # the resolver's own TimeoutError
            raise
        left()
        raise Late from None


def _ask(host: str, port: int, answer: Future[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        result: list[str] | None = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        error: BaseException | None = None
    except BaseException as caught:  # whoever waits must hear of it, whatever it was
        result, error = None, caught
    with _lock:
        _asked.pop((host, port), None)
    if error is None and result:
        answer.set_result(result)
    else:
        answer.set_exception(error or OSError(f"{host} has no address"))
