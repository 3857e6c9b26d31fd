"""Revisions: completes partial rows of groups and memberships for their tables.

Whoever says them (a file, Panoptes) need not know ids of memberships, revisions and authorities.
A copy of another gateway says them, and then they hold, a revision unless a greater one is known.
A revision grows when something else changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from gateway.db.ids import among
from gateway.db.instants import written_at
from gateway.db.tables import membership
from gateway.directory.memberships import MembershipState
from gateway.directory.new_ids import IdKind, new_ids
from gateway.directory.rows import Key, Row

#: What may be left out of a row, and what it is then for a new one.
_GROUP = {"authority": "file", "revision": 1}
_MEMBERSHIP = {
    "id": None,
    "updated_at": None,
    "revision": 1,
    "ended_by": None,
    "no_invitations": False,
}


def complete_groups(
    known: Mapping[Key, Row],
    wanted: Iterable[Row],
    authority: str = "file",
    changed: Collection[int] = (),
) -> list[Row]:
    """Full rows of groups; ``changed`` are those that another table shows otherwise.

    ``authority`` is whose word the rows are: it holds for groups that are new.
    """
    return [
        _completed(
            row,
            known.get((row["id"],)),
            _GROUP | {"authority": authority},
            differs=row["id"] in changed,
        )
        for row in wanted
    ]


def complete_memberships(
    connection: Connection, known: Mapping[Key, Row], wanted: Iterable[Row]
) -> list[Row]:
    """Full rows of memberships. An id that another membership has is replaced by a new one."""
    now = written_at(connection)
    rows = []
    for said in wanted:
        before = known.get((said["group_id"], said["user_id"]))
        row = _completed(said, before, _MEMBERSHIP)
        if row is not before:
            if said.get("updated_at") is None and "revision" not in said:
                row["updated_at"] = now
            if row["state"] != MembershipState.INACTIVE:
                row["ended_by"] = None
        rows.append(row)
    return _with_ids(connection, known, rows)


def _completed(
    said: Row, before: Row | None, unsaid: Mapping[str, Any], *, differs: bool = False
) -> Row:
    given = {name: value for name, value in said.items() if value is not None or name not in unsaid}
    revision = given.get("revision", 0)
    if before is None or revision:
        # A copy says all there is, and what it does not say is none.
        given = {**unsaid, **given}
    if before is None:
        return given
    row = {**before, **given, "revision": before["revision"]}
    if row == before and not differs and revision <= before["revision"]:
        return before
    # Also of a copy that is older than what is known: it is a change to whoever has read that.
    row["revision"] = max(revision, before["revision"] + 1)
    return row


def _with_ids(connection: Connection, known: Mapping[Key, Row], rows: list[Row]) -> list[Row]:
    """The rows with an id each: the one that is said if it is free, else their own or a new one."""
    for row in rows:
        own = known.get((row["group_id"], row["user_id"]))
        if row["id"] is None and own is not None:
            row["id"] = own["id"]
    said = sorted({row["id"] for row in rows if row["id"] is not None})
    statement = select(membership.c.id, membership.c.group_id, membership.c.user_id).where(
        among(membership.c.id, "ids")
    )
    owners: dict[int, Key] = {
        found: (group_id, user_id)
        for found, group_id, user_id in connection.execute(statement, {"ids": said})
    }
    without = []
    for row in rows:
        key = (row["group_id"], row["user_id"])
        if row["id"] is not None and owners.setdefault(row["id"], key) != key:
            row["id"] = known[key]["id"] if key in known else None
        if row["id"] is None:
            without.append(row)
    for row, new in zip(without, new_ids(connection, IdKind.MEMBERSHIP, len(without)), strict=True):
        row["id"] = new
    return rows
