"""Instants as Panoptes writes them. No two changes have the same: ETags are made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_last = datetime(2020, 1, 1, tzinfo=UTC)


def instant() -> str:
    """Now, or as soon as possible after the instant given last."""
    global _last
    _last = max(datetime.now(UTC), _last + timedelta(milliseconds=1))
    return _last.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(written: str) -> datetime:
    return datetime.fromisoformat(written)
