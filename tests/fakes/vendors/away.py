"""The fake server in another process: steered over HTTP, so that its counters survive whoever is killed.

Knows no vendor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vendors.wire import Asked, Reply, Twist


def command(fake: Any, asked: Asked) -> Any:
    """What a request below /_/ asks of the server: GET /_/NAME, POST /_/NAME {"set" | "next" | "always" | ...}."""
    if asked.path == "/reset":
        fake.reset()
        return {}
    if asked.path == "/errors":
        return fake.errors
    vendor = fake[asked.path.strip("/")]
    with vendor.lock:
        if asked.method == "GET":
            return _state(vendor)
        for verb, value in (asked.json or {}).items():
            if verb == "set":
                for name, setting in value.items():
                    if not hasattr(vendor, name):
                        raise AttributeError(f"{vendor.NAME} has no {name}")
                    setattr(vendor, name, setting)
            elif verb in ("next", "always"):
                for where, twists in value.items():
                    getattr(vendor, verb)(where, *map(_twist, twists))
            elif verb in ("lose", "end_with", "expire", "forget", "reset"):
                getattr(vendor, verb)(*value)
            else:
                raise ValueError(f"what is {verb!r}?")
    return {}


def _state(vendor: Any) -> dict[str, Any]:
    requests: dict[str, int] = {}
    for one in vendor.log:
        where = vendor.match(one)[0] or f"{one.method} {one.path}"
        requests[where] = requests.get(where, 0) + 1
    return {
        "charged": vendor.charged(),
        "usd": sum(charge.usd for charge in vendor.charges),
        "requests": requests,
        "received": vendor.received,
        "open": vendor.open(),
        "most_open": vendor.most_open,
    }


def _twist(values: dict[str, Any]) -> Twist:
    reply = values.pop("reply")
    return Twist(**values, reply=Reply(**reply) if reply else None)


class FakeProcess:
    """`python -m vendors.server` and what is known about it."""

    def __enter__(self) -> FakeProcess:
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vendors.server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate("")

    def base(self, name: str) -> str:
        """The vendor's base address."""
        return f"{self.url}/{name}"

    def state(self, name: str) -> dict[str, Any]:
        """Charges by token, USD, requests by route, bytes received, jobs open now and at most."""
        state: dict[str, Any] = self._ask(name)
        return state

    def charged(self, name: str) -> dict[str, int]:
        """Charges by token."""
        charged: dict[str, int] = self.state(name)["charged"]
        return charged

    def errors(self) -> list[str]:
        """Bugs of the played vendors."""
        errors: list[str] = self._ask("errors")
        return errors

    def reset(self) -> None:
        """Every vendor as new."""
        self._ask("reset")

    def set(self, name: str, **settings: Any) -> None:
        """polls, seconds, slots, lifetime, registration, size."""
        self._ask(name, {"set": settings})

    def next(self, name: str, where: str, *twists: Twist) -> None:
        """As Vendor.next; bodies must be JSON."""
        self._ask(name, {"next": {where: [asdict(twist) for twist in twists]}})

    def always(self, name: str, where: str, twist: Twist) -> None:
        """As Vendor.always."""
        self._ask(name, {"always": {where: [asdict(twist)]}})

    def do(self, name: str, verb: str, *values: Any) -> None:
        """lose, end_with, expire, forget, reset."""
        self._ask(name, {verb: values})

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body, default=_text).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_/{path}", data)) as reply:
            return json.load(reply)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(type(value).__name__)
