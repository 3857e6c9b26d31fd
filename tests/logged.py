"""What writers log that they change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import func, select

from gateway.changes.entity import SITE, Entity
from gateway.changes.log import decode_entities
from gateway.db import Database
from gateway.db.tables import change_log

_log = change_log.c


@asynccontextmanager
async def logged(database: Database, most: int | None = None) -> AsyncIterator[set[Entity]]:
    """A set that holds at the end what was logged meanwhile: the site if there was anything.

    In ``most`` rows, if a number is given.
    """
    async with database.read() as snapshot:
        ((before,),) = await snapshot.fetch(select(func.max(_log.version)))
    found: set[Entity] = set()
    yield found
    async with database.read() as snapshot:
        rows = await snapshot.fetch(select(_log.entities).where(_log.version > before))
    assert most is None or len(rows) <= most
    found |= entities_of(row.entities for row in rows)


def entities_of(rows: Iterable[str | None]) -> set[Entity]:
    """All that these rows name, and the site if there is one of them."""
    found: set[Entity] = set()
    for text in rows:
        named = decode_entities(text)
        assert named is not None
        found |= {SITE, *named}
    return found
