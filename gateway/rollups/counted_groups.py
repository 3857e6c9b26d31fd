"""Counted groups: the rule of ``effective_groups`` as SQL.

Written apart from that on purpose: each checks the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    exists,
    or_,
    select,
    true,
    union_all,
)

from gateway.db.group_ids import each_group
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.tables import backfill, classification

_events = classification.c


def counted_to_groups(
    columns: Callable[[ColumnElement[int]], Select[Any]],
) -> CompoundSelect[Any]:
    """A row of ``classification`` for each group that an event counts to.

    ``columns`` makes the selection from the column that tells the group.
    """
    rows, group_id = each_group(_events.group_ids)
    own = (
        columns(group_id)
        .join_from(classification, rows, true())
        .where(_events.user_id.is_not(None), ~in_tenure(group_id))
    )
    span = membership_span.c
    spans = columns(span.group_id).where(
        span.user_id == _events.user_id, _within(membership_span), in_tenure(span.group_id)
    )
    backfills = columns(backfill.c.group_id).where(
        backfill.c.user_id == _events.user_id,
        _events.event_time <= backfill.c.until,
        ~counted_by_span(backfill.c.group_id),
        or_(~_carried(backfill.c.group_id), in_tenure(backfill.c.group_id)),
    )
    return union_all(own, spans, backfills)


def in_tenure(group_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The event's time lies in a tenure of the group."""
    tenure = group_tenure.alias()
    return _exists(tenure, tenure.c.group_id == group_id, _within(tenure))


def counted_by_span(group_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The event's user was a member of the group at its time, and that counts."""
    span = membership_span.alias()
    return _exists(
        span,
        span.c.group_id == group_id,
        span.c.user_id == _events.user_id,
        _within(span),
        in_tenure(span.c.group_id),
    )


def _carried(group_id: ColumnElement[int]) -> ColumnElement[bool]:
    rows, own = each_group(_events.group_ids)
    return _exists(rows, own == group_id)


def _within(stretch: FromClause) -> ColumnElement[bool]:
    ends = stretch.c.until_us
    return (stretch.c.from_us <= _events.event_time) & (
        ends.is_(None) | (ends > _events.event_time)
    )


def _exists(rows: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(1).select_from(rows).where(*conditions).correlate_except(rows))
