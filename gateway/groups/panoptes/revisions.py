"""Checking the revision of a membership that a client expects."""

from __future__ import annotations

from gateway.db.instants import instant_of
from gateway.directory.panoptes.answers import MEMBERSHIPS
from gateway.directory.rows import Row
from gateway.groups.panoptes.command import ReceivedRecords, RemoteCommand, of_members
from gateway.groups.panoptes.current_records import panoptes_columns


async def check_membership_revision(remote: RemoteCommand, row: Row, expected: int | None) -> None:
    """CONFLICT if the membership at Panoptes has another revision than the expected one."""
    if expected is None:
        return
    scope = of_members(row["group_id"], [row["user_id"]])
    rows = {MEMBERSHIPS: [panoptes_columns(row)]}
    await remote.check_revision(ReceivedRecords(scope, rows, instant_of(remote.clock())), expected)
