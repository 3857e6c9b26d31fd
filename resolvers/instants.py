"""Instants: microseconds since the epoch, as the database stores them, to ``DateTime``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(microseconds: int) -> datetime:
    """The instant in UTC of microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=microseconds)


def optional_instant(microseconds: int | None) -> datetime | None:
    """The instant of microseconds since the epoch; None for None."""
    return None if microseconds is None else instant(microseconds)
