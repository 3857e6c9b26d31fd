"""Whatever people did with groups, a copy beside the same events says and counts the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.auth.viewer import Viewer
from gateway.db import Database, open_database
from gateway.db.group_tables import group_join_link
from gateway.db.tables import user_group
from gateway.directory.backfill_members import backfill_members
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.errors import GatewayError
from gateway.events.event import Classification
from gateway.groups.commands import (
    AcceptInvitation,
    ArchiveGoal,
    Command,
    CreateGoal,
    CreateGroup,
    DeactivateGroup,
    DeclineInvitation,
    DeleteGoal,
    Invite,
    Join,
    Leave,
    ReactivateGroup,
    RemoveMembers,
    SetRole,
    UpdateGoal,
    UpdateGroup,
    UpdateJoinLink,
)
from gateway.groups.service import OPERATOR
from gateway.stats.goals.metric import GoalMetric
from tests.asking import ask
from tests.copies import contents, dumped, is_sound
from tests.events_of import EPOCH, store
from tests.groups.people import ADA, BEN, CLEO, DAN, EVE, MovingClock, Town

STEPS = 60
VIEWERS = (Viewer(), ADA, BEN, CLEO, DAN, EVE, OPERATOR)
GROUP = """{
  name displayName statsVisibility active createdAt updatedAt revision memberCount hasAdmin
  viewerPermissions { edit manageMembers leave deactivate seeTotals seeMembers }
  viewerMembership { state roles }
  classifications { totalCount timeSpent activeUsers topContributors { user { id login } count } }
  members { edges { roles since node { id login displayName } } }
  memberships { nodes { id state roles since user { id login displayName } } }
  membershipCounts { active invited inactive admins }
  history { nodes { id at kind actor { id } subject { id } } }
}"""
#: 501 comes from a file, and is taken over when somebody changes it.
FILE = {
    "user_groups": [{"id": 501, "name": "filed", "stats_visibility": "public_show_all"}],
    "memberships": [
        {"user_group_id": 501, "login": "ada", "state": "active", "roles": ["group_admin"]},
        {"user_group_id": 501, "login": "ben", "state": "active", "roles": ["group_member"]},
    ],
}

Make = Callable[[Random, int, int, str], Command]

COMMANDS: tuple[Make, ...] = (
    lambda one, *_: CreateGroup(f"Group {one.random()}", invite=(one.randint(1, 5),)),
    lambda one, group, *_: UpdateGroup(group, display_name=f"Other {one.random()}"),
    lambda _one, group, _user, token: Join(group, token),
    lambda _one, group, _user, token: Join(group, token),
    lambda _one, group, user, _token: Invite(group, (user,)),
    lambda _one, group, *_: AcceptInvitation(group),
    lambda one, group, *_: DeclineInvitation(group, for_ever=one.random() < 0.3),
    lambda _one, group, user, _token: RemoveMembers(group, (user,)),
    lambda one, group, user, _: SetRole(group, user, one.choice(("group_admin", "group_member"))),
    lambda _one, group, *_: Leave(group),
    lambda one, group, *_: UpdateJoinLink(group, rotate=one.random() < 0.5, enabled=True),
    lambda one, group, *_: CreateGoal(
        one.choice([*GoalMetric]), one.randint(1, 10**9), one.choice((group, group, None))
    ),
    lambda one, *_: UpdateGoal(one.randint(1, 5), title=f"Goal {one.random()}"),
    lambda one, *_: ArchiveGoal(one.randint(1, 5), archived=one.random() < 0.5),
    lambda one, *_: DeleteGoal(one.randint(1, 5)),
    lambda one, group, *_: DeactivateGroup(group) if one.random() < 0.3 else ReactivateGroup(group),
)


class Life:
    """Random commands and events; the events are kept, to happen again elsewhere."""

    def __init__(self, town: Town, clock: MovingClock, seed: int) -> None:
        self.town, self.clock, self.random = town, clock, Random(seed)
        self.events: list[Classification] = []

    async def go_on(self) -> None:
        links = {row["group_id"]: row["token"] for row in await self.town.rows(group_join_link)}
        group = self.random.choice([501, *links])
        step = self.random.random()
        if step < 0.3:
            await self.classify(group)
        elif step < 0.35:
            until = (self.clock() - EPOCH) // timedelta(microseconds=1)
            await self.town.database.write(lambda each: backfill_members(each, group, (), until))
        elif step < 0.37:
            await self.town.database.write(lambda each: erase_user(each, EVE.id or 0))
        else:
            viewer = self.random.choice((ADA, ADA, BEN, CLEO, DAN, EVE, OPERATOR))
            make = self.random.choice(COMMANDS)
            command = make(self.random, group, self.random.randint(1, 5), links.get(group, "none"))
            with suppress(GatewayError):
                await self.town.run(command, viewer)

    async def classify(self, group: int) -> None:
        """Somebody works, now or according to a clock that is fast or slow."""
        when = self.clock() + timedelta(hours=self.random.choice((-30, -1, 0, 0, 0, 3)))
        event = Classification(
            len(self.events) + 1,
            (when - EPOCH) // timedelta(microseconds=1),
            None,
            self.random.randint(1, 5),
            11,
            101,
            1000,
            (group,) if self.random.random() < 0.5 else (),
        )
        self.events.append(event)
        await store(self.town.database, event)


async def answers(database: Database, groups: Iterable[int], *, links: bool) -> list[Any]:
    """What each viewer is told of all groups, and of themselves."""
    more = "joinLink { token enabled expiresAt createdAt }" if links else "id"
    each = " ".join(f"g{one}: userGroup(id: {one}) {{ {more} ...Group }}" for one in groups)
    document = f"query {{ {each} me {{ login memberships {{ nodes {{ state }} }} }} }}"
    document += f" fragment Group on UserGroup {GROUP}"
    asked = [await ask(database, document, viewer=viewer) for viewer in VIEWERS]
    return [
        (one.data, [(error.message, error.path, error.extensions) for error in one.errors])
        for one in asked
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_a_copy_of_any_lives_says_and_counts_the_same(
    database: Database, clock: MovingClock, tmp_path: Path, seed: int
) -> None:
    town = await Town(database).settle(**FILE)
    life = Life(town, clock, seed)
    for _ in range(STEPS):
        await life.go_on()
    assert await is_sound(database)
    for tokens in (True, False):
        document = await dumped(database, tokens=tokens)
        async with open_database(f"sqlite:///{tmp_path / f'{tokens}.db'}") as other:
            await other.migrate()
            await store(other, *life.events)
            await other.write(lambda each, said=document: load_directory(each, json.loads(said)))
            more = (group_join_link,) if tokens else ()
            assert await contents(other, *more) == await contents(database, *more)
            assert await dumped(other, tokens=tokens) == document
            groups = [row["id"] for row in await town.rows(user_group)]
            told = await answers(other, groups, links=tokens)
            assert told == await answers(database, groups, links=tokens)
            assert any(data.get("g501") for data, _ in told)
            assert await is_sound(other)
