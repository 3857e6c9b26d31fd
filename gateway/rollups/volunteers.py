"""What a change of the user set means for the counts of volunteers.

A volunteer is active in a bucket while the user set has a row of theirs there, and new on the day
of their first. So the counts change only where such rows begin or end, which is read before the
set is changed: the cost of a batch follows its rows, not the history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Subquery,
    func,
    literal_column,
    select,
)

from gateway.calendar import Grain, bucket_of
from gateway.db.keyed import key_parameters, key_rows
from gateway.db.rollup_sets import PROJECT, SITE, USER, WORKFLOW

#: By the name of a set and the key of a row: what to add to ``active_users`` and ``new_users``.
VolunteerChanges = Mapping[str, Mapping[tuple[int, ...], Sequence[int]]]

#: User, grain, bucket, project, workflow: the key of the user set.
_Key = tuple[int, int, int, int, int]
#: User, grain, bucket.
_Span = tuple[int, int, int]
#: User and project.
_Member = tuple[int, int]
#: By span: the projects and workflows in which the volunteer has rows.
_Present = dict[_Span, set[tuple[int, int]]]
#: By member: days on which the volunteer begins (1) or no longer has (-1) rows in the project.
_Days = dict[_Member, dict[int, int]]
_DAY, _ALL = int(Grain.DAY), int(Grain.ALL)
_COARSER = (Grain.MONTH, Grain.YEAR, Grain.ALL)


class _LookUp(NamedTuple):
    """Rows of the user set by many keys of its first columns, in one statement."""

    columns: tuple[str, ...]
    #: What is looked up for the keys, which are its argument.
    statement: Callable[[Subquery], Select[Any]]


class _Counts(dict[tuple[int, ...], list[int]]):
    """By key: what is added to ``active_users`` and to ``new_users``."""

    def __missing__(self, key: tuple[int, ...]) -> list[int]:
        self[key] = counts = [0, 0]
        return counts


def volunteer_changes(connection: Connection, changed: Mapping[_Key, int]) -> VolunteerChanges:
    """What to add to the counts of volunteers when so many events are added to rows of ``USER``.

    Call it before they are added.
    """
    begun, ended, present = _turnover(connection, changed)
    newcomers = {
        (key[0], key[3])
        for key in begun
        if key[1] == _ALL and all(project != key[3] for project, _ in present[key[:3]])
    }
    counts = {rollup.name: _Counts() for rollup in (SITE, PROJECT, WORKFLOW)}
    days: _Days = defaultdict(lambda: defaultdict(int))
    for sign, keys in ((-1, ended), (1, begun)):
        for key in keys:
            _count_active(key, sign, present[key[:3]], counts, days)
    new = counts[PROJECT.name]
    for project, day, sign in _first_days(connection, days, newcomers):
        for grain in Grain:
            new[project, int(grain), bucket_of(day, grain)][1] += sign
    return counts


def _count_active(
    key: _Key,
    sign: int,
    places: set[tuple[int, int]],
    counts: Mapping[str, _Counts],
    days: _Days,
) -> None:
    """Count a row that begins (1) or ends (-1) in a bucket with rows in these places."""
    user, grain, bucket, project, workflow = key
    if sign < 0:
        places.remove((project, workflow))
    if not places:
        counts[SITE.name][0, grain, bucket][0] += sign
    if all(there != project for there, _ in places):
        counts[PROJECT.name][project, grain, bucket][0] += sign
        if grain == _DAY:
            days[user, project][bucket] += sign
    lowest = min((there for there, its in places if its == workflow), default=None)
    if lowest is None or project < lowest:
        counts[WORKFLOW.name][workflow, grain, bucket, project][0] += sign
        if lowest is not None:
            counts[WORKFLOW.name][workflow, grain, bucket, lowest][0] -= sign
    if sign > 0:
        places.add((project, workflow))


def _turnover(
    connection: Connection, changed: Mapping[_Key, int]
) -> tuple[Collection[_Key], Collection[_Key], _Present]:
    """The rows that begin, those that end, and where there are others in the same buckets."""
    known: dict[_Key, int] = {}
    days = [key for key, n in changed.items() if n > 0 and key[1] == _DAY]
    fewer = [key for key, n in changed.items() if n < 0]
    spans = {key[:3] for key in (*days, *fewer)}
    _read_into(known, connection, _IN_SPANS, spans)
    begun = [key for key in days if key not in known]
    # Rows of a month, a year and all time can begin only with the row of a day.
    buckets = {
        day: [(int(grain), bucket_of(day, grain)) for grain in _COARSER]
        for day in {key[2] for key in begun}
    }
    above = {
        (user, *bucket, project, workflow)
        for user, _, day, project, workflow in begun
        for bucket in buckets[day]
    }
    above = {key for key in above if changed.get(key, 0) > 0 and key not in known}
    # A volunteer may have many rows of a year: all of them are read only where one begins.
    _read_into(known, connection, _BY_KEY, [key for key in above if key[:3] not in spans])
    above -= known.keys()
    begun += above
    _read_into(known, connection, _IN_SPANS, {key[:3] for key in above} - spans)
    present: _Present = defaultdict(set)
    for user, grain, bucket, project, workflow in known:
        present[user, grain, bucket].add((project, workflow))
    return begun, [key for key in fewer if known.get(key) == -changed[key]], present


def _read_into(
    known: dict[_Key, int],
    connection: Connection,
    look_up: _LookUp,
    keys: Collection[tuple[int, ...]],
) -> None:
    """Add to each key that there is how many events its row has."""
    known.update((row[:5], row[5]) for row in _read(connection, look_up, keys))


def _first_days(
    connection: Connection, days: _Days, newcomers: Set[_Member]
) -> Iterator[tuple[int, int, int]]:
    """Projects and days with 1 for a volunteer whose first day it becomes, and -1 if it was.

    Of ``newcomers`` it is known that they had none.
    """
    first: dict[_Member, int | None] = dict.fromkeys(days)
    for user, project, day in _read(connection, _FIRST_DAY, days.keys() - newcomers):
        first[user, project] = day
    begun = {key: [day for day, sign in own.items() if sign > 0] for key, own in days.items()}
    lost = [key for key, day in first.items() if day is not None and days[key].get(day, 0) < 0]
    known: dict[_Member, set[int]] = {
        key: set() if day is None else {day} for key, day in first.items()
    }
    for user, project, day in _read(connection, _EACH_DAY, lost):
        known[user, project].add(day)
    for key in days:
        before = first[key]
        after = min(
            (*begun[key], *(day for day in known[key] if days[key].get(day, 0) >= 0)), default=None
        )
        if before != after:
            if before is not None:
                yield key[1], before, -1
            if after is not None:
                yield key[1], after, 1


def _read(
    connection: Connection, look_up: _LookUp, keys: Collection[tuple[int, ...]]
) -> Sequence[Any]:
    if not keys:
        return ()
    dialect = connection.dialect
    bound = key_parameters(dialect.name, look_up.columns, keys)
    if dialect.name == "sqlite":
        # Four times a batch: SQLAlchemy's own way to a cached text takes longer than a look-up.
        return connection.exec_driver_sql(_text(look_up, dialect), tuple(bound.values())).all()
    return connection.execute(_statement(look_up, dialect.name), bound).all()


@lru_cache(maxsize=16)
def _statement(look_up: _LookUp, dialect: str) -> Select[Any]:
    return look_up.statement(key_rows(dialect, look_up.columns).subquery("key"))


@lru_cache(maxsize=16)
def _text(look_up: _LookUp, dialect: Dialect) -> str:
    return str(_statement(look_up, dialect.name).compile(dialect=dialect))


def _rows_of(columns: tuple[str, ...]) -> Callable[[Subquery], Select[Any]]:
    def rows(key: Subquery) -> Select[Any]:
        user = USER.table.c
        same = (user[name] == key.c[name] for name in columns)
        return select(*(user[name] for name in (*USER.keys, "n"))).where(*same)

    return rows


def _day_rows(key: Subquery) -> list[ColumnElement[bool]]:
    user = USER.table.c
    # The grain spelled out, as in the index that holds only these rows.
    is_day = user.grain == literal_column(str(_DAY))
    return [user.user_id == key.c.user_id, user.project_id == key.c.project_id, is_day]


def _first_day(key: Subquery) -> Select[Any]:
    first = select(func.min(USER.table.c.bucket)).where(*_day_rows(key)).scalar_subquery()
    return select(key.c.user_id, key.c.project_id, first)


def _each_day(key: Subquery) -> Select[Any]:
    columns = (key.c.user_id, key.c.project_id, USER.table.c.bucket)
    return select(*columns).where(*_day_rows(key)).distinct()


_SPAN, _MEMBER = ("user_id", "grain", "bucket"), ("user_id", "project_id")
_BY_KEY = _LookUp(USER.keys, _rows_of(USER.keys))
_IN_SPANS = _LookUp(_SPAN, _rows_of(_SPAN))
_FIRST_DAY = _LookUp(_MEMBER, _first_day)
_EACH_DAY = _LookUp(_MEMBER, _each_day)
