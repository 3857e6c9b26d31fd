"""What people do with groups at Panoptes: each command, what is sent, and what is stored."""

from __future__ import annotations

import pytest

from gateway.auth.viewer import Viewer
from gateway.db.group_tables import group_tenure, membership_span
from gateway.directory.load import load_directory
from gateway.directory.memberships import MembershipState
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import Forbidden, InvalidArgument, NotFound
from gateway.groups.commands import (
    AcceptInvitation,
    ChangeMembership,
    Command,
    CreateGroup,
    DeactivateGroup,
    DeclineInvitation,
    Invite,
    Join,
    Leave,
    ReactivateGroup,
    RemoveMembers,
    SetRole,
    UpdateGroup,
    UpdateJoinLink,
)
from gateway.groups.refusals import GroupRefusal, RefusalCode
from tests.groups.panoptes.beside import ADA, BOB, CYD, DAN, GROUP, SITE_ADMIN, TOKEN, Beside

ACTIVE_MEMBER = ("active", ["group_member"])
ACTIVE_ADMIN = ("active", ["group_admin"])
OVER = ("inactive", ["group_member"])


async def refused(
    town: Beside, command: Command, viewer: Viewer, code: RefusalCode
) -> GroupRefusal:
    """The refusal of a command, of which Panoptes was told nothing."""
    before = town.changes_sent()
    with pytest.raises(GroupRefusal) as caught:
        await town.run(command, viewer)
    assert caught.value.refusal is code
    assert town.changes_sent() == before
    return caught.value


async def test_a_group_is_created_and_stored_with_its_admin(town: Beside) -> None:
    level = StatsVisibility.PUBLIC_AGG_ONLY
    made = await town.run(CreateGroup("Moths", stats_visibility=level), DAN)
    there = town.there.find("user_groups", made.group_id)
    assert there["display_name"] == "Moths"
    assert there["private"] is False
    assert len(there["name"]) == 36
    here = await town.group_here(made.group_id)
    assert here is not None
    assert (here["name"], here["display_name"], here["authority"]) == (
        there["name"],
        "Moths",
        "panoptes",
    )
    assert await town.standing_here(made.group_id, DAN) == ACTIVE_ADMIN
    assert await town.history() == [(made.group_id, "created", DAN.id, None)]
    await town.agrees()


async def test_a_group_is_edited_with_the_etag_that_it_has(town: Beside) -> None:
    done = await town.run(UpdateGroup(GROUP, display_name="Renamed"), ADA)
    assert done.changed
    assert town.there.find("user_groups", GROUP)["display_name"] == "Renamed"
    assert (await town.group_here() or {})["display_name"] == "Renamed"
    assert [line[3] is not None for line in town.there.sent if line[0] == "PUT"] == [True]
    again = await town.run(UpdateGroup(GROUP, display_name="Renamed"), ADA)
    assert not again.changed
    assert len(town.changes_sent()) == 1
    assert [kind for _, kind, *_ in await town.history()] == ["renamed"]


async def test_a_deactivated_group_is_gone_here_as_well(town: Beside) -> None:
    await town.run(SetRole(GROUP, 1002, "group_admin"), ADA)
    await town.run(SetRole(GROUP, 1001, "group_member"), BOB)
    await town.run(SetRole(GROUP, 1001, "group_admin"), BOB)
    await town.run(DeactivateGroup(GROUP), ADA)
    assert town.there.find("user_groups", GROUP)["_active"] is False
    assert await town.group_here() is None
    assert await town.standing_here(GROUP, ADA) == ("inactive", ["group_admin"])
    assert town.standing_there(GROUP, ADA) == ("inactive", ["group_admin"])
    await town.agrees()
    with pytest.raises(NotFound):
        await town.run(DeactivateGroup(GROUP), ADA)


async def test_a_newcomer_joins_and_leaves(town: Beside) -> None:
    joined = await town.run(Join(GROUP, TOKEN), DAN)
    assert joined.changed
    assert town.standing_there(GROUP, DAN) == ACTIVE_MEMBER
    assert await town.standing_here(GROUP, DAN) == ACTIVE_MEMBER
    again = await town.run(Join(GROUP, "wrong"), DAN)
    assert not again.changed
    left = await town.run(Leave(GROUP), DAN)
    assert left.changed
    assert await town.standing_here(GROUP, DAN) == town.standing_there(GROUP, DAN) == OVER
    assert not (await town.run(Leave(GROUP), DAN)).changed
    assert [one[1:] for one in await town.history()] == [
        ("joined", DAN.id, DAN.id),
        ("left", DAN.id, DAN.id),
    ]
    await town.agrees()


async def test_dates_of_members_are_kept_and_nothing_counts_by_them(town: Beside) -> None:
    async def spans() -> list[tuple[int, int, bool]]:
        rows = await town.rows(membership_span)
        return [(one["group_id"], one["user_id"], one["until_us"] is None) for one in rows]

    await town.run(Join(GROUP, TOKEN), DAN)
    assert await spans() == [(GROUP, 1004, True)]
    await town.run(Leave(GROUP), DAN)
    assert await spans() == [(GROUP, 1004, False)]
    await town.run(Join(GROUP, TOKEN), DAN)
    await town.run(RemoveMembers(GROUP, (1004,)), ADA)
    assert await spans() == [(GROUP, 1004, False)] * 2
    made = await town.run(CreateGroup("Moths"), DAN)
    assert (made.group_id, 1004, True) in await spans()
    await town.run(DeactivateGroup(made.group_id), DAN)
    assert not any(goes_on for *_, goes_on in await spans())
    assert await town.rows(group_tenure) == []


async def test_who_comes_back_has_the_roles_of_then(town: Beside) -> None:
    await town.run(SetRole(GROUP, 1002, "group_admin"), ADA)
    await town.run(Leave(GROUP), ADA)
    await town.run(Join(GROUP, TOKEN), ADA)
    assert await town.standing_here(GROUP, ADA) == ACTIVE_ADMIN


@pytest.mark.parametrize("group_id", [GROUP, 502, 987_654])
async def test_a_wrong_token_tells_of_no_group(town: Beside, group_id: int) -> None:
    with pytest.raises(GroupRefusal) as caught:
        await town.run(Join(group_id, "wrong"), DAN)
    assert caught.value.refusal is RefusalCode.JOIN_TOKEN_INVALID


async def test_ten_wrong_tokens_a_minute_are_enough(town: Beside) -> None:
    for _ in range(10):
        with pytest.raises(GroupRefusal):
            await town.run(Join(GROUP, "wrong"), DAN)
    sent = len(town.there.sent)
    with pytest.raises(Exception, match="10 wrong tokens"):
        await town.run(Join(GROUP, TOKEN), DAN)
    assert len(town.there.sent) == sent


@pytest.mark.parametrize("token", ["", "a\nb", "\ud800"])
async def test_what_cannot_be_a_token_is_not_sent(town: Beside, token: str) -> None:
    await refused(town, Join(GROUP, token), DAN, RefusalCode.JOIN_TOKEN_INVALID)


async def test_an_ended_group_is_not_joined(town: Beside) -> None:
    town.there.find("user_groups", GROUP)["_active"] = False
    with pytest.raises(GroupRefusal) as caught:
        await town.run(Join(GROUP, TOKEN), DAN)
    assert caught.value.refusal is RefusalCode.GROUP_INACTIVE


async def test_the_last_admin_stays_unless_another_follows(town: Beside) -> None:
    await refused(town, Leave(GROUP), ADA, RefusalCode.LAST_ADMIN)
    await refused(town, SetRole(GROUP, 1001, "group_member"), ADA, RefusalCode.LAST_ADMIN)
    await refused(town, RemoveMembers(GROUP, (1001, 1002)), ADA, RefusalCode.LAST_ADMIN)
    await refused(town, Leave(GROUP, successor_id=1004), ADA, RefusalCode.NOT_A_MEMBER)
    await town.run(Leave(GROUP, successor_id=1002), ADA)
    assert town.standing_there(GROUP, BOB) == ACTIVE_ADMIN
    assert town.standing_there(GROUP, ADA) == ("inactive", ["group_admin"])
    assert await town.standing_here(GROUP, BOB) == ACTIVE_ADMIN
    await town.agrees()


async def test_members_are_removed_one_or_several(town: Beside) -> None:
    await town.run(RemoveMembers(GROUP, (1002,)), ADA)
    assert town.changes_sent()[-1].startswith("DELETE /memberships/")
    await refused(town, RemoveMembers(GROUP, (1003, 1004)), ADA, RefusalCode.NOT_A_MEMBER)
    done = await town.run(RemoveMembers(GROUP, (1002, 1003, 1004), skip_strangers=True), ADA)
    assert done.user_ids == (1003,)
    await town.run(Join(GROUP, TOKEN), BOB)
    await town.run(Join(GROUP, TOKEN), CYD)
    done = await town.run(RemoveMembers(GROUP, (1003, 1002)), ADA)
    assert town.changes_sent()[-1] == f"DELETE /user_groups/{GROUP}/links/users/1003,1002"
    assert done.user_ids == (1003, 1002)
    for one in (BOB, CYD):
        assert await town.standing_here(GROUP, one) == town.standing_there(GROUP, one) == OVER


async def test_roles_change_by_who_leads_alone(town: Beside) -> None:
    for viewer in (BOB, DAN):
        with pytest.raises((Forbidden, NotFound)):
            await town.run(SetRole(GROUP, 1002, "group_admin"), viewer)
    await town.run(SetRole(GROUP, 1002, "group_admin"), ADA)
    assert town.standing_there(GROUP, BOB) == await town.standing_here(GROUP, BOB) == ACTIVE_ADMIN
    assert not (await town.run(SetRole(GROUP, 1002, "group_admin"), ADA)).changed
    await town.run(SetRole(GROUP, 1002, "group_member"), ADA)
    assert town.standing_there(GROUP, BOB) == ACTIVE_MEMBER
    with pytest.raises(InvalidArgument):
        await town.run(SetRole(GROUP, 1002, "owner"), ADA)


async def test_other_roles_stay_and_ours_comes_first(town: Beside) -> None:
    one = next(one for one in town.there.has["memberships"] if one["links"]["user"] == "1002")
    one["roles"] = ["group_member", "a_project_editor"]
    await town.run(SetRole(GROUP, 1002, "group_admin"), ADA)
    assert one["roles"] == ["group_admin", "a_project_editor"]


async def test_an_admin_of_a_moment_ago_is_none(town: Beside) -> None:
    """Decided by what Panoptes says now, whatever is stored."""
    await town.run(UpdateGroup(GROUP, display_name="Mine"), ADA)
    own = next(one for one in town.there.has["memberships"] if one["links"]["user"] == "1001")
    own["roles"] = ["group_member"]
    with pytest.raises(Forbidden):
        await town.run(UpdateGroup(GROUP, display_name="Still mine"), ADA)
    assert len(town.changes_sent()) == 1


async def test_invitations_that_panoptes_has_are_answered(town: Beside) -> None:
    for one in town.there.has["memberships"]:
        if one["links"]["user"] in {"1002", "1003"} and one["links"]["user_group"] == "501":
            one["state"] = "invited"
    await refused(town, DeclineInvitation(GROUP, for_ever=True), CYD, RefusalCode.NOT_SUPPORTED)
    await town.run(DeclineInvitation(GROUP), CYD)
    await town.run(AcceptInvitation(GROUP), BOB)
    assert await town.standing_here(GROUP, CYD) == town.standing_there(GROUP, CYD) == OVER
    assert await town.standing_here(GROUP, BOB) == town.standing_there(GROUP, BOB) == ACTIVE_MEMBER
    await refused(town, AcceptInvitation(GROUP), CYD, RefusalCode.INVITATION_REQUIRED)
    assert not (await town.run(AcceptInvitation(GROUP), BOB)).changed


@pytest.mark.parametrize(
    "command",
    [
        Invite(GROUP, (1004,)),
        ReactivateGroup(GROUP),
        UpdateJoinLink(GROUP, rotate=True),
        CreateGroup("Moths", invite=(1002,)),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_what_panoptes_cannot_do_is_not_tried(town: Beside, command: Command) -> None:
    await refused(town, command, ADA, RefusalCode.NOT_SUPPORTED)


async def test_several_groups_are_not_joined_at_once(town: Beside) -> None:
    with pytest.raises(GroupRefusal) as caught:
        await town.service.run_all([Join(GROUP, TOKEN), Join(502, "other token")], DAN)
    assert caught.value.refusal is RefusalCode.NOT_SUPPORTED
    assert town.there.sent == []


async def test_what_is_led_here_is_not_told_to_panoptes(town: Beside) -> None:
    """Panoptes has another group under the same id."""
    group = {"id": GROUP, "name": "ours", "authority": "gateway", "revision": 1}
    tenure = {"user_group_id": GROUP, "from": "1970-01-01T00:00:00Z"}
    document = {"user_groups": [group], "group_tenures": [tenure]}
    await town.database.write(lambda each: load_directory(each, document))
    for command in (UpdateGroup(GROUP, display_name="Mine"), Join(GROUP, TOKEN), Leave(GROUP)):
        await refused(town, command, ADA, RefusalCode.NOT_SUPPORTED)
    assert town.there.sent == []


async def test_a_site_admin_asks_as_one_unless_they_lead_the_group(town: Beside) -> None:
    await town.run(SetRole(GROUP, 1002, "group_admin"), SITE_ADMIN)
    assert town.changes_sent()[-1].endswith("?admin=true")
    town.there.member(GROUP, 90, "group_admin")
    await town.run(SetRole(GROUP, 1003, "group_admin"), SITE_ADMIN)
    assert not town.changes_sent()[-1].endswith("?admin=true")


async def test_a_membership_is_changed_by_its_id(town: Beside) -> None:
    await town.run(SetRole(GROUP, 1002, "group_admin"), ADA)
    own_id = int(
        next(one for one in town.there.has["memberships"] if one["links"]["user"] == "1002")["id"]
    )
    change = ChangeMembership(own_id, MembershipState.ACTIVE, ("group_member",))
    assert (await town.run(change, ADA)).changed
    assert town.standing_there(GROUP, BOB) == ACTIVE_MEMBER
    both = ChangeMembership(own_id, MembershipState.INACTIVE, ("group_admin",))
    await refused(town, both, ADA, RefusalCode.NOT_SUPPORTED)
    assert (await town.run(ChangeMembership(own_id, MembershipState.INACTIVE), BOB)).changed
    back = ChangeMembership(own_id, MembershipState.ACTIVE)
    await refused(town, back, BOB, RefusalCode.INVITATION_REQUIRED)
    await refused(town, back, ADA, RefusalCode.INVITATION_REQUIRED)
    invite = ChangeMembership(own_id, MembershipState.INVITED)
    await refused(town, invite, ADA, RefusalCode.NOT_SUPPORTED)
    with pytest.raises(NotFound):
        await town.run(ChangeMembership(987_654, MembershipState.ACTIVE), ADA)


async def test_a_person_s_own_group_is_no_group(town: Beside) -> None:
    town.there.group(9001, name="dan", display_name="dan", private=False)
    town.there.member(9001, 1004, "group_admin", identity=True)
    for viewer in (DAN, SITE_ADMIN):
        with pytest.raises((Forbidden, NotFound)):
            await town.run(DeactivateGroup(9001), viewer)
    assert town.changes_sent() == []
