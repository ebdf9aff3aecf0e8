"""What a ComfyUI server tells over its WebSocket while a job runs: hints only, the result is asked for elsewhere.

Needs the package websockets (extra "comfyui"); without it, or when the connection fails, nothing is told.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

LARGEST = 64 << 20
"""Bytes of one message; previews come here, too."""


class Unheard(Exception):
    """No connection, or it is over."""


def address(base_url: str, client: str) -> str:
    """Where the server tells this client."""
    parts = urlsplit(base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"{parts.path}/ws", f"clientId={quote(client)}", ""))


def told(url: str, headers: Mapping[str, str], ca_file: str, turn: float) -> Iterator[dict[str, Any] | None]:
    """{} once connected, then messages as they come; None for each `turn` seconds of silence. Raises Unheard.

    Pictures on the way (binary frames) and what cannot be read are left out.
    """
    try:
        from websockets.exceptions import InvalidURI, WebSocketException
        from websockets.sync.client import connect
    except ModuleNotFoundError:
        raise Unheard from None
    context = ssl.create_default_context(cafile=ca_file or None) if url.startswith("wss:") else None
    try:
        # no Origin: a server on loopback refuses one that differs from its host; pings notice a dead line
        with connect(
            url, additional_headers=dict(headers), ssl=context, open_timeout=10, close_timeout=2, max_size=LARGEST,
            ping_interval=20, ping_timeout=20, proxy=None, compression=None,
        ) as socket:  # fmt: skip
            yield {}
            while True:
                try:
                    frame = socket.recv(timeout=turn)
                except TimeoutError:
                    yield None
                    continue
                if isinstance(frame, str) and (message := _read(frame)) is not None:
                    yield message
    except (OSError, WebSocketException, InvalidURI, ValueError):
        raise Unheard from None


def _read(frame: str) -> dict[str, Any] | None:
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and isinstance(message.get("data"), dict) else None
