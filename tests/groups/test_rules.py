"""The table of rules, cell by cell, through the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy import update

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.db.tables import group_record
from gateway.directory.memberships import MembershipState
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import GatewayError
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
from gateway.groups.refusals import GroupRefusal
from gateway.groups.rules import RULES, Action, Standing, Verdict
from gateway.groups.turn import Limits
from tests.groups.people import ADA, BEN, CLEO, DAN, EVE, SITE_ADMIN, Town

PUBLIC, HIDDEN = StatsVisibility.PUBLIC_AGG_ONLY, StatsVisibility.PRIVATE_AGG_ONLY
#: What is read and not commanded: every door that shows it has a test of its own.
READ = {Action.SEE_JOIN_LINK, Action.SEE_MEMBERSHIPS, Action.SEE_HISTORY, Action.BACKFILL}


async def become(town: Town, group_id: int, standing: Standing) -> Viewer:
    """Who stands so to the group that Ada and Ben lead."""
    if standing in (Standing.ANONYMOUS, Standing.SITE_ADMIN):
        return SITE_ADMIN if standing is Standing.SITE_ADMIN else ANONYMOUS
    if standing is Standing.GROUP_ADMIN:
        await town.appointed(group_id, CLEO)
    if standing is Standing.INVITED:
        await town.invited(group_id, CLEO, "group_member")
    if standing in (Standing.MEMBER, Standing.FORMER):
        await town.join(group_id, CLEO)
    if standing is Standing.FORMER:
        await town.run(Leave(group_id), CLEO)
    return CLEO


async def end(town: Town, group_id: int) -> None:
    """End a group as a file does, which leaves its memberships as they are."""
    ended = update(group_record).where(group_record.c.group_id == group_id).values(state="closed")
    await town.database.write(lambda each: each.execute(ended))


async def membership_id(town: Town, group_id: int, viewer: Viewer) -> int:
    """The id of a membership; one that nobody has if there is none."""
    try:
        return int((await town.membership(group_id, viewer))["id"])
    except ValueError:
        return 999_999


Made = Callable[[Town, int, Viewer], Awaitable[Command]]


def plain(command: Callable[[int], Command]) -> Made:
    async def made(_town: Town, group_id: int, _viewer: Viewer) -> Command:
        return command(group_id)

    return made


async def join_rightly(town: Town, group_id: int, _viewer: Viewer) -> Command:
    return Join(group_id, await town.token(group_id))


async def join_ended(town: Town, group_id: int, _viewer: Viewer) -> Command:
    await end(town, group_id)
    return Join(group_id, await town.token(group_id))


async def reactivate(town: Town, group_id: int, _viewer: Viewer) -> Command:
    await end(town, group_id)
    return ReactivateGroup(group_id)


async def activate(town: Town, group_id: int, viewer: Viewer, *, whose: Viewer | None) -> Command:
    number = await membership_id(town, group_id, whose or viewer)
    return ChangeMembership(number, MembershipState.ACTIVE)


MADE: dict[Action, Made] = {
    Action.CREATE: plain(lambda _: CreateGroup("Another one")),
    Action.EDIT: plain(lambda group_id: UpdateGroup(group_id, "Other")),
    Action.CHANGE_JOIN_LINK: plain(lambda group_id: UpdateJoinLink(group_id, enabled=False)),
    Action.DEACTIVATE: plain(DeactivateGroup),
    Action.REACTIVATE: reactivate,
    Action.JOIN: join_rightly,
    Action.JOIN_WRONGLY: plain(lambda group_id: Join(group_id, "0" * 32)),
    Action.JOIN_INACTIVE: join_ended,
    Action.INVITE: plain(lambda group_id: Invite(group_id, logins=("eve",))),
    Action.ACCEPT: plain(AcceptInvitation),
    Action.DECLINE: plain(DeclineInvitation),
    Action.LEAVE: plain(Leave),
    Action.REMOVE: plain(lambda group_id: RemoveMembers(group_id, (4,))),
    Action.SET_ROLE: plain(lambda group_id: SetRole(group_id, 4, "group_admin")),
    Action.ACTIVATE_OTHER: partial(activate, whose=EVE),
    Action.ACTIVATE_OWN: partial(activate, whose=None),
}


def test_each_row_of_the_table_is_tried() -> None:
    assert MADE.keys() | READ == RULES.keys()
    assert not MADE.keys() & READ


def expected(action: Action, standing: Standing, level: StatsVisibility) -> str:
    """What the table says, in the words of :func:`tried`."""
    verdict = RULES[action][standing]
    if verdict is Verdict.YES:
        return "changed"
    if verdict is Verdict.UNCHANGED:
        return "unchanged"
    if verdict is Verdict.ADMINS_THEN:
        # Nobody led this group to its end; who did is another test.
        return "NOT_FOUND"
    if verdict is Verdict.FORBIDDEN:
        # A membership of a group of which one is no member is hidden as well.
        if action is Action.ACTIVATE_OTHER and standing < Standing.MEMBER:
            return "NOT_FOUND"
        if level is HIDDEN and standing < Standing.INVITED:
            return "NOT_FOUND"
    return verdict.value


async def tried(town: Town, action: Action, standing: Standing, level: StatsVisibility) -> str:
    """What comes of it in a new group of this level."""
    group_id = await town.group(ADA, DAN, EVE, stats_visibility=level)
    await town.appointed(group_id, BEN)
    await town.run(Leave(group_id), EVE)
    viewer = await become(town, group_id, standing)
    command = await MADE[action](town, group_id, viewer)
    before = await town.version()
    try:
        outcome = await town.run(command, viewer)
    except GroupRefusal as refusal:
        found = refusal.refusal.value
    except GatewayError as error:
        found = error.code
    else:
        found = "changed" if outcome.changed else "unchanged"
    assert (await town.version() > before) == (found == "changed")
    return found


@pytest.mark.parametrize("action", MADE)
async def test_each_cell_of_the_table(database: Database, action: Action) -> None:
    limits = Limits(groups_per_day=100, invitations_per_day=1000)
    town = await Town(database, limits=limits).settle()
    cells = [(standing, PUBLIC) for standing in Standing]
    cells += [(standing, HIDDEN) for standing in (Standing.STRANGER, Standing.INVITED)]

    found = {cell: await tried(town, action, *cell) for cell in cells}

    assert found == {cell: expected(action, *cell) for cell in cells}


async def test_who_led_a_group_to_its_end_lets_it_go_on(town: Town) -> None:
    group_id = await town.group(ADA, BEN)
    await town.run(DeactivateGroup(group_id), ADA)

    with pytest.raises(GatewayError) as caught:
        await town.run(ReactivateGroup(group_id), BEN)
    assert caught.value.code == "NOT_FOUND"
    assert (await town.run(ReactivateGroup(group_id), ADA)).changed
