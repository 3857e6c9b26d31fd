"""Limits of group life, each on both sides of its boundary."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from gateway.db import Database
from gateway.db.group_tables import membership_span
from gateway.errors import OutOfBounds
from gateway.groups import limits
from gateway.groups.commands import (
    AcceptInvitation,
    CreateGroup,
    DeactivateGroup,
    Invite,
    Join,
    Leave,
    ReactivateGroup,
    RemoveMembers,
    SetRole,
    UpdateGroup,
    UpdateJoinLink,
)
from gateway.groups.limits import MOST_SPANS
from gateway.groups.refusals import RefusalCode
from gateway.groups.service import OPERATOR
from gateway.groups.transaction import Limits
from tests.groups.people import ADA, BEN, CLEO, DAN, EVE, MovingClock, Town, ids

REACHED = RefusalCode.LIMIT_REACHED


async def town_with(database: Database, **limits: int) -> Town:
    return await Town(database, limits=Limits(**limits)).settle()


async def test_groups_that_one_volunteer_creates(database: Database, clock: MovingClock) -> None:
    town = await town_with(database, groups_per_volunteer=3, groups_per_day=2)
    await town.group(ADA)
    last = await town.group(ADA)
    await town.run(DeactivateGroup(last), ADA)

    await town.refused(REACHED, CreateGroup("Bees"), ADA)
    assert await town.group(BEN)
    clock.jump(days=1)
    await town.group(ADA)
    clock.jump(days=2)
    await town.refused(REACHED, CreateGroup("Bees"), ADA)
    assert (await town.run(CreateGroup("Bees", admin_id=ADA.id), OPERATOR)).changed


async def test_groups_of_one_volunteer(database: Database) -> None:
    town = await town_with(database, groups_of_volunteer=2)
    first, second, third = [await town.group(ADA if not n else BEN) for n in range(3)]
    await town.join(first, CLEO)
    await town.join(second, CLEO)
    await town.invited(third, CLEO, "group_member", BEN)

    await town.refused(REACHED, AcceptInvitation(third), CLEO)
    await town.refused(REACHED, Join(third, await town.token(third)), CLEO)
    assert (await town.refused(REACHED, CreateGroup("Bees"), CLEO)).path == ()
    await town.run(DeactivateGroup(first), ADA)
    assert (await town.join(third, CLEO)).changed


async def test_memberships_of_a_group_count_with_those_that_ended(database: Database) -> None:
    town = await town_with(database, memberships_per_group=3)
    group_id = await town.group(ADA, BEN)
    await town.run(Leave(group_id), BEN)
    await town.invited(group_id, CLEO, "group_member")

    await town.refused(REACHED, Join(group_id, await town.token(group_id)), DAN)
    await town.refused(REACHED, Invite(group_id, ids([DAN])), ADA)
    assert (await town.join(group_id, BEN)).changed


async def test_invitations_of_a_volunteer_and_of_a_group(
    database: Database, clock: MovingClock
) -> None:
    town = await town_with(database, invitations_per_day=3, open_invitations=2)
    group_id = await town.group(ADA)

    await town.refused(REACHED, Invite(group_id, ids([BEN, CLEO, DAN])), ADA)
    await town.run(Invite(group_id, ids([BEN, CLEO])), ADA)
    await town.refused(REACHED, Invite(group_id, ids([DAN])), ADA)
    await town.run(RemoveMembers(group_id, ids([BEN, CLEO])), ADA)
    await town.run(Invite(group_id, ids([DAN])), ADA)
    await town.refused(REACHED, Invite(group_id, ids([EVE])), ADA)
    refusal = await town.refused(REACHED, CreateGroup("Bees", invite=ids([EVE])), ADA)
    assert refusal.path == ("invite",)
    clock.jump(days=1)
    assert (await town.run(Invite(group_id, ids([EVE])), ADA)).changed


async def wear_out(town: Town, group_id: int, user_id: int | None) -> None:
    """As many spans, long ago, as somebody may have in a group but for one."""
    rows = [
        {"group_id": group_id, "user_id": user_id, "from_us": 2 * n, "until_us": 2 * n + 1}
        for n in range(MOST_SPANS - 1)
    ]
    await town.database.write(lambda each: each.execute(insert(membership_span), rows))


async def test_spans_of_one_volunteer_in_a_group(town: Town) -> None:
    group_id = await town.group(ADA)
    for one in (BEN, CLEO):
        await wear_out(town, group_id, one.id)
        await town.join(group_id, one)
    await town.run(Leave(group_id), BEN)

    await town.refused(REACHED, Join(group_id, await town.token(group_id)), BEN)

    await town.run(DeactivateGroup(group_id), ADA)
    await town.run(ReactivateGroup(group_id), ADA)
    assert (await town.relationship(group_id, CLEO))[0] == "inactive"
    assert (await town.relationship(group_id, ADA))[0] == "active"


async def test_one_command_names_a_hundred_users(town: Town) -> None:
    group_id = await town.group(ADA)
    many = tuple(range(101))

    for command in (
        Invite(group_id, many[:100], ("eve",)),
        Invite(group_id),
        RemoveMembers(group_id, many),
        RemoveMembers(group_id, ()),
        CreateGroup("Bees", invite=many),
    ):
        with pytest.raises(OutOfBounds):
            await town.run(command, ADA)


async def test_changes_of_one_volunteer_within_a_day(
    database: Database, clock: MovingClock
) -> None:
    """A name that goes to and fro for ever would fill the history and the log of changes."""
    # Created; Ben joins by himself.
    town = await town_with(database, group_changes_per_day=5)
    group = await town.group(ADA, BEN)
    for number in range(4):
        await town.run(UpdateGroup(group, f"Moths {number}"), ADA)

    at_the_limit = await town.history(group)
    for more in (
        UpdateGroup(group, "Moths of the South"),
        UpdateJoinLink(group, rotate=True),
        SetRole(group, ids([BEN])[0], "group_admin"),
        Invite(group, ids([CLEO])),
        CreateGroup("Bees"),
    ):
        await town.refused(REACHED, more, ADA)
    assert await town.history(group) == at_the_limit
    # What changes nothing is none, and others have their own day.
    assert not (await town.run(UpdateGroup(group, "Moths 3"), ADA)).changed
    await town.join(group, CLEO)
    # Ending is always possible.
    await town.run(RemoveMembers(group, ids([BEN])), ADA)
    await town.run(DeactivateGroup(group), ADA)
    await town.refused(REACHED, ReactivateGroup(group), ADA)
    clock.jump(days=1)
    await town.run(ReactivateGroup(group), ADA)


async def test_reactivations_of_one_volunteer_within_a_day(
    town: Town, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gives all members of a group one span more."""
    monkeypatch.setattr(limits, "MOST_REACTIVATIONS", 2)
    group = await town.group(ADA, BEN)
    for _ in range(2):
        await town.run(DeactivateGroup(group), ADA)
        await town.run(ReactivateGroup(group), ADA)
    await town.run(DeactivateGroup(group), ADA)
    await town.refused(REACHED, ReactivateGroup(group), ADA)
    await town.run(ReactivateGroup(group), OPERATOR)
    await town.run(DeactivateGroup(group), ADA)
    clock.jump(days=1)
    await town.run(ReactivateGroup(group), ADA)
