"""Instants: microseconds since the epoch, as the database keeps them, shown as ``DateTime``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(microseconds: int) -> datetime:
    """The instant of a number."""
    return _EPOCH + timedelta(microseconds=microseconds)


def optional_instant(microseconds: int | None) -> datetime | None:
    """The instant; None for one that is not known."""
    return None if microseconds is None else instant(microseconds)
