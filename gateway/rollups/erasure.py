"""Erasure: make a user's events anonymous; they stay counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter

from sqlalchemy import Connection, Row, Table, delete, select

from gateway.db.group_tables import membership_span
from gateway.db.ids import among
from gateway.db.tables import backfill, classification, comment, forgotten_user
from gateway.db.upsert import replace_rows
from gateway.events.event import Batch, Comment
from gateway.rollups.changes import Changes, write_changes
from gateway.rollups.ledger import classification_of

#: Those of ``users`` who were erased.
ERASED = select(forgotten_user.c.user_id).where(among(forgotten_user.c.user_id, "users"))
#: Events of one round; a user may have more of them than fit into memory.
_ROUND = 10_000

_user_of = attrgetter("user_id")


def erase(connection: Connection, user_id: int) -> int:
    """Make all events of a user anonymous, out of all groups, now and for what arrives later.

    Returns how many events that were. In one transaction, under the writer lock; reads the
    ledger once, since that has no index by user.
    """
    replace_rows(connection, forgotten_user, [(user_id,)])
    erased = 0
    for rows in _events_of(connection, classification, user_id):
        events = [classification_of(row) for row in rows]
        write_changes(
            connection, Changes(events, [event.anonymous() for event in events]), Changes()
        )
        erased += len(events)
    for rows in _events_of(connection, comment, user_id):
        posts = [Comment._make(row) for row in rows]
        write_changes(connection, Changes(), Changes(posts, [post.anonymous() for post in posts]))
        erased += len(posts)
    connection.execute(delete(backfill).where(backfill.c.user_id == user_id))
    connection.execute(delete(membership_span).where(membership_span.c.user_id == user_id))
    return erased


def read_erased(connection: Connection, user_ids: Collection[int]) -> set[int]:
    """The erased users among ``user_ids``."""
    if not user_ids:
        return set()
    return set(connection.execute(ERASED, {"users": user_ids}).scalars())


def anonymise_erased(connection: Connection, batch: Batch) -> Batch:
    """The batch with the events of erased users made anonymous; itself if there are none."""
    users = {*map(_user_of, batch.classifications), *map(_user_of, batch.comments)} - {None}
    return anonymised(batch, read_erased(connection, users))


def anonymised(batch: Batch, erased: Collection[int]) -> Batch:
    """The batch with the events of these users made anonymous; itself if there are no users."""
    if not erased:
        return batch
    return Batch(
        classifications=[
            event.anonymous() if event.user_id in erased else event
            for event in batch.classifications
        ],
        comments=[
            event.anonymous() if event.user_id in erased else event for event in batch.comments
        ],
    )


def _events_of(
    connection: Connection, table: Table, user_id: int
) -> Iterator[Sequence[Row[*tuple[object, ...]]]]:
    last = 0
    while True:
        rows = connection.execute(
            select(table)
            .where(table.c.user_id == user_id, table.c.id > last)
            .order_by(table.c.id)
            .limit(_ROUND)
        ).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id
