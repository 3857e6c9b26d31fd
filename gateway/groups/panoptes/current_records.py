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
from gateway.groups.panoptes.caller import Held, record_in
from gateway.groups.panoptes.errand import Errand, Heard, of_group, of_members
from gateway.groups.state import Group, membership_in

_SAID = ("group_id", "user_id", "state", "roles", "created_at", "id")


class ChangedMeanwhile(Exception):
    """A record is another than it was a moment ago: the command is to be decided anew."""


async def ask_group(errand: Errand, group_id: int) -> tuple[Group, Heard]:
    """A group and the viewer's own membership of it.

    From here on a site admin asks as one, unless they lead the group anyhow. A group that Panoptes
    does not show to the viewer is not known.
    """
    if errand.viewer.is_site_admin:
        own = await ask_own(errand, group_id)
        if own is None or not membership_in(own).is_group_admin:
            errand.panoptes = errand.panoptes.as_admin()
        rows, heard = await _ask_groups(errand, group_id)
    else:
        own, (rows, heard) = await asyncio.gather(
            ask_own(errand, group_id), _ask_groups(errand, group_id)
        )
    group = next(iter(rows[GROUPS]), {})
    record = next(iter(rows[RECORDS]), {})
    return Group(group_id, dict(group), dict(record), own), heard


async def ask_own(errand: Errand, group_id: int) -> Row | None:
    """The viewer's own membership of a group; None without one."""
    return (await ask_members(errand, group_id, [errand.viewer_id])).get(errand.viewer_id)


async def ask_members(
    errand: Errand, group_id: int, user_ids: Sequence[int] = ()
) -> dict[int, Row]:
    """The memberships of these users in a group, or all of it, by the user.

    Of those that the viewer may see: of a group that they lead all, else the active ones.
    """
    entries = await ask(errand.panoptes, of_members(group_id, user_ids))
    return rows_by_user(entries)


async def ask_admins(errand: Errand, group_id: int) -> set[int]:
    """The admins of a group that the viewer leads."""
    rows = await ask_members(errand, group_id)
    return {user_id for user_id, row in rows.items() if membership_in(row).is_group_admin}


async def hold_membership(errand: Errand, row: Row) -> Held:
    """A membership as it is held now; ChangedMeanwhile if it differs from what was decided by."""
    held = await errand.panoptes.held(MEMBERSHIPS, row["id"])
    now = None if held is None else membership_of(held.record, row["group_id"], row["user_id"])
    if held is None or now is None or not _same(now, row, ("id", "state", "roles")):
        raise ChangedMeanwhile
    return held


async def hold_group(errand: Errand, group: Group) -> Held:
    """A group as it is held now; ChangedMeanwhile if it differs from what was decided by."""
    held = await errand.panoptes.held(GROUPS, group.id)
    now = None if held is None else entries_of(held.record, of_group(group.id)).rows[GROUPS]
    columns = ("name", "display_name", "stats_visibility", "private")
    if held is None or not now or not _same(now[0], group.row, columns):
        raise ChangedMeanwhile
    return held


def entries_of(record: Row, scope: Scope) -> Entries:
    """A record as entries of the directory; none if it is another than was asked for."""
    entries = Entries()
    entries.add(scope.resource, [record])
    return entries.only(scope)


def membership_of(record: Row, group_id: int, user_id: int) -> Row | None:
    """The row of a record, if it is of this user's membership of this group."""
    found = rows_by_user(entries_of(record, of_members(group_id, [user_id])))
    return found.get(user_id)


def told_entries(answer: Answer, scope: Scope) -> Entries | None:
    """The record that an answer to a change has; None if it is none of the scope."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return None
    record = record_in(answer, scope.resource)
    entries = None if record is None else entries_of(record, scope)
    return entries if entries is not None and entries.rows[scope.resource] else None


def rows_by_user(entries: Entries) -> dict[int, Row]:
    """Full rows of memberships, by the user, as what reads rows of the table takes them."""
    unsaid = {**dict.fromkeys(membership.c.keys()), "revision": 1, "no_invitations": False}
    return {row["user_id"]: {**unsaid, **row} for row in entries.rows.get(MEMBERSHIPS, ())}


def said_of(row: Row) -> Row:
    """What Panoptes said of a membership, whose row is full."""
    return {name: row[name] for name in _SAID}


async def _ask_groups(errand: Errand, group_id: int) -> tuple[dict[str, list[Row]], Heard]:
    asked_at = instant_of(errand.clock())
    scope = of_group(group_id)
    entries = await ask(errand.panoptes, scope)
    return entries.rows, Heard(scope, entries.rows, asked_at)


def _same(one: Row, other: Row, columns: Sequence[str]) -> bool:
    return all(one[column] == other[column] for column in columns)
