"""Requests and answers: redirects, sizes, bodies, credentials."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from wild import Request, answer, in_turn, plain

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.remote import Call
from tryon_cli.providers.http import bodies, bounded
from tryon_cli.providers.http.client import Http
from tryon_cli.providers.http.faults import Words, fault_of

from .conftest import Serve


def keyed() -> dict[str, str]:
    return {"Authorization": "Bearer sk-canary", "X-API-Key": "sk-canary"}


# ----------------------------------------------------------------------------- what is sent
def test_equal_calls_are_equal_bytes(serve: Serve) -> None:
    server = serve(answer())
    http = Http(keyed)
    calls = [
        Call("POST", server.url("/a"), json={"b": 1, "a": "é\ud800"}, query={"q": "1 & 2"}),
        Call(
            "POST",
            server.url("/b?x=1"),
            form={"a": 'q"\n'},
            files=(("f", 'n"\r\n.png', b"\x00\r\n", "image/png"),),
        ),
        Call("PUT", server.url("/c"), content=b"raw", headers={"Content-Type": "image/png", "x-a": "b"}),
    ]
    for call in calls * 2:
        http.send(call)
    first, second = server.requests[:3], server.requests[3:]
    assert [(r.path, r.headers, r.body) for r in first] == [(r.path, r.headers, r.body) for r in second]
    assert first[0].path == "/a?q=1+%26+2" and json.loads(first[0].body)["b"] == 1
    assert first[1].headers["content-type"].startswith("multipart/form-data; boundary=tryon-")
    assert b'filename="n%22%0D%0A.png"' in first[1].body
    assert first[2].body == b"raw" and first[2].headers["content-type"] == "image/png"
    assert all(r.headers["authorization"] == "Bearer sk-canary" for r in first)


def test_a_form_reads_back_as_it_was_given() -> None:
    from email.parser import BytesParser
    from email.policy import HTTP

    form = bodies.form({"a": "1", "b": "zwei\n"}, (("f", "x.jpg", b"\xff\xd8--tryon\r\n", "image/jpeg"),))
    raw = b"".join(form)
    assert len(raw) == form.size
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {form.media}\r\n\r\n".encode() + raw)
    parts = {
        p.get_param("name", header="content-disposition"): p.get_payload(decode=True)
        for p in message.iter_parts()
    }
    assert parts == {"a": b"1", "b": b"zwei\n", "f": b"\xff\xd8--tryon\r\n"}


def test_credentials_go_only_where_they_belong(serve: Serve) -> None:
    server = serve(answer())
    http = Http(keyed, owns=lambda url: "/own" in url)
    for url, own in (("/own", None), ("/presigned", None), ("/presigned", True), ("/own", False)):
        http.send(Call("PUT", server.url(url), content=b"x"), own=own)
    assert ["authorization" in r.headers for r in server.requests] == [True, False, True, False]


def test_n15_a_body_from_disk_is_sent_again_whole_and_in_parts(serve: Serve, tmp_path: Path) -> None:
    data = bytes(range(256)) * 3000
    file = tmp_path / "big"
    file.write_bytes(data)
    server = serve(in_turn(answer(503), answer()))
    http = Http(keyed)
    body = bodies.File(file)
    for _ in range(2):
        http.send(Call("PUT", server.url()), body=body)
    assert [r.body == data for r in server.requests] == [True, True]
    for source in (body, bodies.Bytes(data)):
        pieces = bodies.parts(source, 100_000)
        assert [p.size for p in pieces] == [100_000] * 7 + [68_000]
        assert b"".join(b"".join(p) for p in pieces) == data
        assert b"".join(pieces[3].part(10, 20)) == data[300_010:300_020]
    assert len(bodies.parts(bodies.Bytes(b""), 5)) == 1


def test_n15_a_file_that_shrinks_while_it_is_sent_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"123")
    with pytest.raises(Fault, match="became shorter"):
        list(bodies.File(file, 0, 10))


def test_a_file_that_is_gone_by_the_time_it_is_sent_is_told(serve: Serve, tmp_path: Path) -> None:
    server = serve(answer())
    with pytest.raises(Fault, match="cannot read") as caught:
        Http(keyed).send(Call("PUT", server.url()), body=bodies.File(tmp_path / "gone", 0, 10))
    assert caught.value.kind is FaultKind.STORAGE


# ----------------------------------------------------------------------------- what comes back
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("paid", [True, False])
def test_n06_a_redirect_carries_neither_key_nor_body_anywhere(serve: Serve, status: int, paid: bool) -> None:
    other = serve(answer())
    for place, words in ((other.url("/"), "another host"), ("/elsewhere", "another address")):
        server = serve(answer(status, b"", Location=place))
        reply = Http(keyed).send(Call("POST", server.url(), json={"secret": 1}), paid=paid)
        fault = fault_of("x", reply, "", "", Words(), paid=paid)
        assert f"the API answered {status} to {words}; refused" in fault.text
        assert fault.kind is FaultKind.CONFIG
        assert not other.requests and len(server.requests) == 1


def test_n06_an_upgrade_is_no_answer(serve: Serve) -> None:
    server = serve(lambda conn, _: conn.sendall(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"))
    with pytest.raises(Fault) as caught:
        Http(keyed).send(Call("POST", server.url(), json={}), paid=True)
    assert caught.value.kind is FaultKind.AMBIGUOUS  # nobody asked for one: who knows what took the call


def packed(megabytes: int, window: int) -> bytes:
    packer = zlib.compressobj(1, wbits=window)
    return b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(megabytes)) + packer.flush()


BOMBS = {
    "deflate": (packed(8, 15), "deflate"),
    "raw deflate": (packed(8, -15), "deflate"),
    "nested": (gzip.compress(packed(8, 31)), "gzip, gzip"),
}


_BOMB = """
import resource, sys
from tryon_cli.model.remote import Call
from tryon_cli.model.errors import Fault
from tryon_cli.providers.http.client import Http
http = Http(dict)
try: http.send(Call("GET", sys.argv[2]))
except Fault: pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try: http.send(Call("GET", sys.argv[1]))
except Fault as fault: print(fault.text)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_n05_a_decompression_bomb_costs_the_cap_and_no_more(serve: Serve) -> None:
    server = serve(in_turn(answer(), answer(200, packed(300, 31), Content_Encoding="gzip")))
    done = subprocess.run(
        [sys.executable, "-c", _BOMB, server.url(), server.url()], capture_output=True, text=True, check=True
    )
    text, grown = done.stdout.splitlines()
    assert "response larger than 64 MB refused" in text
    assert int(grown) < (64 + 64) << 10, f"{grown} kB"


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_n05_every_kind_of_bomb_is_refused(serve: Serve, name: str) -> None:
    data, encoding = BOMBS[name]
    server = serve(answer(200, data, Content_Encoding=encoding))
    with pytest.raises(Fault, match=r"larger than|not asked for"):
        Http(keyed, most=1 << 20).send(Call("GET", server.url()))


def test_n05_a_long_answer_is_refused_before_and_while_it_is_read(serve: Serve) -> None:
    said = serve(answer(200, b"x", Content_Length="2000000"))
    with pytest.raises(Fault, match="larger than 1 MB refused"):
        Http(keyed, most=1 << 20).send(Call("GET", said.url()))

    def endless(conn: socket.socket, _: Request) -> bool:
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _step in range(1000):
            conn.sendall(b"x" * 65536)
        return False

    with pytest.raises(Fault) as caught:
        Http(keyed, most=1 << 20).send(Call("POST", serve(endless).url(), json={}), paid=True)
    assert caught.value.kind is FaultKind.AMBIGUOUS  # it answered, so it may have taken the call


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw"])
def test_packed_answers_are_unpacked(serve: Serve, encoding: str) -> None:
    data = json.dumps({"a": "b" * 1_000_000}).encode()
    if encoding == "raw":
        packer = zlib.compressobj(wbits=-15)
        small = packer.compress(data) + packer.flush()
    else:
        small = zlib.compress(data) if encoding == "deflate" else gzip.compress(data) + b"\0\0padding"
    name = "deflate" if encoding == "raw" else encoding
    server = serve(answer(200, small, Content_Encoding=name))
    assert Http(keyed).send(Call("GET", server.url())).body == data


# ----------------------------------------------------------------------------- pushed
def stream(*pieces: bytes, end: bool = False):  # type: ignore[no-untyped-def]
    def script(conn: socket.socket, _: Request) -> bool | None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for piece in pieces:
            conn.sendall(piece)
        return False if end else None

    return script


def test_events_come_as_they_are_pushed_and_end_with_the_stream(serve: Serve) -> None:
    server = serve(stream(b": hi\n\nevent: a\ndata: 1\n", b"\n", b"data: 2\n\n", end=True))
    got = list(Http(keyed).events(server.url(), query={"a": "b"}, json={"x": 1}, method="POST"))
    assert [(e.event, e.data) for e in got] == [("a", "1"), ("message", "2")]
    asked = server.requests[0]
    assert (
        asked.path == "/?a=b" and asked.body == b'{"x":1}' and asked.headers["accept"] == "text/event-stream"
    )


@pytest.mark.parametrize("limits", [{"seconds": 0.3}, {"quiet": 0.3}])
def test_a_stream_that_falls_silent_is_given_up(serve: Serve, limits: dict[str, float]) -> None:
    server = serve(stream(b"data: 1\n\n", b": alive\n\n"))
    events = Http(keyed).events(server.url(), **limits)  # type: ignore[arg-type]
    assert next(events).data == "1"
    with pytest.raises(Fault) as caught:
        next(events)
    assert caught.value.kind is FaultKind.TRANSIENT and "out of time" in caught.value.text


def test_comments_alone_do_not_keep_a_stream_beyond_its_deadline(serve: Serve) -> None:
    def script(conn: socket.socket, _: Request) -> bool:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while not server.over.wait(0.05):
            conn.sendall(b": alive\n\n")
        return False

    server = serve(script)
    with pytest.raises(Fault, match="out of time"):
        list(Http(keyed).events(server.url(), seconds=0.4, quiet=30))


def test_a_stream_that_is_none_is_judged_as_an_answer(serve: Serve) -> None:
    with pytest.raises(Fault) as caught:
        next(Http(keyed).events(serve(answer(503, b"busy")).url()))
    assert caught.value.kind is FaultKind.TRANSIENT
    with pytest.raises(Fault, match="no stream of events"):
        next(Http(keyed).events(serve(answer(200, b"{}")).url()))

    def check(reply: object) -> None:
        raise Fault(FaultKind.LOST, "mine")

    with pytest.raises(Fault, match="mine"):
        next(Http(keyed).events(serve(answer(404)).url(), check=check))


def test_hanging_up_in_the_middle_frees_the_connection(serve: Serve) -> None:
    server = serve(stream(b"data: 1\n\n"))
    http = Http(keyed)
    for _ in range(5):  # more than one thread's connections
        events = http.events(server.url())
        assert next(events).data == "1"
        events.close()  # type: ignore[attr-defined]


def test_a_cut_chunked_stream_is_told(serve: Serve) -> None:
    def script(conn: socket.socket, _: Request) -> bool:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        conn.sendall(head + b"9\r\ndata: 1\n\n\r\n")
        return False

    events = Http(keyed).events(serve(script).url())
    assert next(events).data == "1"
    with pytest.raises(Fault) as caught:
        next(events)
    assert caught.value.kind is FaultKind.TRANSIENT


def test_plain_is_what_it_says() -> None:
    assert plain(200, b"x") == b"HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\nx"


def test_n05_what_follows_a_packed_body_counts_too(serve: Serve) -> None:
    """Little to unpack, then bytes without end that nobody looks at."""

    def script(conn: socket.socket, _: Request) -> bool:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}"))
        for _step in range(64):
            conn.sendall(b"\0" * 65_536)
        return False

    with pytest.raises(Fault, match="larger than 1 MB refused"):
        Http(keyed, most=1 << 20).send(Call("GET", serve(script).url()))


def test_n05_a_bomb_is_unpacked_in_small_pieces() -> None:
    pieces = [len(piece) for piece in bounded.unpacked([packed(20, 31)], "gzip")]
    assert max(pieces) <= 1 << 18 and sum(pieces) == 20 << 20
