"""Where addresses given by others may lead."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_cli.providers.http.guard import Forbidden, guarded, is_public, trouble
from tryon_cli.providers.http.names import addresses

HOSTS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "localhost",
    "LOCALHOST.", "a.localhost", "0.0.0.0", "0", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "198.18.0.1",
    "metadata.google.internal", "metadata", "instance-data", "printer.local", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "[fec0::1]", "[2001:db8::1]", "[2001::1]", "[64:ff9b:1::1]", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1",
    "%31%32%37.0.0.1", "1.1.1.1.", "foo..example.com", "127.0.0.1%00.example.com",
]  # fmt: skip
PLAIN = {"1.1.1.1."}
"""Public, and only here to show that a trailing dot alone is no reason."""


@pytest.mark.parametrize("host", HOSTS)
def test_all_forms_of_inner_hosts_are_refused_by_their_form(host: str) -> None:
    why, fix = trouble(f"http://{host}/x.jpg")
    assert bool(why) is (host not in PLAIN) and bool(fix) is bool(why)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]", "0"])
def test_and_again_by_what_they_lead_to(host: str) -> None:
    with pytest.raises(Forbidden, match="not an address of the public internet"):
        guarded()(host, 80)
    assert guarded(lambda: True)(host, 80) == addresses(host, 80)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com@127.0.0.1/", "http://127.0.0.1#@example.com/", "http://me:pw@example.com/",
        "http://example.com\\@127.0.0.1/", "http://exa mple.com/", "http://example.com/a b", "http://example.com/\n",
        "ftp://example.com/", "file:///etc/passwd", "data:image/png;base64,xx", "gopher://x.com/", "http://",
        "http:///x", "http://example.com:22/", "http://example.com:6379/", "https://example.com:8443/",
        "http://example.com:99999/", "http://[::1/", "http://[v1.x]/",
    ],
)  # fmt: skip
def test_addresses_with_tricks_are_refused(url: str) -> None:
    assert trouble(url)[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/x.jpg", "http://example.com:80/x?y=1#z", "HTTPS://Example.COM:443/", "https://bücher.example/",
        "https://8.8.8.8/x", "https://[2606:4700::1111]/x", "https://xn--bcher-kva.example/x", "https://a.b-c.co.uk/%20",
    ],
)  # fmt: skip
def test_plain_public_addresses_pass(url: str) -> None:
    assert trouble(url) == ("", "")


def test_allow_private_allows_machines_and_ports_and_nothing_else() -> None:
    for url in ("http://127.0.0.1:8188/x", "http://nas:5000/x", "http://[::1]:1/", "http://a.local/"):
        assert trouble(url, private=True) == ("", "")
    for url in ("http://me@nas/", "ftp://nas/", "http://2130706433/", "http://①.1.1.1/"):
        assert trouble(url, private=True)[0]


def test_one_inner_address_among_public_ones_is_one_too_many() -> None:
    for found in (
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700::1111", "::ffff:10.0.0.1"],
        ["8.8.8.8", "not an address"],
    ):
        with pytest.raises(Forbidden):
            guarded(resolve=lambda host, port, found=found: found)("x.example", 80)
    assert guarded(resolve=lambda host, port: ["8.8.8.8"])("x.example", 80) == ["8.8.8.8"]


@given(st.ip_addresses(v=4))
def test_what_is_wrapped_is_judged_like_what_is_inside(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrapped = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    for outer in wrapped:
        assert is_public(str(outer)) is is_public(str(address))


@given(
    st.sampled_from(
        [
            "10.0.0.0/8",
            "127.0.0.0/8",
            "100.64.0.0/10",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "fc00::/7",
            "fe80::/10",
            "ff00::/8",
        ]
    ),
    st.data(),
)
def test_no_address_of_an_inner_network_is_public(network: str, data: st.DataObject) -> None:
    net = ipaddress.ip_network(network)
    number = data.draw(st.integers(int(net.network_address), int(net.broadcast_address)))
    assert not is_public(
        str(ipaddress.ip_address(number) if net.version == 4 else ipaddress.IPv6Address(number))
    )
