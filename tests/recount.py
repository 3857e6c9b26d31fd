"""A count of events that shares no code with the rollups, and what a database holds of them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select

from gateway.db import Database, tables
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.rollup_sets import SETS
from gateway.events.event import Classification, Comment
from tests.events_of import EPOCH

#: Group and user to the instant up to which the user's classifications count to the group.
Backfills = Mapping[tuple[int, int], int]


class Span(NamedTuple):
    """A user was a member of a group from an instant on and before another, if there is one."""

    group: int
    user: int
    begins: int
    ends: int | None


class Tenure(NamedTuple):
    """The spans of a group count from an instant on and before another, if there is one."""

    group: int
    begins: int
    ends: int | None


def groups_of(
    event: Classification,
    backfills: Backfills,
    spans: Collection[Span] = (),
    tenures: Collection[Tenure] = (),
) -> set[int]:
    """The groups an event counts to."""
    if event.user_id is None:
        return set()
    decided = {one.group for one in tenures if _holds(one, event)}
    member = {one.group for one in spans if one.user == event.user_id and _holds(one, event)}
    return (
        ({*event.group_ids} - decided)
        | (member & decided)
        | {
            group_id
            for (group_id, user_id), until in backfills.items()
            if user_id == event.user_id and event.event_time <= until
        }
    )


def _holds(stretch: Span | Tenure, event: Classification) -> bool:
    after = stretch.ends is not None and event.event_time >= stretch.ends
    return stretch.begins <= event.event_time and not after


#: The name of a rollup set to its rows: primary key to measures.
Rollups = dict[str, dict[tuple[int, ...], tuple[int, ...]]]


def recount(
    held: Iterable[Classification | Comment],
    backfills: Backfills,
    spans: Collection[Span] = (),
    tenures: Collection[Tenure] = (),
) -> Rollups:
    """Every rollup set as it must be, counted one event at a time."""
    counts: dict[str, dict[tuple[int, ...], list[int]]] = {
        rollup.name: defaultdict(lambda: [0, 0, 0]) for rollup in SETS
    }
    for event in held:
        groups = (
            groups_of(event, backfills, spans, tenures)
            if isinstance(event, Classification)
            else set()
        )
        for name, before, after in _counted_under(event, groups):
            for grain, bucket in enumerate(_buckets(event.event_time)):
                row = counts[name][(before, grain, bucket, *after)]
                row[0] += 1
                row[1] += event.session_ms if isinstance(event, Classification) else 0
                row[2] += event.user_id is None
    volunteers = _volunteers(held)
    return {
        rollup.name: {
            key: (
                *row[: len(rollup.measures) - len(volunteers.get(rollup.name, ()))],
                *(counted[key] for counted in volunteers.get(rollup.name, ())),
            )
            for key, row in counts[rollup.name].items()
        }
        for rollup in SETS
    }


def _volunteers(
    held: Iterable[Classification | Comment],
) -> dict[str, tuple[Counter[tuple[int, ...]], ...]]:
    """How many volunteers there were, and how many for the first time, by set and key."""
    site, project = set(), set()
    workflow: dict[tuple[int, ...], int] = {}
    first: dict[tuple[int, int], int] = {}
    for event in held:
        user = event.user_id
        if user is None or isinstance(event, Comment):
            continue
        there = event.project_id
        for grain, bucket in enumerate(_buckets(event.event_time)):
            site.add((0, grain, bucket, user))
            project.add((there, grain, bucket, user))
            once = event.workflow_id, grain, bucket, user
            workflow[once] = min(there, workflow.get(once, there))
        first[there, user] = min(event.event_time, first.get((there, user), event.event_time))
    new = (
        (there, grain, bucket)
        for (there, _), event_time in first.items()
        for grain, bucket in enumerate(_buckets(event_time))
    )
    return {
        "site": (Counter(key[:3] for key in site),),
        "project": (Counter(key[:3] for key in project), Counter(new)),
        "workflow": (Counter((*once[:3], there) for once, there in workflow.items()),),
    }


def _counted_under(
    event: Classification | Comment, groups: Iterable[int]
) -> Iterable[tuple[str, int, tuple[int, ...]]]:
    """Each set an event counts in, with its entity and its dimensions."""
    user, project = event.user_id or 0, event.project_id
    if isinstance(event, Comment):
        yield "site_comment", 0, ()
        yield "project_comment", project, (user,)
        if user:
            yield "user_comment", user, ()
        return
    workflow = event.workflow_id
    yield "site", 0, ()
    yield "project", project, ()
    yield "workflow", workflow, (project,)
    if user:
        yield "user", user, (project, workflow)
    for group in groups:
        yield "group", group, ()
        yield "group_project", group, (project, workflow)
        yield "group_user", group, (user,)
        yield "group_member", group, (user, project, workflow)


def _buckets(event_time: int) -> tuple[int, ...]:
    """The first day of the event's day, month and year, and 0 for all time."""
    return (*(start_of(event_time, period) for period in ("day", "month", "year")), 0)


def start_of(event_time: int, period: str) -> int:
    """The first day of the day, week, month or year that an event falls into."""
    there = (EPOCH + timedelta(microseconds=event_time)).date()
    start = {
        "day": there,
        "week": there - timedelta(days=there.weekday()),
        "month": there.replace(day=1),
        "year": there.replace(month=1, day=1),
    }[period]
    return (start - EPOCH.date()).days


class Stored(NamedTuple):
    """All that a database holds of events."""

    events: dict[tuple[str, int], Classification | Comment]
    backfills: dict[tuple[int, int], int]
    rollups: Rollups
    spans: set[Span]
    tenures: set[Tenure]

    def recount(self) -> Rollups:
        """Every rollup set as the rest tells it."""
        return recount(self.events.values(), self.backfills, self.spans, self.tenures)


async def stored(database: Database) -> Stored:
    """The ledger and every rollup, read in one snapshot."""
    async with database.read() as snapshot:
        held: dict[tuple[str, int], Classification | Comment] = {}
        for row in await snapshot.fetch(select(tables.classification)):
            groups = tuple(json.loads(row.group_ids or "[]"))
            held["classification", row.id] = Classification(*row[:-1], groups)
        for row in await snapshot.fetch(select(tables.comment)):
            held["comment", row.id] = Comment(*row)
        backfills = {
            (row.group_id, row.user_id): row.until
            for row in await snapshot.fetch(select(tables.backfill))
        }
        spans = {Span(*row) for row in await snapshot.fetch(select(membership_span))}
        tenures = {Tenure(*row) for row in await snapshot.fetch(select(group_tenure))}
        rollups = {}
        for rollup in SETS:
            width = len(rollup.keys)
            rows = await snapshot.fetch(select(rollup.table))
            rollups[rollup.name] = {tuple(row[:width]): tuple(row[width:]) for row in rows}
    return Stored(held, backfills, rollups, spans, tenures)


def key_of(event: Classification | Comment) -> tuple[str, int]:
    """How :class:`Stored` names an event."""
    return type(event).__name__.lower(), event.id
