"""What Panoptes has answered, in the directory: the entries themselves and when they were asked.

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
    forgotten_user,
    group_record,
    membership,
    panoptes_answer,
    user_group,
)
from gateway.db.upsert import replace_rows
from gateway.directory.load import Loaded, store_rows
from gateway.directory.panoptes.led_here import (
    ALWAYS,
    is_led_elsewhere,
    led_among,
    without_led_here,
)
from gateway.directory.rows import Row, remove_rows

GROUPS = "user_groups"
MEMBERSHIPS = "memberships"
#: What groups' answers say beside the groups, for counts of groups alone.
RECORDS = "group_records"

#: A group and a user; 0 for all groups of the user or all users of the group.
Place = tuple[int, int]

#: When Panoptes was asked about ``resource`` for places among ``groups`` and ``users``; ``ALWAYS``
#: for groups that are led here.
ASKED_AT = select(
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
    ).subquery("asked")
)


#: Those of ``users`` who were erased, and must not come back by an answer.
FORGOTTEN = select(forgotten_user.c.user_id).where(among(forgotten_user.c.user_id, "users"))


class Scope(NamedTuple):
    """What a question is about: these groups, or the memberships of these groups and users.

    Of memberships, no groups are all groups, and no users all users: never both.
    """

    resource: str
    groups: frozenset[int]
    users: frozenset[int]

    @property
    def is_list(self) -> bool:
        """Whether all memberships of a group or of a user are asked for."""
        return self.resource == MEMBERSHIPS and not (self.groups and self.users)

    def places(self) -> set[Place]:
        """The places that an answer speaks of."""
        return set(product(self.groups or {0}, self.users or {0}))

    def holds(self, place: Place) -> bool:
        """Whether an entry at this place was asked for."""
        group, user = place
        return (not self.groups or group in self.groups) and (not self.users or user in self.users)

    def parameters(self) -> dict[str, object]:
        """What ``ASKED_AT`` takes to find these places, and all that they are among."""
        return {
            "resource": self.resource,
            "groups": [0, *self.groups],
            "users": [0, *self.users],
        }


class StoredPage(NamedTuple):
    """What a page changed, and how many of its entries are about groups that are led here."""

    loaded: Mapping[str, Loaded]
    led_here: int


class Stored(NamedTuple):
    """What an answer changed."""

    loaded: Mapping[str, Loaded]
    removed: int


def store_page(
    connection: Connection, resource: str, rows: Mapping[str, Sequence[Row]], asked_at: int
) -> StoredPage:
    """Store entries of a page that was asked for at that instant (microseconds).

    Of groups that are led here nothing is.
    """
    kept = without_led_here(connection, rows)
    loaded = store_rows(connection, kept, "panoptes")
    if resource in (GROUPS, MEMBERSHIPS):
        _remember(connection, resource, _places_in(resource, kept), asked_at)
    return StoredPage(loaded, len(rows.get(resource, ())) - len(kept.get(resource, ())))


def store_answer(
    connection: Connection, scope: Scope, rows: Mapping[str, Sequence[Row]], asked_at: int
) -> Stored:
    """Store all that Panoptes has of the scope, and remove what it does not have.

    What another process asked later stays as that one stored it, unless it is said to be of the
    future: that was another clock's, and would stay for ever. What is led here stays as it is.
    """
    stored = _stored_places(connection, scope)
    has = _places_in(scope.resource, rows)
    spoken_of = stored | has | scope.places()
    later = _asked_later(connection, scope.resource, spoken_of, asked_at)
    led = led_among(connection, (group for group, _ in spoken_of))

    def is_ours(place: Place) -> bool:
        group, user = place
        return group not in led and later.isdisjoint({place, (group, 0), (0, user)})

    said = {
        scope.resource: [
            row for row in rows[scope.resource] if is_ours(place_of(scope.resource, row))
        ],
        RECORDS: [row for row in rows.get(RECORDS, ()) if is_ours((row["group_id"], 0))],
    }
    gone = set(filter(is_ours, stored - has))
    _remove(connection, scope.resource, gone)
    loaded = store_rows(connection, {**rows, **said}, "panoptes")
    # Of an id that there is not nothing is stored; of one that is gone, that it went.
    heard = has | gone | (scope.places() if scope.is_list else set())
    _remember(connection, scope.resource, filter(is_ours, heard), asked_at)
    return Stored(loaded, len(gone))


def forget_misses(connection: Connection, before: int, now: int) -> None:
    """Forget that Panoptes was asked, before that instant or after now, for what there is not.

    Ids that nobody has can be asked for without end. To forget what is stale changes no answer.
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
    """Stored groups or memberships that Panoptes was not seen to have ``since`` an instant.

    Not those of groups that are led here.
    What is said to have been seen after ``now`` was not.
    """
    group, user = _COLUMNS[resource]
    seen = select(panoptes_answer.c.resource).where(
        panoptes_answer.c.resource == resource,
        panoptes_answer.c.group_id == group,
        panoptes_answer.c.user_id == user,
        panoptes_answer.c.asked_at.between(bindparam("since"), bindparam("now")),
    )
    return select(group, user).where(~seen.exists(), is_led_elsewhere(group)).order_by(group, user)


#: Group and user of a stored entry.
_COLUMNS: Mapping[str, tuple[ColumnElement[int], ColumnElement[int]]] = {
    GROUPS: (user_group.c.id, literal(0, BigInteger)),
    MEMBERSHIPS: (membership.c.group_id, membership.c.user_id),
}


def place_of(resource: str, row: Row) -> Place:
    """The place of a group's or a membership's row."""
    return (row["id"], 0) if resource == GROUPS else (row["group_id"], row["user_id"])


def _places_in(resource: str, rows: Mapping[str, Sequence[Row]]) -> set[Place]:
    return {place_of(resource, row) for row in rows[resource]}


def _stored_places(connection: Connection, scope: Scope) -> set[Place]:
    group, user = _COLUMNS[scope.resource]
    statement = select(group, user)
    if scope.groups:
        statement = statement.where(among(group, "groups"))
    if scope.users:
        statement = statement.where(among(user, "users"))
    parameters = {"groups": list(scope.groups), "users": list(scope.users)}
    return {(row[0], row[1]) for row in connection.execute(statement, parameters)}


def _asked_later(
    connection: Connection, resource: str, places: Iterable[Place], asked_at: int
) -> set[Place]:
    groups = {group for group, _ in places} | {0}
    statement = select(panoptes_answer.c.group_id, panoptes_answer.c.user_id).where(
        panoptes_answer.c.resource == resource,
        among(panoptes_answer.c.group_id, "groups"),
        panoptes_answer.c.asked_at > asked_at,
        panoptes_answer.c.asked_at <= written_at(connection),
    )
    return {(row[0], row[1]) for row in connection.execute(statement, {"groups": list(groups)})}


def _remember(
    connection: Connection, resource: str, places: Iterable[Place], asked_at: int
) -> None:
    rows = [(resource, group, user, asked_at) for group, user in sorted(places)]
    replace_rows(connection, panoptes_answer, rows)


def _remove(connection: Connection, resource: str, places: Collection[Place]) -> None:
    """Remove memberships, or groups and with them all of their memberships."""
    if not places:
        return
    users = {user for _, user in places}
    groups = {group for group, _ in places}
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
        connection.execute(one, [{"group": group, "user": user} for group, user in places])
    log_change(connection, user_group_record=groups, user_record=users)
