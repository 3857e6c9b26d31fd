"""Count the earlier classifications of a group's members to the group."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from gateway.directory.memberships import MEMBERS_BY_GROUP
from gateway.directory.user_groups import USER_GROUPS_BY_ID
from gateway.errors import InvalidArgument, NotFound
from gateway.rollups.backfill import backfill


def backfill_members(
    connection: Connection, group_id: int, user_ids: Collection[int], until_us: int
) -> int:
    """Count what these members did up to ``until_us`` (microseconds), all members if none is named.

    Returns how many classifications count to the group that did not before. Runs in a writing
    transaction. NotFound if there is no such group, InvalidArgument if a user is no member of it:
    work of strangers must not end up in a group's figures.
    """
    if not connection.execute(USER_GROUPS_BY_ID, {"ids": [group_id]}).first():
        raise NotFound("group", group_id)
    members = {row.user_id for row in connection.execute(MEMBERS_BY_GROUP, {"ids": [group_id]})}
    if strangers := sorted(set(user_ids) - members):
        raise InvalidArgument(
            "user",
            f"User {strangers[0]} is not an active member of group {group_id} with a role, so "
            "nothing was counted.",
        )
    return backfill(connection, group_id, sorted(user_ids or members), until_us)
