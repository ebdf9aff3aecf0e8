"""Fetching what a stranger's manifest names: never into our own network, never more than was agreed."""

from __future__ import annotations

import gzip
import io
import socket

import pytest
from PIL import Image
from wild import answer, in_turn, plain

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.links import NOTHING, Copy, mark
from tryon_cli.providers.http.fetch import Fetcher
from tryon_cli.providers.http.guard import is_public

from .conftest import Serve
from .test_guard import HOSTS, PLAIN


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((120, 160), 80).convert("RGB").save(out, "JPEG")
    return out.getvalue()


JPEG = picture()


def fetcher(**options: object) -> Fetcher:
    return Fetcher(private=True, sleep=lambda seconds: None, **options)  # type: ignore[arg-type]


def refused(fetch: Fetcher, url: str, known: Copy = NOTHING) -> Fault:
    with pytest.raises(Fault) as caught:
        fetch(url, known)
    assert caught.value.code == "M-URL"
    return caught.value


@pytest.fixture
def no_connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt to connect is noted, and fails."""
    tried: list[object] = []

    def connect(address: object, *args: object, **kwargs: object) -> object:
        tried.append(address)
        raise OSError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


@pytest.mark.parametrize("host", sorted(set(HOSTS) - PLAIN))
def test_e1_no_inner_host_is_ever_connected_to(host: str, no_connections: list[object]) -> None:
    fault = refused(Fetcher(sleep=lambda s: None), f"http://{host}/x.jpg")
    assert fault.kind is FaultKind.INPUT and not no_connections


def test_e1_a_name_that_leads_inside_is_refused(no_connections: list[object]) -> None:
    for found in (["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::1"], ["169.254.169.254"]):
        fetch = Fetcher(sleep=lambda s: None, resolve=lambda host, port, found=found: found)
        assert "public internet" in refused(fetch, "http://rebound.example/x.jpg").text
    assert not no_connections


def test_e1_a_name_is_asked_once_and_exactly_its_answer_is_connected_to(no_connections: list[object]) -> None:
    """DNS that answers public first and private then wins nothing: nobody asks it a second time."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]])
    fetch = Fetcher(sleep=lambda s: None, resolve=lambda host, port: next(answers))
    refused(fetch, "http://rebound.example/x.jpg")
    assert no_connections == [("8.8.8.8", 80)]
    assert all(is_public(address[0]) for address in no_connections)  # type: ignore[index]


def test_e1_a_redirect_into_our_network_is_refused(serve: Serve) -> None:
    inner = serve(answer(200, JPEG))
    names = {"public.example": ["127.0.0.1"]}
    for place in (inner.url("/"), "http://localhost/", "http://[::1]/", "http://169.254.169.254/", "ftp://x.example/",
                  "http://me:pw@x.example/", "http://x.example:22/"):  # fmt: skip
        outer = serve(answer(302, b"", Location=place))
        fetch = Fetcher(sleep=lambda s: None, resolve=lambda host, port: names[host])
        # the outer server stands for a public one: its address is let through, the guard of the next hop is not
        fetch._wire._resolve = lambda host, port: ["127.0.0.1"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tryon_cli.providers.http.guard._PORTS", (80, 443, outer.port))
            fault = refused(fetch, outer.url(host="public.example"))
        assert "redirects to where" in fault.text and "pw" not in fault.text
    assert not inner.requests


def test_redirects_are_followed_three_times_and_no_header_goes_along(serve: Serve) -> None:
    last = serve(answer(200, JPEG, ETag='"e"', Set_Cookie="a=b"))
    first = serve(
        in_turn(
            answer(301, b"", Location="/2", Set_Cookie="a=b"), answer(307, b"", Location=last.url("/3?sig=1#frag"))
        )
    )  # fmt: skip
    copy = fetcher()(first.url("/1"), NOTHING)
    assert copy.data == JPEG and copy.place == mark(last.url("/3?sig=1"))
    for request in (*first.requests, *last.requests):
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}
        assert request.headers["accept-encoding"] == "identity"
    endless = serve(answer(302, b"", Location="/again"))
    assert "more than 3 times" in refused(fetcher(), endless.url()).text and len(endless.requests) == 4


def test_no_proxy_is_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(answer(200, b"proxied"))
    monkeypatch.setenv("http_proxy", proxy.url())
    assert fetcher()(serve(answer(200, JPEG)).url("/x"), NOTHING).data == JPEG
    assert not proxy.requests


def test_asked_again_it_may_say_that_nothing_changed(serve: Serve) -> None:
    server = serve(in_turn(answer(200, JPEG, ETag='"v1"', Last_Modified="yesterday"), answer(304, b"")))
    fetch = fetcher()
    first = fetch(server.url("/x"), NOTHING)
    again = fetch(server.url("/x"), first)
    assert again.data is None and again.etag == '"v1"'
    assert server.requests[1].headers["if-none-match"] == '"v1"'
    assert server.requests[1].headers["if-modified-since"] == "yesterday"
    other = serve(answer(200, JPEG))
    fetch(other.url("/x"), first)
    assert "if-none-match" not in other.requests[0].headers


def test_a_304_that_nobody_asked_for_is_no_picture(serve: Serve) -> None:
    refused(fetcher(), serve(answer(304, b"")).url())


@pytest.mark.parametrize(
    ("status", "kind", "asked"),
    [
        (404, "input", 1), (403, "input", 1), (401, "input", 1), (204, "input", 1),
        (500, "transient", 3), (429, "transient", 3),
    ],
)  # fmt: skip
def test_statuses(serve: Serve, status: int, kind: str, asked: int) -> None:
    server = serve(answer(status, b"no"))
    fault = refused(fetcher(), server.url("/a.jpg?signature=canary"))
    assert fault.kind == kind and str(status) in fault.text and len(server.requests) == asked
    assert "canary" not in fault.text


def test_content_counts_and_not_the_header(serve: Serve) -> None:
    assert fetcher()(serve(answer(200, JPEG, Content_Type="text/html")).url(), NOTHING).data == JPEG
    page = serve(answer(200, b"<!doctype html><p>Sign in", Content_Type="image/jpeg"))
    assert "web page" in refused(fetcher(), page.url()).text and len(page.requests) <= 3
    gif = io.BytesIO()
    Image.new("RGB", (100, 100)).save(gif, "GIF")
    assert refused(fetcher(), serve(answer(200, gif.getvalue())).url()).kind is FaultKind.INPUT


def test_a_cut_picture_is_fetched_again(serve: Serve) -> None:
    def cut(conn: socket.socket, _: object) -> bool:
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + JPEG[:-300])
        return False

    server = serve(in_turn(cut, answer(200, JPEG)))
    assert fetcher()(server.url(), NOTHING).data == JPEG


def test_sizes_and_packing(serve: Serve) -> None:
    big = serve(answer(200, JPEG, Content_Length=str(30 << 20)))
    assert "larger than 25 MB refused" in refused(fetcher(), big.url()).text

    def endless(conn: socket.socket, _: object) -> bool:
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _step in range(200):
            conn.sendall(b"x" * 65_536)
        return False

    assert "larger than 1 MB" in refused(fetcher(most=1), serve(endless).url()).text
    packed = serve(answer(200, gzip.compress(JPEG), Content_Encoding="gzip"))
    assert "packed" in refused(fetcher(), packed.url()).text


def test_it_ends_by_its_deadline(serve: Serve) -> None:
    server = serve(lambda conn, _: conn.sendall(plain(200, JPEG[:100], Content_Length="5000")))
    assert refused(fetcher(seconds=0.4), server.url()).kind is FaultKind.TRANSIENT
    assert len(server.requests) == 1


def test_nobody_there_is_tried_again(no_connections: list[object]) -> None:
    fetch = Fetcher(sleep=lambda s: None, resolve=lambda host, port: ["8.8.8.8"])
    assert refused(fetch, "https://gone.example/x.jpg").kind is FaultKind.TRANSIENT
    assert no_connections == [("8.8.8.8", 443)] * 3
