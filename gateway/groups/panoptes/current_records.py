"""Current records of a group and its members, read from Panoptes to decide commands.

The copy here may be a minute old: no change is decided by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from gateway.db.instants import instant_of
from gateway.db.tables import membership
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS, RECORDS, Scope
from gateway.directory.panoptes.questions import ask
from gateway.directory.panoptes.records import Entries
from gateway.directory.panoptes.transport import Answer
from gateway.directory.rows import Row
from gateway.groups.panoptes.caller_client import VersionedRecord, record_in
from gateway.groups.panoptes.command import ReceivedRecords, RemoteCommand, of_group, of_members
from gateway.groups.state import Group, membership_in

_PANOPTES_COLUMNS = ("group_id", "user_id", "state", "roles", "created_at", "id")


class ConcurrentChange(Exception):
    """A record has changed since it was read: the command is to be decided again."""


async def ask_group(remote: RemoteCommand, group_id: int) -> tuple[Group, ReceivedRecords]:
    """Read a group and the viewer's own membership of it.

    From here on a site admin's requests use their rights, unless they lead the group anyhow. A
    group that Panoptes does not show to the viewer is not known.
    """
    if remote.viewer.is_site_admin:
        own = await ask_own(remote, group_id)
        if own is None or not membership_in(own).is_group_admin:
            remote.panoptes = remote.panoptes.as_admin()
        rows, received = await _ask_groups(remote, group_id)
    else:
        own, (rows, received) = await asyncio.gather(
            ask_own(remote, group_id), _ask_groups(remote, group_id)
        )
    group = next(iter(rows[GROUPS]), {})
    record = next(iter(rows[RECORDS]), {})
    return Group(group_id, dict(group), dict(record), own), received


async def ask_own(remote: RemoteCommand, group_id: int) -> Row | None:
    """Read the viewer's own membership of a group; None without one."""
    return (await ask_members(remote, group_id, [remote.viewer_id])).get(remote.viewer_id)


async def ask_members(
    remote: RemoteCommand, group_id: int, user_ids: Sequence[int] = ()
) -> dict[int, Row]:
    """Read the memberships of these users in a group, or all of them; by the user.

    Only those that the viewer may see: all in a group that they lead, else the active ones.
    """
    entries = await ask(remote.panoptes, of_members(group_id, user_ids))
    return rows_by_user(entries)


async def ask_admins(remote: RemoteCommand, group_id: int) -> set[int]:
    """Read the admins of a group that the viewer leads."""
    rows = await ask_members(remote, group_id)
    return {user_id for user_id, row in rows.items() if membership_in(row).is_group_admin}


async def fetch_membership(remote: RemoteCommand, row: Row) -> VersionedRecord:
    """Read a membership with its ETag; ConcurrentChange if it is not as in ``row``."""
    current = await remote.panoptes.get_record(MEMBERSHIPS, row["id"])
    key = row["group_id"], row["user_id"]
    now = None if current is None else membership_of(current.record, *key)
    if current is None or now is None or not _same(now, row, ("id", "state", "roles")):
        raise ConcurrentChange
    return current


async def fetch_group(remote: RemoteCommand, group: Group) -> VersionedRecord:
    """Read a group with its ETag; ConcurrentChange if it is not as in ``group``."""
    current = await remote.panoptes.get_record(GROUPS, group.id)
    now = None if current is None else entries_of(current.record, of_group(group.id)).rows[GROUPS]
    columns = ("name", "display_name", "stats_visibility", "private")
    if current is None or not now or not _same(now[0], group.row, columns):
        raise ConcurrentChange
    return current


def entries_of(record: Row, scope: Scope) -> Entries:
    """A record as entries of the directory; empty if it is out of the scope."""
    entries = Entries()
    entries.add(scope.resource, [record])
    return entries.only(scope)


def membership_of(record: Row, group_id: int, user_id: int) -> Row | None:
    """The row of a record, if it is of this user's membership of this group."""
    found = rows_by_user(entries_of(record, of_members(group_id, [user_id])))
    return found.get(user_id)


def entries_in(answer: Answer, scope: Scope) -> Entries | None:
    """The entries of an answer to a change; None if its record is out of the scope."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return None
    record = record_in(answer, scope.resource)
    entries = None if record is None else entries_of(record, scope)
    return entries if entries is not None and entries.rows[scope.resource] else None


def rows_by_user(entries: Entries) -> dict[int, Row]:
    """Full rows of memberships by the user, with defaults for columns that Panoptes has not."""
    defaults = {**dict.fromkeys(membership.c.keys()), "revision": 1, "no_invitations": False}
    return {row["user_id"]: {**defaults, **row} for row in entries.rows.get(MEMBERSHIPS, ())}


def panoptes_columns(row: Row) -> Row:
    """The columns of a full row of a membership that Panoptes stores."""
    return {name: row[name] for name in _PANOPTES_COLUMNS}


async def _ask_groups(
    remote: RemoteCommand, group_id: int
) -> tuple[dict[str, list[Row]], ReceivedRecords]:
    requested_at = instant_of(remote.clock())
    scope = of_group(group_id)
    entries = await ask(remote.panoptes, scope)
    return entries.rows, ReceivedRecords(scope, entries.rows, requested_at)


def _same(one: Row, other: Row, columns: Sequence[str]) -> bool:
    return all(one[column] == other[column] for column in columns)
