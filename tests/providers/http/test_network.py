"""Connections on their own, without HTTP around them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpcore
import pytest

from tryon_cli.providers.http.network import PIECE, Stream, Trail


class Inner(httpcore.NetworkStream):
    """A socket that is open already."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def get_extra_info(self, info: str) -> Any:
        return self.sock if info == "socket" else None


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_an_early_refusal_is_read_although_the_request_cannot_be_written(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """A server may answer 413 and close before it has read everything: its answer counts, not our broken pipe."""
    ours, theirs = pair
    stream = Stream(Inner(ours), Trail())
    stream.write(b"POST / HTTP/1.1\r\n\r\n")
    theirs.sendall(b"HTTP/1.1 413 Too Large\r\n\r\n")
    theirs.close()
    assert stream.read(1000, 5.0).startswith(b"HTTP/1.1 413")


def test_nothing_counts_as_sent_before_it_leaves(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    trail = Trail()
    stream = Stream(Inner(ours), trail)
    stream.write(b"head")
    stream.write(b"body")
    assert not trail.sent
    theirs.sendall(b"answer")
    assert stream.read(100, 5.0) == b"answer" and trail.sent
    assert theirs.recv(100) == b"headbody"  # one packet


def test_what_is_large_leaves_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    trail = Trail()
    stream = Stream(Inner(ours), trail)
    stream.write(b"head")
    stream.write(b"x" * PIECE, 5.0)
    assert trail.sent and theirs.recv(4) == b"head"
