"""A file's group becomes the gateway's with the first change by a command."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from gateway.auth.viewer import Viewer
from gateway.db.group_tables import group_join_link, group_tenure
from gateway.db.tables import group_record, membership, user_group
from gateway.directory.memberships import encode_roles
from gateway.groups.commands import (
    ChangeMembership,
    DeactivateGroup,
    Invite,
    Leave,
    ReactivateGroup,
    RemoveMembers,
    SetRole,
    UpdateGroup,
    UpdateJoinLink,
)
from gateway.groups.refusals import RefusalCode
from tests.groups.people import ADA, BEN, CLEO, DAN, SITE_ADMIN, Town

#: Ada leads it, Ben is a member of it, Cleo is invited, and Dan has no role.
FILE: dict[str, Any] = {
    "user_groups": [{"id": 7, "name": "moths", "display_name": "Moths", "state": "active"}],
    "memberships": [
        {"user_group_id": 7, "user_id": 1, "state": "active", "roles": ["group_admin"]},
        {"user_group_id": 7, "user_id": 2, "state": "active", "roles": ["group_member"]},
        {"user_group_id": 7, "user_id": 3, "state": "invited", "roles": ["group_member"]},
        {"user_group_id": 7, "user_id": 4, "state": "active", "roles": []},
    ],
}


@pytest.fixture
async def town(town: Town) -> Town:
    await town.settle(**FILE)
    # Panoptes has roles that no file may say.
    roles = update(membership).where(membership.c.user_id == BEN.id)
    also_cook = roles.values(roles=encode_roles(["cook", "group_member"]))
    await town.database.write(lambda each: each.execute(also_cook))
    return town


@pytest.mark.parametrize(
    ("command", "viewer"),
    [
        (UpdateGroup(7, "Night moths"), ADA),
        (Leave(7), BEN),
        (Invite(7, (5,)), ADA),
        (SetRole(7, 2, "group_admin"), ADA),
        (UpdateJoinLink(7, enabled=False), ADA),
        (DeactivateGroup(7), SITE_ADMIN),
    ],
)
async def test_the_first_change_begins_a_tenure(town: Town, command: Any, viewer: Viewer) -> None:
    await town.run(command, viewer)

    (group,) = await town.rows(user_group)
    (tenure,) = await town.rows(group_tenure)
    assert group["authority"] == "gateway"
    assert tenure["group_id"] == 7
    assert tenure["from_us"] > 0
    assert len(await town.rows(group_join_link)) == 1
    assert "taken_over" in [kind for kind, _, _ in await town.history(7)]
    goes_on = not isinstance(command, DeactivateGroup)
    assert await town.spans(7, ADA) == ([True] if goes_on else [])
    assert await town.spans(7, CLEO) == await town.spans(7, DAN) == []


async def test_what_changes_nothing_takes_nothing_over(town: Town) -> None:
    same = await town.run(UpdateGroup(7, "Moths"), ADA)
    await town.refused(RefusalCode.LAST_ADMIN, Leave(7), ADA)

    assert not same.changed
    assert [row["authority"] for row in await town.rows(user_group)] == ["file"]
    assert await town.rows(group_tenure) == []


async def test_roles_that_are_not_ours_stay_and_are_never_given(town: Town) -> None:
    await town.run(SetRole(7, 2, "group_admin"), ADA)
    assert await town.relationship(7, BEN) == ("active", ["cook", "group_admin"], None)
    await town.run(SetRole(7, 2, "group_member"), ADA)
    assert await town.relationship(7, BEN) == ("active", ["cook", "group_member"], None)

    for command in (
        SetRole(7, 2, "cook"),
        Invite(7, (5,), role="owner"),
        ChangeMembership((await town.membership(7, BEN))["id"], roles=("cook",)),
        ChangeMembership((await town.membership(7, BEN))["id"], roles=()),
    ):
        with pytest.raises(Exception, match="must be one"):
            await town.run(command, ADA)


async def test_who_has_no_role_is_no_member(town: Town) -> None:
    await town.refused(RefusalCode.NOT_A_MEMBER, SetRole(7, 4, "group_member"), ADA)
    await town.run(Invite(7, (4,)), ADA)
    assert await town.relationship(7, DAN) == ("invited", ["group_member"], None)
    await town.run(RemoveMembers(7, (4,)), ADA)
    assert await town.spans(7, DAN) == []


async def test_a_group_that_ended_in_a_file_goes_on_with_its_active_members(town: Town) -> None:
    ended = [{**FILE["user_groups"][0], "state": "inactive"}]
    await town.settle(user_groups=ended)

    await town.refused(RefusalCode.GROUP_INACTIVE, UpdateGroup(7, "Bees"), SITE_ADMIN)
    await town.run(ReactivateGroup(7), SITE_ADMIN)

    assert [row["state"] for row in await town.rows(group_record)] == ["active"]
    assert await town.spans(7, ADA) == await town.spans(7, BEN) == [True]
    assert await town.spans(7, CLEO) == []


async def test_a_group_without_an_admin_can_be_left_and_get_one(town: Town) -> None:
    without = [{"user_group_id": 7, "user_id": 1, "state": "inactive", "roles": ["group_admin"]}]
    await town.settle(memberships=without)

    await town.run(SetRole(7, 2, "group_admin"), SITE_ADMIN)
    await town.refused(RefusalCode.LAST_ADMIN, RemoveMembers(7, (2,)), SITE_ADMIN)
