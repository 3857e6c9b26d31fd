"""Change log: one row for each writing transaction, which names the entities that it changed.

Versions ascend by one from row to row, in the order of commits: writers hold the writer lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from secrets import randbits
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy import Text as SqlText

from gateway.changes.entity import KINDS, Entity
from gateway.changes.position import LogPosition
from gateway.db.tables import change_log

#: A transaction that changes more entities is logged as one that changes everything.
MOST_ENTITIES = 5_000
#: Rows that stay in the log, at least. Older ones are cut once in so many versions.
ROWS_RETAINED = 10_000
CUT_EVERY = 1_000
#: Characters of entities in the rows of one read: a hundred thousand ids.
LONGEST_READ = 1_000_000

_log = change_log.c
_newest = select(func.max(_log.version)).scalar_subquery()

#: The one row of a :class:`LogPosition`; no row where the log is empty.
CURRENT_POSITION: Select[Any] = select(_log.version, _log.mark).where(_log.version == _newest)

_known = bindparam("known", type_=BigInteger)
_top = func.max(_log.version)
_first = select(case((_known < _top, _known), else_=_top)).scalar_subquery()
#: Without those of the row that is known, which may be as long as a row gets.
_entities = case((_log.version > _known, _log.entities))
_rows = (
    select(
        _log.version,
        _log.mark,
        _entities.label("entities"),
        func.sum(func.length(_entities))
        .over(order_by=_log.version.desc(), rows=(None, 0))
        .label("length"),
    )
    .where(_log.version >= _first)
    .order_by(_log.version.desc())
    .limit(ROWS_RETAINED)
    .subquery("newest")
)
#: Rows from the version ``known`` on, newest first: the newest in any case, of all others no more
#: than can be read at once. Whoever misses the row of this version knows too little; if it is
#: there, it comes without its entities.
ROWS_SINCE: Select[Any] = (
    select(_rows.c.version, _rows.c.mark, _rows.c.entities)
    .where(func.coalesce(_rows.c.length, 0) <= LONGEST_READ)
    .order_by(_rows.c.version.desc())
)

_APPEND = (
    insert(change_log)
    .from_select(
        ["version", "mark", "entities"],
        select(
            func.coalesce(func.max(_log.version), 0) + literal(1, BigInteger),
            bindparam("mark", type_=BigInteger),
            bindparam("changed", type_=SqlText),
        ),
    )
    .returning(_log.version)
)
_EXTEND = (
    update(change_log)
    .where(_log.version == bindparam("logged"))
    .values(entities=bindparam("changed", type_=SqlText))
)
_CUT = delete(change_log).where(_log.version <= bindparam("last"))

_LOGGED = "change_log"


class _Logged(NamedTuple):
    """What a transaction has logged up to now."""

    transaction: object
    position: LogPosition
    #: None: everything.
    ids: Mapping[str, frozenset[int]] | None


def log_change(connection: Connection, /, **ids: Iterable[int]) -> LogPosition:
    """Log that the site and the named entities change in this transaction; return its position.

    Keywords are kinds of entities. To be called in the writing transaction, under the writer
    lock, and only when something changes. Called again, it adds to the transaction's row.
    """
    if unknown := ids.keys() - KINDS:
        raise ValueError(f"There are no entities of the kind {', '.join(sorted(unknown))}.")
    changed: Mapping[str, frozenset[int]] | None
    changed = {kind: found for kind in ids if (found := frozenset(ids[kind]))}
    transaction = connection.get_transaction()
    before: _Logged | None = connection.info.get(_LOGGED)
    if before is None or before.transaction is not transaction:
        changed = _bounded(changed)
        position = _append(connection, _encoded(changed))
    else:
        position = before.position
        changed = _bounded(_merged(before.ids, changed))
        if changed != before.ids:
            connection.execute(_EXTEND, {"logged": position.version, "changed": _encoded(changed)})
    connection.info[_LOGGED] = _Logged(transaction, position, changed)
    return position


def log_change_of_everything(connection: Connection) -> None:
    """Log that anything may have changed; instead of :func:`log_change` in its transaction."""
    _append(connection, None)


def _append(connection: Connection, entities: str | None) -> LogPosition:
    mark = randbits(64) - (1 << 63)
    version: int = connection.execute(_APPEND, {"mark": mark, "changed": entities}).scalar_one()
    if version % CUT_EVERY == 0:
        connection.execute(_CUT, {"last": version - ROWS_RETAINED})
    return LogPosition(version, mark)


def _merged(
    one: Mapping[str, frozenset[int]] | None, other: Mapping[str, frozenset[int]]
) -> Mapping[str, frozenset[int]] | None:
    if one is None:
        return None
    nothing: frozenset[int] = frozenset()
    return {kind: one.get(kind, nothing) | other.get(kind, nothing) for kind in {*one, *other}}


def _bounded(
    ids: Mapping[str, frozenset[int]] | None,
) -> Mapping[str, frozenset[int]] | None:
    if ids is None or sum(map(len, ids.values())) > MOST_ENTITIES:
        return None
    return ids


def _encoded(ids: Mapping[str, Collection[int]] | None) -> str | None:
    if ids is None:
        return None
    return orjson.dumps({kind: sorted(ids[kind]) for kind in sorted(ids)}).decode()


def decode_entities(entities: str | None) -> list[Entity] | None:
    """The entities that a row of the log names; None for everything.

    Everything as well where it cannot be read: a later version may write otherwise.
    """
    if entities is None:
        return None
    try:
        ids = orjson.loads(entities)
        return [(kind, entity_id) for kind, found in ids.items() for entity_id in found]
    except (ValueError, TypeError, AttributeError):
        return None
