"""Configuration of Panoptes: the client and the look-up that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.db import Database
from gateway.directory.panoptes.client import Credentials, Panoptes
from gateway.directory.panoptes.live import Freshness, LiveDirectory
from gateway.directory.panoptes.look_up_limits import LookUpLimits
from gateway.errors import SettingsError
from gateway.settings import PREFIX, Settings


def configured_panoptes(
    settings: Settings, clock: Callable[[], datetime], timeout_seconds: float
) -> Panoptes | None:
    """The API client, None if the settings name none; SettingsError if it cannot be used."""
    if settings.panoptes_url is None:
        return None
    if settings.groups == "own":
        raise SettingsError(
            f"{PREFIX}GROUPS=own makes this gateway the authority of groups, and {PREFIX}"
            "PANOPTES_URL makes Panoptes that: set one of them."
        )
    credentials = Credentials.of(settings.panoptes_client_id, settings.panoptes_client_secret)
    return Panoptes(settings.panoptes_url, credentials, clock, timeout_seconds=timeout_seconds)


def configured_live_directory(
    settings: Settings, database: Database, clock: Callable[[], datetime]
) -> LiveDirectory | None:
    """The live look-up; None if the settings name no Panoptes, for the directory alone."""
    freshness = Freshness(
        settings.panoptes_fresh_seconds,
        settings.panoptes_stale_seconds,
        settings.panoptes_timeout_seconds,
    )
    if freshness.stale_seconds < freshness.fresh_seconds:
        raise SettingsError(
            f"{PREFIX}PANOPTES_STALE_SECONDS must not be less than {PREFIX}PANOPTES_FRESH_SECONDS."
        )
    panoptes = configured_panoptes(settings, clock, freshness.timeout_seconds)
    if panoptes is None:
        return None
    limits = LookUpLimits(
        settings.panoptes_unknown_per_minute, settings.panoptes_unknown_in_all_per_minute
    )
    return LiveDirectory(panoptes, database, clock, freshness, limits)
