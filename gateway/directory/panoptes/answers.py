"""Answers of Panoptes in the directory: the entries, and when they were requested.

Callers of the writing functions hold the writer lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    literal,
    or_,
    select,
    union_all,
)

from gateway.changes.log import log_change
from gateway.db.ids import among
from gateway.db.instants import written_at
from gateway.db.tables import (
    group_record,
    membership,
    panoptes_answer,
    user_group,
)
from gateway.db.upsert import replace_rows
from gateway.directory.load import Loaded, store_rows
from gateway.directory.panoptes.local_groups import (
    ALWAYS,
    is_not_local,
    local_among,
    without_local_groups,
)
from gateway.directory.rows import Row, remove_rows

GROUPS = "user_groups"
MEMBERSHIPS = "memberships"
#: What groups' answers say beside the groups, for counts of groups alone.
RECORDS = "group_records"

#: Ids of a group and a user; 0 for all groups of the user or all users of the group.
RecordKey = tuple[int, int]

#: When records of ``resource``, of ``groups`` and ``users``, were last requested from Panoptes, by
#: record key; ``ALWAYS`` for groups that are led here.
REQUESTED_AT = select(
    union_all(
        select(
            panoptes_answer.c.group_id, panoptes_answer.c.user_id, panoptes_answer.c.asked_at
        ).where(
            panoptes_answer.c.resource == bindparam("resource"),
            among(panoptes_answer.c.group_id, "groups"),
            among(panoptes_answer.c.user_id, "users"),
        ),
        select(user_group.c.id, literal(0, BigInteger), literal(ALWAYS, BigInteger)).where(
            among(user_group.c.id, "groups"), user_group.c.authority == "gateway"
        ),
    ).subquery("requested")
)


class Scope(NamedTuple):
    """What a request is about: these groups, or the memberships of these groups and users.

    Of memberships, no groups are all groups, and no users all users: never both.
    """

    resource: str
    groups: frozenset[int]
    users: frozenset[int]

    @property
    def is_list(self) -> bool:
        """Whether all memberships of a group or of a user are requested."""
        return self.resource == MEMBERSHIPS and not (self.groups and self.users)

    def record_keys(self) -> set[RecordKey]:
        """The keys of the records that an answer is about."""
        return set(product(self.groups or {0}, self.users or {0}))

    def includes(self, key: RecordKey) -> bool:
        """Whether the entry of this key was requested."""
        group, user = key
        return (not self.groups or group in self.groups) and (not self.users or user in self.users)

    def parameters(self) -> dict[str, object]:
        """Parameters of ``REQUESTED_AT``: these keys, and the lists that include them."""
        return {
            "resource": self.resource,
            "groups": [0, *self.groups],
            "users": [0, *self.users],
        }


class StoredPage(NamedTuple):
    """Result of storing a page: changes, and the number of entries of groups that are led here."""

    loaded: Mapping[str, Loaded]
    local_groups: int


class Stored(NamedTuple):
    """Result of storing an answer."""

    loaded: Mapping[str, Loaded]
    removed: int


def store_page(
    connection: Connection, resource: str, rows: Mapping[str, Sequence[Row]], requested_at: int
) -> StoredPage:
    """Store entries of a page that was requested at that instant (microseconds).

    Of groups that are led here nothing is.
    """
    remote = without_local_groups(connection, rows)
    loaded = store_rows(connection, remote, "panoptes")
    if resource in (GROUPS, MEMBERSHIPS):
        _store_request_times(connection, resource, _keys_in(resource, remote), requested_at)
    return StoredPage(loaded, len(rows.get(resource, ())) - len(remote.get(resource, ())))


def store_answer(
    connection: Connection, scope: Scope, rows: Mapping[str, Sequence[Row]], requested_at: int
) -> Stored:
    """Store all that Panoptes has of the scope, and remove what it does not have.

    What another process requested later stays as that one stored it, unless it is dated in the
    future: that was another clock's, and would stay for ever. What is led here stays as it is.
    """
    stored = _stored_keys(connection, scope)
    has = _keys_in(scope.resource, rows)
    affected = stored | has | scope.record_keys()
    later = _requested_later(connection, scope.resource, affected, requested_at)
    led = local_among(connection, (group for group, _ in affected))

    def is_ours(key: RecordKey) -> bool:
        group, user = key
        return group not in led and later.isdisjoint({key, (group, 0), (0, user)})

    accepted = {
        scope.resource: [
            row for row in rows[scope.resource] if is_ours(record_key_of(scope.resource, row))
        ],
        RECORDS: [row for row in rows.get(RECORDS, ()) if is_ours((row["group_id"], 0))],
    }
    gone = set(filter(is_ours, stored - has))
    _remove(connection, scope.resource, gone)
    loaded = store_rows(connection, {**rows, **accepted}, "panoptes")
    # Of an id that there is not nothing is stored; of one that is gone, that it went.
    answered = has | gone | (scope.record_keys() if scope.is_list else set())
    _store_request_times(connection, scope.resource, filter(is_ours, answered), requested_at)
    return Stored(loaded, len(gone))


def delete_misses(connection: Connection, before: int, now: int) -> None:
    """Delete request times of absent records, from before that instant or after now.

    Made-up ids can be requested without end. To delete what is stale changes no answer.
    """
    for resource, (group, user) in _COLUMNS.items():
        there = select(literal(1)).where(
            group == panoptes_answer.c.group_id, user == panoptes_answer.c.user_id
        )
        connection.execute(
            delete(panoptes_answer).where(
                panoptes_answer.c.resource == resource,
                or_(
                    panoptes_answer.c.asked_at < before,
                    panoptes_answer.c.asked_at > now,
                ),
                ~there.exists(),
            )
        )


def unseen(resource: str) -> Select[int, int]:
    """Select stored groups or memberships that no answer ``since`` an instant had.

    Not those of groups that are led here.
    Request times after ``now`` do not count.
    """
    group, user = _COLUMNS[resource]
    seen = select(panoptes_answer.c.resource).where(
        panoptes_answer.c.resource == resource,
        panoptes_answer.c.group_id == group,
        panoptes_answer.c.user_id == user,
        panoptes_answer.c.asked_at.between(bindparam("since"), bindparam("now")),
    )
    return select(group, user).where(~seen.exists(), is_not_local(group)).order_by(group, user)


#: Group and user of a stored entry.
_COLUMNS: Mapping[str, tuple[ColumnElement[int], ColumnElement[int]]] = {
    GROUPS: (user_group.c.id, literal(0, BigInteger)),
    MEMBERSHIPS: (membership.c.group_id, membership.c.user_id),
}


def record_key_of(resource: str, row: Row) -> RecordKey:
    """The record key of a group's or a membership's row."""
    return (row["id"], 0) if resource == GROUPS else (row["group_id"], row["user_id"])


def _keys_in(resource: str, rows: Mapping[str, Sequence[Row]]) -> set[RecordKey]:
    return {record_key_of(resource, row) for row in rows[resource]}


def _stored_keys(connection: Connection, scope: Scope) -> set[RecordKey]:
    group, user = _COLUMNS[scope.resource]
    statement = select(group, user)
    if scope.groups:
        statement = statement.where(among(group, "groups"))
    if scope.users:
        statement = statement.where(among(user, "users"))
    parameters = {"groups": list(scope.groups), "users": list(scope.users)}
    return {(row[0], row[1]) for row in connection.execute(statement, parameters)}


def _requested_later(
    connection: Connection, resource: str, keys: Iterable[RecordKey], requested_at: int
) -> set[RecordKey]:
    groups = {group for group, _ in keys} | {0}
    statement = select(panoptes_answer.c.group_id, panoptes_answer.c.user_id).where(
        panoptes_answer.c.resource == resource,
        among(panoptes_answer.c.group_id, "groups"),
        panoptes_answer.c.asked_at > requested_at,
        panoptes_answer.c.asked_at <= written_at(connection),
    )
    return {(row[0], row[1]) for row in connection.execute(statement, {"groups": list(groups)})}


def _store_request_times(
    connection: Connection, resource: str, keys: Iterable[RecordKey], requested_at: int
) -> None:
    rows = [(resource, group, user, requested_at) for group, user in sorted(keys)]
    replace_rows(connection, panoptes_answer, rows)


def _remove(connection: Connection, resource: str, keys: Collection[RecordKey]) -> None:
    """Remove memberships, or groups and with them all of their memberships."""
    if not keys:
        return
    users = {user for _, user in keys}
    groups = {group for group, _ in keys}
    if resource == GROUPS:
        ids = {"groups": list(groups)}
        members = delete(membership).where(among(membership.c.group_id, "groups"))
        users = set(connection.execute(members.returning(membership.c.user_id), ids).scalars())
        remove_rows(connection, user_group, list(groups))
        remove_rows(connection, group_record, list(groups))
    else:
        one = delete(membership).where(
            membership.c.group_id == bindparam("group"), membership.c.user_id == bindparam("user")
        )
        connection.execute(one, [{"group": group, "user": user} for group, user in keys])
    log_change(connection, user_group_record=groups, user_record=users)
