"""Look up rows of the user set by many keys at once, each kind of look-up in one statement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
    true,
)

from gateway.calendar import Grain
from gateway.db.keyed import key_parameters, key_rows
from gateway.db.rollup_sets import USER


class LookUp(NamedTuple):
    """Rows of the user set by many keys of its first columns, in one statement."""

    columns: tuple[str, ...]
    #: What is looked up for the keys, which are its argument beside the kind of the database.
    statement: Callable[[Subquery, str], Select[Any]]


def look_up(
    connection: Connection, what: LookUp, keys: Collection[tuple[int, ...]]
) -> Sequence[Any]:
    """What is found for these keys, in no particular order; no statement if there are none."""
    if not keys:
        return ()
    dialect = connection.dialect
    bound = key_parameters(dialect.name, what.columns, keys)
    if dialect.name == "sqlite":
        # Four times a batch: SQLAlchemy's own way to a cached text takes longer than a look-up.
        return connection.exec_driver_sql(_text(what, dialect), tuple(bound.values())).all()
    return connection.execute(_statement(what, dialect.name), bound).all()


@lru_cache(maxsize=16)
def _statement(what: LookUp, dialect: str) -> Select[Any]:
    return what.statement(key_rows(dialect, what.columns).subquery("key"), dialect)


@lru_cache(maxsize=16)
def _text(what: LookUp, dialect: Dialect) -> str:
    return str(_statement(what, dialect.name).compile(dialect=dialect))


def _rows_of(columns: tuple[str, ...]) -> Callable[[Subquery, str], Select[Any]]:
    def rows(key: Subquery, dialect: str) -> Select[Any]:
        user = USER.table.c
        same = (user[name] == key.c[name] for name in columns)
        own = select(*(user[name] for name in (*USER.keys, "n"))).where(*same)
        if dialect == "sqlite":
            return own
        # Key by key, which the offset makes sure of: PostgreSQL would rather merge along the other
        # index, and compare each key with all volunteers of its bucket.
        one = own.offset(literal_column("0")).lateral("one")
        return select(one).select_from(key.join(one, true()))

    return rows


def _used(key: Subquery, _dialect: str) -> Select[Any]:
    user = USER.table.c
    row = select(user.n).where(user.grain == key.c.grain, user.bucket == key.c.bucket)
    return select(key.c.grain, key.c.bucket, row.exists())


def _day_rows(key: Subquery) -> list[ColumnElement[bool]]:
    user = USER.table.c
    # The grain spelled out, as in the index that holds only these rows.
    is_day = user.grain == literal_column(str(int(Grain.DAY)))
    return [user.user_id == key.c.user_id, user.project_id == key.c.project_id, is_day]


def _first_day(key: Subquery, _dialect: str) -> Select[Any]:
    first = select(func.min(USER.table.c.bucket)).where(*_day_rows(key)).scalar_subquery()
    return select(key.c.user_id, key.c.project_id, first)


def _each_day(key: Subquery, _dialect: str) -> Select[Any]:
    columns = (key.c.user_id, key.c.project_id, USER.table.c.bucket)
    return select(*columns).where(*_day_rows(key)).distinct()


_SPAN, _MEMBER = ("user_id", "grain", "bucket"), ("user_id", "project_id")
#: The rows with these keys: key, then events.
BY_KEY = LookUp(USER.keys, _rows_of(USER.keys))
#: All rows of a volunteer in a bucket: key, then events.
IN_SPANS = LookUp(_SPAN, _rows_of(_SPAN))
#: A volunteer, a project, and the first day there, or None.
FIRST_DAY = LookUp(_MEMBER, _first_day)
#: A volunteer, a project, and each day there.
EACH_DAY = LookUp(_MEMBER, _each_day)
#: Grain, bucket, and whether anybody has a row there.
USED = LookUp(("grain", "bucket"), _used)
