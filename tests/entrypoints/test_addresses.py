"""Whose address a request is counted under: nobody but a trusted proxy speaks for others."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from stickercase.entrypoints.http.addresses import UNKNOWN, Addresses

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ff::/48")]


def counted(peer: str | None, *forwarded: str, trusted: bool = True) -> str:
    """The address that a request with these X-Forwarded-For lines is counted under."""
    headers = [(b"host", b"x"), *((b"x-forwarded-for", line.encode("latin-1")) for line in forwarded)]
    return Addresses(PROXIES if trusted else []).of(peer, headers)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        (None, UNKNOWN),
        ("testclient", UNKNOWN),
    ],
)
def test_the_peer(peer: str | None, address: str) -> None:
    assert counted(peer) == counted(peer, trusted=False) == address


def test_nobody_speaks_for_others_unless_trusted() -> None:
    assert counted("192.0.2.7", "198.51.100.1") == "192.0.2.7"
    assert counted("10.0.0.1", "198.51.100.1", trusted=False) == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (["198.51.100.1"], "198.51.100.1"),
        (["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        (["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        (["203.0.113.9, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        (["203.0.113.9,198.51.100.1", "10.1.2.3,10.9.9.9"], "198.51.100.1"),
        (["10.1.2.3, 10.9.9.9"], "10.1.2.3"),
        (["198.51.100.1:4711"], "198.51.100.1"),
        (["[2001:db8:1:2::9]:4711"], "2001:db8:1:2::/64"),
        (["2001:db8:1:2::9"], "2001:db8:1:2::/64"),
        (["198.51.100.1, nonsense"], "10.0.0.1"),
        (["198.51.100.1, nonsense, 10.1.2.3"], "10.1.2.3"),
        (["198.51.100.1, "], "10.0.0.1"),
        (["\xff"], "10.0.0.1"),
        ([""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_the_last_hop_before_the_proxies_is_believed(forwarded: list[str], address: str) -> None:
    assert counted("10.0.0.1", *forwarded) == address
    assert counted("::ffff:10.0.0.1", *forwarded) == address


def test_one_proxy_brings_many() -> None:
    addresses = Addresses(PROXIES)
    found = {addresses.of("10.0.0.1", [(b"x-forwarded-for", b"198.51.100.%d" % number)]) for number in range(5)}
    assert len(found) == 5
