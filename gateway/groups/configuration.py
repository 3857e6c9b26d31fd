"""Configuration of the group service from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from gateway.db import Database
from gateway.directory.panoptes.live import LiveDirectory
from gateway.directory.panoptes.transport import Transport
from gateway.errors import SettingsError
from gateway.groups.panoptes.remote_groups import PanoptesGroups
from gateway.groups.service import GroupService
from gateway.groups.transaction import Limits
from gateway.settings import PREFIX, Settings
from gateway.telemetry.metrics import Metrics

#: Settings of claims: tokens whose claims differ from Panoptes' are another issuer's.
_CLAIMS = (
    "jwt_id_claim",
    "jwt_login_claim",
    "jwt_name_claim",
    "jwt_admin_claim",
    "jwt_scope_claim",
)


def configured_groups(
    settings: Settings,
    database: Database,
    metrics: Metrics | None = None,
    home: PanoptesGroups | None = None,
) -> GroupService:
    """The group service; it refuses all commands while groups are switched off."""
    count = None if metrics is None else metrics.group_command
    return GroupService(
        database, _limits(settings), is_on=settings.groups != "off", count=count, home=home
    )


def configured_home(
    settings: Settings,
    database: Database,
    live: LiveDirectory | None,
    clock: Callable[[], datetime],
) -> PanoptesGroups | None:
    """The Panoptes at which groups are changed; None if they are changed here, or not at all."""
    if settings.groups != "panoptes":
        return None
    url = settings.panoptes_url
    if url is None or live is None:
        raise SettingsError(f"{PREFIX}GROUPS=panoptes needs {PREFIX}PANOPTES_URL.")
    if settings.panoptes_client_id is None:
        raise SettingsError(
            f"{PREFIX}GROUPS=panoptes needs {PREFIX}PANOPTES_CLIENT_ID and {PREFIX}PANOPTES_"
            "CLIENT_SECRET: without them nobody's memberships can be read."
        )
    if not _is_confidential(url):
        raise SettingsError(
            f"{PREFIX}GROUPS=panoptes sends people's tokens to {PREFIX}PANOPTES_URL: it must begin "
            "with https://, unless it is this machine."
        )
    for name in _CLAIMS:
        if getattr(settings, name) != Settings.model_fields[name].default:
            raise SettingsError(
                f"{PREFIX}GROUPS=panoptes forwards tokens of Panoptes, and of no other issuer: "
                f"{PREFIX}{name.upper()} must be as Panoptes has it."
            )
    seconds = settings.panoptes_change_seconds
    return PanoptesGroups(
        Transport(url, timeout_seconds=seconds),
        database,
        live,
        clock,
        limits=_limits(settings),
        seconds=seconds,
        fresh_seconds=settings.panoptes_fresh_seconds,
    )


def _limits(settings: Settings) -> Limits:
    named: dict[str, Any] = {one.name: getattr(settings, one.name) for one in fields(Limits)}
    return Limits(**named)


def _is_confidential(url: str) -> bool:
    """Whether requests to this URL are encrypted, or do not leave this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
