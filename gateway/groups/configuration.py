"""The service of groups that the settings ask for."""

from __future__ import annotations

from dataclasses import fields

from gateway.db import Database
from gateway.groups.service import GroupService
from gateway.groups.turn import Limits
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics


def configured_groups(
    settings: Settings, database: Database, metrics: Metrics | None = None
) -> GroupService:
    """The service, which refuses all commands unless this gateway is the authority of groups."""
    limits = Limits(**{one.name: getattr(settings, one.name) for one in fields(Limits)})
    count = None if metrics is None else metrics.group_command
    return GroupService(database, limits, is_on=settings.groups == "own", count=count)
