"""A WebSocket on a connection that the fake server hands over, spoken by the package websockets. Knows no vendor."""

from __future__ import annotations

from socket import socket

from websockets.http11 import Request
from websockets.server import ServerProtocol

from vendors.wire import Asked


class WebSocket:
    """The server's end. send() raises OSError when the client has gone."""

    def __init__(self, connection: socket, asked: Asked) -> None:
        self._connection = connection
        self._protocol = ServerProtocol()
        # the server has read the request already: the protocol reads it once more, as it came
        query = "&".join(f"{name}={value}" for name, value in asked.query.items())
        lines = [
            f"GET {asked.path}?{query} HTTP/1.1",
            *(f"{name}: {value}" for name, value in asked.headers.items()),
        ]
        self._protocol.receive_data(("\r\n".join(lines) + "\r\n\r\n").encode())
        (request,) = self._protocol.events_received()
        assert isinstance(request, Request)
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()

    def send(self, message: str | bytes) -> None:
        """One message: text, or bytes as a binary frame."""
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        self._flush()

    def ping(self) -> None:
        self._protocol.send_ping(b"are you there")
        self._flush()

    def until_gone(self) -> None:
        """Answers pings and the client's goodbye, until it has gone."""
        while data := self._connection.recv(4096):
            self._protocol.receive_data(data)
            self._flush()
            if self._protocol.close_expected():
                return

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)
