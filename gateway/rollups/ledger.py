"""Ledger rows as events, and which of two copies of an event wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import BigInteger, Connection, Row, Select, Table, bindparam, select

from gateway.db.ids import among
from gateway.db.tables import classification, comment
from gateway.events.event import Classification, Comment

Event = TypeVar("Event", Classification, Comment)


def read_classifications(connection: Connection, ids: Collection[int]) -> Iterable[Classification]:
    """The stored classifications among ``ids``, without order."""
    return map(classification_of, _read(connection, classification, ids))


def read_comments(connection: Connection, ids: Collection[int]) -> Iterable[Comment]:
    """The stored comments among ``ids``, without order."""
    return map(Comment._make, _read(connection, comment, ids))


def _read(
    connection: Connection, table: Table, ids: Collection[int]
) -> Sequence[Row[*tuple[Any, ...]]]:
    if not ids:
        return ()
    # New events have ids of their own: one look tells that there is nothing between them.
    between, chosen = _reading(table)
    if connection.execute(between, {"first": min(ids), "last": max(ids)}).first() is None:
        return ()
    return connection.execute(chosen, {"ids": ids}).all()


@lru_cache(maxsize=2)
def _reading(table: Table) -> tuple[Select[Any], Select[Any]]:
    """Whether there are rows between two ids, and the rows of some."""
    first, last = (bindparam(name, type_=BigInteger) for name in ("first", "last"))
    between = select(table.c.id).where(table.c.id.between(first, last)).limit(1)
    return between, select(table).where(among(table.c.id, "ids"))


def classification_of(row: Row[*tuple[Any, ...]]) -> Classification:
    """The classification that a row of the ledger holds."""
    return Classification._make((*row[:-1], decode_groups(row[-1])))


def ledger_rows(events: Sequence[Classification] | Sequence[Comment]) -> list[tuple[Any, ...]]:
    """Events as rows of their table."""
    if events and isinstance(events[0], Classification):
        return [
            (key, at, updated, user, project, workflow, ms, encode_groups(groups))
            for key, at, updated, user, project, workflow, ms, groups in cast(
                "Sequence[Classification]", events
            )
        ]
    return [tuple(event) for event in events]


@lru_cache(maxsize=4096)
def encode_groups(group_ids: tuple[int, ...]) -> str | None:
    """Group ids as the ledger stores them: JSON text, null if there are none."""
    return orjson.dumps(group_ids).decode() if group_ids else None


def decode_groups(text: str | None) -> tuple[int, ...]:
    """The inverse of :func:`encode_groups`."""
    return tuple(orjson.loads(text)) if text else ()


def winning_copy(event: Event, known: Event) -> Event:
    """The copy that wins when ``event`` arrives and ``known`` is stored.

    A copy with an earlier ``updated_at`` never replaces one with a later; otherwise the last to
    arrive wins. A copy without one (an export's row) keeps the time of the copy it replaces, so
    that a still older copy cannot come back.
    """
    if event.updated_at is None:
        return event._replace(updated_at=known.updated_at)
    if known.updated_at is not None and event.updated_at < known.updated_at:
        return known
    return event
