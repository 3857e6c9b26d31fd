"""The service: whose commands it takes, what it tells of them, and who sees what they did."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.changes.log import decode_entities
from gateway.db import Database, open_database
from gateway.db.group_tables import group_join_link, wrong_join
from gateway.db.tables import change_log, user, user_group
from gateway.directory.erase_user import erase_user
from gateway.directory.memberships import MembershipState
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import Forbidden, InvalidArgument, NotFound, Unauthenticated, Unavailable
from gateway.groups.commands import (
    ChangeMembership,
    CreateGroup,
    DeactivateGroup,
    Invite,
    Join,
    Leave,
    RemoveMembers,
    UpdateGroup,
)
from gateway.groups.refusals import RefusalCode
from gateway.groups.service import OPERATOR
from tests.groups.people import ADA, BEN, CLEO, DAN, SITE_ADMIN, Town, ids

KEY = Viewer(api_key_id="key", scopes=frozenset({Scope.STATS_READ}), is_site_admin=True)
UNSCOPED = replace(ADA, may_change_groups=False)


@pytest.mark.parametrize(
    ("viewer", "error"),
    [(KEY, Forbidden), (ANONYMOUS, Unauthenticated), (UNSCOPED, Forbidden)],
)
async def test_who_may_change_nothing(town: Town, viewer: Viewer, error: type[Exception]) -> None:
    before = await town.version()
    with pytest.raises(error):
        await town.run(CreateGroup("Moths"), viewer)
    assert await town.version() == before


NAMESAKES = ("zoe", "Zoe")


async def test_groups_are_left_alone_where_the_gateway_is_not_their_authority(
    database: Database,
) -> None:
    town = await Town(database, is_on=False).settle()

    await town.refused(RefusalCode.NOT_SUPPORTED, CreateGroup("Moths"), ADA)
    with pytest.raises(Unauthenticated):
        await town.run(CreateGroup("Moths"), ANONYMOUS)


async def test_whoever_changes_something_is_learned_by_the_names_of_the_token(town: Town) -> None:
    zoe = Viewer(70, "zoe", "Zoë")
    odd = Viewer(71, "o\0dd", "\ud800")
    group_id = await town.group(ADA)

    await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id, "wrong"), zoe)
    assert await town.rows(user, id=70) == []
    for one in (zoe, odd):
        await town.join(group_id, one)

    assert await town.rows(user, id=70) == [{"id": 70, "login": "zoe", "display_name": "Zoë"}]
    assert await town.rows(user, id=71) == [{"id": 71, "login": None, "display_name": None}]


async def test_who_was_erased_changes_nothing(town: Town) -> None:
    group_id = await town.group(ADA)
    await town.database.write(lambda each: erase_user(each, 2))

    with pytest.raises(Unauthenticated):
        await town.join(group_id, BEN)
    await town.refused(RefusalCode.UNKNOWN_USER, Invite(group_id, ids([BEN])), ADA)
    assert await town.rows(user, id=2) == []


async def test_histories_do_not_tell_of_who_was_erased(town: Town) -> None:
    group_id = await town.group(BEN)
    await town.appointed(group_id, ADA, BEN)
    await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id + 1, "wrong"), BEN)
    before = await town.version()

    await town.database.write(lambda each: erase_user(each, 2))

    assert await town.history(group_id) == [
        ("created", None, None),
        ("invited", None, 1),
        ("invitation_accepted", 1, 1),
    ]
    assert [row["created_by"] for row in await town.rows(group_join_link)] == [None]
    assert await town.rows(wrong_join) == []
    (row,) = [row for row in await town.rows(change_log) if row["version"] > before]
    assert ("user_group_record", group_id) in (decode_entities(row["entities"]) or ())


async def test_a_site_operator_names_who_leads(town: Town) -> None:
    with pytest.raises(InvalidArgument):
        await town.run(CreateGroup("Moths"), OPERATOR)
    await town.refused(RefusalCode.UNKNOWN_USER, CreateGroup("Moths", admin_id=77), OPERATOR)
    with pytest.raises(Forbidden):
        await town.run(CreateGroup("Moths", admin_id=2), ADA)

    group_id = (await town.run(CreateGroup("Moths", admin_id=2), OPERATOR)).group_id

    assert await town.relationship(group_id, BEN) == ("active", ["group_admin"], None)
    assert await town.history(group_id) == [("created", None, None)]
    with pytest.raises(Unauthenticated):
        await town.join(group_id, OPERATOR)


async def test_a_membership_of_another_group_is_not_to_be_had(town: Town) -> None:
    mine, theirs = await town.group(ADA), await town.group(BEN, CLEO)
    number = (await town.membership(theirs, CLEO))["id"]

    for state in MembershipState:
        with pytest.raises(NotFound):
            await town.run(ChangeMembership(number, state), ADA)
    with pytest.raises(NotFound):
        await town.run(ChangeMembership(number, roles=("group_admin",)), ADA)
    with pytest.raises(NotFound):
        await town.run(ChangeMembership(999_999, MembershipState.INACTIVE), ADA)
    await town.refused(RefusalCode.NOT_A_MEMBER, RemoveMembers(mine, ids([CLEO])), ADA)


async def test_one_membership_changes_by_its_id(town: Town) -> None:
    group_id = await town.group(ADA, BEN, CLEO)
    ben = (await town.membership(group_id, BEN))["id"]
    own = (await town.membership(group_id, CLEO))["id"]

    changes = [
        (ChangeMembership(ben, roles=("group_admin", "group_member")), ADA, True),
        (ChangeMembership(ben, roles=("group_admin",)), ADA, False),
        (ChangeMembership(ben, MembershipState.ACTIVE, ("group_member",)), ADA, True),
        (ChangeMembership(own, MembershipState.ACTIVE, ("group_member",)), CLEO, False),
        (ChangeMembership(own), CLEO, False),
        (ChangeMembership(ben, MembershipState.INACTIVE), ADA, True),
        (ChangeMembership(ben, MembershipState.INVITED, ("group_admin",)), ADA, True),
        (ChangeMembership(ben, MembershipState.ACTIVE), BEN, True),
        (ChangeMembership(own, MembershipState.INACTIVE), CLEO, True),
        (ChangeMembership(own, MembershipState.INACTIVE), CLEO, False),
    ]
    found = [(await town.run(command, viewer)).changed for command, viewer, _ in changes]

    assert found == [changed for _, _, changed in changes]
    assert await town.relationship(group_id, BEN) == ("active", ["group_admin"], None)
    await town.join(group_id, DAN)
    with pytest.raises(Forbidden):
        await town.run(ChangeMembership(ben, roles=("group_member",)), DAN)
    await town.refused(
        RefusalCode.INVITATION_REQUIRED, ChangeMembership(own, MembershipState.ACTIVE), ADA
    )
    await town.refused(
        RefusalCode.INVITATION_REQUIRED, ChangeMembership(own, MembershipState.ACTIVE), CLEO
    )
    with pytest.raises(InvalidArgument):
        await town.run(ChangeMembership(ben, MembershipState.INVITED), ADA)
    await town.refused(
        RefusalCode.CONFLICT,
        ChangeMembership(ben, MembershipState.INACTIVE, expected_revision=1),
        ADA,
    )


async def test_private_is_as_the_level_says_where_nobody_says_otherwise(town: Town) -> None:
    group_id = await town.group(ADA)

    async def private_after(command: UpdateGroup) -> bool:
        await town.run(command, ADA)
        (row,) = await town.rows(user_group)
        return bool(row["private"])

    public = StatsVisibility.PUBLIC_SHOW_ALL
    assert await private_after(UpdateGroup(group_id, stats_visibility=public, keep_private=True))
    assert not await private_after(UpdateGroup(group_id, stats_visibility=public))
    assert await private_after(UpdateGroup(group_id, private=True))


async def test_leaving_with_a_successor_is_for_admins(town: Town) -> None:
    group_id = await town.group(ADA, BEN, CLEO)

    with pytest.raises(Forbidden):
        await town.run(Leave(group_id, CLEO.id), BEN)
    assert await town.relationship(group_id, BEN) == ("active", ["group_member"], None)


async def test_a_command_is_told_by_its_kind_and_outcome_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    counted: list[tuple[str, str]] = []
    town = Town(database, count=lambda kind, outcome: counted.append((kind, outcome)))
    await town.settle()
    caplog.set_level(logging.INFO, "gateway.groups")

    group_id = await town.group(ADA, BEN, display_name="Moths")
    token = await town.token(group_id)
    await town.run(Join(group_id, token), BEN)
    await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id, "wr0ng"), CLEO)
    with pytest.raises(Forbidden):
        await town.run(DeactivateGroup(group_id), BEN)

    assert counted == [
        ("create_group", "changed"),
        ("join", "changed"),
        ("join", "unchanged"),
        ("join", "JOIN_TOKEN_INVALID"),
        ("deactivate_group", "FORBIDDEN"),
    ]
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"Group command {kind}: {outcome}" for kind, outcome in counted]
    assert not any(word in caplog.text for word in (token, "wr0ng", "ada", "Moths"))


async def test_other_processes_hear_of_each_change(town: Town) -> None:
    group_id = await town.group(ADA)
    before = await town.version()

    await town.join(group_id, BEN)
    await town.run(UpdateGroup(group_id, "Bees"), SITE_ADMIN)

    rows = [row for row in await town.rows(change_log) if row["version"] > before]
    entities = [set(decode_entities(row["entities"]) or ()) for row in rows]
    assert len(entities) == 2
    assert all(("user_group_record", group_id) in found for found in entities)
    assert ("user_record", BEN.id) in entities[0]


def hold_the_turn(url: str, begun: threading.Event, over: threading.Event) -> None:
    """Be the only writer of a database until told; in a thread, with a loop of its own."""

    def hold(_connection: Connection) -> None:
        begun.set()
        over.wait(30)

    async def write() -> None:
        async with open_database(url) as database:
            await database.write(hold)

    asyncio.run(write())


async def test_a_long_writer_makes_commands_wait_and_then_give_up(database_url: str) -> None:
    async with open_database(database_url, timeout_seconds=1) as impatient:
        await impatient.migrate()
        town = await Town(impatient).settle()
        before = await town.version()
        begun, over = threading.Event(), threading.Event()
        holding = asyncio.create_task(asyncio.to_thread(hold_the_turn, database_url, begun, over))
        await asyncio.to_thread(begun.wait, 30)

        with pytest.raises(Unavailable):
            await town.run(CreateGroup("Moths"), ADA)

        over.set()
        await holding
        assert await town.version() == before
        assert await town.rows(user_group) == []
        assert (await town.run(CreateGroup("Moths"), ADA)).changed


async def test_strangers_to_the_directory_may_be_left_out_of_an_invitation(town: Town) -> None:
    group_id = await town.group(ADA)
    outcome = await town.run(Invite(group_id, (77, 2, 78), skip_unknown=True), ADA)

    assert outcome.user_ids == (2,)
    nobody = Invite(group_id, (77, 78), skip_unknown=True)
    await town.refused(RefusalCode.UNKNOWN_USER, nobody, ADA)


async def test_of_logins_that_differ_in_letter_case_the_spelled_one_is_meant(town: Town) -> None:
    await town.settle(users=[*({"id": 70 + n, "login": name} for n, name in enumerate(NAMESAKES))])
    group_id = await town.group(ADA)
    outcome = await town.run(Invite(group_id, logins=("Zoe", "BEN")), ADA)

    assert outcome.user_ids == (71, 2)
    refused = await town.refused(
        RefusalCode.UNKNOWN_USER, Invite(group_id, logins=("ben", "ZOE")), ADA
    )
    assert refused.path == ("logins", "1")
