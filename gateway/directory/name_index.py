"""Name index: entities by name, updated with the rows that have the names.

It is a function of these rows: ``gateway.directory.rows``, which alone writes and deletes them,
calls :func:`update_index` with what they were and are. Callers hold the writer lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from gateway.auth.visibility import StatsVisibility, ViewerRole, group_exists
from gateway.changes.log import log_change
from gateway.db.ids import among
from gateway.db.tables import (
    group_record,
    name_key,
    name_word,
    project,
    user,
    user_group,
    workflow,
)
from gateway.db.upsert import delete_rows, replace_rows
from gateway.directory.name_lists import IDENTIFIERS, NameList
from gateway.directory.user_groups import is_ended
from gateway.name_keys import identifier_key, order_key, word_keys

Row = Mapping[str, Any]


class _Key(NamedTuple):
    """A row of ``name_key``."""

    name_list: NameList
    key: str
    entity_id: int


class _Word(NamedTuple):
    """A row of ``name_word``."""

    name_list: NameList
    word: str
    order_key: str
    entity_id: int


_Entry = _Key | _Word


def update_index(
    connection: Connection, table: Table, changes: Sequence[tuple[Row | None, Row | None]]
) -> None:
    """Update the index for full rows of a table, with their old and new values.

    None stands for no row. Logs the lists and identifiers that change. Rows of tables without
    names change nothing.
    """
    if table in (user_group, group_record):
        pairs = _of_groups(connection, table, changes)
    elif table in _OF_TABLE:
        of = _OF_TABLE[table]
        pairs = [
            (frozenset(of(before) if before else ()), frozenset(of(after) if after else ()))
            for before, after in changes
        ]
    else:
        return
    gone: set[_Entry] = set()
    come: set[_Entry] = set()
    for before, after in pairs:
        gone |= before - after
        come |= after - before
    if not gone and not come:
        return
    for kind, stored in ((_Key, name_key), (_Word, name_word)):
        delete_rows(connection, stored, sorted(one for one in gone if type(one) is kind))
        replace_rows(connection, stored, sorted(one for one in come if type(one) is kind))
    changed = gone | come
    log_change(
        connection,
        name_list={one.name_list for one in changed} - IDENTIFIERS,
        identifier={
            identifier_number(one.name_list, one.key)
            for one in changed
            if isinstance(one, _Key) and one.name_list in IDENTIFIERS
        },
    )


def identifier_number(name_list: NameList, key: str) -> int:
    """The number of an identifier as an entity: two may share one, as good as never."""
    digest = blake2b(f"{name_list:d}:{key}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest()) >> 1


def _of_user(row: Row) -> Iterator[_Entry]:
    yield from _identified(NameList.LOGINS, row["login"], row["id"])


def _of_project(row: Row) -> Iterator[_Entry]:
    yield from _identified(NameList.SLUGS, row["slug"], row["id"])
    yield from _listed(NameList.PROJECTS, row["display_name"] or row["slug"], row["id"])


def _of_workflow(row: Row) -> Iterator[_Entry]:
    name, workflow_id, active = row["display_name"], row["id"], row["active"]
    yield from _listed(NameList.WORKFLOWS, name, workflow_id)
    if active is not None:
        yield _Key(
            NameList.ACTIVE_WORKFLOWS if active else NameList.INACTIVE_WORKFLOWS,
            order_key(name or ""),
            workflow_id,
        )


def _of_group(row: Row, state: str | None) -> Iterator[_Entry]:
    yield from _identified(NameList.GROUP_NAMES, row["name"], row["id"])
    is_public = group_exists(
        StatsVisibility(row["stats_visibility"]),
        private=row["private"],
        ended=is_ended(state),
        role=ViewerRole.ANYONE,
    )
    if is_public:
        yield from _listed(NameList.PUBLIC_GROUPS, row["display_name"] or row["name"], row["id"])


_OF_TABLE = {user: _of_user, project: _of_project, workflow: _of_workflow}


def _identified(name_list: NameList, name: str | None, entity_id: int) -> Iterator[_Entry]:
    if name:
        yield _Key(name_list, identifier_key(name), entity_id)


def _listed(name_list: NameList, name: str | None, entity_id: int) -> Iterator[_Entry]:
    """One without a name comes first in the list, and no search finds it."""
    key = order_key(name or "")
    yield _Key(name_list, key, entity_id)
    for word in word_keys(name or ""):
        yield _Word(name_list, word, key, entity_id)


def _of_groups(
    connection: Connection, table: Table, changes: Sequence[tuple[Row | None, Row | None]]
) -> list[tuple[frozenset[_Entry], frozenset[_Entry]]]:
    """A group's entries depend on two rows, of which one changes here and the other stays."""
    column = "id" if table is user_group else "group_id"
    ids = [(before or after or {})[column] for before, after in changes]
    groups, states = {}, {}
    if table is user_group:
        states = {key: row["state"] for key, row in _stored(connection, group_record, ids)}
    else:
        groups = dict(_stored(connection, user_group, ids))

    def entries(group_id: int, row: Row | None) -> frozenset[_Entry]:
        if table is user_group:
            return frozenset(_of_group(row, states.get(group_id)) if row else ())
        group = groups.get(group_id)
        return frozenset(_of_group(group, row["state"] if row else None) if group else ())

    return [
        (entries(group_id, before), entries(group_id, after))
        for group_id, (before, after) in zip(ids, changes, strict=True)
    ]


def _stored(connection: Connection, table: Table, ids: Iterable[int]) -> Iterator[tuple[int, Row]]:
    (key,) = table.primary_key.columns
    statement = select(table).where(among(key, "ids"))
    for row in connection.execute(statement, {"ids": [*ids]}).mappings():
        yield row[key.name], dict(row)
