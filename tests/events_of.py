"""Events to build tests from, stored in a database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import Connection

from gateway.db import Database, tables
from gateway.events.event import Batch, Classification, Comment
from gateway.rollups.apply_batch import Outcome, apply_batch

#: An hour's session, so that sums of session time are easy to read.
HOUR_MS = 3_600_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day(text: str) -> int:
    """The number of a day."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def instant(text: str) -> int:
    """Microseconds of a UTC time, such as 2024-02-29T12:00."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def classification(
    event_id: int,
    when: str = "2024-02-29T12:00",
    *,
    user: int | None = 1,
    project: int = 11,
    workflow: int = 101,
    session_ms: int = HOUR_MS,
    groups: tuple[int, ...] = (),
    updated: int | None = None,
) -> Classification:
    return Classification(
        event_id, instant(when), updated, user, project, workflow, session_ms, groups
    )


def comment(
    event_id: int,
    when: str = "2024-02-29T12:00",
    *,
    user: int | None = 1,
    project: int = 11,
    updated: int | None = None,
) -> Comment:
    return Comment(event_id, instant(when), updated, user, project)


def batch_of(events: Iterable[Classification | Comment]) -> Batch:
    batch = Batch()
    for event in events:
        if isinstance(event, Classification):
            batch.classifications.append(event)
        else:
            batch.comments.append(event)
    return batch


async def store(database: Database, *events: Classification | Comment) -> Outcome:
    return await database.write(lambda connection: apply_batch(connection, batch_of(events)))


#: Both sides of the edges of days, weeks, months and years, and the ends of time.
INSTANTS = [
    instant(text)
    for text in (
        "1970-01-01T00:00",
        "2022-12-31T23:59:59.999999",
        "2023-01-01T00:00",
        "2023-12-31T12:00",
        "2024-01-01T00:00",
        "2024-02-29T00:00",
        "2024-02-29T23:59:59.999999",
        "2024-03-01T00:00",
        "2024-03-03T12:00",
        "2024-03-04T12:00",
        "2025-06-15T12:00",
        "9999-12-31T23:59:59.999999",
    )
]
_UPDATED = st.one_of(st.none(), st.integers(1, 4))
_USERS = st.sampled_from([None, 1, 2, 3])
_PROJECTS = st.sampled_from([0, 11, 12, 2**63 - 1])

#: Few ids, so that most events are copies of another with something changed.
classifications = st.builds(
    Classification,
    st.integers(1, 8),
    st.sampled_from(INSTANTS),
    _UPDATED,
    _USERS,
    _PROJECTS,
    st.sampled_from([101, 102, 103]),
    st.sampled_from([0, 125, 10_800_000]),
    st.sampled_from([(), (501,), (501, 502), (502, 503)]),
)
comments = st.builds(
    Comment, st.integers(1, 4), st.sampled_from(INSTANTS), _UPDATED, _USERS, _PROJECTS
)
events = st.one_of(classifications, classifications, comments)


def clear(connection: Connection) -> None:
    """Empty every table but the secret's, so that one database serves many examples."""
    for table in tables.classification.metadata.sorted_tables:
        if table.name != "instance_secret":
            connection.execute(table.delete())
