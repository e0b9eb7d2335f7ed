"""From which address somebody comes, whatever proxies and liars say."""

import pytest
from pytest_django import Settings

from dashboard.address import UNKNOWN, client_address, network_of


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        (0, "10.0.0.1", "", "10.0.0.1"),
        (0, "10.0.0.1", "6.6.6.6", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "unknown", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (1, "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        (0, "::ffff:10.0.0.1", "", "10.0.0.1"),
        (0, "", "", UNKNOWN),
        (0, "testserver", "", UNKNOWN),
        (1, "", "<script>", UNKNOWN),
    ],
)
def test_the_entry_of_our_own_proxy_counts(
    settings: Settings, proxies: int, peer: str, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    assert client_address(peer, forwarded) == expected


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (UNKNOWN, UNKNOWN),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::", "2001:db8:0:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_of_ipv6_a_whole_network_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network
