"""The life of a group: created, joined, invited to, left, ended and gone on."""

from gateway.db.group_tables import group_tenure
from gateway.db.tables import group_record, user_group
from gateway.groups.commands import (
    AcceptInvitation,
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
from gateway.groups.refusals import RefusalCode
from tests.groups.people import ADA, BEN, CLEO, DAN, EVE, Town, ids


async def test_whoever_creates_a_group_is_its_only_admin(town: Town) -> None:
    outcome = await town.run(CreateGroup("Moths of the North", invite=ids([BEN, ADA])), ADA)

    group_id = outcome.group_id
    (group,) = await town.rows(user_group)
    (record,) = await town.rows(group_record)
    assert (group["id"], group["name"], group["display_name"]) == (
        group_id,
        "moths_of_the_north",
        "Moths of the North",
    )
    assert (group["authority"], group["revision"], group["private"]) == ("gateway", 1, True)
    assert record["state"] == "active"
    assert record["created_at"] == record["last_modified_at"]
    assert await town.relationship(group_id, ADA) == ("active", ["group_admin"], None)
    assert await town.relationship(group_id, BEN) == ("invited", ["group_member"], None)
    assert [row["from_us"] for row in await town.rows(group_tenure)] == [0]
    assert await town.spans(group_id, ADA) == [True]
    assert await town.spans(group_id, BEN) == []
    assert len(await town.token(group_id)) == 32
    assert await town.history(group_id) == [("created", 1, None), ("invited", 1, 2)]


async def test_a_token_makes_a_member_once(town: Town) -> None:
    group_id = await town.group(ADA)

    first = await town.join(group_id, BEN)
    again = await town.run(Join(group_id, "not looked at"), BEN)

    assert (first.changed, again.changed) == (True, False)
    assert await town.relationship(group_id, BEN) == ("active", ["group_member"], None)
    assert await town.spans(group_id, BEN) == [True]
    assert (await town.history(group_id))[1:] == [("joined", 2, 2)]


async def test_who_rejoins_is_a_plain_member(town: Town) -> None:
    group_id = await town.group(ADA)
    await town.appointed(group_id, BEN)
    await town.run(Leave(group_id), BEN)
    assert await town.relationship(group_id, BEN) == ("inactive", ["group_admin"], "left")

    await town.join(group_id, BEN)

    assert await town.relationship(group_id, BEN) == ("active", ["group_member"], None)
    assert await town.spans(group_id, BEN) == [False, True]


async def test_an_invitation_gives_its_role_also_by_token(town: Town) -> None:
    group_id = await town.group(ADA)
    await town.invited(group_id, BEN, "group_admin")
    await town.invited(group_id, CLEO, "group_admin")

    await town.join(group_id, BEN)
    await town.run(AcceptInvitation(group_id), CLEO)
    again = await town.run(AcceptInvitation(group_id), CLEO)

    assert not again.changed
    for one in (BEN, CLEO):
        assert await town.relationship(group_id, one) == ("active", ["group_admin"], None)
    assert [kind for kind, _, _ in await town.history(group_id)] == [
        "created",
        "invited",
        "invited",
        "invitation_accepted",
        "invitation_accepted",
    ]


async def test_inviting_by_id_and_login_leaves_members_alone(town: Town) -> None:
    group_id = await town.group(ADA, BEN)

    outcome = await town.run(Invite(group_id, ids([BEN, CLEO]), ("DAN", "cleo")), ADA)
    again = await town.run(Invite(group_id, ids([CLEO])), ADA)

    assert (outcome.user_ids, outcome.already_members) == (ids([CLEO, DAN]), ids([BEN]))
    assert outcome.changed
    assert not again.changed
    assert again.user_ids == ids([CLEO])
    refusal = await town.refused(
        RefusalCode.UNKNOWN_USER, Invite(group_id, ids([EVE]), ("nobody",)), ADA
    )
    assert refusal.path == ("logins", "0")
    refusal = await town.refused(RefusalCode.UNKNOWN_USER, Invite(group_id, (5, 77)), ADA)
    assert refusal.path == ("userIds", "1")


async def test_a_declined_invitation_comes_again_after_a_month_or_never(
    town: Town, clock: object
) -> None:
    group_id = await town.group(ADA)
    for one in (BEN, CLEO):
        await town.invited(group_id, one, "group_member")
    await town.run(DeclineInvitation(group_id), BEN)
    await town.run(DeclineInvitation(group_id, for_ever=True), CLEO)

    refusal = await town.refused(RefusalCode.LIMIT_REACHED, Invite(group_id, ids([BEN])), ADA)
    assert refusal.path == ("userIds", "0")
    clock.jump(days=30)  # type: ignore[attr-defined]
    await town.invited(group_id, BEN, "group_member")
    await town.refused(RefusalCode.LIMIT_REACHED, Invite(group_id, ids([CLEO])), ADA)

    await town.join(group_id, CLEO)
    await town.run(Leave(group_id), CLEO)
    await town.invited(group_id, CLEO, "group_member")
    assert await town.relationship(group_id, CLEO) == ("invited", ["group_member"], None)


async def test_leaving_closes_the_span(town: Town) -> None:
    group_id = await town.group(ADA, BEN)

    outcome, again = [await town.run(Leave(group_id), BEN) for _ in range(2)]

    assert (outcome.changed, again.changed) == (True, False)
    assert await town.relationship(group_id, BEN) == ("inactive", ["group_member"], "left")
    assert await town.spans(group_id, BEN) == [False]


async def test_leaving_an_invitation_declines_it(town: Town) -> None:
    group_id = await town.group(ADA)
    await town.invited(group_id, BEN, "group_member")

    await town.run(Leave(group_id), BEN)

    assert await town.relationship(group_id, BEN) == ("inactive", ["group_member"], "declined")


async def test_the_last_admin_names_a_successor(town: Town) -> None:
    group_id = await town.group(ADA, BEN)
    await town.invited(group_id, CLEO, "group_member")

    await town.refused(RefusalCode.LAST_ADMIN, Leave(group_id), ADA)
    await town.refused(RefusalCode.LAST_ADMIN, SetRole(group_id, 1, "group_member"), ADA)
    await town.refused(RefusalCode.LAST_ADMIN, RemoveMembers(group_id, ids([ADA, BEN])), ADA)
    refusal = await town.refused(RefusalCode.NOT_A_MEMBER, Leave(group_id, CLEO.id), ADA)
    assert refusal.path == ("successorId",)
    await town.run(Leave(group_id, BEN.id), ADA)

    assert await town.relationship(group_id, BEN) == ("active", ["group_admin"], None)
    assert (await town.history(group_id))[-2:] == [("role_changed", 1, 2), ("left", 1, 1)]


async def test_admins_remove_members_and_withdraw_invitations(town: Town) -> None:
    group_id = await town.group(ADA, BEN)
    await town.appointed(group_id, CLEO)
    await town.invited(group_id, DAN, "group_member")

    await town.refused(RefusalCode.NOT_A_MEMBER, RemoveMembers(group_id, ids([BEN, EVE])), ADA)
    outcome = await town.run(RemoveMembers(group_id, ids([BEN, CLEO, DAN])), ADA)
    again = await town.run(RemoveMembers(group_id, (2, 3, 5), skip_strangers=True), ADA)

    assert outcome.user_ids == ids([BEN, CLEO, DAN])
    assert not again.changed
    for one in (BEN, CLEO, DAN):
        assert (await town.relationship(group_id, one))[::2] == ("inactive", "removed")
    assert await town.spans(group_id, BEN) == [False]
    assert (await town.history(group_id))[-3:] == [
        ("removed", 1, 2),
        ("removed", 1, 3),
        ("invitation_withdrawn", 1, 4),
    ]


async def test_roles_change_for_members_and_for_invitations(town: Town) -> None:
    group_id = await town.group(ADA, BEN)
    await town.invited(group_id, CLEO, "group_member")

    outcomes = [
        (await town.run(SetRole(group_id, user, "group_admin"), ADA)).changed for user in (2, 3, 2)
    ]
    await town.run(SetRole(group_id, 1, "group_member"), BEN)

    assert outcomes == [True, True, False]
    assert await town.relationship(group_id, ADA) == ("active", ["group_member"], None)
    assert await town.relationship(group_id, CLEO) == ("invited", ["group_admin"], None)
    await town.run(Leave(group_id), ADA)
    refusal = await town.refused(RefusalCode.NOT_A_MEMBER, SetRole(group_id, 1, "group_admin"), BEN)
    assert refusal.path == ("userId",)


async def test_an_ended_group_goes_on_with_its_members(town: Town) -> None:
    group_id = await town.group(ADA, BEN, CLEO)
    await town.run(Leave(group_id), CLEO)
    await town.invited(group_id, DAN, "group_member")
    token = await town.token(group_id)

    ended, again = [await town.run(DeactivateGroup(group_id), ADA) for _ in range(2)]

    assert (ended.changed, again.changed) == (True, False)
    assert await town.relationship(group_id, ADA) == ("inactive", ["group_admin"], "group")
    assert await town.relationship(group_id, BEN) == ("inactive", ["group_member"], "group")
    assert (await town.relationship(group_id, CLEO))[2] == "left"
    assert (await town.relationship(group_id, DAN))[2] == "removed"
    assert await town.spans(group_id, ADA) == await town.spans(group_id, BEN) == [False]
    await town.refused(RefusalCode.GROUP_INACTIVE, Join(group_id, token), EVE)

    going_on, again = [await town.run(ReactivateGroup(group_id), ADA) for _ in range(2)]

    assert (going_on.changed, again.changed) == (True, False)
    assert await town.relationship(group_id, ADA) == ("active", ["group_admin"], None)
    assert await town.spans(group_id, ADA) == await town.spans(group_id, BEN) == [False, True]
    assert (await town.relationship(group_id, DAN))[0] == "inactive"
    assert [row["state"] for row in await town.rows(group_record)] == ["active"]


async def test_names_and_level_change_and_the_revision_grows(town: Town) -> None:
    group_id = await town.group(ADA)

    changed = await town.run(UpdateGroup(group_id, "Moths", "moths", expected_revision=1), ADA)
    same = await town.run(UpdateGroup(group_id, "Moths", "moths"), ADA)

    assert (changed.changed, same.changed) == (True, False)
    (group,) = await town.rows(user_group)
    assert (group["name"], group["display_name"], group["revision"]) == ("moths", "Moths", 2)
    await town.refused(
        RefusalCode.CONFLICT, UpdateGroup(group_id, "Other", expected_revision=1), ADA
    )
    assert (await town.history(group_id))[-1] == ("renamed", 1, None)


async def test_a_rotated_link_is_another(town: Town) -> None:
    group_id = await town.group(ADA)
    old = await town.token(group_id)

    await town.run(UpdateJoinLink(group_id, rotate=True), ADA)

    assert await town.token(group_id) != old
    await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id, old), BEN)
    assert (await town.join(group_id, BEN)).changed
