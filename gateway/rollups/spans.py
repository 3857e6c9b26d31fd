"""Membership spans and tenures: write them as memberships change, and keep the counts exact.

A change holds from its instant on, and that is later than all events that are stored, but for
those that lie in the future of the clocks that stored them (``future_event``). So only these are
looked at again. All functions run in the writing transaction. Instants are microseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from gateway.calendar import day_of
from gateway.changes.log import log_change
from gateway.db.group_tables import future_event, group_tenure, membership_span
from gateway.db.ids import among
from gateway.db.instants import written_at
from gateway.db.rollup_sets import GROUP
from gateway.db.tables import classification, ingestion
from gateway.db.upsert import replace_rows
from gateway.events.event import Classification
from gateway.rollups.deltas import RollupDeltas
from gateway.rollups.effective_groups import effective_groups, read_group_rules
from gateway.rollups.erasure import read_erased
from gateway.rollups.ledger import classification_of
from gateway.rollups.recount_groups import recount_groups

__all__ = [
    "begin_tenure",
    "change_instant",
    "close_spans",
    "end_tenure",
    "open_spans",
    "recount_groups",
]

_span, _tenure = membership_span.c, group_tenure.c


def change_instant(connection: Connection) -> int:
    """The instant from which this transaction's change holds: now, and after all stored events."""
    stored_at = connection.execute(_STORED_AT).scalar() or 0
    return max(written_at(connection), stored_at + 1)


def open_spans(connection: Connection, group_id: int, user_ids: Iterable[int], at: int) -> None:
    """Let these users be members from ``at`` (a :func:`change_instant`) on.

    Whose span is open already stays as they are; who was erased gets none. A span never begins
    before the last of the same user has ended.
    """
    _check(connection, at)
    requested = set(user_ids)
    requested -= read_erased(connection, requested)
    last = _last_spans(connection, group_id, requested)
    opened = sorted(user_id for user_id in requested if last.get(user_id, at) is not None)
    if not opened:
        return
    with _recounted_future(connection, group_id, opened, at):
        rows = [(group_id, user_id, max(at, last.get(user_id) or at), None) for user_id in opened]
        replace_rows(connection, membership_span, rows)


def close_spans(
    connection: Connection, group_id: int, user_ids: Iterable[int] | None, at: int
) -> None:
    """Let these users (None: all) be members until ``at`` (a :func:`change_instant`), exclusive.

    A span that would be empty is not kept. Who has no open span is left out.
    """
    _check(connection, at)
    is_open = [_span.group_id == group_id, _span.until_us.is_(None)]
    parameters: dict[str, Any] = {}
    if user_ids is not None:
        is_open.append(among(_span.user_id, "users"))
        parameters["users"] = sorted(set(user_ids))
    users = connection.execute(select(_span.user_id).where(*is_open), parameters).scalars().all()
    if not users:
        return
    with _recounted_future(connection, group_id, users, at):
        connection.execute(delete(membership_span).where(*is_open, _span.from_us >= at), parameters)
        connection.execute(update(membership_span).where(*is_open).values(until_us=at), parameters)


def begin_tenure(connection: Connection, group_id: int, user_ids: Iterable[int], at: int) -> None:
    """Let spans decide what counts to the group from ``at`` on, and open those of its members.

    ``at`` is 0 for a group that is made here, whose spans begin now: nothing can count to it that
    came before. Otherwise it is a :func:`change_instant`, of a takeover. A tenure that goes on
    stays as it is.
    """
    now = change_instant(connection)
    if at:
        _check(connection, at)
    known = connection.execute(
        select(_tenure.until_us)
        .where(_tenure.group_id == group_id)
        .order_by(_tenure.from_us.desc())
        .limit(1)
    ).first()
    if known is None or known.until_us is not None:
        begins = at if known is None else max(at, known.until_us)
        with _recounted_future(connection, group_id, None, at or now):
            connection.execute(
                insert(group_tenure), {"group_id": group_id, "from_us": begins, "until_us": None}
            )
        if not at and connection.execute(_COUNTS, {"group": group_id}).first():
            recount_groups(connection, [group_id])
    open_spans(connection, group_id, user_ids, at or now)


def end_tenure(connection: Connection, group_id: int, at: int) -> None:
    """Let what events carry count again from ``at`` (a :func:`change_instant`) on.

    What spans say of the tenure goes on counting.
    """
    _check(connection, at)
    goes_on = [_tenure.group_id == group_id, _tenure.until_us.is_(None)]
    with _recounted_future(connection, group_id, None, at):
        connection.execute(delete(group_tenure).where(*goes_on, _tenure.from_us >= at))
        connection.execute(update(group_tenure).where(*goes_on).values(until_us=at))


def _check(connection: Connection, at: int) -> None:
    """ValueError for an instant before which events may be stored that it would concern."""
    stored_at = connection.execute(_STORED_AT).scalar() or 0
    if at <= stored_at:
        raise ValueError(f"{at} is no change_instant: events were stored at {stored_at}.")


def _last_spans(
    connection: Connection, group_id: int, user_ids: Collection[int]
) -> dict[int, int | None]:
    """The users that have spans, and when the last of them ends."""
    rows = connection.execute(
        select(_span.user_id, _span.until_us)
        .where(_span.group_id == group_id, among(_span.user_id, "users"))
        .order_by(_span.from_us),
        {"users": sorted(user_ids)},
    )
    return {row.user_id: row.until_us for row in rows}


@contextmanager
def _recounted_future(
    connection: Connection, group_id: int, user_ids: Collection[int] | None, at: int
) -> Iterator[None]:
    """Count events from ``at`` on, of these users or of all, as they count after the change."""
    events = _future_events(connection, user_ids, at)
    before = _counting(connection, group_id, events)
    yield
    if not events:
        return
    after = _counting(connection, group_id, events)
    deltas, users = RollupDeltas(), set()
    for event in events:
        sign = (event.id in after) - (event.id in before)
        if sign and event.user_id:
            deltas.grouped(
                day_of(event.event_time),
                event.user_id,
                event.project_id,
                event.workflow_id,
                [group_id],
                sign,
                sign * event.session_ms,
            )
            users.add(event.user_id)
    if users:
        deltas.write(connection)
        log_change(connection, user_group=[group_id], user=users)


def _future_events(
    connection: Connection, user_ids: Collection[int] | None, at: int
) -> Sequence[Classification]:
    of_users = _FUTURE_EVENTS
    parameters: dict[str, Any] = {"at": at}
    if user_ids is not None:
        of_users = of_users.where(among(classification.c.user_id, "users"))
        parameters["users"] = sorted(user_ids)
    return [classification_of(row) for row in connection.execute(of_users, parameters)]


def _counting(connection: Connection, group_id: int, events: Sequence[Classification]) -> set[int]:
    """Those of the events, by id, that count to the group."""
    if not events:
        return set()
    times = [event.event_time for event in events]
    users = {event.user_id for event in events if event.user_id}
    rules = read_group_rules(connection, users, [group_id], min(times), max(times))
    return {event.id for event in events if group_id in effective_groups(event, rules)}


_STORED_AT = select(ingestion.c.stored_at)
_COUNTS = select(GROUP.table.c.n).where(GROUP.table.c.group_id == bindparam("group")).limit(1)
# A copy that arrived later may have given an event another time: then another row is of it.
_FUTURE_EVENTS = (
    select(classification)
    .join(
        future_event,
        and_(
            future_event.c.classification_id == classification.c.id,
            future_event.c.event_time == classification.c.event_time,
        ),
    )
    .where(
        future_event.c.event_time >= bindparam("at", type_=BigInteger),
        classification.c.user_id.is_not(None),
    )
)
