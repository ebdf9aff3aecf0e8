"""Fetching finished pictures: whole or not at all."""

from __future__ import annotations

import base64
import io
import socket

import pytest
from PIL import Image
from wild import Request, Script, answer, in_turn, plain

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.providers.http.client import Http

from .conftest import Serve


def picture(kind: str = "JPEG", size: tuple[int, int] = (200, 300)) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise(size, 80).convert("RGB")
    image.save(out, kind)
    return out.getvalue()


JPEG = picture()


def http(**options: object) -> Http:
    return Http(lambda: {"X-API-Key": "sk-canary"}, private=lambda: True, **options)  # type: ignore[arg-type]


def test_a_picture_comes_whole(serve: Serve) -> None:
    server = serve(answer(200, JPEG))
    assert http().download(server.url("/x.jpg")) == JPEG
    assert "x-api-key" not in server.requests[0].headers


def cut(part: float, how: str) -> Script:
    def script(conn: socket.socket, _: Request) -> bool:
        data = JPEG[: int(len(JPEG) * part)]
        if how == "chunked":
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(JPEG)
        else:
            length = b"Content-Length: %d\r\n" % len(JPEG) if how == "length" else b""
            head = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n"
        conn.sendall(head + data)
        return False

    return script


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("how", ["length", "no length", "chunked"])
def test_n03_a_cut_body_is_noticed_and_fetched_again(serve: Serve, part: float, how: str) -> None:
    server = serve(in_turn(cut(part, how), answer(200, JPEG)))
    assert http().download(server.url()) == JPEG
    assert len(server.requests) == 2


def test_n03_one_that_stays_incomplete_is_told(serve: Serve) -> None:
    server = serve(cut(0.5, "no length"))
    with pytest.raises(Fault, match=r"incomplete image from 127\.0\.0\.1") as caught:
        http().download(server.url())
    assert caught.value.kind is FaultKind.TRANSIENT and len(server.requests) == 3


def test_what_is_whole_and_no_picture_of_ours_is_fetched_once(serve: Serve) -> None:
    server = serve(answer(200, picture("GIF")))
    with pytest.raises(Fault) as caught:
        http().download(server.url())
    assert caught.value.kind is FaultKind.INPUT and len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind", "asked"),
    [
        (403, "lost", 1), (404, "lost", 1), (410, "lost", 1), (401, "account", 1), (500, "transient", 3),
        (503, "transient", 3), (204, "transient", 3), (206, "transient", 3),
    ],
)  # fmt: skip
def test_statuses_of_a_download(serve: Serve, status: int, kind: str, asked: int) -> None:
    server = serve(answer(status, JPEG if status != 204 else b""))
    with pytest.raises(Fault) as caught:
        http().download(server.url())
    assert caught.value.kind == kind and len(server.requests) == asked


def test_a_server_that_asks_to_wait_is_not_asked_again_at_once(serve: Serve) -> None:
    server = serve(answer(503, b"", Retry_After="9"))
    with pytest.raises(Fault) as caught:
        http().download(server.url())
    assert caught.value.wait == 9.0 and len(server.requests) == 1


def test_redirects_are_followed_three_times_with_the_key_for_the_first_host_only(serve: Serve) -> None:
    other = serve(answer(200, JPEG))
    server = serve(in_turn(answer(302, b"", Location="/2"), answer(301, b"", Location=other.url("/3"))))
    assert http().download(server.url("/1"), own=True) == JPEG
    assert [r.path for r in server.requests] == ["/1", "/2"]
    assert all(r.headers["x-api-key"] == "sk-canary" for r in server.requests)
    assert "x-api-key" not in other.requests[0].headers


def test_n06_redirects_without_end_and_to_nowhere_are_refused(serve: Serve) -> None:
    server = serve(answer(302, b"", Location="/again"))
    with pytest.raises(Fault, match="redirects more than 3 times"):
        http().download(server.url())
    assert len(server.requests) == 4
    for place in ("file:///etc/passwd", "ftp://x/", "http://me:pw@127.0.0.1/", "http://"):
        with pytest.raises(Fault) as caught:
            http().download(serve(answer(302, b"", Location=place)).url())
        assert caught.value.kind is FaultKind.CONFIG and "pw" not in caught.value.text


def test_a_result_at_an_inner_address_is_not_fetched_for_a_service_of_the_internet(serve: Serve) -> None:
    server = serve(answer(200, JPEG))
    with pytest.raises(Fault, match="not an address of the public internet") as caught:
        Http(dict).download(server.url())
    assert not server.requests and caught.value.kind is FaultKind.CONFIG


def test_a_huge_result_is_refused(serve: Serve) -> None:
    server = serve(answer(200, JPEG, Content_Length=str(10 << 30)))
    with pytest.raises(Fault, match="larger than 64 MB refused"):
        http().download(server.url())
    assert len(server.requests) == 1


def test_a_data_uri_is_a_result_too() -> None:
    uri = "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()
    assert http().download(uri) == JPEG
    with pytest.raises(Fault, match="cannot be read"):
        http().download("data:image/png;base64,&&&")


def test_it_ends_by_its_deadline(serve: Serve) -> None:
    server = serve(lambda conn, _: conn.sendall(plain(200, JPEG[:100], Content_Length="5000")))
    with pytest.raises(Fault, match="out of time"):
        http().download(server.url(), seconds=0.4)
    assert len(server.requests) == 1


def test_n13_results_come_through_a_proxy_of_our_own_network(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy itself is at an inner address: that is where proxies are. What it is asked for must not be."""
    proxy = serve(answer(200, JPEG))
    monkeypatch.setenv("http_proxy", proxy.url())
    assert Http(dict).download("http://results.example/x.jpg") == JPEG
    assert proxy.requests[0].path == "http://results.example/x.jpg"
    for host in ("169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(Fault, match="not an address of the public internet"):
            Http(dict).download(f"http://{host}/x.jpg")
    assert len(proxy.requests) == 1
