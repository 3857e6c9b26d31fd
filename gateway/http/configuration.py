"""Configuration of client connections from the settings."""

from __future__ import annotations

from gateway.http.client_address import Network, read_networks
from gateway.http.connections import Connections
from gateway.http.peers import PeerLimits
from gateway.settings import PREFIX, Settings


def configured_connections(settings: Settings) -> Connections:
    """Create the registry of connections, with the limits of the settings."""
    return Connections(
        PeerLimits(
            settings.connections,
            settings.head_limit_bytes,
            settings.header_limit,
            settings.head_timeout_seconds,
            settings.stall_seconds,
            settings.bytes_per_second,
            settings.body_limit_bytes,
            settings.operation_timeout_seconds,
            settings.heartbeat_seconds,
        )
    )


def configured_proxies(settings: Settings) -> tuple[Network, ...]:
    """The trusted proxies; SettingsError for what is no network."""
    return read_networks(f"{PREFIX}TRUSTED_PROXIES", settings.trusted_proxies or "")
