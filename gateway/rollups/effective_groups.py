"""Effective groups: which groups an event counts to.

To a group that this gateway decides about (within a tenure) count the events of those who were
members at that time (a span), and no id that an event carries. To any other group count the events
that carry its id. To both counts what their members were backfilled with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
)

from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.ids import among
from gateway.db.tables import backfill
from gateway.events.event import Classification

#: The first instant (inclusive) and the last (exclusive) of what has no end; microseconds.
_BEGINNING, _END = -(1 << 63), (1 << 63) - 1


class GroupRules(NamedTuple):
    """Rules for effective groups: groups that events count to as well, and tenures of groups."""

    #: By user: group, from (inclusive), until (exclusive) of what counts to the group as well.
    added: Mapping[int, Sequence[tuple[int, int, int]]] = {}
    #: By group: from (inclusive) and until (exclusive) of its tenures.
    tenures: Mapping[int, Sequence[tuple[int, int]]] = {}


def read_group_rules(
    connection: Connection, users: Collection[int], groups: Collection[int], first: int, last: int
) -> GroupRules:
    """Read the rules for events of these users, with these groups, at these times.

    ``first`` and ``last`` are the earliest and the latest event time, in microseconds.
    """
    if not users:
        return GroupRules()
    parameters = {"users": sorted(users), "groups": sorted(groups), "first": first, "last": last}
    added: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    tenures: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for user_id, group_id, from_us, until_us in connection.execute(_RULES, parameters):
        if user_id:
            added[user_id].append((group_id, from_us, until_us))
        else:
            tenures[group_id].append((from_us, until_us))
    return GroupRules(dict(added), dict(tenures))


def effective_groups(event: Classification, rules: GroupRules) -> frozenset[int]:
    """The groups that an event counts to; none for an anonymous one, which carries none."""
    user_id, at = event.user_id, event.event_time
    if user_id is None:
        return frozenset()
    groups = {group for group, begin, end in rules.added.get(user_id, ()) if begin <= at < end}
    for group in event.group_ids:
        if not any(begin <= at < end for begin, end in rules.tenures.get(group, ())):
            groups.add(group)
    return frozenset(groups)


def _rules() -> CompoundSelect[Any]:
    """Rows of user (0 for tenures), group, from and until: one statement for all there is."""
    first, last = (bindparam(name, type_=BigInteger) for name in ("first", "last"))
    span, tenure = membership_span.c, group_tenure.c
    span_end, tenure_end = func.coalesce(span.until_us, _END), func.coalesce(tenure.until_us, _END)
    spans = select(
        span.user_id,
        span.group_id,
        _case(span.from_us > tenure.from_us, span.from_us, tenure.from_us),
        _case(span_end < tenure_end, span_end, tenure_end),
    ).where(
        among(span.user_id, "users"),
        span.from_us <= last,
        span_end > first,
        tenure.group_id == span.group_id,
        tenure.from_us < span_end,
        tenure_end > span.from_us,
    )
    backfills = select(
        backfill.c.user_id,
        backfill.c.group_id,
        literal(_BEGINNING, BigInteger),
        backfill.c.until + 1,
    ).where(among(backfill.c.user_id, "users"))
    tenures = select(literal(0, BigInteger), tenure.group_id, tenure.from_us, tenure_end).where(
        among(tenure.group_id, "groups")
    )
    return union_all(spans, backfills, tenures)


def _case(
    condition: ColumnElement[bool], this: ColumnElement[int], other: ColumnElement[int]
) -> ColumnElement[int]:
    return case((condition, this), else_=other)


_RULES = _rules()
