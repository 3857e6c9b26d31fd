"""Who asks, behind proxies: only what a trusted proxy has appended is believed."""

import pytest

from gateway.errors import SettingsError
from gateway.http.client_address import client_address, read_networks

TRUSTED = read_networks("TRUSTED", "10.0.0.0/8, 192.0.2.7, 2001:db8:1::/48")


def asked_from(peer: str | None, *forwarded: str) -> str:
    scope = {
        "type": "http",
        "client": None if peer is None else (peer, 1234),
        "headers": [(b"x-forwarded-for", line.encode()) for line in forwarded],
    }
    return client_address(scope, TRUSTED)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.5"], "203.0.113.5"),
        # A client that is no proxy of ours may write what it likes.
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.1.2.3", ["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        ("10.1.2.3", ["10.9.9.9, 203.0.113.5"], "203.0.113.5"),
        # Through two proxies; also where each wrote a line of its own.
        ("10.1.2.3", ["203.0.113.5, 192.0.2.7"], "203.0.113.5"),
        ("10.1.2.3", ["198.51.100.1, 203.0.113.5", "192.0.2.7"], "203.0.113.5"),
        ("10.1.2.3", ["192.0.2.7", "203.0.113.5"], "203.0.113.5"),
        # The proxies themselves ask.
        ("10.1.2.3", ["10.4.5.6"], "10.4.5.6"),
        # What is no address ends the list at who wrote it.
        ("10.1.2.3", ["203.0.113.5, unknown"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.5, nonsense, 192.0.2.7"], "192.0.2.7"),
        ("10.1.2.3", [""], "10.1.2.3"),
        # A client of IPv6 has a network of addresses.
        ("2001:db8:2::1", [], "2001:db8:2::/64"),
        ("2001:db8:2::ffff", [], "2001:db8:2::/64"),
        ("2001:db8:1::1", ["2001:db8:2:3:4:5:6:7"], "2001:db8:2:3::/64"),
        ("::ffff:203.0.113.5", [], "203.0.113.5"),
        ("::ffff:10.1.2.3", ["203.0.113.5"], "203.0.113.5"),
        (None, ["203.0.113.5"], "unknown"),
    ],
)
def test_forwarded_addresses_are_read_from_the_end_while_they_are_trusted(
    peer: str | None, forwarded: list[str], address: str
) -> None:
    assert asked_from(peer, *forwarded) == address


def test_no_proxy_is_trusted_unless_it_is_named() -> None:
    assert read_networks("TRUSTED", "") == ()


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy.example.org", "10.0.0.0/33", "*"])
def test_what_is_no_network_is_refused_with_the_setting(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^TRUSTED cannot be used: .*\.$"):
        read_networks("TRUSTED", text)
