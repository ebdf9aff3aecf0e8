"""What an error of the network means: whether a paid request may have arrived."""

from __future__ import annotations

import contextlib
import inspect
import logging
import socket
import threading
import time

import httpcore
import httpx
import pytest
from wild import Wild, answer, in_turn, plain, reset

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.remote import Call
from tryon_cli.providers.http import names, wire
from tryon_cli.providers.http.client import Http
from tryon_cli.providers.http.meaning import MEANS, Sent, meaning_of
from tryon_cli.providers.http.network import Trail

from .conftest import Serve

SOON = 0.5
"""Seconds of a deadline that is meant to pass."""
PATIENT = 20.0
"""Seconds that prove it was kept: everything here would last a minute without it."""


def no_headers() -> dict[str, str]:
    return {}


def failed(http: Http, call: Call, *, paid: bool = True, seconds: float = 30.0) -> Fault:
    with pytest.raises(Fault) as caught:
        http.send(call, paid=paid, seconds=seconds)
    return caught.value


def errors_of(module: object) -> set[type[Exception]]:
    return {v for _, v in inspect.getmembers(module, inspect.isclass) if issubclass(v, Exception)}


def test_every_error_of_httpx_has_a_meaning() -> None:
    assert errors_of(httpx) == set(MEANS)


def test_every_error_of_httpcore_has_its_twin_in_httpx() -> None:
    own = {error.__name__ for error in errors_of(httpcore)} - {"ConnectionNotAvailable"}
    assert own <= {error.__name__ for error in errors_of(httpx)}


@pytest.mark.parametrize("error", sorted(MEANS, key=lambda e: e.__name__))
@pytest.mark.parametrize("left", [True, False])
def test_a_paid_request_of_which_bytes_left_is_never_called_unsent(
    error: type[Exception], left: bool
) -> None:
    made = error.__new__(error)
    Exception.__init__(made, "x")
    broken = meaning_of(made, "http://h/", Trail(sent=left), None, None)
    assert (broken.sent is Sent.MAYBE) is left


def hang(conn: socket.socket, request: object) -> None:
    """Say nothing more."""


@pytest.fixture
def drip(serve: Serve):  # type: ignore[no-untyped-def]
    """A server that sends a beginning, then one byte now and then for a minute."""

    def start(head: bytes, byte: bytes = b"x") -> Wild:
        def script(conn: socket.socket, _: object) -> bool:
            conn.sendall(head)
            for _step in range(600):
                if server.over.wait(0.1):
                    break
                conn.sendall(byte)
            return False

        server = serve(script)
        return server

    return start


@pytest.mark.parametrize("paid", [True, False])
def test_n02_slow_loris_body(drip, paid: bool) -> None:  # type: ignore[no-untyped-def]
    server = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 300)
    began = time.monotonic()
    fault = failed(Http(no_headers), Call("POST", server.url(), json={}), paid=paid, seconds=SOON)
    assert time.monotonic() - began < PATIENT
    assert fault.kind is (FaultKind.AMBIGUOUS if paid else FaultKind.TRANSIENT)
    assert "out of time after 3" in fault.text and "127.0.0.1" in fault.text


def test_n02_slow_loris_headers(drip) -> None:  # type: ignore[no-untyped-def]
    server = drip(b"HTTP/1.1 200 OK\r\nX-A: ")
    began = time.monotonic()
    fault = failed(Http(no_headers), Call("POST", server.url(), json={}), seconds=SOON)
    assert time.monotonic() - began < PATIENT
    assert fault.kind is FaultKind.AMBIGUOUS


def test_n02_endless_interim_answers(drip) -> None:  # type: ignore[no-untyped-def]
    server = drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n")
    fault = failed(Http(no_headers), Call("GET", server.url()), paid=False, seconds=SOON)
    assert fault.kind is FaultKind.TRANSIENT


def test_n02_a_stall_at_the_last_percent(serve: Serve) -> None:
    server = serve(lambda conn, _: conn.sendall(plain(200, b"x" * 99, Content_Length="100")))
    began = time.monotonic()
    fault = failed(Http(no_headers), Call("GET", server.url()), paid=False, seconds=SOON)
    assert time.monotonic() - began < PATIENT and "after 99 bytes" in fault.text


def test_n02_a_server_that_does_not_read_the_upload() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        fault = failed(Http(no_headers), Call("PUT", url, content=b"x" * (32 << 20)), seconds=SOON)
        assert time.monotonic() - began < PATIENT
        assert fault.kind is FaultKind.AMBIGUOUS


def test_n02_a_tls_handshake_that_stalls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts, never speaks
        began = time.monotonic()
        call = Call("POST", f"https://127.0.0.1:{listener.getsockname()[1]}/", json={})
        fault = failed(Http(no_headers), call, seconds=SOON)
        assert time.monotonic() - began < PATIENT
        assert fault.kind is FaultKind.TRANSIENT  # nothing of the request has left


def test_n02_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    asked: list[str] = []

    def hanging(host: str, *args: object, **kwargs: object) -> list[object]:
        asked.append(host)
        over.wait(60)
        return []

    monkeypatch.setattr(names.socket, "getaddrinfo", hanging)
    began = time.monotonic()
    for _ in range(3):
        fault = failed(Http(no_headers), Call("POST", "http://slow.example/", json={}), seconds=0.2)
        assert fault.kind is FaultKind.TRANSIENT and "slow.example" in fault.text
    over.set()
    assert time.monotonic() - began < PATIENT
    assert asked == ["slow.example"]  # one thread hangs, not one per call


@pytest.mark.parametrize("how", ["fin", "rst", "half a head", "half a body"])
def test_n04_a_reply_that_is_lost_after_the_request_went_out_may_have_been_billed(
    serve: Serve, how: str
) -> None:
    def script(conn: socket.socket, _: object) -> bool:
        if how == "rst":
            return reset(conn)
        if how.startswith("half"):
            whole = plain(200, b'{"id": "1"}')
            conn.sendall(whole[:20] if how == "half a head" else whole[:-4])
        return False

    server = serve(script)
    fault = failed(Http(no_headers), Call("POST", server.url(), json={"a": 1}))
    assert fault.kind is FaultKind.AMBIGUOUS and "may have been billed" in fault.text
    assert len(server.requests) == 1  # and it was not sent again by any layer


def test_n04_the_same_loss_is_harmless_where_nothing_is_paid(serve: Serve) -> None:
    server = serve(lambda conn, _: False)
    fault = failed(Http(no_headers), Call("GET", server.url()), paid=False)
    assert fault.kind is FaultKind.TRANSIENT


def test_n04_a_paid_request_does_not_go_down_a_connection_that_idled(serve: Serve) -> None:
    server = serve(answer())
    now = [0.0]
    http = Http(no_headers)
    http._wires["api"] = wire.Wire(clock=lambda: now[0])
    call = Call("POST", server.url(), json={})
    http.send(call, paid=True)
    http.send(call, paid=True)
    assert [r.connection for r in server.requests] == [1, 1]
    now[0] += wire.STALE + 0.1
    http.send(call)
    assert server.requests[-1].connection == 1  # what may be repeated may use it
    now[0] += wire.STALE + 0.1
    http.send(call, paid=True)
    assert server.requests[-1].connection == 2


def test_a_refused_connection_is_known_not_to_be_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fault = failed(Http(no_headers), Call("POST", f"http://127.0.0.1:{port}/", json={}))
    assert fault.kind is FaultKind.TRANSIENT and "connection refused" in fault.text


def test_the_next_address_of_a_host_is_tried(serve: Serve) -> None:
    server = serve(answer())
    http = Http(no_headers)
    http._wires["api"] = wire.Wire(resolve=lambda host, port: ["127.0.0.2", "::1", "127.0.0.1"])
    assert http.send(Call("GET", server.url(host="two.example"))).status == 200
    assert server.requests[0].headers["host"] == f"two.example:{server.port}"


BROKEN = {
    "garbage": b"\x00\x01\x02 not http at all\r\n\r\n",
    "http/9": b"HTTP/9 yes\r\n\r\n",
    "300 kB header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "bad gzip": plain(200, b"not gzip", Content_Encoding="gzip"),
    "cut gzip": plain(200, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", Content_Encoding="gzip"),
    "brotli": plain(200, b"x", Content_Encoding="br"),
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("name", sorted(BROKEN))
def test_n14_broken_protocol_is_one_line_and_never_a_bug(serve: Serve, name: str, paid: bool) -> None:
    def script(conn: socket.socket, _: object) -> bool:
        conn.sendall(BROKEN[name])
        return False

    server = serve(script)
    fault = failed(Http(no_headers), Call("POST", server.url(), json={}), paid=paid)
    assert fault.kind is (FaultKind.AMBIGUOUS if paid else FaultKind.TRANSIENT)
    assert "\n" not in fault.text and len(fault.text) < 400


def test_n14_an_answer_that_is_no_json(serve: Serve) -> None:
    server = serve(answer(200, b"<html>"))
    for paid, kind in ((True, FaultKind.AMBIGUOUS), (False, FaultKind.TRANSIENT)):
        reply = Http(no_headers).send(Call("POST", server.url(), json={}), paid=paid)
        assert reply.document() == {}
        with pytest.raises(Fault) as caught:
            reply.json()
        assert caught.value.kind is kind


@pytest.mark.parametrize("url", ["ftp://h/", "http://", "http://h:99999/", "nonsense", "http://h\x00/"])
def test_an_address_that_is_none_is_a_matter_of_settings(url: str) -> None:
    assert failed(Http(no_headers), Call("POST", url, json={})).kind is FaultKind.CONFIG


def test_n16_headers_that_cannot_be_written_are_not_quoted() -> None:
    canary = "sk-canary-in-a-header"
    for bad in (f"Bearer {canary}\n", f"Bearer {canary}\r\nX: 1", f"Bearer {canary}é"):
        fault = failed(
            Http(lambda bad=bad: {"Authorization": bad}), Call("POST", "http://127.0.0.1:9/", json={})
        )
        assert fault.kind is FaultKind.CONFIG and canary not in f"{fault.text}{fault.fix}{fault.__cause__}"


def test_n17_nothing_is_logged_with_queries_keys_or_users(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(in_turn(answer(), lambda conn, _: False))
    caplog.set_level(logging.INFO)
    http = Http(lambda: {"Authorization": "Bearer sk-canary-1"})
    url = f"http://me:canary-2@127.0.0.1:{server.port}/x?signature=canary-3"
    http.send(Call("GET", url))
    fault = failed(http, Call("POST", url, json={}))
    shown = caplog.text + fault.text + fault.fix
    assert "canary" not in shown and "signature" not in shown


def test_no_cookies_are_kept(serve: Serve) -> None:
    server = serve(answer(200, b"{}", Set_Cookie="a=b"))
    http = Http(no_headers)
    for _ in range(2):
        http.send(Call("GET", server.url()))
    assert "cookie" not in server.requests[1].headers and server.connections == 1


def test_a_login_in_the_address_goes_along(serve: Serve) -> None:
    server = serve(answer(200, b"{}"))
    url = server.url().replace("://", "://me:s%40fe@")
    Http(no_headers).send(Call("GET", url))
    Http(lambda: {"Authorization": "Bearer key"}).send(Call("GET", url))
    assert [r.headers["authorization"] for r in server.requests] == ["Basic bWU6c0BmZQ=="] * 2
    assert "me" not in server.requests[0].headers["host"]


def test_each_thread_has_a_client_of_its_own_and_its_end_closes_it(serve: Serve) -> None:
    server = serve(answer())
    http = Http(no_headers)

    def ask() -> None:
        for _ in range(3):
            http.send(Call("GET", server.url()))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == 5 and len(server.requests) == 15


def test_a_call_inside_a_stream_has_its_own_deadline(serve: Serve) -> None:
    """One thread may watch a stream of events and ask in between."""

    def script(conn: socket.socket, request: object) -> None:
        if request.path == "/stream":  # type: ignore[attr-defined]
            conn.sendall(plain(200, b"data: 1\n\n", Content_Type="text/event-stream", Content_Length="1000"))
        else:
            conn.sendall(plain())

    server = serve(script)
    http = Http(no_headers)
    events = http.events(server.url("/stream"), seconds=60)
    assert next(events).data == "1"
    assert http.send(Call("POST", server.url("/ask"), json={}), seconds=5, paid=True).status == 200
    events.close()  # type: ignore[attr-defined]


def test_n01_more_threads_than_anybody_planned_for_never_wait_for_a_connection(serve: Serve) -> None:
    """A pool that threads share makes them wait, or fail with PoolTimeout; here each has its own."""
    together = threading.Barrier(65)

    def script(conn: socket.socket, _: object) -> None:
        together.wait(60)
        conn.sendall(plain())

    server = serve(script)
    http = Http(no_headers)
    got: list[int] = []

    def ask() -> None:
        got.append(http.send(Call("POST", server.url(), json={}), paid=True, seconds=60).status)

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    together.wait(60)  # passes only when all 64 are at the server at once
    for thread in threads:
        thread.join()
    assert got == [200] * 64


def test_n10_nothing_below_the_wrappers_asks_a_second_time(serve: Serve) -> None:
    for script in (lambda conn, _: False, answer(503), answer(429), answer(500)):
        server = serve(script)
        for paid in (True, False):
            with contextlib.suppress(Fault):
                Http(no_headers).send(Call("POST", server.url(), json={}), paid=paid)
        assert len(server.requests) == 2
