"""Whether a membership is still as a client has seen it here."""

from __future__ import annotations

from gateway.db.instants import instant_of
from gateway.directory.panoptes.answers import MEMBERSHIPS
from gateway.directory.rows import Row
from gateway.groups.panoptes.current_records import said_of
from gateway.groups.panoptes.errand import Errand, Heard, of_members


async def check_membership_revision(errand: Errand, row: Row, expected: int | None) -> None:
    """CONFLICT if Panoptes has another membership by now than the revision that is expected."""
    if expected is None:
        return
    scope = of_members(row["group_id"], [row["user_id"]])
    said = {MEMBERSHIPS: [said_of(row)]}
    await errand.check_revision(Heard(scope, said, instant_of(errand.clock())), expected)
