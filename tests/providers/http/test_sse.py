"""Server-sent events, as browsers parse them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.model.errors import Fault
from tryon_cli.providers.http import sse
from tryon_cli.providers.http.sse import ServerEvent, parsed

STREAM = (
    '\ufeffdata: one\n\n: alive\n\nevent: put\r\ndata: {"a":\r\ndata: 1}\r\nid: 7\r\n\r\n'
    "data\rdata:  two\r\rretry: 10\nunknown: x\n\nevent: lost\n\ndata: cut off"
).encode()
WANTED = [
    ServerEvent("message", "one", ""),
    None,
    ServerEvent("put", '{"a":\n1}', "7"),
    ServerEvent("message", "\n two", "7"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_events_do_not_depend_on_where_the_bytes_were_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert list(parsed(pieces)) == WANTED


def test_one_byte_at_a_time() -> None:
    assert list(parsed(STREAM[i : i + 1] for i in range(len(STREAM)))) == WANTED


def test_an_event_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST", 1000)
    for stream in ([b"data: " + b"x" * 600] * 3, [b"data: " + b"x" * 600 + b"\n"] * 3):
        with pytest.raises(Fault, match="larger than"):
            list(parsed(stream))


def test_json_of_an_event() -> None:
    assert ServerEvent("x", '{"a": 1}').json() == {"a": 1}
    with pytest.raises(Fault) as caught:
        ServerEvent("x", "{").json()
    assert caught.value.kind == "transient"
