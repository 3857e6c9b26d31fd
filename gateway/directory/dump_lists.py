"""Lists of a directory's copy: the statement of each, and the entry of a row.

``gateway.directory.document`` reads what these write. Entries have no nulls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, Table, or_, select

from gateway.calendar import day_date
from gateway.db.certificate_tables import certificate
from gateway.db.goal_tables import goal
from gateway.db.group_tables import (
    group_change,
    group_join_link,
    group_tenure,
    last_id,
    membership_span,
)
from gateway.db.tables import backfill, forgotten_user, group_record, membership, user_group
from gateway.directory.certificates import Certificate
from gateway.directory.goals import goal_of
from gateway.directory.name_sources import BY_IMPORTER, PROJECTS, USERS, WORKFLOWS, Named
from gateway.directory.stats_visibility import StatsVisibility
from gateway.events.instants import format_instant

Entry = dict[str, Any]


class DumpedList(NamedTuple):
    """A list of the document: all its rows, in a fixed order, and what an entry says."""

    name: str
    rows: Select[Any]
    entry: Callable[[Sequence[Any]], Entry]


def _instant(microseconds: int | None) -> str | None:
    return None if microseconds is None else format_instant(microseconds)


def _without_nulls(entry: Entry) -> Entry:
    # SQLAlchemy's names are texts of a type of their own.
    return {str(name): value for name, value in entry.items() if value is not None}


def _named(name: str, named: Named, always: tuple[str, ...] = ()) -> DumpedList:
    """A list of those whose names have sources: what the directory says, and beside what events do.

    The keys of ``always`` stand in each entry, and so does what events say then.
    """
    table, sources = named.table, named.sources
    columns = [column for column in sources.c if column.name != "id"]
    rows = (
        select(table, *columns)
        .join(sources, sources.c.id == table.c.id, isouter=True)
        .order_by(table.c.id)
    )
    names = table.c.keys()

    def entry(row: Sequence[Any]) -> Entry:
        said = dict(zip(names, row, strict=False))
        bits, *by_events = row[len(names) :]
        from_events = {}
        for bit, field in enumerate(named.fields):
            value, at = by_events[2 * bit : 2 * bit + 2]
            if at is not None:
                as_of = None if at == BY_IMPORTER else _instant(at)
                from_events[field] = {"value": value, "at": as_of}
            if bits is not None and not bits >> bit & 1:
                said[field] = None
        found = _without_nulls(said)
        for key in always:
            found.setdefault(key, None)
        if from_events or always:
            found["from_events"] = from_events
        return found

    return DumpedList(name, rows, entry)


_RECORD = [column for column in group_record.c if column.name != "group_id"]
_RECORD_KEYS = {"last_modified_at": "updated_at"}
_INSTANTS = {"created_at", "updated_at", "expires_at", "from", "until", "at", "issued_at"}
_KEYS = {"group_id": "user_group_id", "from_us": "from", "until_us": "until"}


def _group(row: Sequence[Any]) -> Entry:
    width = len(user_group.c)
    said = dict(zip(user_group.c.keys(), row, strict=False))
    said["stats_visibility"] = StatsVisibility(said["stats_visibility"]).name.lower()
    said["private"] = bool(said["private"])
    for column, value in zip(_RECORD, row[width:], strict=True):
        said[_RECORD_KEYS.get(column.name, column.name)] = value
    return _formatted(said)


def _membership(row: Sequence[Any]) -> Entry:
    said = _of_columns(membership)(row)
    return said | {"roles": orjson.loads(said["roles"])}


def _change(row: Sequence[Any]) -> Entry:
    said = _of_columns(group_change)(row)
    if "details" in said:
        said["details"] = orjson.loads(said["details"])
    return said


def _goal(row: Sequence[Any]) -> Entry:
    wanted = goal_of(row)
    said = {_KEYS.get(name, name): value for name, value in wanted._asdict().items()}
    said["metric"] = wanted.metric.value
    said["repeats"] = None if wanted.repeats is None else wanted.repeats.value
    return _with_days(said)


def _certificate(row: Sequence[Any]) -> Entry:
    said = Certificate._make(row)._asdict()
    # The code tells it.
    del said["digest"]
    said["classifications"], said["milliseconds"] = said.pop("n"), said.pop("ms")
    return _with_days(said)


def _with_days(said: Entry) -> Entry:
    for key, day in (("start", said.pop("start_day")), ("end", said.pop("end_day"))):
        said[key] = None if day is None else day_date(day).isoformat()
    return _formatted(said)


def _of_columns(table: Table) -> Callable[[Sequence[Any]], Entry]:
    names = [_KEYS.get(name, name) for name in table.c.keys()]  # noqa: SIM118 (no dict)
    return lambda row: _formatted(dict(zip(names, row, strict=True)))


def _formatted(said: Entry) -> Entry:
    return _without_nulls(
        {name: _instant(value) if name in _INSTANTS else value for name, value in said.items()}
    )


def _of_groups(table: Table) -> Select[Any]:
    """All rows about groups that there are."""
    return (
        select(table)
        .join(user_group, user_group.c.id == table.c.group_id)
        .order_by(*table.primary_key.columns)
    )


#: Those of groups that there are, and own ones.
_GOALS = (
    select(goal)
    .join(user_group, user_group.c.id == goal.c.group_id, isouter=True)
    .where(or_(user_group.c.id.is_not(None), goal.c.user_id.is_not(None)))
    .order_by(goal.c.id)
)

DIRECTORY: tuple[DumpedList, ...] = (
    DumpedList(
        "erased_users",
        select(forgotten_user.c.user_id).order_by(forgotten_user.c.user_id),
        lambda row: {"id": row[0]},
    ),
    _named("users", USERS),
    DumpedList(
        "user_groups",
        select(user_group, *_RECORD)
        .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
        .order_by(user_group.c.id),
        _group,
    ),
    DumpedList("memberships", _of_groups(membership), _membership),
    _named("projects", PROJECTS),
    _named("workflows", WORKFLOWS, always=("project_id",)),
    DumpedList("group_tenures", _of_groups(group_tenure), _of_columns(group_tenure)),
    DumpedList("membership_spans", _of_groups(membership_span), _of_columns(membership_span)),
    DumpedList("backfills", _of_groups(backfill), _of_columns(backfill)),
    DumpedList("group_changes", _of_groups(group_change), _change),
    DumpedList("goals", _GOALS, _goal),
    DumpedList("certificates", select(certificate).order_by(certificate.c.digest), _certificate),
    DumpedList("last_ids", select(last_id).order_by(last_id.c.kind), _of_columns(last_id)),
)
#: With their tokens: whoever has one can join.
JOIN_LINKS = DumpedList("join_links", _of_groups(group_join_link), _of_columns(group_join_link))
