"""Client address of a request, from X-Forwarded-For of trusted proxies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.types import Scope

from gateway.errors import SettingsError
from gateway.reasons import reason_of

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Providers assign a network of this size to a household or a machine.
_IPV6_CLIENT = 64
#: Parsed addresses in the cache: all requests of a keep-alive connection have one address.
_MOST_CACHED = 1_000
_UNKNOWN = "unknown"
#: Most characters of an address, with an IPv6 zone.
_LONGEST = 64


def read_networks(setting: str, text: str) -> tuple[Network, ...]:
    """Parse networks from a comma-separated list; SettingsError that names the setting."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"{setting} cannot be used: {reason_of(error)}.") from None


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """Client address of a request, as one name for all addresses of one client.

    Each trusted proxy has appended the address of its own client to ``X-Forwarded-For``. The list
    is read from its end, as long as the peer that appended is trusted: the client wrote what comes
    before, which is ignored. An IPv6 client is its network of 64 bits.
    """
    client = scope.get("client")
    if not client:
        return _UNKNOWN
    if not trusted:
        return _name_of(client[0])
    peer = _address(client[0])
    if peer is None:
        return _UNKNOWN
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    appended = b",".join(lines).decode("latin-1").split(",")
    for text in reversed(appended):
        if not any(peer in network for network in trusted):
            break
        before = _address(text.strip())
        if before is None:
            break
        peer = before
    return _name(peer)


@lru_cache(_MOST_CACHED)
def _name_of(text: str) -> str:
    peer = _address(text)
    return _UNKNOWN if peer is None else _name(peer)


def _name(peer: Address) -> str:
    if isinstance(peer, IPv6Address):
        return str(ip_network((peer, _IPV6_CLIENT), strict=False))
    return str(peer)


def _address(text: str) -> Address | None:
    return _parsed(text) if len(text) <= _LONGEST else None


@lru_cache(_MOST_CACHED)
def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # An IPv4 client of a dual-stack socket.
    return getattr(address, "ipv4_mapped", None) or address
