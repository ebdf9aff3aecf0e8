"""Certificates and proxies: told plainly, and never tried again when the next try would be no different."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme
from wild import Request, answer, in_turn

from tryon_cli.model.errors import Fault, FaultKind
from tryon_cli.model.remote import Call
from tryon_cli.providers.http import wire
from tryon_cli.providers.http.client import Http
from tryon_cli.providers.http.proxies import proxy_for

from .conftest import Serve


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def context(cert: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(made)
    return made


def failed(url: str, ca_file: str = "", *, paid: bool = True) -> Fault:
    with pytest.raises(Fault) as caught:
        Http(dict, ca_file=ca_file).send(Call("POST", url, json={}), paid=paid, seconds=20)
    return caught.value


def test_a_private_authority_is_believed_when_it_is_named(
    serve: Serve, authority: trustme.CA, ca_file: str
) -> None:
    server = serve(answer(), tls=context(authority.issue_cert("localhost", "127.0.0.1")))
    http = Http(dict, ca_file=ca_file)
    assert http.send(Call("POST", server.url(host="localhost"), json={}), paid=True).status == 200
    assert http.send(Call("POST", server.url(), json={}), paid=True).status == 200
    assert server.connections == 2  # one per name, kept for the next call


def test_n12_a_certificate_that_is_not_trusted(serve: Serve, authority: trustme.CA) -> None:
    server = serve(answer(), tls=context(authority.issue_cert("127.0.0.1")))
    fault = failed(server.url())
    assert fault.kind is FaultKind.CONFIG and "certificate of 127.0.0.1 not trusted" in fault.text
    assert "ca_file" in fault.fix and not server.requests


def test_n12_an_expired_certificate(serve: Serve, authority: trustme.CA, ca_file: str) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    server = serve(answer(), tls=context(authority.issue_cert("127.0.0.1", not_after=past)))
    fault = failed(server.url(), ca_file)
    assert fault.kind is FaultKind.CONFIG and "expired" in fault.text


def test_n12_a_certificate_for_another_name(serve: Serve, authority: trustme.CA, ca_file: str) -> None:
    server = serve(answer(), tls=context(authority.issue_cert("other.example")))
    fault = failed(server.url(), ca_file)
    assert fault.kind is FaultKind.CONFIG and "not trusted" in fault.text


def test_n12_no_tls_at_all_where_https_is_asked_for(serve: Serve) -> None:
    def script(conn: socket.socket, _: Request) -> bool:
        return False

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            conn, _ = listener.accept()
            with conn:
                conn.recv(1)
                conn.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                conn.recv(10_000)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        fault = failed(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(10)
    assert fault.kind is FaultKind.CONFIG and "no common TLS" in fault.text and "https" in fault.fix


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
def test_n12_a_server_that_knows_old_tls_only(serve: Serve, authority: trustme.CA, ca_file: str) -> None:
    old = context(authority.issue_cert("127.0.0.1"))
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1
    fault = failed(serve(answer(), tls=old).url(), ca_file)
    assert fault.kind is FaultKind.CONFIG and "TLS" in fault.text


def test_n12_two_hosts_at_one_address_are_two_connections(
    serve: Serve, authority: trustme.CA, ca_file: str
) -> None:
    """Finding 12: keyed by address, the second host would go down the connection made for the first."""
    server = serve(answer(), tls=context(authority.issue_cert("one.example")))
    http = Http(dict, ca_file=ca_file)
    http._wires["api"] = wire.Wire(ca_file, resolve=lambda host, port: ["127.0.0.1"])
    assert http.send(Call("GET", server.url(host="one.example"))).status == 200
    with pytest.raises(Fault, match=r"certificate of two\.example not trusted"):
        http.send(Call("GET", server.url(host="two.example")))


def test_a_certificate_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("nothing")
    for name in ("bad", "missing"):
        fault = failed("https://127.0.0.1:1/", str(tmp_path / name))
        assert fault.kind is FaultKind.CONFIG and name in fault.text


# ----------------------------------------------------------------------------- proxies
def test_n13_a_dead_proxy_is_named_with_its_variable_and_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://me:canary-pw@127.0.0.1:{port}")
        fault = failed(f"{scheme}://api.example/")
        assert f"proxy http://127.0.0.1:{port} (from {scheme.upper()}_PROXY)" in fault.text
        assert "canary" not in fault.text and fault.kind is FaultKind.TRANSIENT


def test_n13_a_request_goes_through_the_proxy_and_its_host_is_not_looked_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(answer(200, b'{"from": "proxy"}'))
    monkeypatch.setenv("http_proxy", f"http://me:pw@127.0.0.1:{proxy.port}")
    reply = Http(dict).send(Call("GET", "http://api.nowhere.example/x"))
    assert reply.json() == {"from": "proxy"}
    assert proxy.requests[0].path == "http://api.nowhere.example/x"
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("status", "kind"), [(407, FaultKind.CONFIG), (403, FaultKind.CONFIG), (502, FaultKind.TRANSIENT)]
)
def test_n13_a_proxy_that_refuses_the_tunnel_has_not_sent_the_request(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, status: int, kind: FaultKind
) -> None:
    proxy = serve(answer(status, b""))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    fault = failed("https://api.example/")
    assert fault.kind is kind and str(status) in fault.text and "https_proxy" in fault.text


def test_n13_a_tunnel_that_is_cut_before_tls_has_not_sent_the_request(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(in_turn(lambda conn, _: False))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    assert failed("https://api.example/").kind is FaultKind.TRANSIENT
    assert proxy.requests[0].method == "CONNECT"


def test_which_proxy_counts() -> None:
    env = {"HTTPS_PROXY": "http://upper:1", "https_proxy": "lower:2", "ALL_PROXY": "http://all:3"}
    found = proxy_for("https", "h.example", 443, env)
    assert found is not None and found.url == "http://lower:2" and found.variable == "https_proxy"
    found = proxy_for("http", "h.example", 80, env)
    assert found is not None and found.url == "http://all:3"
    assert proxy_for("http", "h", 80, {"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}) is None
    assert proxy_for("http", "h", 80, {}) is None
    assert "pw" not in repr(proxy_for("http", "h", 80, {"http_proxy": "http://me:pw@p"}))
    for bad in ("socks5://p:1", "http://", "http://p:99999"):
        with pytest.raises(Fault) as caught:
            proxy_for("http", "h", 80, {"http_proxy": bad})
        assert caught.value.kind is FaultKind.CONFIG and "http_proxy" in caught.value.text


@pytest.mark.parametrize(
    ("rule", "host", "port", "excepted"),
    [
        ("*", "a.example", 80, True), ("example", "a.example", 80, True), (".example", "a.example", 80, True),
        ("a.example", "ba.example", 80, False), ("a.example:8080", "a.example", 80, False),
        ("a.example:8080", "a.example", 8080, True), ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, False), ("10.0.0.0/8", "a.example", 80, False), ("::1", "[::1]", 80, True),
        ("x, localhost", "LOCALHOST", 80, True), ("", "a", 80, False), ("*.example", "a.example", 80, True),
    ],
)  # fmt: skip
def test_no_proxy(rule: str, host: str, port: int, excepted: bool) -> None:
    found = proxy_for("http", host, port, {"http_proxy": "http://p:1", "no_proxy": rule})
    assert (found is None) is excepted
