"""Copies of a database, and one put in the place of a database that is being served."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from tests.conftest import administer, at


async def save(url: str, name: str) -> str:
    """Copy the database, beside it, and return the copy's URL."""
    copy = _beside(url, name)
    await _copy(url, copy)
    return copy


async def restore(copy: str, url: str) -> None:
    """Make the database what the copy is, while others have connections to it."""
    await _copy(copy, url)


def _beside(url: str, name: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(parsed.database or '').with_name(name)}.db"
    return at(url, f"{parsed.database}_{name}")


async def _copy(source: str, target: str) -> None:
    parsed = make_url(source)
    if parsed.get_backend_name() == "sqlite":
        with (
            closing(sqlite3.connect(parsed.database or "")) as read,
            closing(sqlite3.connect(make_url(target).database or "")) as written,
        ):
            read.backup(written)
        # A feed looks at the file once in a turn of the loop, in which nobody else does this.
        await asyncio.sleep(0)
        return
    name, new = parsed.database, make_url(target).database
    await administer(
        at(source, "postgres"),
        # A template must have no connections; gateways find out that theirs are gone.
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        f"DROP DATABASE IF EXISTS {new} WITH (FORCE)",
        f"CREATE DATABASE {new} TEMPLATE {name}",
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS true",
    )
