"""Data versions: what tells a reader that nothing it knows of an entity has changed.

A version names one commit of one history of the database. Two copies of a database go on apart,
and a backup that is restored goes on anew: what one of them writes must never look like what
another has written, however often each has written and whatever their clocks say. So a version
is the instant of its transaction, and then a random number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from secrets import randbits
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from gateway.changes.log import log_change
from gateway.db.instants import written_at
from gateway.db.tables import data_version
from gateway.db.upsert import replace_rows

#: Versions of one microsecond: 63 bits last until the year 2255.
VERSIONS_A_MICROSECOND = 1024
#: Of the random number that each version goes on by: a millisecond at most.
_RANDOM_BITS = 20


def touch(
    connection: Connection,
    random_bits: Callable[[int], int] = randbits,
    /,
    **ids: Iterable[int],
) -> int:
    """Give the site and the named entities the next version, and return it.

    Keywords are kinds: ``user``, ``user_group``, ``project`` and ``workflow`` for what is counted
    of them, ``user_record`` and so on for what the directory says. To be called in the writing
    transaction, under the writer lock: versions then follow the order of commits, also where the
    clock does not.
    """
    instant = written_at(connection) * VERSIONS_A_MICROSECOND
    random = random_bits(_RANDOM_BITS)
    version: int = connection.execute(
        _next_version(connection.dialect.name),
        {"step": VERSIONS_A_MICROSECOND + random, "by_clock": instant + random},
    ).scalar_one()
    rows = [
        (kind, entity_id, version) for kind in sorted(ids) for entity_id in sorted(set(ids[kind]))
    ]
    replace_rows(connection, data_version, rows)
    log_change(connection, **ids)
    return version


@lru_cache(maxsize=2)
def _next_version(dialect: str) -> ReturningInsert[Any]:
    """Give the site the version ``by_clock``, or one ``step`` on if that is later."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    stored = data_version.c.version
    by_clock = bindparam("by_clock", type_=BigInteger)
    following = stored + bindparam("step", type_=BigInteger)
    statement = insert(data_version).values(kind="site", entity_id=0, version=by_clock)
    return statement.on_conflict_do_update(
        index_elements=list(data_version.primary_key),
        set_={"version": case((following > by_clock, following), else_=by_clock)},
    ).returning(stored)
